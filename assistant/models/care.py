"""What was done to whom, and when the next visit is."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from assistant.models.columns import code_field, json_field


class Course(SQLModel, table=True):
    """A patient in a protocol, from the first session of it."""

    __table_args__ = (UniqueConstraint("patient_id", "protocol"),)

    id: int = Field(default=None, primary_key=True)  # the database gives it
    patient_id: int = Field(foreign_key="patient.id")
    protocol: str = Field(max_length=40)
    protocol_version: int
    started_at: datetime


class SessionStatus(StrEnum):
    COMPLETED = "completed"
    CANCELLED = "cancelled"  # reported as done by mistake


class TreatmentSession(SQLModel, table=True):
    """One session as performed (never as booked: a no-show has no row)."""

    __tablename__ = "treatment_session"

    __table_args__ = (
        UniqueConstraint("clinic_id", "external_id"),
        Index("ix_treatment_session_patient_id", "patient_id"),
    )

    id: int = Field(default=None, primary_key=True)  # the database gives it
    clinic_id: int = Field(foreign_key="clinic.id")
    patient_id: int = Field(foreign_key="patient.id")
    course_id: int = Field(foreign_key="course.id")
    external_id: str = Field(max_length=80)
    protocol: str = Field(max_length=40)
    performed_at: datetime
    areas: list[str] = json_field(default_factory=list)
    products: list[dict[str, str]] = json_field(default_factory=list)  # {"name", "lot"}
    practitioner: str | None = Field(default=None, max_length=80)
    status: SessionStatus = code_field(SessionStatus, default=SessionStatus.COMPLETED)
    created_at: datetime


class VisitStatus(StrEnum):
    BOOKED = "booked"
    CANCELLED = "cancelled"


class Visit(SQLModel, table=True):
    """The next appointment. ``version`` goes up at every move, so that nothing is sent for a dead date."""

    __table_args__ = (
        UniqueConstraint("clinic_id", "external_id"),
        Index("ix_visit_patient_id", "patient_id"),
    )

    id: int = Field(default=None, primary_key=True)  # the database gives it
    clinic_id: int = Field(foreign_key="clinic.id")
    patient_id: int = Field(foreign_key="patient.id")
    session_id: int | None = Field(default=None, foreign_key="treatment_session.id")  # the one before it
    external_id: str = Field(max_length=80)
    starts_at: datetime
    version: int = 1
    status: VisitStatus = code_field(VisitStatus, default=VisitStatus.BOOKED)
    nsaid_told_at: datetime | None = None  # when the patient was last told what not to take before it


class WebhookEvent(SQLModel, table=True):
    """An event of the booking system, so that a repeat gets the first answer again."""

    __tablename__ = "webhook_event"

    event_id: str = Field(max_length=120, primary_key=True)
    clinic_id: int = Field(foreign_key="clinic.id")
    type: str = Field(max_length=40)
    body_sha256: str = Field(max_length=64)
    answer: dict[str, object] = json_field(default_factory=dict)
    received_at: datetime
