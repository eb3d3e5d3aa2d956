"""The ``aftercare`` command: the assistant's own commands, and those that act on the clock."""

import sys

import click

from assistant.cli import COMMANDS, CommandTable
from assistant.errors import AssistantError
from messages.errors import ContentError

cli = CommandTable(
    COMMANDS | {"scheduler": "scheduler.commands:scheduler", "demo": "scheduler.simulator.command:demo"},
    "Aftercare texts patients after a session, reads every reply, and pages staff when one must not wait.",
)
click.version_option(package_name="aftercare")(cli)


def main() -> None:
    """Run the command; what a person can mend is one line, not a traceback."""
    try:
        cli()
    except (AssistantError, ContentError) as error:
        click.echo(f"aftercare: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
