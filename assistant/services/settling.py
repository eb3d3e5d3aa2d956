"""What became of one outbound message: every move of its state, and what follows from it."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from assistant.models import Clinic, ConsentKind, Conversation, Message, ProviderEvent, Task, Visit
from assistant.provider_errors import explain, opts_out
from assistant.rules.states import REPORTED, UNDER_WAY, MessageStatus, can_move
from assistant.services import concern_opening, concerns, consents, page_results
from assistant.services.content import Content
from messages.plan import NSAID_KEY

# A retry waits this long the first time, twice as long each further time, an hour at most; a
# configuration error waits a minute, because only an operator can end it.
FIRST_RETRY = timedelta(seconds=15)
LONGEST_RETRY = timedelta(hours=1)
CONFIGURATION_RETRY = timedelta(minutes=1)

# The provider has it, and has not given it up.
ON_ITS_WAY = (MessageStatus.ACCEPTED, MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ)

# Enough of a text to know which one it was.
WORDS_IN_TASK = 70

# A page that cannot be sent is an event of its own: after this many tries the ladder moves on.
PAGE_TRIES = 2


def accepted(session: Session, content: Content, message: Message, sid: str, now: datetime) -> None:
    """The provider has the message. A callback may have said so, or more, before us."""
    if message.provider_sid not in (None, sid):
        open_task(session, message, "may have reached the phone twice", now)
    if message.status in UNDER_WAY:
        _move(message, MessageStatus.ACCEPTED)
    message.provider_sid, message.lease_until = sid, None
    if message.status in ON_ITS_WAY:
        _on_its_way(session, content, message, now)
    session.add(message)


def refused(session: Session, content: Content, message: Message, code: str, outcome: str, now: datetime) -> None:
    """The provider did not accept the message, or nobody knows whether it did."""
    message.error_code, message.reason = code[:16], explain(code)
    match outcome:
        case "in_doubt":
            _move(message, MessageStatus.IN_DOUBT)
            message.lease_until = now
        case "retry" | "configuration":
            _move(message, MessageStatus.QUEUED)
            message.lease_until = None
            message.due_at = now + (_retry_wait(message.attempts) if outcome == "retry" else CONFIGURATION_RETRY)
            if message.staff_id and message.concern_id and message.attempts == PAGE_TRIES:
                page_results.failed(session, content, message, message.reason, now)
        case _:
            _move(message, MessageStatus.FAILED)
            message.lease_until = None
            _did_not_arrive(session, content, message, code, now)
    session.add(message)


def reported(
    session: Session,
    content: Content,
    *,
    oid: str | None,
    sid: str,
    status: str,
    error_code: str | None,
    now: datetime,
) -> Message | None:
    """Record a status callback and move the message if it may move; return it, or None if it is not ours.

    Callbacks come in any order and any number of times: each is kept, and a status never steps back.
    """
    query = select(Message).where(Message.oid == oid if oid else Message.provider_sid == sid)
    message = session.exec(query.with_for_update(key_share=True)).first()
    session.add(
        ProviderEvent(
            received_at=now,
            message_id=message.id if message else None,
            provider_sid=sid,
            status=status[:24],
            error_code=error_code,
        )
    )
    target = REPORTED.get(status)
    if message is None or target is None:
        return message
    if message.provider_sid not in (None, sid):
        open_task(session, message, "may have reached the phone twice", now)
    message.provider_sid = message.provider_sid or sid
    had_left = message.status in ON_ITS_WAY
    if can_move(message.status, target):
        _move(message, target)
        message.lease_until = None
        if target in (MessageStatus.UNDELIVERED, MessageStatus.FAILED):
            message.error_code, message.reason = error_code, explain(error_code or "")
            _did_not_arrive(session, content, message, error_code or "", now)
        elif not had_left:
            _on_its_way(session, content, message, now)
    session.add(message)
    return message


def _retry_wait(attempts: int) -> timedelta:
    wait = FIRST_RETRY
    for _ in range(1, attempts):
        wait = min(wait * 2, LONGEST_RETRY)
    return wait


def skip(session: Session, message_id: int, reason: str, now: datetime) -> None:
    """Do not send a claimed message, and say why. A safety text that is skipped becomes a task."""
    message = session.get_one(Message, message_id, with_for_update={"key_share": True})
    _move(message, MessageStatus.SKIPPED)
    message.reason, message.lease_until = reason, None
    session.add(message)
    if message.safety:
        open_task(session, message, f"was not sent: {reason}", now)


def put_back(session: Session, message_id: int, due_at: datetime) -> None:
    """Return a claimed message to the queue until ``due_at``; this was no attempt."""
    session.execute(
        update(Message)
        .where(col(Message.id) == message_id)
        .values(status=MessageStatus.QUEUED, due_at=due_at, lease_until=None, attempts=Message.attempts - 1)
    )


def open_task(session: Session, message: Message, what: str, now: datetime) -> None:
    """Ask staff to do by hand what this message could not, quoting how it begins. Once per message."""
    begins = message.body if len(message.body) <= WORDS_IN_TASK else message.body[:WORDS_IN_TASK].rstrip() + "..."
    known = session.exec(select(Task.id).where(Task.message_id == message.id)).first()
    if known is None:
        session.add(
            Task(
                clinic_id=message.clinic_id,
                patient_id=message.patient_id,
                message_id=message.id,
                opened_at=now,
                text=f'The text "{begins}" {what}'[:320],
            )
        )


def _on_its_way(session: Session, content: Content, message: Message, now: datetime) -> None:
    if message.sent_at is not None:
        return
    message.sent_at = now
    if message.staff_id and message.concern_id and message.conversation_id is None:
        page_results.accepted(session, content, message, now)
        return
    if message.asks is not None and message.conversation_id is not None:
        conversation = session.get_one(Conversation, message.conversation_id)
        conversation.asked, conversation.asked_at = message.asks, now
        conversation.asked_message_id = message.id
        session.add(conversation)
    # A row of a session that names a visit too carries the visit's words about medicines.
    if message.visit_id is not None and (message.key == NSAID_KEY or message.session_id is not None):
        visit = session.get_one(Visit, message.visit_id)
        visit.nsaid_told_at = now
        session.add(visit)


def _did_not_arrive(session: Session, content: Content, message: Message, code: str, now: datetime) -> None:
    why = message.reason or explain(code)
    if opts_out(code) and message.conversation_id is not None:
        conversation = session.get_one(Conversation, message.conversation_id)
        consents.opt_out(
            session,
            conversation,
            message.patient_id,
            verbatim=None,
            message_id=message.id,
            now=now,
            kind=ConsentKind.BLOCKED,
        )
        live = concerns.live(session, conversation.id)
        if live is not None:
            concern_opening.phone_instead(session, content, live, session.get_one(Clinic, message.clinic_id), now)
    if message.staff_id and message.concern_id and message.conversation_id is None:
        page_results.failed(session, content, message, why, now)
    elif message.safety or message.staff_id:
        open_task(session, message, f"did not arrive. {why}", now)


def _move(message: Message, target: MessageStatus) -> None:
    if not can_move(message.status, target):
        raise RuntimeError(f"message {message.id} cannot go from {message.status} to {target}")
    message.status = target
