"""What only the clinic, the database and the clock can tell about an event: who, which, and whether it can be."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from sqlmodel import Session, col, select

from assistant import phone
from assistant.errors import Invalid, Problem
from assistant.models import Clinic, Patient, SessionStatus, Staff, TreatmentSession
from assistant.phone import PhoneError, PhoneNumber
from assistant.services import clinics
from assistant.services.content import Content
from assistant.services.event_problems import listed
from assistant.services.session_events import Consent, PatientRecord, PatientRef, SessionCompleted, SessionRecord
from messages.expected import AREAS
from messages.protocol import Protocol

# How far another machine's clock may run ahead of ours.
SKEW = timedelta(minutes=5)

# A visit further away than this is a slip in the year.
FURTHEST_VISIT = timedelta(days=2 * 366)

OLDEST_PATIENT_YEARS = 120
ADULT_YEARS = 18


@dataclass
class Findings:
    """Problems as they are found. ``refuse`` ends the look if there are any."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, name: str, problem: str) -> None:
        """Note a problem, unless the field has one already: the first says what to mend."""
        if all(known.field != name for known in self.problems):
            self.problems.append(Problem(name, problem))

    def refuse(self) -> None:
        """Raise Invalid if anything was found."""
        if self.problems:
            raise Invalid(self.problems)


@dataclass(frozen=True)
class Checked:
    """A completed session with everything it names looked up."""

    event: SessionCompleted
    clinic: Clinic
    phone: PhoneNumber
    language: str
    timezone: ZoneInfo
    protocol: Protocol
    known: Patient | None  # as it was before this event
    recorded: TreatmentSession | None  # the session itself, if another event reported it before
    staff: Staff | None  # who entered it, None for the booking system


def completed(
    session: Session,
    content: Content,
    event: SessionCompleted,
    now: datetime,
    *,
    staff: Staff | None = None,
    problems: list[Problem] | None = None,
) -> Checked:
    """Return the event with what it names. Raises Invalid with ``problems`` and all that are found here.

    An event with problems may have None anywhere; what is there is checked all the same.
    """
    found = Findings(list(problems or []))
    clinic = find_clinic(session, event.clinic, found)
    protocol = _session(content, event.session, now, found)
    _visit(event, now, found)
    _consent(event.consent, now, found)
    if clinic is None:
        raise Invalid(found.problems)
    number = _phone(session, clinic, event.patient, found)
    language, timezone = _language(content, clinic, event.patient, found), _timezone(clinic, event.patient, found)
    known, recorded = _known(session, clinic, event, found)
    found.refuse()
    assert number is not None
    assert language is not None
    assert timezone is not None
    assert protocol is not None
    return Checked(event, clinic, number, language, timezone, protocol, known, recorded, staff)


def find_clinic(session: Session, slug: str | None, found: Findings) -> Clinic | None:
    """Return the clinic of this name, or the only one where no name is given."""
    try:
        return clinics.by_slug(session, slug)
    except Invalid as error:
        found.problems += error.problems
        return None


def find_patient(session: Session, clinic: Clinic, ref: PatientRef | None, found: Findings) -> Patient | None:
    """Return the one patient whom ``external_id``, or else ``phone``, names."""
    if ref is None:
        return None
    query = select(Patient).where(Patient.clinic_id == clinic.id)
    if ref.external_id is not None:
        patient = session.exec(query.where(Patient.external_id == ref.external_id)).first()
        if patient is None:
            found.add("patient.external_id", "is no patient of this clinic: send a session.completed first")
        return patient
    if ref.phone is None:
        found.add("patient", "names nobody: give external_id, or phone")
        return None
    try:
        number = phone.parse(ref.phone, clinic.country)
    except PhoneError as error:
        found.add("patient.phone", error.message)
        return None
    patients = session.exec(query.where(Patient.phone == number.e164)).all()
    if len(patients) > 1:
        found.add("patient.phone", f"is the phone of {len(patients)} patients: give external_id to say which")
    elif not patients:
        found.add("patient.phone", "is no patient's phone at this clinic: send a session.completed first")
    return patients[0] if len(patients) == 1 else None


def visit_time(starts_at: datetime | None, now: datetime, found: Findings) -> None:
    """Note what is wrong with the time of a visit that is still to come."""
    if starts_at is None:
        return
    if starts_at <= now:
        found.add("next_visit.starts_at", "is in the past: give the next visit, or leave next_visit out")
    elif starts_at > now + FURTHEST_VISIT:
        found.add("next_visit.starts_at", "is more than two years away: check the year")


