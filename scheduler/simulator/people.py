"""The demo clinic, its people, and the patients that one tap enrols."""

import secrets
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, SQLModel, delete, select

from assistant.models import Patient, Role, Staff
from assistant.services import accounts, clinics
from assistant.services.content import Content

CLINIC_PHONE: Final = "+12025550100"
TIMEZONE: Final = ZoneInfo("America/New_York")
ADMIN_EMAIL: Final = "desk@example.com"

# Every language that has texts: whoever tries the demo may enrol a patient in any, and text ESPANOL or FRANCAIS.
LANGUAGES: Final = ["en", "es", "fr", "vi"]

# The story begins on one of the first three days of a week: its third day, with a concern on it, is a working day.
BEGINS_AT: Final = time(11)
BEGINS_ON: Final = (0, 1, 2)


def begins_at(now: datetime) -> datetime:
    """The moment at or after ``now`` at which the story begins: late morning, early in the week, clinic's time."""
    local = now.astimezone(TIMEZONE)
    days = (local.date() + timedelta(days=ahead) for ahead in range(9))
    mornings = (datetime.combine(day, BEGINS_AT, tzinfo=TIMEZONE) for day in days if day.weekday() in BEGINS_ON)
    return next(morning for morning in mornings if morning >= local).astimezone(UTC)


def seed(session: Session, content: Content, now: datetime) -> None:
    """Empty the database and open Lumen Clinic: a nurse, a doctor behind her, a front desk, no patient yet."""
    for table in reversed(SQLModel.metadata.sorted_tables):
        session.execute(delete(table))
    clinic = clinics.add(
        session,
        content,
        slug="main",
        name="Lumen Clinic",
        country="US",
        timezone=str(TIMEZONE),
        phone=CLINIC_PHONE,
    )
    clinic.languages = LANGUAGES
    session.add(clinic)
    on_call = [
        ("Dana Reyes", "dana@example.com", "+12025550121", Role.STAFF),
        ("Dr Evans", "evans@example.com", "+12025550122", Role.CLINICIAN),
    ]
    for name, email, phone, role in on_call:
        person = accounts.add_staff(session, clinic=clinic, name=name, email=email, phone=phone, role=role, now=now)
        clinics.put_on_ladder(session, clinic, person)
    accounts.add_staff(
        session,
        clinic=clinic,
        name="Robin Park",
        email=ADMIN_EMAIL,
        phone="+12025550123",
        role=Role.ADMIN,
        now=now,
    )


def sign_in_admin(session: Session, address: str, now: datetime) -> str:
    """Sign the front desk in without a password; return the session's token. There is nothing to protect here."""
    admin = session.exec(select(Staff).where(Staff.email == ADMIN_EMAIL)).one()
    token = accounts.sign_in(session, accounts.Knock(admin.id, admin.password_hash, now), address=address, now=now)
    if token is None:
        raise RuntimeError("the demo's front desk could not be signed in")
    return token


def samples_left(session: Session) -> list[str]:
    """Which of ``SAMPLES`` are not enrolled yet, by key."""
    known = set(session.exec(select(Patient.external_id)))
    return [key for key in SAMPLES if f"p-{key}" not in known]


# What one tap enrols: how the button names them, and the patient as the booking system would send them.
SAMPLES: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "ann": (
        "Enrol Ann",
        {"name": "Ann Lee", "phone": "+12025550111", "language": "en", "timezone": "America/New_York"},
    ),
    "carmen": (
        "Enrol Carmen (Spanish)",
        {"name": "Carmen Ruiz", "phone": "+12025550112", "language": "es", "timezone": "America/Chicago"},
    ),
}


def session_event(key: str, now: datetime) -> dict[str, Any]:
    """The event that a booking system would post: a face session 20 minutes ago, the next one in ten days."""
    _, patient = SAMPLES[key]
    performed_at = (now - timedelta(minutes=20)).replace(second=0, microsecond=0).astimezone(TIMEZONE)
    visit = datetime.combine(performed_at.date() + timedelta(days=10), time(10, 30), tzinfo=TIMEZONE)
    return {
        "event_id": f"evt_{secrets.token_hex(8)}",
        "type": "session.completed",
        "clinic": "main",
        "patient": {"external_id": f"p-{key}", **patient},
        "session": {
            "external_id": f"s-{key}",
            "protocol": "mesotherapy_face",
            "performed_at": performed_at.isoformat(),
            "areas": ["face"],
            "products": [{"name": "NCTF 135", "lot": "A12"}],
            "practitioner": "Dr Evans",
        },
        "next_visit": {"external_id": f"v-{key}", "starts_at": visit.isoformat()},
        "consent": {
            "sms": True,
            "at": (performed_at - timedelta(minutes=30)).isoformat(),
            "method": "paper",
            "wording_version": "2026-10",
        },
    }
