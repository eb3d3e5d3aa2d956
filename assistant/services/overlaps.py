"""Two sessions that run at once: what one says, the other does not say again on the same day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from assistant.models import Message, SessionStatus, TreatmentSession
from assistant.rules.states import MessageStatus
from assistant.services.content import Content
from messages.plan import PlannedMessage, merge_overlapping
from messages.protocol import Anchor, MessageClass

# How merge_overlapping begins its reasons: such a text comes back when the session that replaced it goes.
MERGED = "merged:"

# What a text must not be, to count as said or still to be said.
_NEVER_CAME = (MessageStatus.SKIPPED, MessageStatus.CANCELED, MessageStatus.FAILED, MessageStatus.UNDELIVERED)


@dataclass(frozen=True)
class Merged:
    """``plan`` is the new session's, ``superseded`` the reason for each older row (by id) that it replaces."""

    plan: list[PlannedMessage]
    superseded: dict[int, str]


def merge(
    session: Session,
    content: Content,
    *,
    patient_id: int | None,
    performed_at: datetime,
    plan: list[PlannedMessage],
    timezone: ZoneInfo,
) -> Merged:
    """Return the plan of a session that is not stored yet, merged with the patient's other sessions. Writes nothing."""
    others = _courses(session, content, patient_id)
    place = sum(1 for course in others if course.performed_at <= performed_at)
    plans: list[Sequence[PlannedMessage]] = [course.plan for course in others]
    merged = merge_overlapping([*plans[:place], plan, *plans[place:]], timezone=timezone)
    mine = merged.pop(place)
    superseded = {
        row.id: after.skip_reason
        for course, texts in zip(others, merged, strict=True)
        for row, after in zip(course.rows, texts, strict=True)
        if after.skip_reason is not None and row.status is MessageStatus.QUEUED
    }
    return Merged(mine, superseded)


def to_be_said_again(
    session: Session, content: Content, *, patient_id: int, timezone: ZoneInfo, now: datetime
) -> list[Message]:
    """Return the rows, still to come, that were skipped for a session which is gone and that no other replaces.

    To be called after the session was marked as cancelled and its rows were withdrawn.
    """
    courses = _courses(session, content, patient_id, with_merged_after=now)
    merged = merge_overlapping([course.plan for course in courses], timezone=timezone)
    return [
        row
        for course, texts in zip(courses, merged, strict=True)
        for row, after in zip(course.rows, texts, strict=True)
        if after.skip_reason is None and row.status is MessageStatus.SKIPPED
    ]


@dataclass(frozen=True)
class _Course:
    performed_at: datetime
    rows: list[Message]
    plan: list[PlannedMessage]


def _courses(
    session: Session, content: Content, patient_id: int | None, *, with_merged_after: datetime | None = None
) -> list[_Course]:
    """Return the patient's sessions, oldest first, each with its texts and those texts as a plan."""
    if patient_id is None:
        return []
    said: ColumnElement[bool] = col(Message.status).not_in(_NEVER_CAME)
    if with_merged_after is not None:
        said = said | (
            (col(Message.status) == MessageStatus.SKIPPED)
            & col(Message.reason).startswith(MERGED)
            & (col(Message.due_at) > with_merged_after)
        )
    found = session.exec(
        select(TreatmentSession, Message)
        .join(Message, col(Message.session_id) == TreatmentSession.id)
        .where(
            TreatmentSession.patient_id == patient_id,
            TreatmentSession.status == SessionStatus.COMPLETED,
            said,
        )
        .order_by(col(TreatmentSession.performed_at), col(TreatmentSession.id), col(Message.due_at), col(Message.id))
    ).all()
    courses: dict[int, _Course] = {}
    for treatment, row in found:
        course = courses.setdefault(treatment.id, _Course(treatment.performed_at, [], []))
        course.rows.append(row)
        course.plan.append(_as_planned(content, treatment.protocol, row))
    return list(courses.values())


def _as_planned(content: Content, protocol_id: str, row: Message) -> PlannedMessage:
    protocol = content.catalog.protocols.get(protocol_id)
    step = next((step for step in protocol.steps if step.key == row.key), None) if protocol is not None else None
    assert row.key is not None
    assert row.due_at is not None
    assert row.send_by is not None
    planned = PlannedMessage(
        key=row.key,
        parts=(row.key,),
        anchor=Anchor.SESSION,
        due_at=row.due_at,
        send_by=row.send_by,
        message_class=row.message_class or MessageClass.GUIDANCE,
        asks=None,
        safety=row.safety,
        subject=step.subject if step is not None else None,
    )
    return replace(planned, asks=step.asks) if step is not None else planned
