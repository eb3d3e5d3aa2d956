"""A text arrives: it is stored, triaged and acted on in one transaction, before anyone is answered 200."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_
from sqlmodel import Session, col, select

from assistant.db import insert_new
from assistant.models import (
    Clinic,
    Conversation,
    Direction,
    Message,
    Patient,
    SessionStatus,
    Staff,
    TreatmentSession,
    Visit,
    VisitStatus,
)
from assistant.rules.states import MessageStatus
from assistant.rules.triage import triage
from assistant.rules.verdict import Asked, Category, Context, PastReply, SessionContext, Verdict
from assistant.services import replies, staff_replies, texts
from assistant.services.content import Content

# How long a check-in's 1, 2, 3 still means what was asked.
ANSWER_WINDOW = timedelta(hours=72)

# How far back an earlier reply about the same thing makes this one weigh more.
REPEAT_WINDOW = timedelta(days=7)


@dataclass(frozen=True)
class InboundText:
    """A text as the provider hands it over. ``media`` holds {"url", "type"} each."""

    sid: str
    sender: str  # E.164
    to: str  # E.164
    body: str
    media: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class Received:
    """``verdict`` is None for a repeat, and for a staff member's text."""

    message_id: int | None
    verdict: Verdict | None = None


def receive(session: Session, content: Content, text: InboundText, now: datetime) -> Received:
    """Record one inbound text and act on it. The same text again (same sid) changes nothing.

    Twilio may deliver a text twice, and our own catch-up reads its list, so the insert decides who goes on.
    """
    clinic = _clinic(session, text.to)
    staff = session.exec(
        select(Staff).where(
            Staff.phone == text.sender,
            col(Staff.active),
            or_(col(Staff.clinic_id).is_(None), col(Staff.clinic_id) == clinic.id),
        )
    ).first()
    if staff is not None:
        message_id = _store(session, clinic, text, now, staff_id=staff.id)
        if message_id is not None:
            staff_replies.answer(
                session, content, clinic=clinic, staff=staff, body=text.body, message_id=message_id, now=now
            )
        return Received(message_id)
    conversation = _conversation(session, clinic, text.sender, now)
    patients = session.exec(
        select(Patient)
        .where(Patient.clinic_id == clinic.id, Patient.phone == text.sender)
        .order_by(col(Patient.id).desc())
    ).all()
    context = _context(session, content, clinic, conversation, list(patients), bool(text.media), now)
    verdict = triage(text.body, context, content.lexicon)
    patient = _meant(session, conversation, list(patients), context.asked)
    message_id = _store(
        session,
        clinic,
        text,
        now,
        conversation_id=conversation.id,
        patient_id=patient.id if patient else None,
        category=verdict.category,
        findings=[asdict(finding) for finding in verdict.findings],
    )
    if message_id is None:
        return Received(None)
    conversation.last_at, conversation.unread = now, conversation.unread + 1
    conversation.last_text = text.body[:160] or "(picture)"
    session.add(conversation)
    replies.act(
        session,
        content,
        replies.Arrived(
            clinic=clinic,
            conversation=conversation,
            patient=patient,
            patients=list(patients),
            text=text.body,
            has_image=bool(text.media),
            context=context,
            message_id=message_id,
            now=now,
        ),
        verdict,
    )
    return Received(message_id, verdict)


def _clinic(session: Session, number: str) -> Clinic:
    clinic = session.exec(select(Clinic).where(Clinic.phone == number)).first()
    # A messaging service may own numbers that no clinic row names; the text must not be lost for that.
    return clinic or session.exec(select(Clinic).order_by(col(Clinic.id)).limit(1)).one()


def _conversation(session: Session, clinic: Clinic, phone: str, now: datetime) -> Conversation:
    query = (
        select(Conversation).where(Conversation.clinic_id == clinic.id, Conversation.phone == phone).with_for_update()
    )
    found = session.exec(query).first()
    if found is None:
        insert_new(
            session,
            Conversation,
            [{"clinic_id": clinic.id, "phone": phone, "last_at": now, "last_text": "", "unread": 0}],
        )
        found = session.exec(query).one()
    return found


