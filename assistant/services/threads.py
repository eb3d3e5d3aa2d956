"""What was said: one phone number's thread, and the history of a concern, as staff read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, func, select

from assistant.models import ConcernEvent, ConcernEventKind, Direction, Message, Staff
from assistant.rules.states import MessageStatus
from assistant.rules.verdict import Category

# As many as one reads at a time; earlier ones are a page further.
TEXTS_PER_PAGE = 60

# The same words to the same number within this time are a second click, not a second text.
SECOND_CLICK = timedelta(minutes=2)


class Voice(StrEnum):
    """Whose words they are."""

    PATIENT = "patient"
    PERSON = "person"  # a staff member's own
    AUTOMATION = "automation"


@dataclass(frozen=True)
class Line:
    """One text. ``at`` is when it came or went, or for one that did not go, when it should have."""

    id: int
    voice: Voice
    at: datetime
    body: str
    status: MessageStatus
    key: str | None
    reason: str | None
    author: str | None
    category: Category | None
    marked: tuple[str, ...]  # the patient's words that a triage rule matched
    pictures: int


@dataclass(frozen=True)
class Thread:
    """``lines`` oldest first; ``earlier`` is what to ask for the page before, None at the beginning."""

    lines: tuple[Line, ...]
    earlier: int | None


@dataclass(frozen=True)
class Event:
    """A line of a concern's history. ``status`` is that of the text it is about."""

    at: datetime
    kind: ConcernEventKind
    who: str | None
    text: str
    status: MessageStatus | None
    reason: str | None


def thread(session: Session, conversation_id: int, now: datetime, before: int | None = None) -> Thread:
    """Return what was said with this number up to ``now``; texts still to come are not in it.

    ``before`` is an ``earlier`` of a page: that many of the newest lines are left out.
    """
    at = func.coalesce(Message.sent_at, Message.due_at, Message.created_at)
    skipped = before or 0
    rows = session.exec(
        select(Message, Staff.name)
        .outerjoin(Staff, col(Staff.id) == Message.staff_id)
        .where(Message.conversation_id == conversation_id, at <= now)
        .order_by(at.desc(), col(Message.id).desc())
        .offset(skipped)
        .limit(TEXTS_PER_PAGE + 1)
    ).all()
    lines = [_line(message, author) for message, author in reversed(rows[:TEXTS_PER_PAGE])]
    return Thread(tuple(lines), skipped + TEXTS_PER_PAGE if len(rows) > TEXTS_PER_PAGE else None)


def history(session: Session, concern_id: int) -> tuple[Event, ...]:
    """Return what happened to the concern, oldest first."""
    rows = session.exec(
        select(ConcernEvent, Staff.name, Message.status, Message.reason)
        .outerjoin(Staff, col(Staff.id) == ConcernEvent.staff_id)
        .outerjoin(Message, col(Message.id) == ConcernEvent.message_id)
        .where(ConcernEvent.concern_id == concern_id)
        .order_by(col(ConcernEvent.at), col(ConcernEvent.id))
    )
    return tuple(
        Event(event.at, event.kind, who, event.text, MessageStatus(status) if status else None, reason)
        for event, who, status, reason in rows
    )


def said_just_now(session: Session, conversation_id: int, staff: Staff, body: str, now: datetime) -> bool:
    """Whether this person sent the same words to this number a moment ago."""
    twice = session.exec(
        select(Message.id).where(
            Message.conversation_id == conversation_id,
            Message.staff_id == staff.id,
            Message.body == body,
            col(Message.created_at) > now - SECOND_CLICK,
        )
    ).first()
    return twice is not None


def _line(message: Message, author: str | None) -> Line:
    if message.direction is Direction.INBOUND:
        voice = Voice.PATIENT
    else:
        voice = Voice.PERSON if message.staff_id else Voice.AUTOMATION
    return Line(
        id=message.id,
        voice=voice,
        at=message.sent_at or message.due_at or message.created_at,
        body=message.body,
        status=message.status,
        key=message.key,
        reason=message.reason,
        author=author,
        category=message.category,
        marked=matched_words(message.findings),
        pictures=len(message.media),
    )


def matched_words(findings: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Return the words that rules matched, most telling first, each once."""
    return tuple(dict.fromkeys(str(word) for finding in findings for word in finding.get("matched", ())))
