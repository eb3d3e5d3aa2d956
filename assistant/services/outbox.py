"""The outbox: claim what is due, write down what became of it. Nothing here talks to the provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, or_, select, update

from assistant.models import Clinic, Concern, Conversation, Message, Patient
from assistant.rules.states import ConcernStatus, MessageStatus
from assistant.services import ladder, settling
from assistant.services.content import Content
from messages.protocol import MessageClass
from messages.quiet import QuietHours

# Three times the time limit of one request (20 s) and its write, so that a slow dispatcher that is
# still alive is not overtaken.
LEASE = timedelta(seconds=75)

# A guidance text this late was held up by an outage; then only the newest of a patient's is still worth sending.
BACKLOG = timedelta(hours=1)

# A routine text to a patient who asked for silence, or to a number that says it is somebody else's, waits for
# a person to close that concern; looked at again this often until its send_by.
LOOK_AGAIN = timedelta(hours=1)

# The rule of a reply that says the number belongs to somebody else.
WRONG_PERSON = "wrong_person"

# What the provider waits at most before it gives up on a text (Twilio: 36,000 s, also its default).
LONGEST_VALIDITY = 36_000


@dataclass(frozen=True)
class Claimed:
    """A message that is ours to send until its lease ends."""

    id: int
    oid: str
    attempt: int
    sender: str
    phone: str
    body: str
    validity_seconds: int
    lease_until: datetime  # nothing may be handed over after it


@dataclass(frozen=True)
class Sent:
    """What became of one attempt: a provider id, or the error."""

    id: int
    attempt: int
    sid: str | None = None
    code: str | None = None
    outcome: str | None = None  # of SendError


def claim_due(session: Session, now: datetime, limit: int) -> list[Claimed]:
    """Claim up to ``limit`` messages that are due, most urgent lane first, and return those to send now.

    What may not be sent any more (too late, opted out, cancelled visit) is skipped with its reason; what
    an outage has moved into the patient's quiet hours goes back to their end. Two dispatchers never claim
    the same row.
    """
    due = (
        select(Message.id)
        .where(Message.status == MessageStatus.QUEUED, col(Message.due_at) <= now)
        .order_by(col(Message.lane), col(Message.due_at))
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    claim = (
        update(Message)
        .where(col(Message.id).in_(due.scalar_subquery()))
        .values(status=MessageStatus.SENDING, claimed_at=now, lease_until=now + LEASE, attempts=Message.attempts + 1)
        .returning(*(getattr(Message, name) for name in _Due._fields))
    )
    rows = sorted((_Due(*row) for row in session.execute(claim)), key=lambda row: (row.lane, row.due_at))
    if not rows:
        return []
    clinics = {clinic.id: clinic for clinic in session.exec(select(Clinic))}
    opted_out = _opted_out(session, rows)
    zones = _zones(session, rows)
    replaced = _replaced_in_backlog(session, rows, now)
    concerns = _concerns(session, rows)
    claimed = []
    for row in rows:
        clinic = clinics[row.clinic_id]
        if row.send_by is not None and row.send_by <= now:
            settling.skip(session, row.id, f"too late: it was to be sent by {row.send_by:%Y-%m-%d %H:%M} UTC", now)
        elif row.conversation_id in opted_out and row.key != "opt_out":
            settling.skip(session, row.id, "the patient has opted out of texts", now)
        elif row.id in replaced:
            settling.skip(session, row.id, "held up too long: a newer text took its place", now)
        elif (over := _no_longer_true(row, concerns)) is not None:
            settling.skip(session, row.id, over, now)
        elif _is_routine(row) and row.conversation_id in concerns.silent:
            settling.put_back(session, row.id, now + LOOK_AGAIN)
        elif (wakes := _end_of_quiet(row, clinic, zones, now)) > now:
            settling.put_back(session, row.id, wakes)
        else:
            claimed.append(
                Claimed(
                    id=row.id,
                    oid=row.oid,
                    attempt=row.attempts,
                    sender=clinic.phone,
                    phone=row.phone,
                    body=row.body,
                    validity_seconds=_validity(row, now),
                    lease_until=now + LEASE,
                )
            )
    return claimed


def settle(session: Session, content: Content, results: Sequence[Sent], now: datetime) -> None:
    """Write down what became of claimed messages; a result whose lease was taken over is dropped."""
    by_id = {sent.id: sent for sent in results}
    rows = session.exec(
        select(Message).where(col(Message.id).in_(by_id)).order_by(col(Message.id)).with_for_update(key_share=True)
    ).all()
    for message in rows:
        sent = by_id[message.id]
        if message.attempts != sent.attempt:
            continue
        if sent.sid is not None:
            settling.accepted(session, content, message, sent.sid, now)
        elif message.status is MessageStatus.SENDING:
            settling.refused(session, content, message, sent.code or "", sent.outcome or "in_doubt", now)


class _Due(NamedTuple):
    """What a claim returns of each row."""

    id: int
    oid: str
    attempts: int
    phone: str
    body: str
    clinic_id: int
    conversation_id: int | None
    patient_id: int | None
    staff_id: int | None
    concern_id: int | None
    message_class: MessageClass
    safety: bool
    any_hour: bool
    key: str
    due_at: datetime
    send_by: datetime | None
    lane: int


class _Concerns(NamedTuple):
    """``live`` maps a concern to its holder, if any. ``silent`` are conversations that get no routine text."""

    live: dict[int, int | None]
    silent: set[int]


def _concerns(session: Session, rows: Sequence[_Due]) -> _Concerns:
    named = {row.concern_id for row in rows if row.concern_id is not None}
    talked = {row.conversation_id for row in rows if row.conversation_id is not None}
    found = session.exec(
        select(Concern).where(
            Concern.status != ConcernStatus.RESOLVED,
            or_(col(Concern.id).in_(named), col(Concern.conversation_id).in_(talked)),
        )
    ).all()
    silent = {
        concern.conversation_id
        for concern in found
        if concern.wants_no_texts or any(finding["rule"] == WRONG_PERSON for finding in concern.findings)
    }
    return _Concerns({concern.id: concern.holder_id for concern in found}, silent)


def _no_longer_true(row: _Due, concerns: _Concerns) -> str | None:
    """Why a page, or what the patient was to be told about it, must not go out any more; else None."""
    if row.concern_id is None or row.key not in (*ladder.PAGES, *ladder.TURNS):
        return None
    if row.concern_id not in concerns.live:
        return "the concern was closed before this could be sent"
    holder = concerns.live[row.concern_id]
    if row.key in ladder.PAGES and holder not in (None, row.staff_id):
        return "somebody has taken the concern before this could be sent"
    return None


def _is_routine(row: _Due) -> bool:
    return row.message_class is MessageClass.GUIDANCE and row.staff_id is None and not row.safety


def _replaced_in_backlog(session: Session, rows: Sequence[_Due], now: datetime) -> set[int]:
    """After an outage a patient gets the newest routine text, not all of them at once."""
    late = [row for row in rows if _is_routine(row) and row.patient_id is not None and row.due_at <= now - BACKLOG]
    if not late:
        return set()
    newest = dict(
        session.execute(
            select(Message.patient_id, func.max(Message.due_at))
            .where(
                col(Message.patient_id).in_({row.patient_id for row in late}),
                Message.message_class == MessageClass.GUIDANCE,
                col(Message.staff_id).is_(None),
                col(Message.safety).is_(False),
                col(Message.due_at) <= now,
                col(Message.status).not_in((MessageStatus.CANCELED, MessageStatus.SKIPPED, MessageStatus.FAILED)),
            )
            .group_by(col(Message.patient_id))
        ).all()
    )
    return {row.id for row in late if row.due_at < newest.get(row.patient_id, row.due_at)}


def _end_of_quiet(row: _Due, clinic: Clinic, zones: dict[int, ZoneInfo], now: datetime) -> datetime:
    if row.any_hour or row.patient_id is None:
        return now
    return QuietHours(clinic.quiet_from, clinic.quiet_until).next_open(now, zones[row.patient_id])


def _validity(row: _Due, now: datetime) -> int:
    left = LONGEST_VALIDITY if row.send_by is None else int((row.send_by - now).total_seconds())
    return max(10, min(LONGEST_VALIDITY, left))  # Twilio advises more than 5 s


def _opted_out(session: Session, rows: Sequence[_Due]) -> set[int | None]:
    ids = {row.conversation_id for row in rows if row.conversation_id is not None}
    query = select(Conversation.id).where(col(Conversation.id).in_(ids), col(Conversation.opted_out_at).is_not(None))
    return set(session.execute(query).scalars()) if ids else set()


def _zones(session: Session, rows: Sequence[_Due]) -> dict[int, ZoneInfo]:
    ids = {row.patient_id for row in rows if not row.any_hour and row.patient_id is not None}
    query = select(Patient.id, Patient.timezone).where(col(Patient.id).in_(ids))
    return {patient_id: ZoneInfo(zone) for patient_id, zone in session.exec(query)} if ids else {}