def _store(session: Session, clinic: Clinic, text: InboundText, now: datetime, **row: object) -> int | None:
    new = insert_new(
        session,
        Message,
        [
            {
                "clinic_id": clinic.id,
                "direction": Direction.INBOUND,
                "status": MessageStatus.RECEIVED,
                "phone": text.sender,
                "body": text.body[: texts.MAX_BODY],
                "created_at": now,
                "dedupe_key": f"in:{text.sid}",
                "provider_sid": text.sid,
                "lane": 0,
                "attempts": 0,
                "not_found": 0,
                "safety": False,
                "findings": [],
                "media": list(text.media),
                **row,
            }
        ],
    )
    return new[0] if new else None


def _meant(
    session: Session, conversation: Conversation, patients: list[Patient], asked: Asked | None
) -> Patient | None:
    """The patient who wrote: the only one of this number, or the one whose question is being answered."""
    if len(patients) == 1:
        return patients[0]
    if asked and conversation.asked_message_id:
        question = session.get(Message, conversation.asked_message_id)
        return next((patient for patient in patients if question and patient.id == question.patient_id), None)
    return None


def _context(
    session: Session,
    content: Content,
    clinic: Clinic,
    conversation: Conversation,
    patients: list[Patient],
    has_image: bool,
    now: datetime,
) -> Context:
    asked = conversation.asked
    if asked and conversation.asked_at and now - conversation.asked_at > ANSWER_WINDOW:
        asked = None
    ids = [patient.id for patient in patients]
    next_visit = (
        session.exec(
            select(Visit.starts_at)
            .where(
                col(Visit.patient_id).in_(ids),
                Visit.status == VisitStatus.BOOKED,
                col(Visit.starts_at) > now,
            )
            .order_by(col(Visit.starts_at))
            .limit(1)
        ).first()
        if ids
        else None
    )
    return Context(
        now=now,
        language=patients[0].language if patients else clinic.languages[0],
        country=clinic.country,
        sessions=_sessions(session, content, patients, now),
        asked=asked,
        recent=_recent(session, conversation, now),
        hours_to_next_visit=(next_visit - now).total_seconds() / 3600 if next_visit else None,
        has_image=has_image,
        opted_out=conversation.opted_out_at is not None,
        known=bool(patients),
    )


def _sessions(session: Session, content: Content, patients: list[Patient], now: datetime) -> tuple[SessionContext, ...]:
    if not patients:
        return ()
    rows = session.exec(
        select(TreatmentSession)
        .where(
            col(TreatmentSession.patient_id).in_([patient.id for patient in patients]),
            TreatmentSession.status == SessionStatus.COMPLETED,
        )
        .order_by(col(TreatmentSession.performed_at))
    ).all()
    zones = {patient.id: ZoneInfo(patient.timezone) for patient in patients}
    found = []
    for row in rows:
        protocol = content.catalog.protocols.get(row.protocol)
        zone = zones[row.patient_id]
        day = (now.astimezone(zone).date() - row.performed_at.astimezone(zone).date()).days
        if protocol is not None and day <= protocol.listen_days:
            found.append(
                SessionContext(
                    protocol=row.protocol,
                    day=day,
                    areas=tuple(row.areas),
                    swelling_days=protocol.swelling_days,
                )
            )
    return tuple(found)


def _recent(session: Session, conversation: Conversation, now: datetime) -> tuple[PastReply, ...]:
    rows = session.exec(
        select(Message.created_at, Message.body, Message.category, Message.findings)
        .where(
            Message.conversation_id == conversation.id,
            Message.direction == Direction.INBOUND,
            col(Message.created_at) > now - REPEAT_WINDOW,
        )
        .order_by(col(Message.id).desc())
        .limit(10)
    ).all()
    return tuple(
        PastReply(
            at=at,
            text=body,
            category=category or Category.UNCLEAR,
            rules=tuple(finding["rule"] for finding in findings),
        )
        for at, body, category, findings in reversed(rows)
    )
