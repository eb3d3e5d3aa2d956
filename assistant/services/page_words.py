"""What a page says: who, which day after what, and the patient's own words."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam
from sqlmodel import Session, col, select

from assistant.models import Clinic, Concern, Conversation, Patient, TreatmentSession
from assistant.services import texts
from assistant.services.content import Content
from messages.catalog import ContentError

# Enough of the patient's words for a nurse to judge by; the whole page stays near one segment.
WORDS_IN_PAGE = 90

_NEWEST_SESSION = (
    select(TreatmentSession.protocol, TreatmentSession.performed_at, TreatmentSession.areas)
    .where(TreatmentSession.patient_id == bindparam("patient_id"))
    .order_by(col(TreatmentSession.performed_at).desc())
    .limit(1)
)


def values(session: Session, content: Content, concern: Concern, clinic: Clinic, now: datetime) -> dict[str, str]:
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
        values |= {"day": str(days), "area": _where(content, newest.areas, newest.protocol)}
    return values


def _where(content: Content, areas: list[str], protocol: str) -> str:
    """Which part of the body, in words; a page goes out also about a protocol that the clinic has taken away."""
    try:
        named = [content.catalog.area(area, texts.STAFF_LANGUAGE) for area in areas]
        return ", ".join(named) or content.catalog.title(protocol, texts.STAFF_LANGUAGE)
    except ContentError:
        return ", ".join(areas) or protocol


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


def _newest_session(session: Session, concern: Concern) -> Row[Any] | None:
    if concern.patient_id is None:
        return None
    return session.connection().execute(_NEWEST_SESSION, {"patient_id": concern.patient_id}).first()
