"""The outbox: claim what is due, write down what became of it. Nothing here talks to the provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select, update

from assistant.models import Clinic, Conversation, Message, Patient
from assistant.rules.states import MessageStatus
from assistant.services import settling
from assistant.services.content import Content
from messages.protocol import MessageClass
from messages.quiet import QuietHours

# Three times the time limit of one request (20 s) and its write, so that a slow dispatcher that is
# still alive is not overtaken.
LEASE = timedelta(seconds=75)

# A guidance text this late was held up by an outage; then only the newest of a patient's is still worth sending.
BACKLOG = timedelta(hours=1)

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
    replaced = _replaced_in_backlog(rows, now)
    claimed = []
    for row in rows:
        clinic = clinics[row.clinic_id]
        if row.send_by is not None and row.send_by <= now:
            settling.skip(session, row.id, f"too late: it was to be sent by {row.send_by:%Y-%m-%d %H:%M} UTC", now)
        elif row.conversation_id in opted_out and row.key != "opt_out":
            settling.skip(session, row.id, "the patient has opted out of texts", now)
        elif row.id in replaced:
            settling.skip(session, row.id, "held up too long: a newer text took its place", now)
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
    message_class: MessageClass
    safety: bool
    any_hour: bool
    key: str
    due_at: datetime
    send_by: datetime | None
    lane: int


def _replaced_in_backlog(rows: Sequence[_Due], now: datetime) -> set[int]:
    """After an outage a patient gets the newest routine text, not all of them at once."""
    newest: dict[int, int] = {}
    replaced = set()
    for row in sorted(rows, key=lambda row: row.due_at):
        routine = row.message_class is MessageClass.GUIDANCE and row.staff_id is None and not row.safety
        if not routine or row.patient_id is None or row.due_at > now - BACKLOG:
            continue
        if row.patient_id in newest:
            replaced.add(newest[row.patient_id])
        newest[row.patient_id] = row.id
    return replaced


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
