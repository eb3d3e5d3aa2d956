"""Messages of which nobody knows whether the provider has them: held, looked up, and settled by their class."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from assistant.gateway import ProviderMessage
from assistant.models import Message
from assistant.rules.states import MessageStatus
from assistant.services import settling
from assistant.services.content import Content
from messages.protocol import MessageClass

# How long after an attempt the provider's list is believed, and the time between two looks. Twilio gives
# no bound for how far its list lags; a page is worth a second copy sooner than advice is.
SETTLE = {MessageClass.ALERT: timedelta(seconds=60)}
SETTLE_OTHERWISE = timedelta(seconds=180)

# Absent this often, a settle time apart, counts as not sent.
LOOKS = 2

# If the provider's list cannot be read for this long, an alert goes out again and people decide on the rest.
BLIND_FOR = timedelta(minutes=15)

# Clocks differ, and the provider's is to the second.
SLACK = timedelta(seconds=5)

REPEAT_MARK = "(repeat) "


@dataclass(frozen=True)
class Doubtful:
    """A message to look up: what was sent to whom, and not before when."""

    id: int
    phone: str
    body: str
    since: datetime


def doubtful(session: Session, now: datetime, limit: int) -> list[Doubtful]:
    """Return messages in doubt whose next look is due; one whose dispatcher died while it was sending is now one."""
    session.execute(
        update(Message)
        .where(col(Message.status) == MessageStatus.SENDING, col(Message.lease_until) <= now)
        .values(status=MessageStatus.IN_DOUBT, reason="the program stopped while it was being sent")
    )
    rows = session.exec(
        select(Message)
        .where(Message.status == MessageStatus.IN_DOUBT, col(Message.lease_until) <= now)
        .order_by(col(Message.lane), col(Message.id))
        .limit(limit)
    )
    return [Doubtful(row.id, row.phone, row.body, (row.claimed_at or row.created_at) - SLACK) for row in rows]


def looked_up(
    session: Session, content: Content, message_id: int, listed: Sequence[ProviderMessage] | None, now: datetime
) -> None:
    """Settle one message by what the provider's list shows; ``listed`` None: the list could not be read."""
    message = session.exec(
        select(Message)
        .where(Message.id == message_id, Message.status == MessageStatus.IN_DOUBT)
        .with_for_update(key_share=True)
    ).first()
    if message is None:
        return  # a callback settled it meanwhile
    claimed_at = message.claimed_at or message.created_at
    settle = SETTLE.get(message.message_class or MessageClass.ONCE, SETTLE_OTHERWISE)
    if listed is None:
        # The second failed look decides, not the first: its time was set by one that failed.
        looked_before = message.lease_until is not None and message.lease_until >= claimed_at + settle
        if now - claimed_at >= BLIND_FOR and looked_before:
            _decide(session, message, now, proven_absent=False)
        else:
            message.lease_until = now + settle
    elif (sid := _found(session, message, listed, claimed_at)) is not None:
        settling.accepted(session, content, message, sid, now)
    elif now - claimed_at < settle:
        message.lease_until = claimed_at + settle
    else:
        message.not_found += 1
        message.lease_until = now + settle
        if message.not_found >= LOOKS:
            _decide(session, message, now, proven_absent=True)
    session.add(message)


def _found(session: Session, message: Message, listed: Sequence[ProviderMessage], claimed_at: datetime) -> str | None:
    candidates = [
        row.sid
        for row in listed
        if row.direction.startswith("outbound")
        and row.created_at >= claimed_at - SLACK
        # A trial account puts a line of its own before the text.
        and " ".join(row.body.split()).endswith(" ".join(message.body.split()))
    ]
    owned = set(session.exec(select(Message.provider_sid).where(col(Message.provider_sid).in_(candidates))))
    return next((sid for sid in candidates if sid not in owned), None)


def _decide(session: Session, message: Message, now: datetime, *, proven_absent: bool) -> None:
    again = message.message_class is MessageClass.ALERT or (
        message.message_class is MessageClass.GUIDANCE and proven_absent
    )
    if again:
        message.status, message.due_at, message.lease_until, message.not_found = MessageStatus.QUEUED, now, None, 0
        if message.message_class is MessageClass.ALERT and not message.body.startswith(REPEAT_MARK):
            message.body = (REPEAT_MARK + message.body)[:1600]
        return
    message.status, message.lease_until = MessageStatus.FAILED, None
    message.reason = "nobody knows whether it went out; it is not sent again"
    if message.message_class is MessageClass.GUIDANCE or message.safety:
        settling.open_task(session, message, f"may not have arrived: {message.reason}", now)
