"""Who works here, how they sign in, and what they did."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from assistant.models.columns import code_field


class Role(StrEnum):
    ADMIN = "admin"
    CLINICIAN = "clinician"
    STAFF = "staff"
    VIEWER = "viewer"


class Staff(SQLModel, table=True):
    """A person with an account. ``clinic_id`` None: all locations of this installation."""

    id: int = Field(default=None, primary_key=True)  # the database gives it
    clinic_id: int | None = Field(default=None, foreign_key="clinic.id")
    name: str = Field(max_length=60)
    email: str = Field(max_length=120, unique=True)  # lower case
    phone: str = Field(max_length=16, unique=True)  # E.164
    role: Role = code_field(Role)
    password_hash: str | None = Field(default=None, max_length=200)
    active: bool = True
    created_at: datetime

    @property
    def first_name(self) -> str:
        """How the patient hears of them: ``Dana``, ``Dr Evans``."""
        first, *rest = self.name.split()
        return f"{first} {rest[-1]}" if first.rstrip(".").lower() in ("dr", "dra") and rest else first


class PasswordLink(SQLModel, table=True):
    """A one-time link to set a password. Only the SHA-256 of its token is kept."""

    __tablename__ = "password_link"

    id: int = Field(default=None, primary_key=True)  # the database gives it
    staff_id: int = Field(foreign_key="staff.id")
    token_sha256: str = Field(max_length=64, unique=True)
    expires_at: datetime
    used_at: datetime | None = None


class StaffSession(SQLModel, table=True):
    """A browser that is signed in. Only the SHA-256 of its token is kept."""

    __tablename__ = "staff_session"

    id: int = Field(default=None, primary_key=True)  # the database gives it
    staff_id: int = Field(foreign_key="staff.id", index=True)
    token_sha256: str = Field(max_length=64, unique=True)
    started_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None


class LoginAttempt(SQLModel, table=True):
    """A failed sign-in, for the delay before the next try."""

    __tablename__ = "login_attempt"

    __table_args__ = (
        Index("ix_login_attempt_email_at", "email", "at"),
        Index("ix_login_attempt_ip_at", "ip", "at"),
    )

    id: int = Field(default=None, primary_key=True)  # the database gives it
    email: str = Field(max_length=120)
    ip: str = Field(max_length=45)
    at: datetime


class AuditEvent(SQLModel, table=True):
    """Who did or saw what. Append-only."""

    __tablename__ = "audit_event"

    id: int = Field(default=None, primary_key=True)  # the database gives it
    at: datetime
    clinic_id: int | None = Field(default=None, foreign_key="clinic.id")
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
    action: str = Field(max_length=60)
    patient_id: int | None = Field(default=None, foreign_key="patient.id", index=True)
    text: str = Field(default="", max_length=320)
