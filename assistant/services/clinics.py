"""Locations: added with sensible hours, quiet hours and languages, to be edited later."""

import re
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from sqlmodel import Session, func, select

from assistant.errors import Invalid, Problem
from assistant.models import Clinic, EscalationStep, Staff
from assistant.services.content import Content

# Informational texts are safest between 9 and 20 h of the patient's clock: inside every US state's window.
QUIET_FROM, QUIET_UNTIL = time(20), time(9)

# Monday to Saturday; concerns that can wait are paged in these hours.
HOURS = {str(day): ["09:00", "18:00"] for day in range(6)}

# Minutes that one person has before the next is paged.
WAIT_MINUTES = 5


def add(session: Session, content: Content, *, slug: str, name: str, country: str, timezone: str, phone: str) -> Clinic:
    """Add a location; raises Invalid naming every field that is wrong."""
    problems = []
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", slug):
        problems.append(Problem("slug", "use small letters, digits and -, 40 at most, such as main"))
    elif session.exec(select(Clinic).where(Clinic.slug == slug)).first():
        problems.append(Problem("slug", f"there is a clinic {slug} already: choose another"))
    if not 2 <= len(name.strip()) <= 60:
        problems.append(Problem("name", "give the name that patients know, 2 to 60 characters"))
    if country.upper() not in phonenumbers.SUPPORTED_REGIONS:
        problems.append(Problem("country", "give the two letters of the country, such as US"))
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems.append(Problem("timezone", "give an IANA name, such as America/New_York"))
    number = _e164(phone)
    if number is None:
        problems.append(Problem("phone", "give the clinic's number with + and country code, such as +12025550100"))
    elif session.exec(select(Clinic).where(Clinic.phone == number)).first():
        problems.append(Problem("phone", "another clinic has this number; replies could not be told apart"))
    if problems or number is None:
        raise Invalid(problems)
    clinic = Clinic(
        slug=slug,
        name=name.strip(),
        country=country.upper(),
        timezone=timezone,
        phone=number,
        languages=list(content.catalog.languages),
        quiet_from=QUIET_FROM,
        quiet_until=QUIET_UNTIL,
        hours=HOURS,
    )
    session.add(clinic)
    session.flush()
    return clinic


def by_slug(session: Session, slug: str | None) -> Clinic:
    """The clinic of that slug, or the only one there is; raises Invalid if it cannot be told."""
    clinics = session.exec(select(Clinic)).all()
    if slug is None and len(clinics) == 1:
        return clinics[0]
    found = next((clinic for clinic in clinics if clinic.slug == slug), None)
    if found is None:
        names = ", ".join(clinic.slug for clinic in clinics) or "none yet: aftercare clinic add"
        raise Invalid([Problem("clinic", f"name one of: {names}")])
    return found


def put_on_ladder(session: Session, clinic: Clinic, staff: Staff) -> None:
    """Add a rung for this person at the end of the clinic's ladder. A second time changes nothing."""
    mine = EscalationStep.clinic_id == clinic.id
    if session.exec(select(EscalationStep).where(mine, EscalationStep.staff_id == staff.id)).first():
        return
    last = session.exec(select(func.max(EscalationStep.position)).where(mine)).one() or 0
    session.add(EscalationStep(clinic_id=clinic.id, position=last + 1, staff_id=staff.id, wait_minutes=WAIT_MINUTES))
    session.flush()


def _e164(phone: str) -> str | None:
    try:
        number = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
