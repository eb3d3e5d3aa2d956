"""An event of the booking system is done, once: the session, its patient and its texts in one transaction."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select, update

from assistant.db import insert_new
from assistant.errors import Conflict, Invalid
from assistant.models import Message, Staff, WebhookEvent
from assistant.rules.states import MessageStatus
from assistant.services import (
    amendments,
    audit,
    event_checks,
    patient_records,
    planned_texts,
    remarks,
    session_events,
    session_plans,
    treatments,
    visits,
    waiting_texts,
)
from assistant.services.amendments import Done
from assistant.services.content import Content
from assistant.services.event_checks import Checked, Findings
from assistant.services.session_events import SessionCompleted, SessionEvent, Unreadable


@dataclass(frozen=True)
class Applied:
    """``answer`` is what the booking system is told; ``created`` is False for a repeat, which gets the same."""

    answer: dict[str, Any]
    created: bool


def receive(session: Session, content: Content, body: bytes, now: datetime) -> Applied:
    """Do what ``body`` says. Raises Invalid with every problem of it, or Conflict; nothing is written then."""
    try:
        event = session_events.read_event(body)
    except Unreadable as unreadable:
        check(session, content, unreadable.rest, now, unreadable)
        raise
    return apply(session, content, event, hashlib.sha256(body).hexdigest(), now)


def check(session: Session, content: Content, event: SessionEvent, now: datetime, known: Invalid) -> None:
    """Raise Invalid with the ``known`` problems of an event and those that only the database tells, if any."""
    if isinstance(event, SessionCompleted):
        event_checks.completed(session, content, event, now, problems=known.problems)
    else:
        amendments.check(session, content, event, now, Findings(list(known.problems)))


def apply(
    session: Session,
    content: Content,
    event: SessionEvent,
    body_sha256: str,
    now: datetime,
    *,
    staff: Staff | None = None,
) -> Applied:
    """Do what the event says, once per ``event_id``; a repeat is answered as the first was.

    ``staff`` is who entered it by hand. The row of the event is written first: who comes second waits for
    it, and then finds the answer. Raises Invalid, and Conflict where the id was used for another body.
    """
    found = Findings()
    clinic = event_checks.find_clinic(session, event.clinic, found)
    if clinic is None:
        check(session, content, event, now, Invalid([]))
        raise Invalid(found.problems)
    before = _claim(session, event, clinic.id, body_sha256, now)
    if before is not None:
        return Applied(before, created=False)
    if isinstance(event, SessionCompleted):
        done = _complete(session, content, event_checks.completed(session, content, event, now, staff=staff), now)
    else:
        done = amendments.apply(session, content, event, now)
    answer = {
        "event_id": event.event_id,
        "type": event.type,
        "clinic": clinic.slug,
        "patient": done.patient.external_id,
        **_texts(session, done),
        "warnings": done.remarks,
    }
    session.execute(update(WebhookEvent).where(col(WebhookEvent.event_id) == event.event_id).values(answer=answer))
    return Applied(answer, created=True)


def answered(session: Session, event_id: str, body_sha256: str) -> dict[str, Any] | None:
    """Return what this event was answered, None if it is new. Raises Conflict if it had another body."""
    first = session.get(WebhookEvent, event_id, populate_existing=True)
    if first is not None and first.body_sha256 != body_sha256:
        raise Conflict("this event_id was used before with another body: give every event an id of its own")
    return None if first is None else first.answer


def _claim(
    session: Session, event: SessionEvent, clinic_id: int, body_sha256: str, now: datetime
) -> dict[str, Any] | None:
    """Return None if the event is ours to do, otherwise what it was answered."""
    row = {
        "event_id": event.event_id,
        "clinic_id": clinic_id,
        "type": event.type,
        "body_sha256": body_sha256,
        "answer": {},
        "received_at": now,
    }
    return None if insert_new(session, WebhookEvent, [row]) else answered(session, event.event_id, body_sha256)


def _complete(session: Session, content: Content, checked: Checked, now: datetime) -> Done:
    event, said = checked.event, remarks.about(session, content, checked)
    recorded = patient_records.record(session, content, checked, now)
    to = planned_texts.recipient(session, checked.clinic, recorded.patient, recorded.conversation)
    treatment, is_new = treatments.record(session, checked, to.patient.id, now)
    protocol = content.catalog.protocols.get(treatment.protocol, checked.protocol)
    visit = visits.find(session, checked.clinic, event.next_visit.external_id) if event.next_visit else None
    if visit is not None and visit.patient_id != to.patient.id:
        raise Invalid([amendments.OTHERS_VISIT])
    added = None
    if event.next_visit is not None and visit is None:
        added = visits.add(session, treatment, event.next_visit.external_id, event.next_visit.starts_at)
    if is_new:
        merged = session_plans.merged(session, content, checked, to, visit, now)
        planned_texts.queue(session, content, to, protocol, merged.plan, treatment=treatment, visit=added, now=now)
        waiting_texts.skip(session, merged.superseded)
        if merged.adds_words:
            waiting_texts.rewrite(session, content, checked.clinic, to.patient)
        said += remarks.superseded(len(merged.superseded))
        audit.record(
            session,
            action=event.type,
            now=now,
            staff=checked.staff,
            clinic_id=checked.clinic.id,
            patient_id=to.patient.id,
            text=f"{treatment.protocol} {treatment.external_id}",
        )
        if added is not None:
            visits.warn_of_short_notice(session, to, added, now)
    elif added is not None:
        visits.queue_texts(session, content, to, protocol, treatment, added, now=now)
    if event.next_visit is not None and visit is not None:
        session.refresh(visit, with_for_update={"key_share": True})
        starts_at = event.next_visit.starts_at
        visits.move(session, content, to, protocol, treatment, visit, starts_at=starts_at, now=now)
    return Done(to.patient, said, treatment, visit or added)


def _texts(session: Session, done: Done) -> dict[str, list[dict[str, str]]]:
    """Return what will be sent for the session and the visit, and what will not, as they stand now."""
    mine: list[ColumnElement[bool]] = []
    if done.treatment is not None:
        mine.append(col(Message.session_id) == done.treatment.id)
    if done.visit is not None:
        mine.append(col(Message.dedupe_key).startswith(f"visit:{done.visit.id}:{done.visit.version}:"))
    rows = session.exec(select(Message).where(or_(*mine)).order_by(col(Message.due_at), col(Message.id))).all()
    return {
        "messages": [
            {"key": row.key or "", "due_at": _utc(row.due_at), "send_by": _utc(row.send_by)}
            for row in rows
            if row.status not in (MessageStatus.SKIPPED, MessageStatus.CANCELED)
        ],
        "skipped": [
            {"key": row.key or "", "reason": row.reason or ""} for row in rows if row.status is MessageStatus.SKIPPED
        ],
    }


def _utc(moment: datetime | None) -> str:
    assert moment is not None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
