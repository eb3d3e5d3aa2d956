"""``aftercare enrol``: one event from a file, done as the webhook would do it."""

import json
import os
from pathlib import Path

import click

from assistant import clock, live, settings
from assistant.db import unit_of_work
from assistant.services import content, enrolment


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def enrol(file: Path) -> None:
    """Apply one event from FILE, as POST /webhooks/sessions takes it."""
    engine = live.migrated_engine(settings.load(os.environ))
    loaded, body = content.load(), file.read_bytes()
    applied = unit_of_work(engine, lambda session: enrolment.receive(session, loaded, body, clock.now()))
    click.echo(json.dumps(applied.answer, ensure_ascii=False, indent=2))
