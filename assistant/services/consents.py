"""Opt-outs and opt-ins: the history of what a number agreed to, and the switch that follows from it."""

from datetime import datetime

from sqlmodel import Session, col, update

from assistant.models import Consent, ConsentKind, Conversation, Message
from assistant.rules.states import MessageStatus


def opt_out(
    session: Session,
    conversation: Conversation,
    patient_id: int | None,
    *,
    verbatim: str | None,
    message_id: int | None,
    now: datetime,
    kind: ConsentKind = ConsentKind.REVOKED,
) -> None:
    """Record that this number wants no more texts, and withdraw what is queued, in the caller's transaction.

    Doing it twice adds a consent event and changes nothing else.
    """
    if conversation.opted_out_at is None:
        conversation.opted_out_at = now
    session.add(conversation)
    _record(session, conversation, patient_id, kind, verbatim, message_id, now)
    session.execute(
        update(Message)
        .where(col(Message.conversation_id) == conversation.id, col(Message.status) == MessageStatus.QUEUED)
        .values(status=MessageStatus.CANCELED, reason="the patient has opted out of texts")
    )


def opt_in(
    session: Session,
    conversation: Conversation,
    patient_id: int | None,
    *,
    verbatim: str,
    message_id: int,
    now: datetime,
) -> None:
    """Record that this number wants texts again. What was withdrawn stays withdrawn: it may be out of date."""
    conversation.opted_out_at = None
    session.add(conversation)
    _record(session, conversation, patient_id, ConsentKind.RESUMED, verbatim, message_id, now)


def _record(
    session: Session,
    conversation: Conversation,
    patient_id: int | None,
    kind: ConsentKind,
    verbatim: str | None,
    message_id: int | None,
    now: datetime,
) -> None:
    session.add(
        Consent(
            clinic_id=conversation.clinic_id,
            patient_id=patient_id,
            phone=conversation.phone,
            kind=kind,
            at=now,
            recorded_at=now,
            method="carrier" if kind is ConsentKind.BLOCKED else "text",
            verbatim=verbatim[:1600] if verbatim else None,
            message_id=message_id,
        )
    )
