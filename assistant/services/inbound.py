"""A text arrives: it is stored, triaged and acted on in one transaction, before anyone is answered 200."""

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from assistant.db import insert_new
from assistant.models import Direction, Message
from assistant.rules.clinic_phrases import OwnPhrases
from assistant.rules.commands import judge
from assistant.rules.states import MessageStatus
from assistant.rules.verdict import Category, Context, Finding, Verdict
from assistant.services import clinic_phrases, replies, reply_context, senders, staff_replies, texts
from assistant.services.content import Content
from assistant.services.reply_context import Person, Standing
from assistant.services.senders import FromNumber, FromStaff, Thread

_log = logging.getLogger(__name__)


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
    sender = senders.find(session, text.to, text.sender, now)
    if isinstance(sender, FromStaff):
        return _from_staff(session, content, sender, text, now)
    return _from_patient(session, content, sender, text, now)


def _from_staff(session: Session, content: Content, sender: FromStaff, text: InboundText, now: datetime) -> Received:
    clinic, staff = sender
    message_id = _store(session, clinic.id, text, now, staff_id=staff.id)
    if message_id is not None:
        staff_replies.answer(
            session, content, clinic=clinic, staff=staff, body=text.body, message_id=message_id, now=now
        )
    return Received(message_id)


def _from_patient(session: Session, content: Content, sender: FromNumber, text: InboundText, now: datetime) -> Received:
    clinic, conversation = sender
    standing = reply_context.gather(
        session, content, clinic=clinic, conversation=conversation, has_image=bool(text.media), now=now
    )
    own = clinic_phrases.of(session, content, clinic)
    verdict = _judged(text.body, standing.context, content, own)
    patient = _meant(session, conversation, standing)
    message_id = _store(
        session,
        clinic.id,
        text,
        now,
        conversation_id=conversation.id,
        patient_id=patient.id if patient else None,
        category=verdict.category,
        findings=verdict.stored_findings(),
    )
    if message_id is None:
        return Received(None)
    replies.act(
        session,
        content,
        replies.Arrived(
            clinic=clinic,
            conversation=conversation,
            standing=standing,
            patient=patient,
            text=text.body,
            has_image=bool(text.media),
            message_id=message_id,
            now=now,
        ),
        verdict,
    )
    return Received(message_id, verdict)


def _judged(body: str, context: Context, content: Content, own: OwnPhrases | None) -> Verdict:
    verdict = None
    try:
        verdict = judge(body, context, content.lexicon, content.catalog.keyword)
        return own.raised(verdict, body, context) if own is not None else verdict
    except Exception:  # noqa: BLE001  (a mistake in a rule must not lose the text: a human reads it instead)
        _log.exception("a reply could not be triaged")
        if verdict is not None:
            return verdict  # what the shipped rules say stands without the clinic's own phrases
        why = "the rules could not read this text; please read it yourself"
        return Verdict(Category.UNCLEAR, (Finding("unreadable", Category.UNCLEAR, (), why),), "unclear")


def _store(session: Session, clinic_id: int, text: InboundText, now: datetime, **row: object) -> int | None:
    new = insert_new(
        session,
        Message,
        [
            {
                "clinic_id": clinic_id,
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


def _meant(session: Session, conversation: Thread, standing: Standing) -> Person | None:
    """The patient who wrote: the only one of this number, or the one whose question is being answered."""
    if len(standing.patients) == 1:
        return standing.patients[0]
    if standing.context.asked and conversation.asked_message_id:
        question = session.get(Message, conversation.asked_message_id)
        return next((patient for patient in standing.patients if question and patient.id == question.patient_id), None)
    return None
