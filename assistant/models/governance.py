"""Which words and timing were live when, and who signed them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from assistant.models.columns import json_field


class ContentVersion(SQLModel, table=True):
    """What was said about one subject in one language, from the moment a process first spoke so. Append-only.

    The newest row of a name and language is what is live; words that come back get a row of their own.
    """

    __tablename__ = "content_version"

    __table_args__ = (UniqueConstraint("name", "language", "ordinal"),)

    id: int = Field(default=None, primary_key=True)  # the database gives it
    name: str = Field(max_length=40)  # a protocol's id, or the name of a file of words
    language: str = Field(max_length=8)
    ordinal: int  # counts up from 1, for each name and language
    version: str = Field(max_length=20)  # as the files say: of the words, after that of the timing if there is one
    sha256: str = Field(max_length=64)  # of the wording and the timing
    content: dict[str, Any] = json_field(default_factory=dict)  # all of it, as Edition.as_json gives it
    first_seen_at: datetime


class SignOff(SQLModel, table=True):
    """A clinician's signature under exact words and timing. Append-only: it counts while they are what is said.

    ``clinic_id`` None: made by somebody of all locations, and counts at each.
    """

    __tablename__ = "sign_off"

    __table_args__ = (
        UniqueConstraint("staff_id", "name", "language", "sha256"),
        Index("ix_sign_off_sha256", "sha256"),
    )

    id: int = Field(default=None, primary_key=True)  # the database gives it
    clinic_id: int | None = Field(default=None, foreign_key="clinic.id")
    staff_id: int = Field(foreign_key="staff.id")
    signed_as: str = Field(max_length=90)  # name and role at that moment
    name: str = Field(max_length=40)
    language: str = Field(max_length=8)
    version: str = Field(max_length=20)
    sha256: str = Field(max_length=64)
    content: dict[str, Any] = json_field(default_factory=dict)  # what was signed, whether it was live yet or not
    note: str = Field(default="", max_length=320)
    at: datetime
