"""One concern with everything that a nurse needs to judge it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from assistant.models import Clinic, Concern, Conversation, Patient, Staff
from assistant.rules.escalation import call_by
from assistant.services import threads
from assistant.services.content import Content
from assistant.services.conversations import patients_of, who
from assistant.services.inbox import is_late
from assistant.services.patient_file import Treatment, newest_treatments, treated


@dataclass(frozen=True)
class Why:
    """A triage rule that fired, and the patient's words that made it."""

    why: str
    matched: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """``promise`` is by when somebody who takes it now must have called; ``patients`` are all who may have written."""

    concern: Concern
    clinic: Clinic
    conversation: Conversation
    who: str
    patients: tuple[Patient, ...]
    treatments: tuple[tuple[str, Treatment], ...]  # of each patient that it may be, with the first name
    why: tuple[Why, ...]
    marked: tuple[str, ...]
    holder: str | None
    closed_by: str | None
    late: bool
    promise: datetime
    thread: threads.Thread
    history: tuple[threads.Event, ...]


def case(session: Session, content: Content, concern: Concern, now: datetime) -> Case:
    """Return the concern as it stands at ``now``."""
    clinic = session.get_one(Clinic, concern.clinic_id)
    conversation = session.get_one(Conversation, concern.conversation_id)
    number = (clinic.id, conversation.phone)
    sharing = patients_of(session, [number]).get(number, [])
    patients = [patient for patient in sharing if concern.patient_id in (None, patient.id)]
    treatments = newest_treatments(session, content, patients, now)
    holder = session.get(Staff, concern.holder_id) if concern.holder_id else None
    closed_by = session.get(Staff, concern.resolved_by_id) if concern.resolved_by_id else None
    return Case(
        concern=concern,
        clinic=clinic,
        conversation=conversation,
        who=who(sharing, concern.patient_id),
        patients=tuple(patients),
        treatments=treated(patients, treatments, concern.patient_id),
        why=tuple(
            Why(str(finding.get("why", "")), tuple(str(word) for word in finding.get("matched", ())))
            for finding in concern.findings
        ),
        marked=threads.matched_words(concern.findings),
        holder=holder.name if holder else None,
        closed_by=closed_by.name if closed_by else None,
        late=is_late(concern, now),
        promise=call_by(concern.severity, now),
        thread=threads.thread(session, conversation.id, now),
        history=threads.history(session, concern.id),
    )
