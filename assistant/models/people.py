"""Who: clinics, patients, what they agreed to, and the phone numbers we talk with."""

from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from assistant.models.columns import code_field, json_field
from assistant.rules.verdict import Asked


class Clinic(SQLModel, table=True):
    """One location. Every other row belongs to one; the ``To`` of a reply finds it."""

    id: int = Field(default=None, primary_key=True)  # the database gives it
    slug: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=60)
    country: str = Field(max_length=2)  # ISO 3166-1 alpha-2
    timezone: str = Field(max_length=64)
    phone: str = Field(max_length=16, unique=True)  # E.164: texts come from it, and patients call it
    languages: list[str] = json_field(default_factory=list)  # the first one is the default
    quiet_from: time = time(20)  # no routine text from here, patient's time
    quiet_until: time = time(9)
    # Opening hours, clinic's time: {"0": ["09:00", "18:00"], ...}, Monday is 0. A day left out is closed.
    hours: dict[str, list[str]] = json_field(default_factory=dict)
    last_code: int = 0  # concern codes count up and are never used twice
    # Another one after each change of the clinic's own phrases, so that every process knows of it; None: it has none.
    phrases_tag: str | None = Field(default=None, max_length=32)


class Patient(SQLModel, table=True):
    """A person in treatment. Two may share a phone; nobody is found by phone alone."""

    __table_args__ = (
        UniqueConstraint("clinic_id", "external_id"),
        Index("ix_patient_clinic_id_phone", "clinic_id", "phone"),
    )

    id: int = Field(default=None, primary_key=True)  # the database gives it
    clinic_id: int = Field(foreign_key="clinic.id")
    external_id: str = Field(max_length=80)  # the booking system's, or our own ``web-…``
    name: str = Field(max_length=80)
    phone: str = Field(max_length=16)  # E.164
    language: str = Field(max_length=8)
    timezone: str = Field(max_length=64)
    date_of_birth: date | None = None
    created_at: datetime

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name.split() else self.name

    @property
    def short_name(self) -> str:
        return short_name(self.name)


def short_name(name: str) -> str:
    """First name and initial, as pages show it: ``Ana D.``"""
    parts = name.split()
    return f"{parts[0]} {parts[-1][0]}." if len(parts) > 1 else name


class ConsentKind(StrEnum):
    GRANTED = "granted"
    REVOKED = "revoked"  # an opt-out, whatever the wording
    RESUMED = "resumed"  # an opt-in by the patient's own text
    BLOCKED = "blocked"  # the carrier refused a text because of an opt-out we had not seen (21610)


class Consent(SQLModel, table=True):
    """One event in the history of what a number agreed to. Append-only."""

    id: int = Field(default=None, primary_key=True)  # the database gives it
    clinic_id: int = Field(foreign_key="clinic.id")
    patient_id: int | None = Field(default=None, foreign_key="patient.id")
    phone: str = Field(max_length=16, index=True)
    kind: ConsentKind = code_field(ConsentKind)
    at: datetime  # when the person did it
    recorded_at: datetime
    method: str = Field(max_length=40)  # paper, web, verbal, text, carrier
    wording_version: str | None = Field(default=None, max_length=40)
    verbatim: str | None = Field(default=None, max_length=1600)  # the words of a revocation
    message_id: int | None = Field(default=None, foreign_key="message.id")
    staff_id: int | None = Field(default=None, foreign_key="staff.id")  # who took it down


class Conversation(SQLModel, table=True):
    """One phone number at one clinic: the thread that staff read, known patient or not."""

    __table_args__ = (
        UniqueConstraint("clinic_id", "phone"),
        Index("ix_conversation_clinic_id_last_at", "clinic_id", "last_at"),
    )

    id: int = Field(default=None, primary_key=True)  # the database gives it
    clinic_id: int = Field(foreign_key="clinic.id")
    phone: str = Field(max_length=16)
    last_at: datetime
    last_text: str = Field(default="", max_length=160)
    unread: int = 0
    opted_out_at: datetime | None = None
    asked: Asked | None = code_field(Asked, default=None, nullable=True)
    asked_at: datetime | None = None
    asked_message_id: int | None = None
