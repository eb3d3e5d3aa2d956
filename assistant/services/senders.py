"""Who sent a text: somebody with a number at a clinic, whose conversation is locked, or a member of its staff."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from assistant.db import insert_new
from assistant.errors import NoClinic
from assistant.models import Clinic, Conversation, Staff
from assistant.prepared import Prepared
from assistant.rules.verdict import Asked


class AtClinic(NamedTuple):
    """What a reply needs of its clinic."""

    id: int
    name: str
    country: str
    timezone: str
    phone: str
    languages: list[str]
    hours: dict[str, list[str]]
    phrases_tag: str | None


class Thread(NamedTuple):
    """What a reply needs of its conversation, as it was before the reply."""

    id: int
    clinic_id: int
    phone: str
    last_at: datetime
    last_text: str
    opted_out_at: datetime | None
    asked: Asked | None
    asked_at: datetime | None
    asked_message_id: int | None


class FromNumber(NamedTuple):
    clinic: AtClinic
    conversation: Thread


class FromStaff(NamedTuple):
    clinic: Clinic
    staff: Staff


class _Found(NamedTuple):
    clinic: AtClinic
    conversation: Thread
    staff_id: int | None


def _found(*columns: object) -> _Found:
    *both, staff_id = columns
    split = len(AtClinic._fields)
    return _Found(AtClinic(*both[:split]), Thread(*both[split:]), staff_id)  # type: ignore[arg-type]


def _works_here(clinic_id: object) -> ColumnElement[bool]:
    return and_(col(Staff.active), or_(col(Staff.clinic_id).is_(None), col(Staff.clinic_id) == clinic_id))


_SENDER = Prepared(
    select(
        *(getattr(Clinic, name) for name in AtClinic._fields),
        *(getattr(Conversation, name) for name in Thread._fields),
        col(Staff.id),
    )
    .select_from(Clinic)
    .join(Conversation, col(Conversation.clinic_id) == Clinic.id)
    .outerjoin(Staff, and_(col(Staff.phone) == Conversation.phone, _works_here(Clinic.id)))
    .where(col(Clinic.phone) == bindparam("to"), col(Conversation.phone) == bindparam("phone"))
    .with_for_update(of=Conversation, key_share=True),
    _found,
)


def find(session: Session, to: str, phone: str, now: datetime) -> FromNumber | FromStaff:
    """Return who texted ``to`` from ``phone``; a number that nobody of the staff has gets a conversation."""
    found = _SENDER.first(session, to=to, phone=phone)
    if found is None:
        clinic = session.exec(select_rows(Clinic).where(Clinic.phone == to)).first() or _clinic_of(session, phone)
        here = select_rows(Staff).where(Staff.phone == phone, _works_here(clinic.id))
        staff = session.exec(here).first()
        if staff is not None:
            return FromStaff(clinic, staff)
        # Another text of this number may have been first; then its row is ours too.
        new = {"clinic_id": clinic.id, "phone": phone, "last_at": now, "last_text": "", "unread": 0}
        insert_new(session, Conversation, [new])
        found = _SENDER.first(session, to=clinic.phone, phone=phone)
        assert found is not None
    if found.staff_id is not None:
        return FromStaff(session.get_one(Clinic, found.clinic.id), session.get_one(Staff, found.staff_id))
    return FromNumber(found.clinic, found.conversation)


def _clinic_of(session: Session, phone: str) -> Clinic:
    """Whose patient or staff this is: a messaging service may own numbers that no clinic row names."""
    talked = (
        select_rows(Clinic)
        .join(Conversation, col(Conversation.clinic_id) == Clinic.id)
        .where(Conversation.phone == phone)
        .order_by(col(Conversation.last_at).desc())
        .limit(1)
    )
    works = select_rows(Clinic).join(Staff, col(Staff.clinic_id) == Clinic.id).where(Staff.phone == phone).limit(1)
    for query in (talked, works, select_rows(Clinic).order_by(col(Clinic.id)).limit(1)):
        clinic = session.exec(query).first()
        if clinic is not None:
            return clinic
    raise NoClinic("there is no clinic yet: aftercare clinic add")
