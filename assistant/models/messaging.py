"""Messages in and out. A queued row is the outbox."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from assistant.models.columns import code_field, json_field
from assistant.rules.states import MessageStatus
from assistant.rules.verdict import Asked, Category
from messages.protocol import MessageClass


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Message(SQLModel, table=True):
    """One text. Outbound rows are written in the transaction of the fact that caused them."""

    __table_args__ = (
        Index(
            "ix_message_due",
            "lane",
            "due_at",
            sqlite_where=text("status = 'queued'"),
            postgresql_where=text("status = 'queued'"),
        ),
        Index(
            "ix_message_under_way",
            "lease_until",
            sqlite_where=text("status IN ('sending', 'in_doubt')"),
            postgresql_where=text("status IN ('sending', 'in_doubt')"),
        ),
        Index("ix_message_conversation_id_id", "conversation_id", "id"),
        Index("ix_message_patient_id", "patient_id"),
        Index("ix_message_concern_id", "concern_id"),
    )

    id: int = Field(default=None, primary_key=True)  # the database gives it
    clinic_id: int = Field(foreign_key="clinic.id")
    conversation_id: int | None = Field(default=None, foreign_key="conversation.id")  # None: to or from staff
    patient_id: int | None = Field(default=None, foreign_key="patient.id")
    session_id: int | None = Field(default=None, foreign_key="treatment_session.id")
    visit_id: int | None = Field(default=None, foreign_key="visit.id")
    concern_id: int | None = Field(default=None, foreign_key="concern.id")
    staff_id: int | None = Field(default=None, foreign_key="staff.id")  # paged, answered to, or the author

    direction: Direction = code_field(Direction)
    status: MessageStatus = code_field(MessageStatus)
    phone: str = Field(max_length=16)  # the other side's, E.164
    body: str = Field(max_length=1600)
    created_at: datetime
    dedupe_key: str = Field(max_length=120, unique=True)
    provider_sid: str | None = Field(default=None, max_length=64, unique=True)
    error_code: str | None = Field(default=None, max_length=16)

    # Outbound.
    key: str | None = Field(default=None, max_length=60)  # the text it was made from
    message_class: MessageClass | None = code_field(MessageClass, default=None, nullable=True)
    lane: int = 2  # 0 pages and emergency texts, 1 answers, 2 guidance
    language: str | None = Field(default=None, max_length=8)
    due_at: datetime | None = None
    send_by: datetime | None = None
    any_hour: bool = True  # False: waits for the end of the patient's quiet hours
    safety: bool = False  # a person must act when this one does not arrive
    asks: Asked | None = code_field(Asked, default=None, nullable=True)
    oid: str | None = Field(default=None, max_length=32, unique=True)  # our id in the callback URL
    attempts: int = 0
    claimed_at: datetime | None = None  # the last attempt
    lease_until: datetime | None = None
    not_found: int = 0  # times the provider's list did not show it while in doubt
    sent_at: datetime | None = None  # when the provider accepted it
    reason: str | None = Field(default=None, max_length=200)  # why skipped, canceled or failed, in words

    # Inbound.
    category: Category | None = code_field(Category, default=None, nullable=True)
    findings: list[dict[str, Any]] = json_field(default_factory=list)
    media: list[dict[str, str]] = json_field(default_factory=list)  # {"url", "type"}


class ProviderEvent(SQLModel, table=True):
    """A status callback as it came. Append-only; order and repeats do not matter."""

    __tablename__ = "provider_event"

    id: int = Field(default=None, primary_key=True)  # the database gives it
    received_at: datetime
    message_id: int | None = Field(default=None, foreign_key="message.id", index=True)
    provider_sid: str = Field(max_length=64, index=True)
    status: str = Field(max_length=24)
    error_code: str | None = Field(default=None, max_length=16)
