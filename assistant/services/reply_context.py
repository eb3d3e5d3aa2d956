"""What triage is told about a reply: the sessions behind it, the question that is open, and what was said before."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from assistant.models import (
    Clinic,
    Conversation,
    Direction,
    Message,
    Patient,
    SessionStatus,
    TreatmentSession,
    Visit,
    VisitStatus,
)
from assistant.rules.verdict import Category, Context, PastReply, SessionContext
from assistant.services.content import Content

# How long a check-in's 1, 2, 3 still means what was asked.
ANSWER_WINDOW = timedelta(hours=72)

# How far back an earlier reply about the same thing makes this one weigh more.
REPEAT_WINDOW = timedelta(days=7)

# Asked for every reply, so built once (building a statement takes longer than running it) and run on the
# connection: they return columns, for which the session's part would triple the price.
_NEXT_VISIT = (
    select(Visit.starts_at)
    .where(
        col(Visit.patient_id).in_(bindparam("patient_ids", expanding=True)),
        Visit.status == VisitStatus.BOOKED,
        col(Visit.starts_at) > bindparam("now"),
    )
    .order_by(col(Visit.starts_at))
    .limit(1)
)
_SESSIONS = (
    select(
        TreatmentSession.patient_id, TreatmentSession.protocol, TreatmentSession.performed_at, TreatmentSession.areas
    )
    .where(
        col(TreatmentSession.patient_id).in_(bindparam("patient_ids", expanding=True)),
        TreatmentSession.status == SessionStatus.COMPLETED,
    )
    .order_by(col(TreatmentSession.performed_at))
)
_RECENT = (
    select(Message.created_at, Message.body, Message.category, Message.findings)
    .where(
        Message.conversation_id == bindparam("conversation_id"),
        Message.direction == Direction.INBOUND,
        col(Message.created_at) > bindparam("since"),
    )
    .order_by(col(Message.id).desc())
    .limit(10)
)


def gather(
    session: Session,
    content: Content,
    *,
    clinic: Clinic,
    conversation: Conversation,
    patients: Sequence[Patient],
    has_image: bool,
    now: datetime,
) -> Context:
    """Return what is known about a reply from ``conversation``; ``patients`` are all who have its number."""
    asked = conversation.asked
    if asked and conversation.asked_at and now - conversation.asked_at > ANSWER_WINDOW:
        asked = None
    return Context(
        now=now,
        language=patients[0].language if patients else clinic.languages[0],
        country=clinic.country,
        sessions=_sessions(session, content, patients, now),
        asked=asked,
        recent=_recent(session, conversation, now),
        hours_to_next_visit=_hours_to_next_visit(session, patients, now),
        has_image=has_image,
        opted_out=conversation.opted_out_at is not None,
        known=bool(patients),
    )


def _hours_to_next_visit(session: Session, patients: Sequence[Patient], now: datetime) -> float | None:
    if not patients:
        return None
    params = {"patient_ids": [patient.id for patient in patients], "now": now}
    starts_at = session.connection().execute(_NEXT_VISIT, params).scalar()
    return (starts_at - now).total_seconds() / 3600 if starts_at else None


def _sessions(
    session: Session, content: Content, patients: Sequence[Patient], now: datetime
) -> tuple[SessionContext, ...]:
    if not patients:
        return ()
    zones = {patient.id: ZoneInfo(patient.timezone) for patient in patients}
    found = []
    rows = session.connection().execute(_SESSIONS, {"patient_ids": list(zones)})
    for patient_id, protocol_id, performed_at, areas in rows:
        protocol = content.catalog.protocols.get(protocol_id)
        zone = zones[patient_id]
        day = (now.astimezone(zone).date() - performed_at.astimezone(zone).date()).days
        if protocol is not None and day <= protocol.listen_days:
            found.append(
                SessionContext(protocol=protocol_id, day=day, areas=tuple(areas), swelling_days=protocol.swelling_days)
            )
    return tuple(found)


def _recent(session: Session, conversation: Conversation, now: datetime) -> tuple[PastReply, ...]:
    params = {"conversation_id": conversation.id, "since": now - REPEAT_WINDOW}
    rows = session.connection().execute(_RECENT, params).all()
    return tuple(
        PastReply(
            at=at,
            text=body,
            category=category or Category.UNCLEAR,
            rules=tuple(finding["rule"] for finding in findings),
        )
        for at, body, category, findings in reversed(rows)
    )
