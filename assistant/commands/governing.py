"""``aftercare content``: what is said, who signed it, what a change of the files changes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from assistant import clock, live, settings
from assistant.db import snapshot, transaction
from assistant.errors import Invalid, Problem
from assistant.models import Clinic, Staff
from assistant.services import clinics, content, content_effect, content_history, sign_offs
from assistant.services.content_history import Editions
from assistant.services.sign_offs import Standing, State
from messages.difference import diff


@click.group(name="content")
def governing() -> None:
    """What is said to patients: versions, signatures, changes."""


@governing.command()
@click.option("--clinic", "slug", help="Slug; may be left out where there is one clinic.")
def status(slug: str | None) -> None:
    """Say for every text in the files whether it is signed, by whom and when."""
    catalog = content.load().catalog
    with _database() as engine, snapshot(engine) as session:
        clinic = clinics.by_slug(session, slug)
        recorded = content_history.live(session)
        for state in sign_offs.states(session, catalog, clinic.id):
            last = recorded.get((state.edition.name, state.edition.language))
            is_live = last is not None and last.sha256 == state.edition.sha256
            click.echo(_line(state) + ("" if is_live else "  (not live yet)"))


@governing.command("diff")
@click.option("--signed", is_flag=True, help="Compare with what was signed last, not with what is live.")
@click.option("--clinic", "slug", help="Slug, for --signed; may be left out where there is one clinic.")
def difference(signed: bool, slug: str | None) -> None:
    """Print what the files change, and how many waiting texts that is about."""
    catalog = content.load().catalog
    with _database() as engine, snapshot(engine) as session:
        new = dict(catalog.editions)
        if signed:
            old = sign_offs.last_signed(session, clinics.by_slug(session, slug).id)
            new = {key: edition for key, edition in new.items() if key in old}
        else:
            old = content_history.live(session)
        if not old:
            click.echo("Nobody has signed anything yet." if signed else "Nothing was live yet.")
            return
        for line in _changes(session, old, new):
            click.echo(line)


@governing.command()
@click.argument("name")
@click.option("--language", help="All languages if left out.")
@click.option("--by", "email", required=True, help="Who signs: the e-mail address of a clinician or an admin.")
@click.option("--note", default="", help="Kept with the signature.")
def sign(name: str, language: str | None, email: str, note: str) -> None:
    """Sign what the files say under NAME (a protocol, replies, staff, areas, dates, or all), as they are now."""
    catalog = content.load().catalog
    wanted = [
        edition
        for edition in catalog.editions.values()
        if name in ("all", edition.name) and language in (None, edition.language)
    ]
    if not wanted:
        raise Invalid([Problem("NAME", f"nothing is called {name} in that language: see aftercare content status")])
    with _database() as engine, transaction(engine) as session:
        staff = session.exec(select(Staff).where(Staff.email == email.strip().lower(), col(Staff.active))).first()
        if staff is None:
            raise Invalid([Problem("--by", "nobody has an account with this address: aftercare staff add")])
        for edition in wanted:
            signature = sign_offs.sign(
                session,
                catalog,
                staff=staff,
                name=edition.name,
                language=edition.language,
                sha256=edition.sha256,
                note=note,
                now=clock.now(),
            )
            click.echo(f"{edition.name} {edition.language} {edition.version}: signed by {signature.signed_as}")


@contextmanager
def _database() -> Iterator[Engine]:
    engine = live.migrated_engine(settings.load(os.environ))
    try:
        yield engine
    finally:
        engine.dispose()


def _line(state: State) -> str:
    edition = state.edition
    said = f"{edition.name} {edition.language} {edition.version}: {state.standing}"
    if state.signed_as is None or state.signed_at is None:
        return said
    day = f"{state.signed_at:%Y-%m-%d}"
    if state.standing is Standing.SIGNED:
        return f"{said} by {state.signed_as} on {day}" + (f": {state.note}" if state.note else "")
    return f"{said} by {state.signed_as} on {day}"


def _changes(session: Session, old: Editions, new: Editions) -> list[str]:
    lines = []
    for key in sorted({*new, *old}):
        before, after = old.get(key), new.get(key)
        changes = diff(before, after)
        if not changes:
            continue
        versions = f"{before.version if before else 'new'} -> {after.version if after else 'gone'}"
        lines += [f"{' '.join(key)}, version {versions}", *(f"  {change}" for change in changes)]
        if before and after and before.version == after.version:
            lines.append("  The version is the same as before: count about.version up.")
    if not lines:
        return ["The files say what was said before."]
    everywhere = list(session.exec(select(Clinic.id)))
    what = content_effect.effect(session, everywhere, old=old, new=new, now=clock.now())
    counts = f"{len(what.words)} other words, {len(what.moved)} another time, {len(what.dropped)} dropped"
    return [
        *lines,
        f"Planned anew, the waiting texts of {what.patients} patients would change: {counts}, {len(what.added)} added.",
        "They keep what they were planned with until their visit moves or their patient's language changes.",
    ]
