"""What is known when a reply arrives: who has its number, the sessions behind it, what is open and was said before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, func, literal_column, select
from sqlmodel import Session, col

from assistant.models import (
    Concern,
    Conversation,
    Direction,
    Message,
    Patient,
    SessionStatus,
    TreatmentSession,
    Visit,
    VisitStatus,
)
from assistant.prepared import Prepared
from assistant.rules.verdict import Category, Context, PastReply, SessionContext
from assistant.services.content import Content
from assistant.services.live_concerns import IS_LIVE
from assistant.services.senders import AtClinic, Thread
from messages.protocol import MessageClass

# How long a check-in's 1, 2, 3 still means what was asked.
ANSWER_WINDOW = timedelta(hours=72)

# How far back an earlier reply about the same thing makes this one weigh more.
REPEAT_WINDOW = timedelta(days=7)

# How far back automatic answers are counted, to see whether a machine is answering a machine.
ANSWERS_WINDOW = timedelta(hours=1)

_NEXT_VISIT = (
    select(func.min(Visit.starts_at))
    .where(
        col(Visit.patient_id) == Patient.id,
        col(Visit.status) == VisitStatus.BOOKED,
        col(Visit.starts_at) > bindparam("now"),
    )
    .scalar_subquery()
)
_ANSWERS = (
    select(func.count())
    .select_from(Message)
    .where(
        col(Message.conversation_id) == Conversation.id,
        col(Message.direction) == Direction.OUTBOUND,
        col(Message.message_class) == MessageClass.ONCE,
        col(Message.created_at) > bindparam("answers_since"),
    )
    .scalar_subquery()
)


class Person(NamedTuple):
    """A patient, as far as their reply needs them."""

    id: int
    name: str
    language: str
    timezone: str


class _Row(NamedTuple):
    """A session of a patient who has the number, and what is the same in every row."""

    patient_id: int | None
    name: str
    language: str
    timezone: str
    protocol: str | None
    performed_at: datetime
    areas: list[str]
    next_visit_at: datetime | None
    live_concern_id: int | None
    answers: int


# One row for each session of each patient, at least one.
_STANDING = Prepared(
    select(
        col(Patient.id),
        col(Patient.name),
        col(Patient.language),
        col(Patient.timezone),
        col(TreatmentSession.protocol),
        col(TreatmentSession.performed_at),
        col(TreatmentSession.areas),
        _NEXT_VISIT,
        col(Concern.id),
        _ANSWERS,
    )
    .select_from(Conversation)
    .outerjoin(
        Patient, and_(col(Patient.clinic_id) == Conversation.clinic_id, col(Patient.phone) == Conversation.phone)
    )
    .outerjoin(
        TreatmentSession,
        and_(
            col(TreatmentSession.patient_id) == Patient.id,
            col(TreatmentSession.status) == SessionStatus.COMPLETED,
        ),
    )
    .outerjoin(Concern, and_(col(Concern.conversation_id) == Conversation.id, IS_LIVE))
    .where(col(Conversation.id) == bindparam("conversation_id"))
    .order_by(col(Patient.id).desc(), col(TreatmentSession.performed_at)),
    _Row,
)


def _past_reply(at: datetime, text: str, category: Category | None, findings: list[dict[str, Any]]) -> PastReply:
    rules = tuple(finding["rule"] for finding in findings)
    return PastReply(at=at, text=text, category=category or Category.UNCLEAR, rules=rules)


_RECENT = Prepared(
    select(col(Message.created_at), col(Message.body), col(Message.category), col(Message.findings))
    .where(
        col(Message.conversation_id) == bindparam("conversation_id"),
        col(Message.direction) == Direction.INBOUND,
        col(Message.created_at) > bindparam("since"),
    )
    .order_by(col(Message.id).desc())
    .limit(literal_column("10")),  # as a parameter it would make SQLite plan the statement anew each time
    _past_reply,
)


@dataclass(frozen=True)
class Standing:
    """How things stand with a number when a reply comes from it.

    ``patients`` are all who have it, who was enrolled last first. ``answers`` is how many automatic answers
    it was given within ANSWERS_WINDOW.
    """

    patients: tuple[Person, ...]
    context: Context
    has_live_concern: bool
    answers: int


def gather(
    session: Session,
    content: Content,
    *,
    clinic: AtClinic,
    conversation: Thread,
    has_image: bool,
    now: datetime,
) -> Standing:
    """Return what is known about a reply from ``conversation``, whose row the caller has locked."""
    rows = _STANDING.run(session, conversation_id=conversation.id, now=now, answers_since=now - ANSWERS_WINDOW)
    patients = tuple(
        dict.fromkeys(
            Person(row.patient_id, row.name, row.language, row.timezone) for row in rows if row.patient_id is not None
        )
    )
    visits = [row.next_visit_at for row in rows if row.next_visit_at is not None]
    asked = conversation.asked
    if asked and conversation.asked_at and now - conversation.asked_at > ANSWER_WINDOW:
        asked = None
    return Standing(
        patients=patients,
        context=Context(
            now=now,
            language=patients[0].language if patients else clinic.languages[0],
            country=clinic.country,
            sessions=_sessions(content, rows, now),
            asked=asked,
            recent=_recent(session, conversation, now),
            hours_to_next_visit=(min(visits) - now).total_seconds() / 3600 if visits else None,
            has_image=has_image,
            opted_out=conversation.opted_out_at is not None,
            known=bool(patients),
        ),
        has_live_concern=rows[0].live_concern_id is not None,
        answers=rows[0].answers,
    )


def _sessions(content: Content, rows: Iterable[_Row], now: datetime) -> tuple[SessionContext, ...]:
    found = []
    treated = [row for row in rows if row.protocol is not None]
    for row in sorted(treated, key=lambda row: row.performed_at):
        protocol, zone = content.catalog.protocols.get(row.protocol or ""), ZoneInfo(row.timezone)
        if protocol is None:
            continue
        day = (now.astimezone(zone).date() - row.performed_at.astimezone(zone).date()).days
        if day <= protocol.listen_days:
            found.append(
                SessionContext(
                    protocol=protocol.id, day=day, areas=tuple(row.areas), swelling_days=protocol.swelling_days
                )
            )
    return tuple(found)


def _recent(session: Session, conversation: Thread, now: datetime) -> tuple[PastReply, ...]:
    since = now - REPEAT_WINDOW
    if not conversation.last_text or conversation.last_at <= since:
        return ()  # nobody has written, or not for so long
    return tuple(reversed(_RECENT.run(session, conversation_id=conversation.id, since=since)))
