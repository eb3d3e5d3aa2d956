"""Clinicians sign exact words and timing; a signature counts while nothing of them has changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from assistant.db import insert_new
from assistant.errors import Invalid, Problem
from assistant.models import Role, SignOff, Staff
from assistant.services import audit
from messages.catalog import Catalog
from messages.edition import Edition

MAY_SIGN = (Role.ADMIN, Role.CLINICIAN)


class Standing(StrEnum):
    SIGNED = "signed"
    CHANGED = "changed since it was signed"
    DRAFT = "draft"


@dataclass(frozen=True)
class State:
    """Where one edition stands. ``signed_as`` and ``signed_at``: the newest signature that counts, else the last one.

    None for a draft that nobody has ever signed.
    """

    edition: Edition
    standing: Standing
    signed_as: str | None = None
    signed_at: datetime | None = None
    note: str = ""


def sign(
    session: Session,
    catalog: Catalog,
    *,
    staff: Staff,
    name: str,
    language: str,
    sha256: str,
    now: datetime,
    note: str = "",
) -> SignOff:
    """Sign what ``catalog`` says under this name and language; the same person twice signs once.

    ``sha256`` is of what the person has read: if something else is there by now, nothing is signed.
    Raises Invalid with every problem.
    """
    edition, problems = catalog.editions.get((name, language)), []
    if staff.role not in MAY_SIGN or not staff.active:
        problems.append(Problem("staff", f"{staff.name} is {staff.role}: ask a clinician or an admin to sign"))
    if edition is None:
        problems.append(Problem("name", f"no {name} in {language}: use one that the status lists"))
    elif edition.sha256 != sha256:
        problems.append(Problem("sha256", "it was changed after you read it: read it again, then sign"))
    if len(note) > 320:
        problems.append(Problem("note", "make it 320 characters or fewer"))
    if problems or edition is None:
        raise Invalid(problems)
    row = {
        "clinic_id": staff.clinic_id,
        "staff_id": staff.id,
        "signed_as": f"{staff.name}, {staff.role}",
        "name": name,
        "language": language,
        "version": edition.version,
        "sha256": edition.sha256,
        "content": edition.as_json(),
        "note": note,
        "at": now,
    }
    if insert_new(session, SignOff, [row]):
        text = f"{name} {language} {edition.version} {edition.sha256}"
        audit.record(session, action="content.signed", now=now, staff=staff, clinic_id=staff.clinic_id, text=text)
    mine = (SignOff.staff_id == staff.id, SignOff.name == name, SignOff.language == language)
    return session.exec(select(SignOff).where(*mine, SignOff.sha256 == edition.sha256)).one()


def states(session: Session, catalog: Catalog, clinic_id: int | None = None) -> list[State]:
    """Return where every edition stands at this clinic, in the order of names.

    Signatures of somebody of all locations count everywhere; for ``clinic_id`` None only those count.
    """
    signatures: dict[tuple[str, str], list[SignOff]] = {}
    for row in session.exec(select(SignOff).where(_counts_at(clinic_id)).order_by(col(SignOff.id).desc())):
        signatures.setdefault((row.name, row.language), []).append(row)
    return [_state(edition, signatures.get(key, [])) for key, edition in catalog.editions.items()]


def last_signed(session: Session, clinic_id: int | None = None) -> dict[tuple[str, str], Edition]:
    """Return what was signed last under each name and language, whether it is still said or not."""
    rows = session.exec(select(SignOff).where(_counts_at(clinic_id)).order_by(col(SignOff.id)))
    return {(row.name, row.language): Edition.from_json(row.name, row.language, row.content) for row in rows}


def _counts_at(clinic_id: int | None) -> ColumnElement[bool]:
    everywhere = col(SignOff.clinic_id).is_(None)
    return everywhere if clinic_id is None else or_(everywhere, col(SignOff.clinic_id) == clinic_id)


def _state(edition: Edition, signatures: Sequence[SignOff]) -> State:
    counting = next((row for row in signatures if row.sha256 == edition.sha256), None)
    row = counting or next(iter(signatures), None)
    if row is None:
        return State(edition, Standing.DRAFT)
    standing = Standing.SIGNED if counting is not None else Standing.CHANGED
    return State(edition, standing, row.signed_as, row.at, row.note)
