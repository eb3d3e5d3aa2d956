"""A session that took place: recorded once, and taken back if it was reported by mistake."""

from datetime import datetime

from sqlmodel import Session, select

from assistant.db import insert_new
from assistant.errors import Invalid, Problem
from assistant.models import Clinic, Course, Message, SessionStatus, TreatmentSession
from assistant.rules.states import MessageStatus
from assistant.services import overlaps, waiting_texts
from assistant.services.content import Content
from assistant.services.event_checks import Checked
from assistant.services.planned_texts import Recipient


def find(session: Session, clinic: Clinic, external_id: str) -> TreatmentSession | None:
    """Return the session with the booking system's id."""
    return session.exec(
        select(TreatmentSession).where(
            TreatmentSession.clinic_id == clinic.id, TreatmentSession.external_id == external_id
        )
    ).first()


def record(session: Session, checked: Checked, patient_id: int, now: datetime) -> tuple[TreatmentSession, bool]:
    """Return the row of the event's session, and whether it is new: reported twice, it is one session."""
    reported, protocol = checked.event.session, checked.protocol
    course = {
        "patient_id": patient_id,
        "protocol": protocol.id,
        "protocol_version": protocol.version,
        "started_at": reported.performed_at,
    }
    insert_new(session, Course, [course])
    course_id = session.exec(
        select(Course.id).where(Course.patient_id == patient_id, Course.protocol == protocol.id)
    ).one()
    new = insert_new(
        session,
        TreatmentSession,
        [
            {
                "clinic_id": checked.clinic.id,
                "patient_id": patient_id,
                "course_id": course_id,
                "external_id": reported.external_id,
                "protocol": protocol.id,
                "performed_at": reported.performed_at,
                "areas": list(dict.fromkeys(reported.areas)),
                "products": [one.model_dump(exclude_none=True) for one in reported.products],
                "practitioner": reported.practitioner,
                "status": SessionStatus.COMPLETED,
                "created_at": now,
            }
        ],
    )
    row = find(session, checked.clinic, reported.external_id)
    assert row is not None
    if row.patient_id != patient_id:  # two events raced for one id
        raise Invalid([Problem("session.external_id", "is another patient's session: give each session its own id")])
    return row, bool(new)


def cancel(
    session: Session, content: Content, to: Recipient, treatment: TreatmentSession, now: datetime
) -> list[Message]:
    """Withdraw the session's waiting texts; return those of earlier sessions that are sent after all.

    These were left out because this session said the same. Cancelling twice changes nothing.
    """
    if treatment.status is SessionStatus.CANCELLED:
        return []
    treatment.status = SessionStatus.CANCELLED
    session.add(treatment)
    session.flush()
    rows = waiting_texts.queued(session, Message.session_id == treatment.id)
    waiting_texts.withdraw(session, rows, "the session was cancelled: it had been reported by mistake")
    if to.conversation.opted_out_at is not None:
        return []
    back = overlaps.to_be_said_again(session, content, patient_id=to.patient.id, timezone=to.timezone, now=now)
    for row in back:
        row.status, row.reason = MessageStatus.QUEUED, None
        session.add(row)
    session.flush()
    if back:
        waiting_texts.rewrite(session, content, to.clinic, to.patient)
    return back
