"""Two sessions that run at once: what one says, the other does not say again on the same day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from assistant.models import Message, SessionStatus, TreatmentSession
from assistant.rules.states import MessageStatus
from assistant.services.content import Content
from messages.plan import NSAID_KEY, OPT_OUT_LINE, PlannedMessage, merge_overlapping
from messages.protocol import Anchor, LatePolicy, MessageClass, Step

# How merge_overlapping begins its reasons: such a text comes back when the session that replaced it goes.
MERGED = "merged:"

# What a text must not be, to count as said or still to be said.
_NEVER_CAME = (MessageStatus.SKIPPED, MessageStatus.CANCELED, MessageStatus.FAILED, MessageStatus.UNDELIVERED)


# How it begins where the text of the later session carries the words instead.
_HANDED_OVER = "merged: the first text of a later session"


@dataclass(frozen=True)
class Merged:
    """``plan`` is the new session's, ``superseded`` the reason for each older row (by id) that it replaces.

    ``adds_words``: a waiting text of a later session now also says what this one would have, and is to be
    written anew.
    """

    plan: list[PlannedMessage]
    superseded: dict[int, str]
    adds_words: bool


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
    others = _courses(session, content, patient_id, timezone)
    place = sum(1 for course in others if course.performed_at <= performed_at)
    plans: list[Sequence[PlannedMessage]] = [course.plan for course in others]
    merged = merge_overlapping([*plans[:place], plan, *plans[place:]], timezone=timezone)
    mine = merged.pop(place)
    after = [
        (row, was, becomes)
        for course, texts in zip(others, merged, strict=True)
        for row, was, becomes in zip(course.rows, course.plan, texts, strict=True)
        if row.status is MessageStatus.QUEUED
    ]
    return Merged(
        plan=mine,
        superseded={row.id: becomes.skip_reason for row, _, becomes in after if becomes.skip_reason is not None},
        adds_words=any(was.parts != becomes.parts for _, was, becomes in after),
    )


def had_before(session: Session, patient_id: int | None, protocol: str, performed_at: datetime) -> bool:
    """Whether the patient had this treatment before ``performed_at``."""
    if patient_id is None:
        return False
    earlier = select(TreatmentSession.id).where(
        TreatmentSession.patient_id == patient_id,
        TreatmentSession.protocol == protocol,
        TreatmentSession.status == SessionStatus.COMPLETED,
        col(TreatmentSession.performed_at) < performed_at,
    )
    return session.exec(earlier.limit(1)).first() is not None


def carried(
    session: Session, content: Content, row: Message, treatment: TreatmentSession, timezone: ZoneInfo
) -> tuple[str, ...]:
    """Return the parts that a session's text carries for earlier sessions of the same day."""
    if _also(content, treatment.protocol, row) is None:
        return ()
    handed_over = session.exec(
        select(TreatmentSession.protocol, Message)
        .join(Message, col(Message.session_id) == TreatmentSession.id)
        .where(
            TreatmentSession.patient_id == treatment.patient_id,
            TreatmentSession.id != treatment.id,
            TreatmentSession.status == SessionStatus.COMPLETED,
            col(TreatmentSession.performed_at) <= treatment.performed_at,
            Message.status == MessageStatus.SKIPPED,
            col(Message.reason).startswith(_HANDED_OVER),
        )
        .order_by(col(TreatmentSession.performed_at).desc(), col(TreatmentSession.id).desc())
    ).all()
    day = _day(row, timezone)
    parts = [_also(content, protocol, other) for protocol, other in handed_over if _day(other, timezone) == day]
    own = _also(content, treatment.protocol, row)
    return tuple(dict.fromkeys(part for part in parts if part is not None and part != own))


def to_be_said_again(
    session: Session, content: Content, *, patient_id: int, timezone: ZoneInfo, now: datetime
) -> list[Message]:
    """Return the rows, still to come, that were skipped for a session which is gone and that no other replaces.

    To be called after the session was marked as cancelled and its rows were withdrawn.
    """
    courses = _courses(session, content, patient_id, timezone, with_merged_after=now)
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
    session: Session,
    content: Content,
    patient_id: int | None,
    timezone: ZoneInfo,
    *,
    with_merged_after: datetime | None = None,
) -> list[_Course]:
    """Return the patient's sessions, oldest first, each with its texts and those texts as a plan."""
    if patient_id is None:
        return []
    said: ColumnElement[bool] = col(Message.status).not_in(_NEVER_CAME)
    if with_merged_after is not None:
        said = said | (
            (col(Message.status) == MessageStatus.SKIPPED)
            & col(Message.reason).startswith(MERGED)
            & (col(Message.send_by) > with_merged_after)
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
        if row.status is MessageStatus.SKIPPED and not _may_still_come(content, treatment, row, with_merged_after):
            continue
        course = courses.setdefault(treatment.id, _Course(treatment.performed_at, [], []))
        course.rows.append(row)
        course.plan.append(_as_planned(session, content, treatment, row, timezone))
    return list(courses.values())


def _may_still_come(content: Content, treatment: TreatmentSession, row: Message, now: datetime | None) -> bool:
    step = _step(content, treatment.protocol, row)
    may_be_late = step is not None and step.late is LatePolicy.SEND
    return now is not None and row.due_at is not None and (row.due_at > now or may_be_late)


def _as_planned(
    session: Session, content: Content, treatment: TreatmentSession, row: Message, timezone: ZoneInfo
) -> PlannedMessage:
    step = _step(content, treatment.protocol, row)
    assert row.key is not None
    assert row.due_at is not None
    assert row.send_by is not None
    # What went out already has said its words: nothing is added to it, and nobody says them for it.
    waits = row.status in (MessageStatus.QUEUED, MessageStatus.SKIPPED)
    parts = [row.key]
    if waits:
        parts += carried(session, content, row, treatment, timezone)
        parts += [NSAID_KEY] if row.visit_id is not None else []
        parts += [OPT_OUT_LINE] if says_how_to_opt_out(row) else []
    return PlannedMessage(
        key=row.key,
        parts=tuple(parts),
        anchor=Anchor.SESSION,
        due_at=row.due_at,
        send_by=row.send_by,
        message_class=row.message_class or MessageClass.GUIDANCE,
        asks=step.asks if step is not None else None,
        safety=row.safety,
        subject=step.subject if step is not None else None,
        also=_also(content, treatment.protocol, row) if waits else None,
    )


def says_how_to_opt_out(row: Message) -> bool:
    """Whether a planned text carries that line: the content check lets no other text of a protocol name STOP."""
    return "STOP" in row.body


def _step(content: Content, protocol_id: str, row: Message) -> Step | None:
    protocol = content.catalog.protocols.get(protocol_id)
    return next((step for step in protocol.steps if step.key == row.key), None) if protocol is not None else None


def _also(content: Content, protocol_id: str, row: Message) -> str | None:
    step = _step(content, protocol_id, row)
    return f"{protocol_id}.{step.also_key}" if step is not None and step.also_key is not None else None


def _day(row: Message, timezone: ZoneInfo) -> date | None:
    return row.due_at.astimezone(timezone).date() if row.due_at is not None else None
