"""The people who stand in every test.

Ann (New York) and Ana, her sister, who shares Ann's phone in some tests; Ben, who has opted out; Chloé, who reads
Spanish in Madrid. Dana is the nurse on call, Dr Evans the second rung. A stranger's number belongs to nobody.
"""

from dataclasses import dataclass
from datetime import datetime, time

from sqlmodel import Session, select

from assistant.models import (
    Clinic,
    Conversation,
    Course,
    EscalationStep,
    Patient,
    Role,
    Staff,
    TreatmentSession,
    Visit,
)

CLINIC_PHONE = "+12025550100"
ANN = "+12025550111"
BEN = "+12025550112"
CHLOE = "+34612345678"
DANA = "+12025550121"
EVANS = "+12025550122"
STRANGER = "+12025550199"

ALWAYS_OPEN: dict[str, list[str]] = {}


@dataclass(frozen=True)
class Cast:
    clinic_id: int
    dana_id: int
    evans_id: int


def set_up(session: Session) -> Cast:
    """Write the clinic, its two staff and its ladder (5 minutes each)."""
    clinic = Clinic(
        slug="main",
        name="Lumen Clinic",
        country="US",
        timezone="America/New_York",
        phone=CLINIC_PHONE,
        languages=["en", "es"],
        quiet_from=time(20),
        quiet_until=time(9),
        hours=ALWAYS_OPEN,
    )
    session.add(clinic)
    session.flush()
    created = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    dana = Staff(
        clinic_id=clinic.id,
        name="Dana Reyes",
        email="dana@example.com",
        phone=DANA,
        role=Role.STAFF,
        created_at=created,
    )
    evans = Staff(
        clinic_id=clinic.id,
        name="Dr Evans",
        email="evans@example.com",
        phone=EVANS,
        role=Role.CLINICIAN,
        created_at=created,
    )
    session.add_all([dana, evans])
    session.flush()
    session.add_all(
        [
            EscalationStep(clinic_id=clinic.id, position=1, staff_id=dana.id, wait_minutes=5),
            EscalationStep(clinic_id=clinic.id, position=2, staff_id=evans.id, wait_minutes=5),
        ]
    )
    session.flush()
    return Cast(clinic.id, dana.id, evans.id)


def add_patient(
    session: Session,
    cast: Cast,
    *,
    name: str = "Ann Lee",
    phone: str = ANN,
    language: str = "en",
    timezone: str = "America/New_York",
    performed_at: datetime | None = None,
    protocol: str = "mesotherapy_face",
    next_visit_at: datetime | None = None,
    opted_out_at: datetime | None = None,
) -> Patient:
    """Write a patient, their conversation and, if given, a session and a visit; nothing is queued."""
    now = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    slug = name.lower().replace(" ", "-")
    patient = Patient(
        clinic_id=cast.clinic_id,
        external_id=f"p-{slug}",
        name=name,
        phone=phone,
        language=language,
        timezone=timezone,
        created_at=now,
    )
    session.add(patient)
    session.flush()
    known = session.exec(
        select(Conversation).where(Conversation.clinic_id == cast.clinic_id, Conversation.phone == phone)
    ).first()
    if known is None:
        session.add(Conversation(clinic_id=cast.clinic_id, phone=phone, last_at=now, opted_out_at=opted_out_at))
    if performed_at is not None:
        course = Course(patient_id=patient.id, protocol=protocol, protocol_version=1, started_at=performed_at)
        session.add(course)
        session.flush()
        treatment = TreatmentSession(
            clinic_id=cast.clinic_id,
            patient_id=patient.id,
            course_id=course.id,
            external_id=f"s-{slug}",
            protocol=protocol,
            performed_at=performed_at,
            areas=["face"],
            created_at=now,
        )
        session.add(treatment)
        session.flush()
        if next_visit_at is not None:
            session.add(
                Visit(
                    clinic_id=cast.clinic_id,
                    patient_id=patient.id,
                    session_id=treatment.id,
                    external_id=f"v-{slug}",
                    starts_at=next_visit_at,
                )
            )
    session.flush()
    return patient
