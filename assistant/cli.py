"""The commands and where they are. Each is loaded when it is called: ``triage`` answers without a database."""

from importlib import import_module

import click


class CommandTable(click.Group):
    """A group whose commands are named as ``module:function`` and imported when they are asked for."""

    def __init__(self, table: dict[str, str], help_text: str) -> None:
        super().__init__("aftercare", help=help_text)
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click calls it so)
        return sorted(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        place = self._table.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


COMMANDS = {
    "check": "assistant.commands.serving:check",
    "clinic": "assistant.commands.setting_up:clinic",
    "content": "assistant.commands.governing:governing",
    "enrol": "assistant.commands.enrolling:enrol",
    "migrate": "assistant.commands.serving:migrate_",
    "preview": "assistant.commands.previewing:preview",
    "send-test": "assistant.commands.setting_up:send_test",
    "staff": "assistant.commands.setting_up:staff",
    "triage": "assistant.commands.triaging:triage",
    "web": "assistant.commands.serving:web",
}
