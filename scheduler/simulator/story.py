"""Where the story stands: what is coming next, and which of the four steps the visitor has tried."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, or_, select

from assistant.models import Clinic, Concern, Conversation, Direction, Message, Patient, Staff
from assistant.rules.states import ConcernStatus, MessageStatus
from assistant.services import on_call, page_words

# As many as fit beside each other on a laptop.
COMING = 5

# What the steps of a protocol are about, in the words of someone looking on.
ABOUT = {
    "day_0": "first-day advice",
    "day_0_warning": "danger signs",
    "nsaid": "no anti-inflammatories",
    "nsaid_window_open": "no anti-inflammatories",
    "visit_reminder": "visit reminder",
    "recheck": "how is it now?",
}


@dataclass(frozen=True)
class Coming:
    """Something that will happen unless somebody acts. ``kind`` is ``text`` or ``page``."""

    at: datetime
    when: str
    who: str
    what: str
    kind: str


@dataclass(frozen=True)
class Step:
    """One thing to try, and whether it was."""

    what: str
    done: bool


def coming_next(session: Session, now: datetime) -> list[Coming]:
    """Return what is planned, soonest first: a patient's text by the patient's clock, a page by the clinic's."""
    clinic = session.exec(select(Clinic).order_by(col(Clinic.id)).limit(1)).one()
    found = _texts(session, clinic, now) + [
        one for concern in _live(session) for one in _about(session, concern, clinic, now)
    ]
    return sorted(found, key=lambda one: one.at)[:COMING]


def steps(session: Session) -> list[Step]:
    """Return the four steps of a first visit, in order."""
    texted = select(func.count()).where(col(Message.sent_at).is_not(None), col(Message.conversation_id).is_not(None))
    taken = or_(col(Concern.acknowledged_at).is_not(None), Concern.status == ConcernStatus.RESOLVED)
    done = [
        session.exec(select(func.count()).select_from(Patient)).one(),
        session.exec(texted.select_from(Message)).one(),
        session.exec(select(func.count()).select_from(Concern)).one(),
        session.exec(select(func.count()).select_from(Concern).where(taken)).one(),
    ]
    words = (
        "Enrol Ann",
        "Next text",
        "Text as Ann: its hot and theres pus coming out",
        "Take the page as the nurse: a",
    )
    return [Step(what, bool(count)) for what, count in zip(words, done, strict=True)]


def _texts(session: Session, clinic: Clinic, now: datetime) -> list[Coming]:
    rows = session.exec(
        select(Message, Patient)
        .join(Patient, col(Patient.id) == Message.patient_id)
        .where(Message.status == MessageStatus.QUEUED, Message.direction == Direction.OUTBOUND)
        .where(col(Message.conversation_id).is_not(None), col(Message.due_at).is_not(None))
        .order_by(col(Message.due_at), col(Message.id))
        .limit(COMING)
    )
    return [
        Coming(
            due_at,
            when(due_at, now, ZoneInfo(patient.timezone), abroad=patient.timezone != clinic.timezone),
            patient.first_name,
            ABOUT.get(message.key or "") or f"{message.key or 'a'} text".replace("_", " "),
            "text",
        )
        for message, patient in rows
        if (due_at := message.due_at) is not None
    ]


def _live(session: Session) -> list[Concern]:
    return list(session.exec(select(Concern).where(Concern.status != ConcernStatus.RESOLVED).order_by(col(Concern.id))))


def _about(session: Session, concern: Concern, clinic: Clinic, now: datetime) -> list[Coming]:
    """When somebody is paged (again), when a promise runs out, and when the patient is told that nobody came."""
    zone = ZoneInfo(clinic.timezone)
    patient = page_words.who(session, concern, session.get_one(Conversation, concern.conversation_id))
    found = []
    if concern.next_page_at is not None:
        rungs = on_call.ladder(session, clinic.id)
        holder = session.get(Staff, concern.holder_id) if concern.holder_id else None
        if holder is not None:
            who, what = holder.first_name, f"must have called {patient}"
        elif rungs:
            who = session.get_one(Staff, rungs[min(concern.rung, len(rungs) - 1)].id).first_name
            what = f"is paged {'again ' if concern.pages > 1 else ''}about {patient}"
        else:
            who, what = "Nobody", f"is on call for {patient}"
        found.append(Coming(concern.next_page_at, when(concern.next_page_at, now, zone), who, what, "page"))
    if concern.tell_nobody_at is not None:
        moment = concern.tell_nobody_at
        found.append(Coming(moment, when(moment, now, zone), patient, "is told nobody has read it", "page"))
    return found


def when(moment: datetime, now: datetime, zone: ZoneInfo, *, abroad: bool = False) -> str:
    """``10:05`` for today, ``tomorrow 10:00``, ``Thu 10:00`` within a week, else ``3 Dec 10:00``; in ``zone``.

    The zone is named where it is not the clinic's: the list is in order of time, not of what clocks show.
    """
    local = moment.astimezone(zone)
    days = (local.date() - now.astimezone(zone).date()).days
    hour = f"{local:%H:%M %Z}" if abroad else f"{local:%H:%M}"
    if days <= 0:
        return hour
    if days == 1:
        return f"tomorrow {hour}"
    return f"{local:%a} {hour}" if days < 7 else f"{local.day} {local:%b} {hour}"
