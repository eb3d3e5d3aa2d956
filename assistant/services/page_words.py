"""What a page says: who, which day after what, and the patient's own words."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, literal_column
from sqlmodel import Session, col, select

from assistant.models import Patient, TreatmentSession
from assistant.models.people import short_name
from assistant.prepared import Prepared
from assistant.services import texts
from assistant.services.content import Content
from assistant.services.live_concerns import AnyConcern
from assistant.services.shapes import Number, Place
from messages.errors import ContentError

# Enough of the patient's words for a nurse to judge by; the whole page stays near one segment.
WORDS_IN_PAGE = 90


class _Subject(NamedTuple):
    """A patient, and their newest session if there is one."""

    name: str
    protocol: str | None
    performed_at: datetime
    areas: list[str]


_SUBJECT = Prepared(
    select(
        col(Patient.name),
        col(TreatmentSession.protocol),
        col(TreatmentSession.performed_at),
        col(TreatmentSession.areas),
    )
    .outerjoin(TreatmentSession, col(TreatmentSession.patient_id) == Patient.id)
    .where(col(Patient.id) == bindparam("patient_id"))
    .order_by(col(TreatmentSession.performed_at).desc())
    .limit(literal_column("1")),  # as a parameter it would make SQLite plan the statement anew each time
    _Subject,
)


def values(
    session: Session, content: Content, concern: AnyConcern, conversation: Number, clinic: Place, now: datetime
) -> dict[str, str]:
    """Placeholders of a page: who, which day after what, and their own words."""
    subject = _SUBJECT.first(session, patient_id=concern.patient_id) if concern.patient_id is not None else None
    words = " ".join(concern.words.split())
    values = {
        "severity": concern.severity.value,
        "patient": short_name(subject.name) if subject is not None else _sharing(session, conversation),
        "words": words if len(words) <= WORDS_IN_PAGE else words[: WORDS_IN_PAGE - 3].rstrip() + "...",
        "code": str(concern.code),
        "phone": conversation.phone,
        "day": "?",
        "area": "",
    }
    if subject is not None and subject.protocol is not None:
        zone = ZoneInfo(clinic.timezone)
        days = (now.astimezone(zone).date() - subject.performed_at.astimezone(zone).date()).days
        values |= {"day": str(days), "area": _where(content, subject.areas, subject.protocol)}
    return values


def _where(content: Content, areas: list[str], protocol: str) -> str:
    """Which part of the body, in words; a page goes out also about a protocol that the clinic has taken away."""
    try:
        named = [content.catalog.area(area, texts.STAFF_LANGUAGE) for area in areas]
        return ", ".join(named) or content.catalog.title(protocol, texts.STAFF_LANGUAGE)
    except ContentError:
        return ", ".join(areas) or protocol


def who(session: Session, concern: AnyConcern, conversation: Number) -> str:
    """How staff are told whom it is about; a shared phone names everybody it may be."""
    if concern.patient_id is not None:
        return session.get_one(Patient, concern.patient_id).short_name
    return _sharing(session, conversation)


def _sharing(session: Session, conversation: Number) -> str:
    sharing = session.exec(
        select(Patient)
        .where(Patient.clinic_id == conversation.clinic_id, Patient.phone == conversation.phone)
        .order_by(col(Patient.id))
    ).all()
    return " or ".join(patient.short_name for patient in sharing) or f"unknown number {conversation.phone}"
