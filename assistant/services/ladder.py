"""Applies the escalation rules to a concern: pages people, and tells the patient what is true."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, insert
from sqlmodel import Session, col, select

from assistant.models import (
    Clinic,
    Concern,
    ConcernEvent,
    ConcernEventKind,
    Conversation,
    EscalationStep,
    Message,
    Patient,
    Staff,
    TreatmentSession,
)
from assistant.rules.escalation import Progress, Rung, advance
from assistant.rules.states import ConcernStatus, MessageStatus
from assistant.services import texts
from assistant.services.content import Content

# Enough of the patient's words for a nurse to judge by; the whole page stays near one segment.
WORDS_IN_PAGE = 90

# Run for every reply that a human must see, so built once: building a statement takes longer than running it.
_RUNGS = (
    select(EscalationStep, Staff)
    .where(EscalationStep.clinic_id == bindparam("clinic_id"), EscalationStep.staff_id == Staff.id, col(Staff.active))
    .order_by(col(EscalationStep.position))
)
_RECORD = insert(ConcernEvent)
_NEWEST_SESSION = (
    select(TreatmentSession.protocol, TreatmentSession.performed_at, TreatmentSession.areas)
    .where(TreatmentSession.patient_id == bindparam("patient_id"))
    .order_by(col(TreatmentSession.performed_at).desc())
    .limit(1)
)


def record(
    session: Session,
    concern: Concern,
    kind: ConcernEventKind,
    now: datetime,
    *,
    staff_id: int | None = None,
    message_id: int | None = None,
    text: str = "",
) -> None:
    """Add a line to the concern's history."""
    line = {"concern_id": concern.id, "at": now, "kind": kind, "staff_id": staff_id, "message_id": message_id}
    session.connection().execute(_RECORD, line | {"text": text[:1600]})


def climb(
    session: Session,
    content: Content,
    concern: Concern,
    clinic: Clinic,
    now: datetime,
    *,
    passed_by: Staff | None = None,
) -> list[int]:
    """Do what a live concern needs at ``now``; return whom it paged. The caller holds the concern's row lock.

    Safe to call at any time: before the next page is due it pages nobody.
    """
    rungs = ladder(session, concern.clinic_id)
    result = advance(
        [Rung(step.staff_id, timedelta(minutes=step.wait_minutes)) for step, _ in rungs],
        Progress(
            severity=concern.severity,
            status=concern.status,
            rung=concern.rung,
            next_page_at=concern.next_page_at,
            tell_nobody_at=concern.tell_nobody_at,
            holder_id=concern.holder_id,
        ),
        now,
    )
    people = {staff.id: staff for _, staff in rungs}
    if result.overdue_id is not None:
        _promise_ran_out(session, content, concern, clinic, result.overdue_id, now)
    for staff_id in result.page:
        staff = people.get(staff_id) or session.get_one(Staff, staff_id)
        page(
            session,
            content,
            concern,
            clinic,
            staff,
            now,
            overdue=staff_id == result.overdue_id,
            passed_by=passed_by,
        )
    if result.tell_nobody:
        concern.tell_nobody_at = None
        tell_patient(session, content, concern, clinic, "nobody_yet", now)
    concern.rung, concern.next_page_at = result.rung, result.next_page_at
    session.add(concern)
    return list(result.page)


def ladder(session: Session, clinic_id: int) -> list[tuple[EscalationStep, Staff]]:
    """The clinic's rungs in order, with people who are no longer active left out."""
    return [(step, staff) for step, staff in session.exec(_RUNGS, params={"clinic_id": clinic_id})]


def page(
    session: Session,
    content: Content,
    concern: Concern,
    clinic: Clinic,
    staff: Staff,
    now: datetime,
    *,
    overdue: bool = False,
    passed_by: Staff | None = None,
) -> None:
    """Queue one page about the concern to one person."""
    conversation = session.get_one(Conversation, concern.conversation_id)
    concern.pages += 1
    if overdue:
        key = "overdue"
    elif passed_by is not None:
        key = "passed_to_you"
    elif conversation.opted_out_at is not None or concern.wants_no_texts:
        key = "page_optout"
    else:
        key = "page" if concern.pages == 1 else "page_again"
    message_id = texts.to_staff(
        session,
        content,
        clinic=clinic,
        staff=staff,
        key=key,
        values=page_values(session, content, concern, clinic, now)
        | {
            "staff": passed_by.name if passed_by else "",
            "time": texts.clock_time((concern.call_by if overdue else None) or concern.opened_at, clinic.timezone),
        },
        dedupe_key=f"page:{concern.id}:{concern.pages}",
        now=now,
        concern_id=concern.id,
        alert=True,
    )
    record(session, concern, ConcernEventKind.PAGED, now, staff_id=staff.id, message_id=message_id, text=key)


