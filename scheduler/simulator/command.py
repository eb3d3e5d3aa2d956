"""``aftercare demo``. No production command loads this package."""

import click

from scheduler.simulator import serve


@click.command()
@click.option("--port", default=8000, show_default=True, envvar="PORT", help="Where the simulator is served.")
def demo(port: int) -> None:
    """Open a demo clinic with two phones and a clock that can be moved on. No account is needed."""
    serve(port)
