"""Events about what is known already: a visit booked, moved or cancelled, a session reported by mistake."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from assistant import phone
from assistant.errors import Problem
from assistant.models import Clinic, Patient, SessionStatus, TreatmentSession, Visit, VisitStatus
from assistant.services import audit, event_checks, patient_records, planned_texts, treatments, visits
from assistant.services.content import Content
from assistant.services.event_checks import Findings
from assistant.services.planned_texts import Recipient
from assistant.services.session_events import SessionCancelled, VisitCancelled, VisitChanged

Amendment = VisitChanged | VisitCancelled | SessionCancelled

OTHERS_VISIT = Problem("next_visit.external_id", "is another patient's visit: give each visit its own id")


@dataclass(frozen=True)
class Done:
    """What an event was about, and what staff should know."""

    patient: Patient
    remarks: list[str] = field(default_factory=list)
    treatment: TreatmentSession | None = None
    visit: Visit | None = None


@dataclass(frozen=True)
class _Subject:
    """What an event names, found but not yet locked."""

    clinic: Clinic
    patient: Patient
    treatment: TreatmentSession
    visit: Visit | None


def check(session: Session, content: Content, event: Amendment, now: datetime, found: Findings) -> None:
    """Add what the database and the clock tell about the event to ``found``, and raise Invalid if there is any."""
    _look_up(session, content, event, now, found)
    found.refuse()


def apply(session: Session, content: Content, event: Amendment, now: datetime) -> Done:
    """Do what the event says. Raises Invalid with every problem; doing it twice changes nothing."""
    found = Findings()
    subject = _look_up(session, content, event, now, found)
    found.refuse()
    assert subject is not None
    conversation = patient_records.lock(session, subject.clinic, subject.patient)
    session.refresh(subject.treatment, with_for_update={"key_share": True})
    if subject.visit is not None:
        session.refresh(subject.visit, with_for_update={"key_share": True})
    to = planned_texts.recipient(session, subject.clinic, subject.patient, conversation)
    remarks = _remarks(event, to)
    visit = subject.visit
    match event:
        case VisitChanged():
            visit = _put(session, content, event, to, subject, now)
        case VisitCancelled():
            assert visit is not None
            visits.cancel(session, content, to, visit)
        case SessionCancelled():
            remarks += _cancel_session(session, content, to, subject.treatment, now)
    audit.record(
        session,
        action=event.type,
        now=now,
        clinic_id=subject.clinic.id,
        patient_id=subject.patient.id,
        text=subject.treatment.external_id if isinstance(event, SessionCancelled) else event.next_visit.external_id,
    )
    is_session = isinstance(event, SessionCancelled)
    return Done(subject.patient, remarks, subject.treatment if is_session else None, visit)


def _look_up(session: Session, content: Content, event: Amendment, now: datetime, found: Findings) -> _Subject | None:
    """Return what the event names, or None and why not."""
    clinic = event_checks.find_clinic(session, event.clinic, found)
    if clinic is None:
        return None
    if isinstance(event, SessionCancelled):
        return _session_named(session, clinic, event, found)
    patient = event_checks.find_patient(session, clinic, event.patient, found)
    visit = None
    if event.next_visit is not None and event.next_visit.external_id is not None:
        visit = visits.find(session, clinic, event.next_visit.external_id)
    if visit is not None and patient is not None and visit.patient_id != patient.id:
        found.problems.append(OTHERS_VISIT)
    elif visit is None and isinstance(event, VisitCancelled) and event.next_visit is not None:
        found.add("next_visit.external_id", "is no visit of this clinic: nothing was cancelled")
    if isinstance(event, VisitChanged) and event.next_visit is not None:
        event_checks.visit_time(event.next_visit.starts_at, now, found)
    treatment = _before(session, clinic, event, patient, visit, found) if patient is not None else None
    if treatment is not None and treatment.protocol not in content.catalog.protocols:
        found.add("patient", f"had {treatment.protocol}, which this installation no longer has: nothing can be planned")
    return _Subject(clinic, patient, treatment, visit) if patient is not None and treatment is not None else None


def _before(
    session: Session,
    clinic: Clinic,
    event: VisitChanged | VisitCancelled,
    patient: Patient,
    visit: Visit | None,
    found: Findings,
) -> TreatmentSession | None:
    """Return the session that the visit follows: the one named, the one it was booked after, or the latest."""
    if isinstance(event, VisitChanged) and event.session is not None and event.session.external_id is not None:
        named = treatments.find(session, clinic, event.session.external_id)
        if named is None or named.patient_id != patient.id:
            found.add("session.external_id", "is no session of this patient: leave session out, or name theirs")
            return None
        return named
    if visit is not None and visit.session_id is not None:
        return session.get_one(TreatmentSession, visit.session_id)
    latest = session.exec(
        select(TreatmentSession)
        .where(TreatmentSession.patient_id == patient.id, TreatmentSession.status == SessionStatus.COMPLETED)
        .order_by(col(TreatmentSession.performed_at).desc(), col(TreatmentSession.id).desc())
        .limit(1)
    ).first()
    if latest is None:
        found.add("patient", "has no session on record, so no texts belong to a visit: send a session.completed first")
    return latest


def _session_named(session: Session, clinic: Clinic, event: SessionCancelled, found: Findings) -> _Subject | None:
    patient = event_checks.find_patient(session, clinic, event.patient, found) if event.patient else None
    if event.session is None or event.session.external_id is None:
        return None
    treatment = treatments.find(session, clinic, event.session.external_id)
    if treatment is None:
        found.add("session.external_id", "is no session of this clinic: nothing was cancelled")
        return None
    if patient is not None and treatment.patient_id != patient.id:
        found.add("session.external_id", "is another patient's session: correct one of the two ids")
    return _Subject(clinic, session.get_one(Patient, treatment.patient_id), treatment, None)


def _put(
    session: Session, content: Content, event: VisitChanged, to: Recipient, subject: _Subject, now: datetime
) -> Visit:
    protocol = content.catalog.protocols[subject.treatment.protocol]
    visit = subject.visit
    if visit is None:
        visit = visits.add(session, subject.treatment, event.next_visit.external_id, event.next_visit.starts_at)
        visits.queue_texts(session, content, to, protocol, subject.treatment, visit, now=now)
    else:
        starts_at = event.next_visit.starts_at
        visits.move(session, content, to, protocol, subject.treatment, visit, starts_at=starts_at, now=now)
    return visit


def _cancel_session(
    session: Session, content: Content, to: Recipient, treatment: TreatmentSession, now: datetime
) -> list[str]:
    was_cancelled = treatment.status is SessionStatus.CANCELLED
    back = treatments.cancel(session, content, to, treatment, now)
    if was_cancelled:
        return ["This session was cancelled before; nothing changed."]
    protocol = content.catalog.protocols.get(treatment.protocol)
    if protocol is not None:
        booked = session.exec(
            select(Visit).where(
                Visit.session_id == treatment.id, Visit.status == VisitStatus.BOOKED, col(Visit.starts_at) > now
            )
        ).all()
        for visit in booked:  # it still stands: what the withdrawn aftercare said about it is said on its own
            visits.queue_texts(session, content, to, protocol, treatment, visit, now=now)
    if not back:
        return []
    return [f"{len(back)} of an earlier session's texts, left out because of this one, will be sent after all."]


def _remarks(event: Amendment, to: Recipient) -> list[str]:
    said = []
    if to.conversation.opted_out_at is not None:
        said.append("This number has opted out of texts: what changed is recorded, and nothing will be sent.")
    given = event.patient.phone if event.patient is not None and event.patient.external_id is not None else None
    if given is not None and not _same_number(given, to):
        said.append("The phone of the patient was not changed: a new number comes with a session and its consent.")
    return said


def _same_number(given: str, to: Recipient) -> bool:
    try:
        return phone.parse(given, to.clinic.country).e164 == to.patient.phone
    except phone.PhoneError:
        return False