def page_values(session: Session, content: Content, concern: Concern, clinic: Clinic, now: datetime) -> dict[str, str]:
    """Placeholders of a page: who, which day after what, and their own words."""
    newest = _newest_session(session, concern)
    conversation = session.get_one(Conversation, concern.conversation_id)
    words = " ".join(concern.words.split())
    values = {
        "severity": concern.severity.value,
        "patient": who(session, concern, conversation),
        "words": words if len(words) <= WORDS_IN_PAGE else words[: WORDS_IN_PAGE - 3].rstrip() + "...",
        "code": str(concern.code),
        "phone": conversation.phone,
        "day": "?",
        "area": "",
    }
    if newest is not None:
        zone = ZoneInfo(clinic.timezone)
        days = (now.astimezone(zone).date() - newest.performed_at.astimezone(zone).date()).days
        areas = [content.catalog.area(area, texts.STAFF_LANGUAGE) for area in newest.areas]
        values |= {
            "day": str(days),
            "area": ", ".join(areas) or content.catalog.title(newest.protocol, texts.STAFF_LANGUAGE),
        }
    return values


def who(session: Session, concern: Concern, conversation: Conversation) -> str:
    """How staff are told whom it is about; a shared phone names everybody it may be."""
    if concern.patient_id is not None:
        return session.get_one(Patient, concern.patient_id).short_name
    sharing = session.exec(
        select(Patient)
        .where(Patient.clinic_id == concern.clinic_id, Patient.phone == conversation.phone)
        .order_by(col(Patient.id))
    ).all()
    return " or ".join(patient.short_name for patient in sharing) or f"unknown number {conversation.phone}"


def tell_patient(
    session: Session,
    content: Content,
    concern: Concern,
    clinic: Clinic,
    key: str,
    now: datetime,
    *,
    staff: Staff | None = None,
    at: datetime | None = None,
) -> int | None:
    """Queue the honest text for this turn of the concern; None if the number has opted out or was told already."""
    conversation = session.get_one(Conversation, concern.conversation_id)
    patient = session.get(Patient, concern.patient_id) if concern.patient_id else None
    message_id = texts.to_patient(
        session,
        content,
        clinic=clinic,
        conversation=conversation,
        patient=patient,
        key=key,
        dedupe_key=f"told:{concern.id}:{key}:{int(now.timestamp())}",
        now=now,
        values={
            "staff": staff.first_name if staff else "",
            "time": texts.clock_time(at, patient.timezone if patient else clinic.timezone) if at else "",
        },
        concern_id=concern.id,
        safety=concern.severity.pages_now,
        lane=texts.LANE_ALERT if concern.severity.pages_now else texts.LANE_ANSWER,
    )
    if message_id is not None:
        record(session, concern, ConcernEventKind.TOLD, now, message_id=message_id, text=key)
    return message_id


def withdraw_pages(session: Session, concern: Concern, reason: str) -> None:
    """Cancel pages that have not left yet: once somebody has it, nobody else is woken."""
    queued = session.exec(
        select(Message)
        .where(Message.concern_id == concern.id, Message.lane == texts.LANE_ALERT)
        .where(Message.status == MessageStatus.QUEUED, col(Message.staff_id).is_not(None))
        .with_for_update(key_share=True)
    )
    for message in queued:
        message.status, message.reason = MessageStatus.CANCELED, reason
        session.add(message)


def _promise_ran_out(
    session: Session, content: Content, concern: Concern, clinic: Clinic, holder_id: int, now: datetime
) -> None:
    record(session, concern, ConcernEventKind.OVERDUE, now, staff_id=holder_id)
    holder = session.get_one(Staff, holder_id)
    tell_patient(session, content, concern, clinic, "call_overdue", now, staff=holder, at=concern.call_by)
    concern.status = ConcernStatus.OPEN
    concern.holder_id = concern.acknowledged_at = None


def _newest_session(session: Session, concern: Concern) -> Row[Any] | None:
    if concern.patient_id is None:
        return None
    return session.connection().execute(_NEWEST_SESSION, {"patient_id": concern.patient_id}).first()
