"""The assistant's commands. Each prints words for people, or JSON for programs."""

import json
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from assistant import check as going_live
from assistant import clock, db, enrol_command, faults, live, migrate, settings, triage_command
from assistant.db import transaction
from assistant.errors import SendError
from assistant.gateway import LookupFailed, OutgoingText
from assistant.models import Role
from assistant.provider_errors import explain
from assistant.serve import serve
from assistant.services import accounts, clinics, content

_MOMENT = click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


@click.group()
@click.version_option(package_name="aftercare")
def cli() -> None:
    """Aftercare texts patients after a session, reads every reply, and pages staff when one must not wait."""


@cli.command()
@click.option("--port", default=8000, show_default=True, envvar="PORT")
@click.option("--host", default="0.0.0.0", show_default=True)  # noqa: S104 (a proxy in front reaches it)
@click.option("--workers", type=int, help="Processes; 1 on SQLite, one a core on PostgreSQL.")
def web(port: int, host: str, workers: int | None) -> None:
    """Serve webhooks and the staff pages."""
    configured = settings.load(os.environ)
    live.require(configured)
    faults.arm(configured.aftercare_fault)
    live.migrated_engine(configured).dispose()  # each worker process makes its own
    serve(configured, content.load(), host=host, port=port, workers=workers)


@cli.command("migrate")
def migrate_() -> None:
    """Bring the database to this version's tables. Safe to run again."""
    configured = settings.load(os.environ)
    migrate.upgrade(db.make_engine(configured.database_url))
    click.echo("The database is up to date.")


@cli.command()
def check() -> None:
    """Say in words what is missing or wrong for going live. Exits with 1 if anything is."""
    findings = going_live.findings(os.environ)
    for finding in findings:
        click.echo(str(finding))
    if any(finding.blocks for finding in findings):
        sys.exit(1)
    click.echo("Ready to go live.")


@cli.command()
@click.argument("protocol")
@click.option("--session", "session_at", type=_MOMENT, required=True, help="When it was performed, local time.")
@click.option("--next-visit", "next_visit_at", type=_MOMENT, help="Local time of the next visit.")
@click.option("--timezone", default="America/New_York", show_default=True, help="IANA name.")
@click.option("--language", default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True)
def preview(
    protocol: str,
    session_at: datetime,
    next_visit_at: datetime | None,
    timezone: str,
    language: str,
    as_json: bool,
) -> None:
    """Print what PROTOCOL sends: exact dates, texts and segments."""
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.BadParameter("give an IANA name, such as Europe/Paris", param_hint="--timezone") from None
    lines = enrol_command.preview(
        content.load(),
        protocol=protocol,
        session_at=_local(session_at, zone),
        next_visit_at=_local(next_visit_at, zone) if next_visit_at else None,
        timezone=zone,
        language=language,
        as_json=as_json,
    )
    click.echo(lines)


@cli.command()
@click.option("--day", type=int, help="Whole days since the session.")
@click.option("--locale", default="en", show_default=True, help="The patient's language.")
@click.option("--jsonl", is_flag=True, help="Read one JSON object a line on standard input.")
@click.argument("text", required=False)
def triage(day: int | None, locale: str, jsonl: bool, text: str | None) -> None:
    """Print the verdict on TEXT and why, as JSON."""
    if jsonl:
        triage_command.stream(sys.stdin, sys.stdout)
    elif text is None:
        raise click.UsageError("Give the TEXT, or --jsonl.")
    else:
        click.echo(json.dumps(triage_command.judge(text, day=day, locale=locale), ensure_ascii=False, indent=2))


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def enrol(file: Path) -> None:
    """Apply one event from FILE, as POST /webhooks/sessions takes it."""
    configured = settings.load(os.environ)
    with_engine = live.migrated_engine(configured)
    click.echo(enrol_command.enrol_file(with_engine, content.load(), file, clock.now()))


@cli.group()
def clinic() -> None:
    """Locations."""


@clinic.command("add")
@click.argument("slug")
@click.option("--name", required=True, help="What patients call it.")
@click.option("--country", required=True, help="Two letters, such as US.")
@click.option("--timezone", required=True, help="IANA name, such as America/New_York.")
@click.option("--phone", required=True, help="The number texts come from and patients call, with + and country code.")
def clinic_add(slug: str, name: str, country: str, timezone: str, phone: str) -> None:
    """Add a location with sensible hours, quiet hours and an empty ladder."""
    engine = live.migrated_engine(settings.load(os.environ))
    with transaction(engine) as session:
        added = clinics.add(
            session, content.load(), slug=slug, name=name, country=country, timezone=timezone, phone=phone
        )
        click.echo(f"Added {added.name} ({added.slug}). Now add somebody to page: aftercare staff add --on-call")


@cli.group()
def staff() -> None:
    """People with an account."""


@staff.command("add")
@click.argument("name")
@click.option("--phone", required=True, help="Where pages go, with + and country code.")
@click.option("--email", required=True)
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--clinic", "slug", help="Slug; may be left out where there is one clinic.")
@click.option("--on-call", is_flag=True, help="Put them on the ladder from now on.")
def staff_add(name: str, phone: str, email: str, role: str, slug: str | None, on_call: bool) -> None:
    """Add an account and print a one-time link to set its password."""
    configured = settings.load(os.environ)
    engine = live.migrated_engine(configured)
    with transaction(engine) as session:
        at = clinics.by_slug(session, slug)
        added = accounts.add_staff(
            session, clinic=at, name=name, phone=phone, email=email, role=Role(role), now=clock.now()
        )
        if on_call:
            clinics.put_on_ladder(session, at, added)
        token = accounts.password_link(session, added, clock.now())
    click.echo(f"Added {added.name}. To set the password, within 24 hours and once:")
    click.echo(f"{configured.public_url or 'http://127.0.0.1:8000'}/password/{token}")


@cli.command("send-test")
@click.argument("phone")
@click.option("--clinic", "slug", help="Slug; may be left out where there is one clinic.")
def send_test(phone: str, slug: str | None) -> None:
    """Send one text to PHONE through the provider and say what became of it."""
    configured = settings.load(os.environ)
    live.require(configured)
    engine = live.migrated_engine(configured)
    with transaction(engine) as session:
        at = clinics.by_slug(session, slug)
    text = OutgoingText(
        oid="test",
        to=phone,
        sender=at.phone,
        body=f"{at.name}: this is a test of the aftercare line.",
        validity_seconds=300,
        callback_url=configured.public_url + "/webhooks/twilio/status",
    )
    provider = live.gateway(configured)
    asked_at = clock.now() - timedelta(seconds=5)
    try:
        accepted = provider.send(text)
    except SendError as error:
        click.echo(f"Not accepted: {error.code}. {explain(error.code)}", err=True)
        sys.exit(1)
    try:
        listed = next((row for row in provider.find(phone, asked_at) if row.sid == accepted.sid), None)
    except LookupFailed:
        listed = None
    click.echo(f"Accepted by the provider as {accepted.sid}: {listed.status if listed else accepted.status}.")


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
