"""What was said, and when, since when: written down at every start, never changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from assistant.db import insert_new
from assistant.models import ContentVersion, SignOff
from messages.edition import Edition

Editions = dict[tuple[str, str], Edition]  # (name, language)


@dataclass(frozen=True)
class Moment:
    """One line of the history. ``by`` is None where words went live, else who signed them, with the role."""

    at: datetime
    version: str
    sha256: str
    by: str | None = None
    note: str = ""


def record_live(session: Session, editions: Iterable[Edition], now: datetime) -> int:
    """Write down each edition that is not what was live last; return how many were new.

    To be called by every process that starts to speak; twice, or by several at once, changes nothing.
    """
    wanted, recorded = list(editions), 0
    while rows := _not_live(session, wanted, now):
        # Another process may have taken an ordinal of ours: then its row is the last one, and we look again.
        recorded += len(insert_new(session, ContentVersion, rows))
    return recorded


def live(session: Session) -> Editions:
    """Return the editions that were recorded last, each as it was then."""
    return {key: Edition.from_json(*key, row.content) for key, row in _newest(session).items()}


def history(session: Session, name: str, language: str) -> list[Moment]:
    """Return when each wording and timing went live and who signed which, newest first."""
    versions = session.exec(
        select(ContentVersion.first_seen_at, ContentVersion.version, ContentVersion.sha256, ContentVersion.ordinal)
        .where(ContentVersion.name == name, ContentVersion.language == language)
        .order_by(col(ContentVersion.ordinal).desc())
    )
    signatures = session.exec(
        select(SignOff)
        .where(SignOff.name == name, SignOff.language == language)
        .order_by(col(SignOff.at).desc(), col(SignOff.id).desc())
    )
    moments = [Moment(row.at, row.version, row.sha256, row.signed_as, row.note) for row in signatures]
    moments += [Moment(at, version, sha256) for at, version, sha256, _ in versions]
    return sorted(moments, key=lambda moment: moment.at, reverse=True)


def _newest(session: Session) -> dict[tuple[str, str], ContentVersion]:
    last = select(func.max(ContentVersion.id)).group_by(col(ContentVersion.name), col(ContentVersion.language))
    rows = session.exec(select(ContentVersion).where(col(ContentVersion.id).in_(last)))
    return {(row.name, row.language): row for row in rows}


def _not_live(session: Session, editions: Iterable[Edition], now: datetime) -> list[dict[str, object]]:
    newest, rows = _newest(session), []
    for edition in editions:
        last = newest.get((edition.name, edition.language))
        if last is None or last.sha256 != edition.sha256:
            rows.append(_row(edition, last.ordinal + 1 if last is not None else 1, now))
    return rows


def _row(edition: Edition, ordinal: int, now: datetime) -> dict[str, object]:
    return {
        "name": edition.name,
        "language": edition.language,
        "ordinal": ordinal,
        "version": edition.version,
        "sha256": edition.sha256,
        "content": edition.as_json(),
        "first_seen_at": now,
    }
