"""The live concern of a number as a reply finds it, changes it and writes it back, all in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, literal_column, select, update
from sqlmodel import Session, col

from assistant.models import Concern
from assistant.prepared import Prepared
from assistant.rules.states import ConcernStatus
from assistant.rules.verdict import Category


@dataclass
class LiveConcern:
    """A concern that is not resolved, in the columns that a reply may read or change; see the table for each."""

    id: int
    clinic_id: int
    code: int
    conversation_id: int
    patient_id: int | None
    opened_at: datetime

    severity: Category
    words: str
    findings: list[dict[str, Any]]
    next_page_at: datetime | None
    wants_no_texts: bool
    tell_nobody_at: datetime | None
    status: ConcernStatus = ConcernStatus.OPEN
    rung: int = 0
    pages: int = 0
    acknowledged_at: datetime | None = None
    holder_id: int | None = None
    call_by: datetime | None = None


# What the ladder climbs for: a reply's, or the row as staff and the clock act on it.
AnyConcern = Concern | LiveConcern

_COLUMNS = tuple(LiveConcern.__dataclass_fields__)
_NEW = tuple(name for name in _COLUMNS if name != "id")  # the database gives it
_CHANGED = _COLUMNS[_COLUMNS.index("severity") :]

# The condition of the index on live concerns, as it is written there: where a part of it is a parameter, SQLite
# plans the statement anew each time it is run.
IS_LIVE = col(Concern.status) != literal_column(f"'{ConcernStatus.RESOLVED}'")

_LOCKED = Prepared(
    select(*(getattr(Concern, name) for name in _COLUMNS))
    .where(col(Concern.conversation_id) == bindparam("conversation_id"), IS_LIVE)
    .with_for_update(key_share=True),
    lambda *columns: LiveConcern(**dict(zip(_COLUMNS, columns, strict=True))),
)
_OPEN = Prepared(insert(Concern).returning(col(Concern.id)), int, columns=_NEW)
_SAVE = Prepared(
    update(Concern)
    .where(col(Concern.id) == bindparam("concern_id"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGED}),
    tuple,
)


def locked(session: Session, conversation_id: int) -> LiveConcern | None:
    """Return the one concern of this number that is not resolved, locked for change."""
    return _LOCKED.first(session, conversation_id=conversation_id)


def opened(session: Session, **columns: Any) -> LiveConcern:
    """Write a new concern; return it. The caller holds the lock of the conversation, and found none live."""
    concern = LiveConcern(id=0, **columns)
    (concern.id,) = _OPEN.run(session, **{name: getattr(concern, name) for name in _NEW})
    return concern


def save(session: Session, concern: LiveConcern) -> None:
    """Write what was changed in it."""
    _SAVE.run(session, concern_id=concern.id, **{f"new_{name}": getattr(concern, name) for name in _CHANGED})
