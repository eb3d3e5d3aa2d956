"""Commands that add locations and staff, and try whether a text goes out."""

import os
import sys
from datetime import timedelta

import click

from assistant import clock, live, settings
from assistant.db import transaction
from assistant.errors import SendError
from assistant.gateway import LookupFailed, OutgoingText
from assistant.models import Role
from assistant.provider_errors import explain
from assistant.services import accounts, clinics, content


@click.group()
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


@click.group()
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


@click.command("send-test")
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
