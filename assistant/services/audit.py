"""Who saw or did what. Rows are added, never changed."""

from datetime import datetime

from sqlmodel import Session

from assistant.models import AuditEvent, Staff


def record(
    session: Session,
    *,
    action: str,
    now: datetime,
    staff: Staff | None = None,
    clinic_id: int | None = None,
    patient_id: int | None = None,
    text: str = "",
) -> None:
    """Add one line. ``action`` is ``thing.verb``; ``text`` holds numbers and codes, never a patient's words."""
    session.add(
        AuditEvent(
            at=now,
            clinic_id=clinic_id,
            staff_id=staff.id if staff else None,
            action=action,
            patient_id=patient_id,
            text=text[:320],
        )
    )
