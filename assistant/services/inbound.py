"""A text arrives: it is stored, triaged and acted on in one transaction, before anyone is answered 200."""

import logging
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, or_
from sqlmodel import Session, col, select

from assistant.db import insert_new
from assistant.errors import NoClinic
from assistant.models import Clinic, Conversation, Direction, Message, Patient, Staff
from assistant.rules.commands import judge
from assistant.rules.states import MessageStatus
from assistant.rules.verdict import Asked, Category, Context, Finding, Verdict
from assistant.services import replies, reply_context, staff_replies, texts
from assistant.services.content import Content

_log = logging.getLogger(__name__)


def _works_here(clinic_id: object) -> ColumnElement[bool]:
    return and_(col(Staff.active), or_(col(Staff.clinic_id).is_(None), col(Staff.clinic_id) == clinic_id))


# Asked for every text, so built once: building a statement takes longer than running it.
_THREAD = (
    select(Clinic, Conversation, Staff)
    .join(Conversation, col(Conversation.clinic_id) == Clinic.id)
    .outerjoin(Staff, and_(col(Staff.phone) == Conversation.phone, _works_here(Clinic.id)))
    .where(Clinic.phone == bindparam("to"), Conversation.phone == bindparam("sender"))
    .with_for_update(of=Conversation, key_share=True)
)
_PATIENTS = (
    select(Patient)
    .where(Patient.clinic_id == bindparam("clinic_id"), Patient.phone == bindparam("phone"))
    .order_by(col(Patient.id).desc())
)


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


def storable(body: str) -> str:
    """PostgreSQL cannot hold NUL, and lone surrogates cannot be encoded; nothing else is changed."""
    return body.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def receive(session: Session, content: Content, text: InboundText, now: datetime) -> Received:
    """Record one inbound text and act on it. The same text again (same sid) changes nothing.

    Twilio may deliver a text twice, and our own catch-up reads its list, so the insert decides who goes on.
    """
    found = session.exec(_THREAD, params={"to": text.to, "sender": text.sender}).first()
    clinic, conversation, staff = found or _first_text(session, text)
    if staff is not None:
        return _from_staff(session, content, clinic, staff, text, now)
    conversation = conversation or _new_conversation(session, clinic, text.sender, now)
    return _from_patient(session, content, clinic, conversation, text, now)


def _first_text(session: Session, text: InboundText) -> tuple[Clinic, None, Staff | None]:
    """Whom a text reaches that is the first from its number, or that came to a number which no clinic names."""
    clinic = session.exec(select(Clinic).where(Clinic.phone == text.to)).first() or _clinic_of(session, text.sender)
    return clinic, None, session.exec(select(Staff).where(Staff.phone == text.sender, _works_here(clinic.id))).first()


def _clinic_of(session: Session, sender: str) -> Clinic:
    """Whose patient or staff this is: a messaging service may own numbers that no clinic row names."""
    talked = (
        select(Clinic)
        .join(Conversation, col(Conversation.clinic_id) == Clinic.id)
        .where(Conversation.phone == sender)
        .order_by(col(Conversation.last_at).desc())
        .limit(1)
    )
    works = select(Clinic).join(Staff, col(Staff.clinic_id) == Clinic.id).where(Staff.phone == sender).limit(1)
    for query in (talked, works, select(Clinic).order_by(col(Clinic.id)).limit(1)):
        clinic = session.exec(query).first()
        if clinic is not None:
            return clinic
    raise NoClinic("there is no clinic yet: aftercare clinic add")


def _new_conversation(session: Session, clinic: Clinic, phone: str, now: datetime) -> Conversation:
    # Another text of this number may have been first; then its row is ours too.
    new = {"clinic_id": clinic.id, "phone": phone, "last_at": now, "last_text": "", "unread": 0}
    insert_new(session, Conversation, [new])
    return session.exec(
        select(Conversation)
        .where(Conversation.clinic_id == clinic.id, Conversation.phone == phone)
        .with_for_update(key_share=True)
    ).one()


def _from_staff(
    session: Session, content: Content, clinic: Clinic, staff: Staff, text: InboundText, now: datetime
) -> Received:
    message_id = _store(session, clinic, text, now, staff_id=staff.id)
    if message_id is not None:
        staff_replies.answer(
            session, content, clinic=clinic, staff=staff, body=text.body, message_id=message_id, now=now
        )
    return Received(message_id)


def _from_patient(
    session: Session, content: Content, clinic: Clinic, conversation: Conversation, text: InboundText, now: datetime
) -> Received:
    patients = list(session.exec(_PATIENTS, params={"clinic_id": clinic.id, "phone": text.sender}))
    context = reply_context.gather(
        session,
        content,
        clinic=clinic,
        conversation=conversation,
        patients=patients,
        has_image=bool(text.media),
        now=now,
    )
    verdict = _judged(text.body, context, content)
    patient = _meant(session, conversation, patients, context.asked)
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
            patients=patients,
            text=text.body,
            has_image=bool(text.media),
            context=context,
            message_id=message_id,
            now=now,
        ),
        verdict,
    )
    return Received(message_id, verdict)


def _judged(body: str, context: Context, content: Content) -> Verdict:
    try:
        return judge(body, context, content.lexicon, content.catalog.keyword)
    except Exception:  # noqa: BLE001  (a mistake in a rule must not lose the text: a human reads it instead)
        _log.exception("a reply could not be triaged")
        why = "the rules could not read this text; please read it yourself"
        return Verdict(Category.UNCLEAR, (Finding("unreadable", Category.UNCLEAR, (), why),), "unclear")


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
