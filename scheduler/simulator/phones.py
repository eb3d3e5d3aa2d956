"""What stands on the two screens: a person's bubbles, with the day, the hour and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, or_, select

from assistant.models import Concern, Direction, Message, Patient, Role, SessionStatus, Staff, TreatmentSession
from assistant.rules.states import ConcernStatus, MessageStatus
from assistant.rules.verdict import Category
from assistant.services.threads import matched_words
from scheduler.simulator.carrier import CarrierNotice

Owner = TypeVar("Owner", Patient, Staff)

# As many bubbles as one scrolls through.
BUBBLES = 80

# Under a text that this phone got. Nothing here says that anybody read it.
OUTCOMES = {
    MessageStatus.ACCEPTED: "on its way",
    MessageStatus.SENT: "on its way",
    MessageStatus.DELIVERED: "delivered",
    MessageStatus.READ: "delivered",
}

NOT_SENT = (MessageStatus.SKIPPED, MessageStatus.FAILED, MessageStatus.UNDELIVERED)

# How the assistant read a patient's text, under it.
READ_AS = {
    Category.EMERGENCY: "read as an emergency",
    Category.URGENT: "read as urgent",
    Category.CONCERN: "read as a concern for today",
    Category.UNCLEAR: "not understood: a person reads it",
    Category.QUESTION: "read as a how-to question",
    Category.EXPECTED: "read as normal for this day",
    Category.ADMIN: "read as one for the front desk",
    Category.HELP: "read as a call for help",
    Category.OPT_OUT: "read as an opt-out",
    Category.OPT_IN: "read as an opt-in",
}

SUGGESTIONS = {
    "en": ["1", "its hot and theres pus coming out", "STOP", "is this swelling normal?", "can I take ibuprofen?"],
    "es": ["1", "está caliente y sale pus", "STOP", "¿es normal esta hinchazón?", "¿puedo tomar ibuprofeno?"],
}


@dataclass(frozen=True)
class Bubble:
    """One text on a phone. ``side`` is ``mine``, ``theirs`` or ``aside``, which no real phone would show."""

    key: str
    side: str
    at: datetime
    body: str
    note: str = ""
    tone: str = ""  # danger, person or carrier, else plain


@dataclass(frozen=True)
class Line:
    """A bubble by the clock of its owner; ``day`` is the heading above the first one of a day."""

    bubble: Bubble
    time: str
    day: str | None


def patients(session: Session) -> Sequence[Patient]:
    """Everybody enrolled, in that order."""
    return session.exec(select(Patient).order_by(col(Patient.id))).all()


def on_call(session: Session) -> Sequence[Staff]:
    """Who has a phone in the story: the people who can be paged."""
    return session.exec(select(Staff).where(Staff.role != Role.ADMIN, col(Staff.active)).order_by(col(Staff.id))).all()


def patient_lines(session: Session, patient: Patient, notices: Sequence[CarrierNotice]) -> list[Line]:
    """What is on the patient's phone, oldest first, under headings such as ``Day 3``."""
    rows = session.exec(
        select(Message)
        .where(Message.phone == patient.phone, col(Message.conversation_id).is_not(None))
        .where(_shown())
        .order_by(col(Message.id).desc())
        .limit(BUBBLES)
    )
    zone = ZoneInfo(patient.timezone)
    performed = [moment.astimezone(zone).date() for moment in _performed(session, patient)]
    return _lines([_bubble(row) for row in rows], notices, zone, performed)


def staff_lines(session: Session, staff: Staff, zone: ZoneInfo, notices: Sequence[CarrierNotice]) -> list[Line]:
    """What is on the staff member's phone, oldest first."""
    rows = session.exec(
        select(Message)
        .where(Message.phone == staff.phone, col(Message.conversation_id).is_(None))
        .where(_shown())
        .order_by(col(Message.id).desc())
        .limit(BUBBLES)
    )
    return _lines([_bubble(row) for row in rows], notices, zone, [])


