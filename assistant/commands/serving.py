"""Commands that run an installation: serve it, bring its tables up to date, say what is missing."""

import os
import sys

import click

from assistant import check as going_live
from assistant import db, faults, live, migrate, settings
from assistant.serve import serve
from assistant.services import content


@click.command()
@click.option("--port", default=8000, show_default=True, envvar="PORT")
@click.option("--host", default="0.0.0.0", show_default=True)  # noqa: S104 (a proxy in front reaches it)
@click.option("--workers", type=int, help="Processes; 1 on SQLite, one a core on PostgreSQL.")
def web(port: int, host: str, workers: int | None) -> None:
    """Serve webhooks and the staff pages."""
    configured = settings.load(os.environ)
    live.require(configured)
    faults.arm(configured.aftercare_fault)
    loaded, engine = content.load(), live.migrated_engine(configured)
    live.speaks(engine, loaded)
    engine.dispose()  # each worker process makes its own
    serve(configured, loaded, host=host, port=port, workers=workers)


@click.command("migrate")
def migrate_() -> None:
    """Bring the database to this version's tables. Safe to run again."""
    configured = settings.load(os.environ)
    with live.reached():
        migrate.upgrade(db.make_engine(configured.database_url))
    click.echo("The database is up to date.")


@click.command()
def check() -> None:
    """Say in words what is missing or wrong for going live. Exits with 1 if anything is."""
    findings = going_live.findings(os.environ)
    for finding in findings:
        click.echo(str(finding))
    if any(finding.blocks for finding in findings):
        sys.exit(1)
    click.echo("Ready to go live.")
