"""Applies the escalation rules to a concern: pages people, and tells the patient what is true."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, or_
from sqlmodel import Session, col, select, update

from assistant.db import insert_new
from assistant.models import ConcernEvent, ConcernEventKind, Conversation, Message, Patient, Staff
from assistant.prepared import Prepared
from assistant.rules.escalation import Progress, Rung, advance, next_open
from assistant.rules.states import ConcernStatus, MessageStatus
from assistant.services import on_call, page_words, texts
from assistant.services.content import Content
from assistant.services.live_concerns import AnyConcern
from assistant.services.shapes import Colleague, Number, Place

# The rule of the words that call a person; triage and the patient's texts share it.
ASKED_FOR_NURSE = "asked_for_nurse"

# A page about the same thing to the same person is not worth a second one sooner than this.
SAME_PAGE_AGAIN = timedelta(minutes=1)

# Texts to staff that page, and texts to the patient that tell a turn of the concern; each is true only until
# the next turn.
PAGES = ("page", "page_again", "page_optout", "passed_to_you", "overdue")
TURNS = ("page_accepted", "acknowledged", "nobody_yet", "call_overdue", "handed_over")


class _Number(NamedTuple):
    id: int
    clinic_id: int
    phone: str
    opted_out_at: datetime | None


_NUMBER = Prepared(
    select(
        col(Conversation.id), col(Conversation.clinic_id), col(Conversation.phone), col(Conversation.opted_out_at)
    ).where(col(Conversation.id) == bindparam("conversation_id")),
    _Number,
)


def _withdraw(keys: Iterable[str], *which: ColumnElement[bool]) -> Prepared[object]:
    return Prepared(
        update(Message)
        .where(
            col(Message.concern_id) == bindparam("concern_id"),
            or_(*(col(Message.key) == key for key in keys)),
            col(Message.status) == MessageStatus.QUEUED,
            *which,
        )
        .values(status=MessageStatus.CANCELED, reason=bindparam("why")),
        tuple,
    )


_WITHDRAW_TURNS = _withdraw(TURNS)
_WITHDRAW_PAGES = _withdraw(PAGES)
_WITHDRAW_PAGES_TO = _withdraw(PAGES, col(Message.staff_id) == bindparam("staff_id"))
_PAGED_SINCE = Prepared(
    select(col(ConcernEvent.id)).where(
        col(ConcernEvent.concern_id) == bindparam("concern_id"),
        col(ConcernEvent.staff_id) == bindparam("staff_id"),
        col(ConcernEvent.kind) == ConcernEventKind.PAGED,
        col(ConcernEvent.text) == bindparam("severity"),
        col(ConcernEvent.at) > bindparam("since"),
    ),
    int,
)


def record(
    session: Session,
    concern: AnyConcern,
    kind: ConcernEventKind,
    now: datetime,
    *,
    staff_id: int | None = None,
    message_id: int | None = None,
    text: str = "",
) -> None:
    """Add a line to the concern's history."""
    line = {"concern_id": concern.id, "at": now, "kind": kind, "staff_id": staff_id, "message_id": message_id}
    insert_new(session, ConcernEvent, [line | {"text": text[:1600]}])


def in_hours(clinic: Place, moment: datetime, *, any_hour: bool) -> datetime:
    """The moment itself, or when the clinic next opens after it for what need not be done at any hour."""
    return moment if any_hour else next_open(clinic.hours, ZoneInfo(clinic.timezone), moment)


