"""Concerns, the ladder that pages people about them, and what happened to each."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from assistant.models.columns import code_field, json_field
from assistant.rules.states import ConcernStatus
from assistant.rules.verdict import Category


class Concern(SQLModel, table=True):
    """What a human must look at. Never ends by itself: a person resolves it."""

    __table_args__ = (
        UniqueConstraint("clinic_id", "code"),
        Index(
            "uq_concern_live_conversation_id",
            "conversation_id",
            unique=True,
            sqlite_where=text("status != 'resolved'"),
            postgresql_where=text("status != 'resolved'"),
        ),
        Index(
            "ix_concern_next_page_at",
            "next_page_at",
            sqlite_where=text("status != 'resolved'"),
            postgresql_where=text("status != 'resolved'"),
        ),
    )

    id: int = Field(default=None, primary_key=True)  # the database gives it
    clinic_id: int = Field(foreign_key="clinic.id")
    code: int  # what staff text back: ``7a``. Counts up per clinic, never used twice
    conversation_id: int = Field(foreign_key="conversation.id")
    patient_id: int | None = Field(default=None, foreign_key="patient.id")  # None: unknown, or one of two
    severity: Category = code_field(Category)
    words: str = Field(max_length=320)  # the patient's, as pages quote them
    findings: list[dict[str, Any]] = json_field(default_factory=list)
    status: ConcernStatus = code_field(ConcernStatus, default=ConcernStatus.OPEN)
    opened_at: datetime

    rung: int = 0  # the step of the ladder that is paged next
    next_page_at: datetime | None  # when somebody is paged (again), or an acknowledgement runs out
    wants_no_texts: bool = False  # asked for silence beside the danger: phone, and opt them out at the end
    pages: int = 0  # how many were sent about it
    tell_nobody_at: datetime | None = None  # when the patient is told that nobody has read it; None: need not be

    acknowledged_at: datetime | None = None
    holder_id: int | None = Field(default=None, foreign_key="staff.id")
    call_by: datetime | None = None  # what the patient was promised

    resolved_at: datetime | None = None
    resolved_by_id: int | None = Field(default=None, foreign_key="staff.id")
    outcome: str | None = Field(default=None, max_length=40)
    note: str | None = Field(default=None, max_length=1600)


class ConcernEventKind(StrEnum):
    OPENED = "opened"
    ADDED = "added"  # another reply about it
    PAGED = "paged"
    PAGE_FAILED = "page_failed"
    ACKNOWLEDGED = "acknowledged"
    PASSED_ON = "passed_on"
    OVERDUE = "overdue"
    TOLD = "told"  # what the patient was told
    REPLIED = "replied"  # a person's text to the patient
    NOTE = "note"
    RESOLVED = "resolved"


class ConcernEvent(SQLModel, table=True):
    """One line of a concern's history. Append-only."""

    __tablename__ = "concern_event"

    id: int = Field(default=None, primary_key=True)  # the database gives it
    concern_id: int = Field(foreign_key="concern.id", index=True)
    at: datetime
    kind: ConcernEventKind = code_field(ConcernEventKind)
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
    message_id: int | None = Field(default=None, foreign_key="message.id")
    text: str = Field(default="", max_length=1600)


class EscalationStep(SQLModel, table=True):
    """One rung of a clinic's ladder: page this person, then wait."""

    __tablename__ = "escalation_step"

    __table_args__ = (UniqueConstraint("clinic_id", "position"),)

    id: int = Field(default=None, primary_key=True)  # the database gives it
    clinic_id: int = Field(foreign_key="clinic.id")
    position: int
    staff_id: int = Field(foreign_key="staff.id")
    channel: str = Field(default="sms", max_length=8)
    wait_minutes: int = 5


class Task(SQLModel, table=True):
    """Something staff must do by hand because a text could not do it (a safety text that failed)."""

    id: int = Field(default=None, primary_key=True)  # the database gives it
    clinic_id: int = Field(foreign_key="clinic.id")
    patient_id: int | None = Field(default=None, foreign_key="patient.id")
    message_id: int | None = Field(default=None, foreign_key="message.id", unique=True)
    opened_at: datetime
    text: str = Field(max_length=320)
    done_at: datetime | None = None
    done_by_id: int | None = Field(default=None, foreign_key="staff.id")