def rang_elsewhere(session: Session, shown: Owner | None, others: Sequence[Owner]) -> Owner | None:
    """Whose phone, of those not ``shown``, got something after all that stands on the one that is; None if nobody's."""
    if shown is None:
        return None
    at = func.max(func.coalesce(Message.sent_at, Message.created_at))
    newest = dict(session.exec(select(Message.phone, at).where(_shown()).group_by(Message.phone)).all())
    last = max((one for one in others if one.phone in newest), key=lambda one: newest[one.phone], default=None)
    if last is None or last.phone == shown.phone:
        return None
    return last if shown.phone not in newest or newest[last.phone] > newest[shown.phone] else None


def day_of(session: Session, patient: Patient, now: datetime) -> int | None:
    """Whole days since the patient's last session, by the patient's calendar; None without one."""
    performed = _performed(session, patient)
    if not performed:
        return None
    zone = ZoneInfo(patient.timezone)
    return (now.astimezone(zone).date() - performed[-1].astimezone(zone).date()).days


def staff_suggestions(session: Session, staff: Staff) -> list[str]:
    """Commands about the newest concern that this person was paged for and that is not closed."""
    code = session.exec(
        select(Concern.code)
        .join(Message, col(Message.concern_id) == Concern.id)
        .where(Message.staff_id == staff.id, col(Message.conversation_id).is_(None), col(Message.sent_at).is_not(None))
        .where(Concern.status != ConcernStatus.RESOLVED)
        .order_by(col(Message.id).desc())
        .limit(1)
    ).first()
    return [] if code is None else [f"{code}a", f"{code}r please send a photo", f"{code}n", f"{code}c seen, ice"]


def _shown() -> ColumnElement[bool]:
    """Texts that came, went, or did not go for a reason; not those still to come or withdrawn."""
    return or_(
        Message.direction == Direction.INBOUND, col(Message.sent_at).is_not(None), col(Message.status).in_(NOT_SENT)
    )


def _performed(session: Session, patient: Patient) -> list[datetime]:
    return list(
        session.exec(
            select(TreatmentSession.performed_at)
            .where(TreatmentSession.patient_id == patient.id, TreatmentSession.status == SessionStatus.COMPLETED)
            .order_by(col(TreatmentSession.performed_at))
        )
    )


def _bubble(message: Message) -> Bubble:
    key = f"m{message.id}"
    if message.direction is Direction.INBOUND:
        if message.category is None:
            return Bubble(key, "mine", message.created_at, message.body)
        words = ", ".join(word for word in matched_words(message.findings) if word != message.body)
        note = READ_AS[message.category] + (f": {words}" if words else "")
        tone = "danger" if message.category.pages_now else ""
        return Bubble(key, "mine", message.created_at, message.body, note, tone)
    at = message.sent_at or message.due_at or message.created_at
    if message.status in NOT_SENT:
        return Bubble(key, "aside", at, f"Not sent: {message.reason or 'no reason given'}")
    person = message.staff_id is not None and message.conversation_id is not None
    tone = "person" if person else "danger" if message.lane == 0 else ""
    return Bubble(key, "theirs", at, message.body, OUTCOMES.get(message.status, message.status.value), tone)


def _lines(
    bubbles: list[Bubble], notices: Sequence[CarrierNotice], zone: ZoneInfo, performed: Sequence[date]
) -> list[Line]:
    sent_by_carrier = [
        Bubble(f"c{place}", "theirs", notice.at, notice.body, "from the carrier itself", "carrier")
        for place, notice in enumerate(notices)
    ]
    ordered = sorted([*bubbles[::-1], *sent_by_carrier], key=lambda bubble: bubble.at)
    days = [bubble.at.astimezone(zone).date() for bubble in ordered]
    new_day = [True, *(before != after for before, after in pairwise(days))]
    return [
        Line(bubble, f"{bubble.at.astimezone(zone):%H:%M}", _heading(day, performed) if new else None)
        for bubble, day, new in zip(ordered, days, new_day[: len(ordered)], strict=True)
    ]


def _heading(day: date, performed: Sequence[date]) -> str:
    written = f"{day:%A} {day.day} {day:%B}"
    since = [(day - begun).days for begun in performed if begun <= day]
    return f"Day {since[-1]} · {written}" if since else written
