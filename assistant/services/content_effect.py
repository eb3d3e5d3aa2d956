"""Which texts of patients under way a change of the content is about."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from assistant.models import Clinic, Message, Patient, SessionStatus, TreatmentSession, Visit
from assistant.rules.states import MessageStatus
from assistant.services import overlaps
from messages import under_way
from messages.quiet import QuietHours
from messages.under_way import Course, Editions, Effect, Waiting


def effect(session: Session, clinic_ids: Sequence[int], *, old: Editions, new: Editions, now: datetime) -> Effect:
    """Return which waiting texts of these clinics would be others if they were planned with ``new`` instead of ``old``.

    Nothing is changed. A text keeps what it was planned with until it is written anew, because its visit
    moves or its patient's language changes.
    """
    return under_way.effect(waiting(session, clinic_ids), old, new, now)


def waiting(session: Session, clinic_ids: Sequence[int]) -> list[Waiting]:
    """Return the planned texts of these clinics that are in the outbox, each with what its plan depends on."""
    treated, earlier = aliased(TreatmentSession), aliased(TreatmentSession)
    had_before = exists().where(
        col(earlier.patient_id) == treated.patient_id,
        col(earlier.protocol) == treated.protocol,
        col(earlier.status) == SessionStatus.COMPLETED,
        col(earlier.performed_at) < treated.performed_at,
    )
    rows = session.execute(
        select(Message, Patient, Clinic, treated, col(Visit.starts_at), had_before)
        .join(Patient, col(Patient.id) == Message.patient_id)
        .join(Clinic, col(Clinic.id) == Message.clinic_id)
        .outerjoin(Visit, col(Visit.id) == Message.visit_id)
        .join(treated, col(treated.id) == func.coalesce(col(Message.session_id), col(Visit.session_id)))
        .where(col(Message.clinic_id).in_(clinic_ids), col(Message.status) == MessageStatus.QUEUED)
        .order_by(col(Message.id))
    )
    return [
        Waiting(
            message_id=message.id,
            key=message.key or "",
            course=Course(
                patient_id=patient.id,
                session_id=treatment.id,
                protocol=treatment.protocol,
                language=message.language or patient.language,
                session_at=treatment.performed_at,
                visit_at=visit_at,
                of_visit=message.session_id is None,
                again=again,
                timezone=ZoneInfo(patient.timezone),
                quiet=QuietHours(clinic.quiet_from, clinic.quiet_until),
            ),
            planned_at=message.created_at,
            says_how_to_opt_out=message.session_id is not None and overlaps.says_how_to_opt_out(message),
        )
        for message, patient, clinic, treatment, visit_at, again in rows
    ]
