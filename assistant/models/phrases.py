"""A clinic's own phrases on top of the words that triage knows."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from assistant.models.columns import code_field
from assistant.rules.verdict import Category


class PhraseState(StrEnum):
    DRAFT = "draft"
    LIVE = "live"  # raises verdicts at its clinic
    DROPPED = "dropped"  # never used again; the row stays


class ClinicPhrase(SQLModel, table=True):
    """Words that raise a verdict at one clinic. What they say never changes: another wording is another row.

    Either ``category``, for words that a human must see whatever else is said, or ``concept``, for one more
    way to say what the shipped rules know. Draft, then live, then dropped; each step with who and when.
    """

    __tablename__ = "clinic_phrase"

    __table_args__ = (Index("ix_clinic_phrase_clinic_id_state", "clinic_id", "state"),)

    id: int = Field(default=None, primary_key=True)  # the database gives it
    clinic_id: int = Field(foreign_key="clinic.id")
    language: str = Field(max_length=8)
    phrase: str = Field(max_length=80)
    category: Category | None = code_field(Category, default=None, nullable=True)
    concept: str | None = Field(default=None, max_length=40)
    state: PhraseState = code_field(PhraseState, default=PhraseState.DRAFT)
    author_id: int = Field(foreign_key="staff.id")
    created_at: datetime
    live_at: datetime | None = None
    live_by_id: int | None = Field(default=None, foreign_key="staff.id")
    dropped_at: datetime | None = None
    dropped_by_id: int | None = Field(default=None, foreign_key="staff.id")