def age_on(day: date, born: date) -> int:
    """Return how many birthdays have passed."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _session(content: Content, record: SessionRecord | None, now: datetime, found: Findings) -> Protocol | None:
    if record is None:
        return None
    protocols = content.catalog.protocols
    protocol = protocols.get(record.protocol) if record.protocol is not None else None
    if record.protocol is not None and protocol is None:
        found.add("session.protocol", f"is no protocol of this installation: use {listed(sorted(protocols))}")
    for place, area in enumerate(record.areas or ()):
        if area not in AREAS:
            found.add(f"session.areas.{place}", f"is not known: use {listed(list(AREAS))}")
    performed = record.performed_at
    if performed is not None and performed > now + SKEW:
        found.add("session.performed_at", "is in the future: report a session when it has taken place")
    elif performed is not None and protocol is not None and performed < now - timedelta(days=protocol.listen_days):
        found.add(
            "session.performed_at",
            f"is more than {protocol.listen_days} days ago, after which this protocol has no texts: check the date",
        )
    return protocol


def _visit(event: SessionCompleted, now: datetime, found: Findings) -> None:
    if event.next_visit is None or event.next_visit.starts_at is None:
        return
    performed = event.session.performed_at if event.session is not None else None
    if performed is not None and event.next_visit.starts_at <= performed:
        found.add("next_visit.starts_at", "is not after the session: give the visit that comes next, or leave it out")
    visit_time(event.next_visit.starts_at, now, found)


def _consent(consent: Consent | None, now: datetime, found: Findings) -> None:
    # It may come after the session (signed at the desk on the way out): it is about texts, and those come later.
    if consent is not None and consent.at is not None and consent.at > now + SKEW:
        found.add("consent.at", "is in the future: send when the patient agreed")


def _phone(session: Session, clinic: Clinic, patient: PatientRecord | None, found: Findings) -> PhoneNumber | None:
    if patient is None or patient.phone is None:
        return None
    try:
        return textable(session, clinic, patient.phone)
    except PhoneError as error:
        found.add("patient.phone", error.message)
        return None


def textable(session: Session, clinic: Clinic, typed: str) -> PhoneNumber:
    """Return the number if a patient of this clinic may have it. Raises PhoneError with a sentence to show."""
    number = phone.check_textable(typed, region=clinic.country, allowed_regions=[clinic.country])
    if session.exec(select(Clinic.id).where(Clinic.phone == number.e164)).first() is not None:
        raise PhoneError("clinic", "This is the clinic's own number. Give the patient's mobile number.")
    staff = select(Staff.id).where(Staff.phone == number.e164, col(Staff.active))
    if session.exec(staff).first() is not None:
        raise PhoneError(
            "staff",
            "This is a staff member's number, and texts from it are read as commands. Give another mobile number.",
        )
    return number


def _language(content: Content, clinic: Clinic, patient: PatientRecord | None, found: Findings) -> str | None:
    if patient is None or patient.language is None:
        return clinic.languages[0]
    have = [one for one in clinic.languages if one in content.catalog.languages]
    for spoken in (patient.language.lower(), patient.language.lower().split("-")[0]):  # es-MX is read in es
        if spoken in have:
            return spoken
    found.add("patient.language", f"is not a language of this clinic: use {listed(have)}")
    return None


def _timezone(clinic: Clinic, patient: PatientRecord | None, found: Findings) -> ZoneInfo | None:
    name = patient.timezone if patient is not None and patient.timezone is not None else clinic.timezone
    if name not in _zones():
        found.add("patient.timezone", "is not a time zone: use a name such as America/New_York")
        return None
    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known(
    session: Session, clinic: Clinic, event: SessionCompleted, found: Findings
) -> tuple[Patient | None, TreatmentSession | None]:
    known = recorded = None
    record, reported = event.patient, event.session
    if record is not None and record.external_id is not None:
        known = session.exec(
            select(Patient).where(Patient.clinic_id == clinic.id, Patient.external_id == record.external_id)
        ).first()
    if record is not None and record.date_of_birth is not None and reported is not None and reported.performed_at:
        age = age_on(reported.performed_at.date(), record.date_of_birth)
        if not 0 <= age <= OLDEST_PATIENT_YEARS:
            found.add("patient.date_of_birth", "cannot be right: check the year, or leave it out")
    if reported is not None and reported.external_id is not None:
        recorded = session.exec(
            select(TreatmentSession).where(
                TreatmentSession.clinic_id == clinic.id, TreatmentSession.external_id == reported.external_id
            )
        ).first()
    named = record is not None and record.external_id is not None
    if recorded is not None and named and (known is None or recorded.patient_id != known.id):
        found.add("session.external_id", "is another patient's session: give each session its own id")
    elif recorded is not None and recorded.status is SessionStatus.CANCELLED:
        found.add("session.external_id", "was cancelled: report the session again under a new id")
    return known, recorded