def climb(
    session: Session,
    content: Content,
    concern: AnyConcern,
    clinic: Place,
    now: datetime,
    *,
    passed_by: Staff | None = None,
) -> list[int]:
    """Do what a live concern needs at ``now``; return whom it paged. The caller holds the concern's row lock.

    Safe to call at any time: before the next page is due it pages nobody.
    """
    rungs = on_call.ladder(session, concern.clinic_id)
    result = advance(
        [Rung(person.id, timedelta(minutes=person.wait_minutes)) for person in rungs],
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
    people = {person.id: person for person in rungs}
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
    any_hour = concern.severity.pages_now or any(one["rule"] == ASKED_FOR_NURSE for one in concern.findings)
    concern.rung = result.rung
    concern.next_page_at = in_hours(clinic, result.next_page_at, any_hour=any_hour) if result.next_page_at else None
    return list(result.page)


def page(
    session: Session,
    content: Content,
    concern: AnyConcern,
    clinic: Place,
    staff: Colleague,
    now: datetime,
    *,
    overdue: bool = False,
    passed_by: Staff | None = None,
) -> None:
    """Queue one page about the concern to one person.

    A page to them that has not left yet gives way to this one, and while nothing new has to be said they
    are not paged twice within a minute: ten texts of one patient are one alarm.
    """
    conversation = _number(session, concern)
    if concern.pages:
        why = "a newer page took its place"
        _WITHDRAW_PAGES_TO.run(session, concern_id=concern.id, staff_id=staff.id, why=why)
        if not overdue and passed_by is None and _paged_just_now(session, concern, staff, now):
            return
    concern.pages += 1
    if overdue:
        key = "overdue"
    elif passed_by is not None and conversation.opted_out_at is None and not concern.wants_no_texts:
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
        values=page_words.values(session, content, concern, conversation, clinic, now)
        | {
            "staff": passed_by.name if passed_by else "",
            "time": texts.clock_time((concern.call_by if overdue else None) or concern.opened_at, clinic.timezone),
        },
        dedupe_key=f"page:{concern.id}:{concern.pages}",
        now=now,
        concern_id=concern.id,
        alert=True,
    )
    record(
        session,
        concern,
        ConcernEventKind.PAGED,
        now,
        staff_id=staff.id,
        message_id=message_id,
        text=concern.severity.value,
    )


def tell_patient(
    session: Session,
    content: Content,
    concern: AnyConcern,
    clinic: Place,
    key: str,
    now: datetime,
    *,
    staff: Staff | None = None,
    at: datetime | None = None,
) -> int | None:
    """Queue the honest text for this turn of the concern; None if the number has opted out or was told already."""
    if concern.wants_no_texts:
        return None  # they asked for silence: staff phone
    conversation = _number(session, concern)
    patient = session.get(Patient, concern.patient_id) if concern.patient_id else None
    withdraw_turns(session, concern)
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
        language=None if patient else _spoken(session, conversation),
        safety=concern.severity.pages_now,
        lane=texts.LANE_ALERT if concern.severity.pages_now else texts.LANE_ANSWER,
    )
    if message_id is not None:
        record(session, concern, ConcernEventKind.TOLD, now, message_id=message_id, text=key)
    return message_id


def _number(session: Session, concern: AnyConcern) -> Number:
    found = _NUMBER.first(session, conversation_id=concern.conversation_id)
    assert found is not None  # a concern belongs to one
    return found


def _spoken(session: Session, conversation: Number) -> str | None:
    """The language of a shared phone: that of the patient who came last; None for an unknown number."""
    return session.exec(
        select(Patient.language)
        .where(Patient.clinic_id == conversation.clinic_id, Patient.phone == conversation.phone)
        .order_by(col(Patient.id).desc())
    ).first()


def withdraw_pages(session: Session, concern: AnyConcern, reason: str) -> None:
    """Cancel pages that have not left yet: once somebody has it, nobody else is woken."""
    _WITHDRAW_PAGES.run(session, concern_id=concern.id, why=reason)


def withdraw_turns(session: Session, concern: AnyConcern) -> None:
    """Cancel what the patient was to be told about an earlier turn: it is no longer true."""
    _WITHDRAW_TURNS.run(session, concern_id=concern.id, why="the concern went on before this could be sent")


def _paged_just_now(session: Session, concern: AnyConcern, staff: Colleague, now: datetime) -> bool:
    paged = _PAGED_SINCE.first(
        session,
        concern_id=concern.id,
        staff_id=staff.id,
        severity=concern.severity.value,
        since=now - SAME_PAGE_AGAIN,
    )
    return paged is not None


def _promise_ran_out(
    session: Session, content: Content, concern: AnyConcern, clinic: Place, holder_id: int, now: datetime
) -> None:
    record(session, concern, ConcernEventKind.OVERDUE, now, staff_id=holder_id)
    holder = session.get_one(Staff, holder_id)
    tell_patient(session, content, concern, clinic, "call_overdue", now, staff=holder, at=concern.call_by)
    concern.status = ConcernStatus.OPEN
    concern.holder_id = concern.acknowledged_at = None
