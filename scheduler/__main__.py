"""The ``aftercare`` command: the assistant's own commands, and those that act on the clock."""

import logging
import os
import signal
import sys

import click
from apscheduler.schedulers.blocking import BlockingScheduler
from sqlalchemy.exc import OperationalError

from assistant import faults, live, settings
from assistant.cli import cli
from assistant.errors import AssistantError
from assistant.services import content
from messages.catalog import ContentError
from scheduler.runner import add, jobs


@cli.command()
@click.option("--once", is_flag=True, help="Run every job once and exit.")
def scheduler(once: bool) -> None:
    """Send texts, page staff and settle what is in doubt. Run one; two do no harm."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    configured = settings.load(os.environ)
    live.require(configured)
    faults.arm(configured.aftercare_fault)
    engine = live.migrated_engine(configured)
    all_jobs = jobs(configured, engine, live.gateway(configured), content.load())
    if once:
        for job in all_jobs:
            job.run()
        return
    ticking = BlockingScheduler()
    add(ticking, all_jobs)

    def stop(*_: object) -> None:
        # What is being handed over is finished and written down: 20 s at most, the time limit of a request.
        for job in all_jobs:
            job.stop()
        ticking.shutdown(wait=True)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    ticking.start()


@cli.command()
@click.option("--port", default=8000, show_default=True, envvar="PORT", help="Where the simulator is served.")
def demo(port: int) -> None:
    """Open a demo clinic with two phones and a clock that can be moved on. No account is needed."""
    from scheduler.simulator import serve  # the simulator is never loaded by a production command

    serve(port)


def main() -> None:
    """Run the command; what a person can mend is one line, not a traceback."""
    try:
        cli()
    except (AssistantError, ContentError) as error:
        click.echo(f"aftercare: {error}", err=True)
        sys.exit(2)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        click.echo(f"aftercare: DATABASE_URL: the database does not answer: {reason}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
