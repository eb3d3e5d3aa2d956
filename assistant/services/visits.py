"""The next visit: booked, moved, cancelled. Nothing is sent for a date that is no longer true."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from assistant.models import Clinic, Message, Task, TreatmentSession, Visit, VisitStatus
from assistant.services import planned_texts, waiting_texts
from assistant.services.content import Content
from assistant.services.planned_texts import Recipient
from messages.plan import NSAID_KEY, PlannedMessage, plan_visit
from messages.protocol import Protocol

# So near a visit an anti-inflammatory that was taken still acts: a person asks, a text is not enough.
SHORT_NOTICE = timedelta(hours=48)


def find(session: Session, clinic: Clinic, external_id: str) -> Visit | None:
    """Return the visit with the booking system's id."""
    return session.exec(select(Visit).where(Visit.clinic_id == clinic.id, Visit.external_id == external_id)).first()


def add(session: Session, treatment: TreatmentSession, external_id: str, starts_at: datetime) -> Visit:
    """Write a new visit after ``treatment``; its texts are the caller's to queue."""
    visit = Visit(
        clinic_id=treatment.clinic_id,
        patient_id=treatment.patient_id,
        session_id=treatment.id,
        external_id=external_id,
        starts_at=starts_at,
    )
    session.add(visit)
    session.flush()
    return visit


def move(
    session: Session,
    content: Content,
    to: Recipient,
    protocol: Protocol,
    treatment: TreatmentSession,
    visit: Visit,
    *,
    starts_at: datetime,
    now: datetime,
) -> None:
    """Put the visit at ``starts_at``; its old texts are withdrawn and the new ones queued.

    A visit that is already there is left alone, so the same move twice changes nothing.
    """
    if stands(visit, starts_at):
        return
    visit.starts_at, visit.status, visit.version = starts_at, VisitStatus.BOOKED, visit.version + 1
    session.add(visit)
    session.flush()
    _drop_texts(session, content, to, visit, "the visit was moved")
    queue_texts(session, content, to, protocol, treatment, visit, now=now)


def stands(visit: Visit, starts_at: datetime) -> bool:
    """Whether the visit is booked for just this time."""
    return visit.starts_at == starts_at and visit.status is VisitStatus.BOOKED


def planned(
    to: Recipient,
    protocol: Protocol,
    *,
    performed_at: datetime,
    starts_at: datetime,
    nsaid_told_at: datetime | None,
    now: datetime,
) -> list[PlannedMessage]:
    """Return what is still to be said before a visit at ``starts_at``, known at ``now``."""
    return plan_visit(
        protocol,
        session_at=performed_at,
        next_visit_at=starts_at,
        timezone=to.timezone,
        quiet=to.quiet,
        now=now,
        nsaid_told_at=nsaid_told_at,
    )


def queue_texts(
    session: Session,
    content: Content,
    to: Recipient,
    protocol: Protocol,
    treatment: TreatmentSession,
    visit: Visit,
    *,
    now: datetime,
) -> None:
    """Queue what is still to be said before this version of the visit. Twice changes nothing."""
    wanted = planned(
        to,
        protocol,
        performed_at=treatment.performed_at,
        starts_at=visit.starts_at,
        nsaid_told_at=visit.nsaid_told_at,
        now=now,
    )
    new = planned_texts.queue(session, content, to, protocol, wanted, treatment=treatment, visit=visit, now=now)
    if new and any(one.key == NSAID_KEY and one.skip_reason is None for one in wanted):
        warn_of_short_notice(session, to, visit, now)


def warn_of_short_notice(session: Session, to: Recipient, visit: Visit, now: datetime) -> None:
    """Ask staff to phone where the patient hears so late what not to take that it may have been taken."""
    if visit.starts_at - now < SHORT_NOTICE:
        local = visit.starts_at.astimezone(ZoneInfo(to.clinic.timezone))
        session.add(
            Task(
                clinic_id=to.clinic.id,
                patient_id=to.patient.id,
                opened_at=now,
                text=f"{to.patient.short_name}: the visit on {local:%Y-%m-%d at %H:%M} was entered less than 48 hours "
                "before. Ask which painkillers were taken in the last 7 days.",
            )
        )


def cancel(session: Session, content: Content, to: Recipient, visit: Visit) -> None:
    """Cancel the visit and what was to be said before it; aftercare stays. Twice changes nothing."""
    if visit.status is VisitStatus.CANCELLED:
        return
    visit.status, visit.version = VisitStatus.CANCELLED, visit.version + 1
    session.add(visit)
    session.flush()
    _drop_texts(session, content, to, visit, "the visit was cancelled")


def _drop_texts(session: Session, content: Content, to: Recipient, visit: Visit, reason: str) -> None:
    rows = waiting_texts.queued(session, Message.visit_id == visit.id)
    waiting_texts.withdraw(session, [row for row in rows if row.session_id is None], reason)
    joined = [row for row in rows if row.session_id is not None]
    for row in joined:  # aftercare that also named the old date: it goes out without it
        row.visit_id = None
        session.add(row)
    if joined:
        session.flush()
        waiting_texts.rewrite(session, content, to.clinic, to.patient)
