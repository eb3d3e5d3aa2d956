"""Puts texts into the outbox: a patient's, in their language, or a staff member's."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, func, select

from assistant.db import insert_new
from assistant.models import Conversation, Direction, Message, Patient, Staff
from assistant.rules.states import MessageStatus
from assistant.rules.verdict import Asked
from assistant.services.content import Content
from assistant.services.shapes import Addressee, Colleague, Number, Place
from messages.protocol import MessageClass
from messages.render import clean_name, render

LANE_ALERT, LANE_ANSWER, LANE_GUIDANCE = 0, 1, 2

# "We got your message" is only true fresh: an answer that could not leave within this time is not sent.
ANSWER_LIVES = timedelta(minutes=30)

# What staff read; their screens and pages are in English.
STAFF_LANGUAGE = "en"

MAX_BODY = 1600


def clock_time(moment: datetime, timezone: str) -> str:
    """``18:42``, in ``timezone``."""
    return f"{moment.astimezone(ZoneInfo(timezone)):%H:%M}"


def standing_values(content: Content, clinic: Place, patient: Addressee | None, language: str) -> dict[str, str]:
    """Placeholders that every patient text may use."""
    return {
        "clinic": clinic.name,
        "clinic_phone": clinic.phone,
        "emergency_number": content.catalog.emergency_number(clinic.country, language),
        "crisis_line": content.catalog.crisis_line(clinic.country, language),
        "first_name": clean_name(patient.name, language) if patient else "",
    }


def shares_phone(session: Session, clinic_id: int, phone: str) -> bool:
    """Whether more than one patient of the clinic has this number."""
    count = session.exec(
        select(func.count()).select_from(Patient).where(Patient.clinic_id == clinic_id, Patient.phone == phone)
    ).one()
    return count > 1


def to_patient(
    session: Session,
    content: Content,
    *,
    clinic: Place,
    conversation: Number,
    patient: Addressee | None,
    key: str,
    dedupe_key: str,
    now: datetime,
    also: tuple[str, ...] = (),
    values: Mapping[str, str] | None = None,
    lane: int = LANE_ANSWER,
    message_class: MessageClass = MessageClass.ONCE,
    due_at: datetime | None = None,
    send_by: datetime | None = None,
    asks: Asked | None = None,
    safety: bool = False,
    concern_id: int | None = None,
    language: str | None = None,
) -> int | None:
    """Queue one of our own texts to a patient; return its id, or None if nothing was queued.

    ``also`` are keys whose words follow in the same text.
    Nothing is queued twice under one ``dedupe_key``, and nothing but the confirmation of an opt-out for
    a number that has opted out.
    """
    if conversation.opted_out_at is not None and key != "opt_out":
        return None
    spoken = language or (patient.language if patient else clinic.languages[0])
    if spoken not in content.catalog.languages:
        spoken = clinic.languages[0]  # a language whose texts were taken away
    template = " ".join(content.catalog.text(spoken, part) for part in (key, *also))
    body = render(template, standing_values(content, clinic, patient, spoken) | dict(values or {}))
    return _queue(
        session,
        clinic_id=clinic.id,
        conversation_id=conversation.id,
        patient_id=patient.id if patient else None,
        concern_id=concern_id,
        phone=conversation.phone,
        body=body,
        key=key,
        language=spoken,
        message_class=message_class,
        lane=lane,
        due_at=due_at or now,
        send_by=send_by or (due_at or now) + ANSWER_LIVES,
        asks=asks,
        safety=safety,
        created_at=now,
        dedupe_key=dedupe_key,
    )


def from_person(
    session: Session,
    *,
    conversation: Conversation,
    patient: Patient | None,
    staff: Staff,
    body: str,
    now: datetime,
    concern_id: int | None,
) -> int | None:
    """Queue a staff member's own words to a patient; None if the number has opted out."""
    if conversation.opted_out_at is not None:
        return None
    return _queue(
        session,
        clinic_id=conversation.clinic_id,
        conversation_id=conversation.id,
        patient_id=patient.id if patient else None,
        concern_id=concern_id,
        staff_id=staff.id,
        phone=conversation.phone,
        body=body[:MAX_BODY],
        key="from_person",
        message_class=MessageClass.GUIDANCE,
        lane=LANE_ANSWER,
        due_at=now,
        # A person's answer is still welcome after a short outage, and odd the next day.
        send_by=now + timedelta(hours=6),
        safety=True,
        created_at=now,
        dedupe_key=f"person:{uuid.uuid4().hex}",
    )


def to_staff(
    session: Session,
    content: Content,
    *,
    clinic: Place,
    staff: Colleague,
    key: str,
    values: Mapping[str, str],
    dedupe_key: str,
    now: datetime,
    concern_id: int | None = None,
    alert: bool = False,
) -> int | None:
    """Queue a page (``alert``) or an answer to a staff member's phone; None for a repeat of ``dedupe_key``."""
    body = render(content.catalog.text(STAFF_LANGUAGE, key), values)
    return _queue(
        session,
        clinic_id=clinic.id,
        concern_id=concern_id,
        staff_id=staff.id,
        phone=staff.phone,
        body=body[:MAX_BODY],
        key=key,
        language=STAFF_LANGUAGE,
        message_class=MessageClass.ALERT if alert else MessageClass.ONCE,
        lane=LANE_ALERT if alert else LANE_ANSWER,
        due_at=now,
        send_by=None if alert else now + ANSWER_LIVES,
        created_at=now,
        dedupe_key=dedupe_key,
    )


def _queue(session: Session, **row: object) -> int | None:
    new = insert_new(
        session,
        Message,
        [
            {
                "direction": Direction.OUTBOUND,
                "status": MessageStatus.QUEUED,
                "oid": uuid.uuid4().hex,
                "attempts": 0,
                "not_found": 0,
                "safety": False,
                "findings": [],
                "media": [],
                **row,
            }
        ],
    )
    return new[0] if new else None
