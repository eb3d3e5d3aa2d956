"""The list of conversations, newest first, and who has a number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, or_, select, update

from assistant.models import Clinic, Concern, Conversation, Patient
from assistant.rules.states import ConcernStatus
from assistant.rules.verdict import Category

CONVERSATIONS_PER_PAGE = 30

Number = tuple[int, str]  # clinic id and phone


@dataclass(frozen=True)
class ConversationRow:
    id: int
    who: str
    phone: str
    clinic: str
    timezone: str
    last_at: datetime
    last_text: str
    unread: int
    opted_out: bool
    severity: Category | None  # of the live concern


@dataclass(frozen=True)
class Cursor:
    """The last row of a page of conversations; the next page begins after it."""

    last_at: datetime
    id: int


@dataclass(frozen=True)
class ConversationPage:
    rows: tuple[ConversationRow, ...]
    next: Cursor | None


def listed(
    session: Session,
    clinic_ids: Sequence[int],
    *,
    after: Cursor | None = None,
    unread_only: bool = False,
    search: str = "",
) -> ConversationPage:
    """Return a page of conversations, the last one to write first.

    ``search`` finds part of a patient's name, or digits of the number.
    """
    query = (
        select(Conversation, Clinic, Concern.severity)
        .join(Clinic, col(Clinic.id) == Conversation.clinic_id)
        .outerjoin(
            Concern,
            and_(col(Concern.conversation_id) == Conversation.id, Concern.status != ConcernStatus.RESOLVED),
        )
        .where(col(Conversation.clinic_id).in_(clinic_ids))
        .order_by(col(Conversation.last_at).desc(), col(Conversation.id).desc())
        .limit(CONVERSATIONS_PER_PAGE + 1)
    )
    if after is not None:
        same_moment = and_(Conversation.last_at == after.last_at, Conversation.id < after.id)
        query = query.where(or_(col(Conversation.last_at) < after.last_at, same_moment))
    if unread_only:
        query = query.where(Conversation.unread > 0)
    if search:
        query = query.where(_found(search))
    rows = session.exec(query).all()
    shown = rows[:CONVERSATIONS_PER_PAGE]
    people = patients_of(session, [(conversation.clinic_id, conversation.phone) for conversation, _, _ in shown])
    last = shown[-1][0] if len(rows) > CONVERSATIONS_PER_PAGE else None
    return ConversationPage(
        rows=tuple(
            ConversationRow(
                id=conversation.id,
                who=who(people.get((clinic.id, conversation.phone), [])),
                phone=conversation.phone,
                clinic=clinic.name,
                timezone=clinic.timezone,
                last_at=conversation.last_at,
                last_text=conversation.last_text,
                unread=conversation.unread,
                opted_out=conversation.opted_out_at is not None,
                severity=Category(severity) if severity else None,
            )
            for conversation, clinic, severity in shown
        ),
        next=Cursor(last.last_at, last.id) if last else None,
    )


def patients_of(session: Session, numbers: Iterable[Number]) -> dict[Number, list[Patient]]:
    """Return who has each number; two people may share one."""
    wanted = set(numbers)
    rows = session.exec(
        select(Patient)
        .where(col(Patient.clinic_id).in_({clinic for clinic, _ in wanted}))
        .where(col(Patient.phone).in_({phone for _, phone in wanted}))
        .order_by(col(Patient.id))
    )
    found: dict[Number, list[Patient]] = {}
    for patient in rows:
        found.setdefault((patient.clinic_id, patient.phone), []).append(patient)
    return found


def who(sharing: Sequence[Patient], patient_id: int | None = None) -> str:
    """Return the patient's name, everybody's who has the number if it is not known who wrote, or Unknown number."""
    named = [patient.name for patient in sharing if patient_id in (None, patient.id)]
    return " or ".join(named) or "Unknown number"


def _found(search: str) -> ColumnElement[bool]:
    named = (
        select(Patient.id)
        .where(Patient.clinic_id == Conversation.clinic_id, Patient.phone == Conversation.phone)
        .where(col(Patient.name).icontains(search, autoescape=True))
        .exists()
    )
    digits = "".join(character for character in search if character.isdigit())
    return or_(named, col(Conversation.phone).contains(digits)) if len(digits) >= 3 else named


def sharing(session: Session, conversation: Conversation) -> list[Patient]:
    """Return the patients who have this number."""
    number = (conversation.clinic_id, conversation.phone)
    return patients_of(session, [number]).get(number, [])


def live_concern_id(session: Session, conversation_id: int) -> int | None:
    """Return the concern of this number that is not closed, if there is one."""
    return session.exec(
        select(Concern.id).where(Concern.conversation_id == conversation_id, Concern.status != ConcernStatus.RESOLVED)
    ).first()


def last_written_at(session: Session, clinic_ids: Sequence[int]) -> datetime | None:
    """Return when a patient last wrote to these clinics."""
    return session.exec(
        select(Conversation.last_at)
        .where(col(Conversation.clinic_id).in_(clinic_ids))
        .order_by(col(Conversation.last_at).desc())
        .limit(1)
    ).first()


def mark_read(session: Session, conversation_id: int) -> None:
    """Nothing in this conversation is unread any more."""
    session.execute(
        update(Conversation)
        .where(col(Conversation.id) == conversation_id, col(Conversation.unread) > 0)
        .values(unread=0)
    )


def timezone(session: Session, clinic_id: int) -> str:
    """Return the zone in which this clinic's screens show times."""
    return session.get_one(Clinic, clinic_id).timezone
