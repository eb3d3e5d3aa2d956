"""The enrol form: what was typed, and the event that it stands for."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from assistant.errors import Problem
from assistant.models import Clinic, Patient
from assistant.web import local_time

# The words beside the box that staff tick. Another wording gets another version: it is kept with each consent.
WORDING_VERSION: Final = "web-2026-11"
WORDING: Final = (
    "The patient agrees to get texts from {clinic} about this treatment on the number above: what to expect, how "
    "they are, and their next visit. About 15 texts in 12 weeks. The carrier may charge for them. Replying STOP "
    "ends them at any time. They are not for emergencies."
)

_LONGEST = 200  # of anything typed into one field
_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Typed:
    """Every field as it was typed; empty where nothing was."""

    token: str = ""  # made with the empty form, so that a form sent twice enrols once
    clinic: str = ""
    phone: str = ""
    who: str = ""  # the id of a patient who has this phone, or "new"
    name: str = ""
    born: str = ""
    patient_id: str = ""
    protocol: str = ""
    areas: tuple[str, ...] = ()
    product: str = ""
    lot: str = ""
    practitioner: str = ""
    performed_at: str = ""
    next_visit: str = ""
    language: str = ""
    timezone: str = ""
    method: str = ""
    consent: str = ""

    @property
    def is_fresh(self) -> bool:
        """Whether the token is one of ours."""
        return bool(_TOKEN.fullmatch(self.token))

    @property
    def event_id(self) -> str:
        return f"web-{self.token}"

    @property
    def sha256(self) -> str:
        """A digest of all that was typed."""
        return hashlib.sha256(json.dumps(self.pairs()).encode()).hexdigest()

    def pairs(self) -> list[tuple[str, str]]:
        """Return name and value of every field, as hidden fields carry them to the next step."""
        single = [(one.name, getattr(self, one.name)) for one in fields(self) if one.name != "areas"]
        return [*single, *(("areas", area) for area in self.areas)]


# Which field of the form a field of the event was typed into.
_FIELDS: Final = (
    ("patient.phone", "phone"),
    ("patient.name", "name"),
    ("patient.date_of_birth", "born"),
    ("patient.external_id", "patient_id"),
    ("patient.language", "language"),
    ("patient.timezone", "timezone"),
    ("session.protocol", "protocol"),
    ("session.performed_at", "performed_at"),
    ("session.areas", "areas"),
    ("session.products.0.lot", "lot"),
    ("session.products", "product"),
    ("session.practitioner", "practitioner"),
    ("session.external_id", "patient_id"),
    ("next_visit", "next_visit"),
    ("consent.method", "method"),
    ("consent", "consent"),
    ("clinic", "clinic"),
    ("who", "who"),
)

# In the order of the form.
LABELS: Final = {
    "clinic": "Location",
    "phone": "Mobile number",
    "who": "Who this is",
    "name": "Name",
    "born": "Date of birth",
    "patient_id": "Patient number",
    "language": "Language",
    "timezone": "Time zone",
    "protocol": "Treatment",
    "areas": "Area",
    "performed_at": "The session",
    "practitioner": "Practitioner",
    "product": "Product",
    "lot": "Lot",
    "next_visit": "The next visit",
    "method": "How they agreed",
    "consent": "Consent",
}


_CHOICES: Final = {"protocol": "the treatment", "method": "how the patient agreed", "performed_at": "when it was"}


def read(form: MultiDict[str, str]) -> Typed:
    """Return what was typed, without control characters and cut to a length that no field needs."""
    values = {one.name: _plain(form.get(one.name, "")) for one in fields(Typed) if one.name != "areas"}
    return Typed(**values, areas=tuple(_plain(area) for area in form.getlist("areas")[:20]))


def event(typed: Typed, clinic: Clinic, known: Patient | None, now: datetime) -> tuple[dict[str, Any], list[Problem]]:
    """Return the event that the form stands for, and what is wrong with the times that were typed."""
    problems: list[Problem] = []
    zone = ZoneInfo(clinic.timezone)
    session: dict[str, Any] = _filled(
        external_id=f"web-{typed.token}", protocol=typed.protocol, practitioner=typed.practitioner
    )
    if performed := _local(typed.performed_at, zone, "session.performed_at", problems):
        session["performed_at"] = performed
    session["areas"] = list(typed.areas)
    if typed.product or typed.lot:
        session["products"] = [_filled(name=typed.product, lot=typed.lot)]
    made: dict[str, Any] = {
        "event_id": typed.event_id,
        "type": "session.completed",
        "clinic": clinic.slug,
        "patient": _filled(
            external_id=known.external_id if known is not None else typed.patient_id or f"web-{typed.token}",
            name=typed.name,
            phone=typed.phone,
            date_of_birth=typed.born,
            language=typed.language,
            timezone=typed.timezone,
        ),
        "session": session,
        "consent": _filled(at=now.isoformat(), method=typed.method, wording_version=WORDING_VERSION),
    }
    made["consent"]["sms"] = typed.consent == "yes"
    if typed.next_visit:
        visit = _local(typed.next_visit, zone, "next_visit.starts_at", problems)
        made["next_visit"] = _filled(external_id=f"web-{typed.token}", starts_at=visit or "")
    return made, problems


def notes(typed: Typed, clinic: Clinic) -> list[str]:
    """Return what to say about times that the clock shows twice."""
    zone, said = ZoneInfo(clinic.timezone), []
    for one in (typed.performed_at, typed.next_visit):
        if one:
            _, note = local_time.instant(one, zone)
            said += [note] if note else []
    return said


def in_form(problems: Iterable[Problem]) -> dict[str, str]:
    """Return a sentence for each field of the form that something is wrong with, in the order of the form."""
    said: dict[str, str] = {}
    for one in problems:
        name = next((field for prefix, field in _FIELDS if one.field.startswith(prefix)), "")
        said.setdefault(name, _sentence(name, one))
    order = list(LABELS)
    return dict(sorted(said.items(), key=lambda item: order.index(item[0]) if item[0] in order else -1))


def for_known(patient: Patient, token: str, clinic: Clinic, now: datetime) -> Typed:
    """Return the form for the next session of a patient we know."""
    return Typed(
        token=token,
        clinic=clinic.slug,
        phone=patient.phone,
        who=str(patient.id),
        name=patient.name,
        born=patient.date_of_birth.isoformat() if isinstance(patient.date_of_birth, date) else "",
        patient_id=patient.external_id,
        language=patient.language,
        timezone=patient.timezone,
        performed_at=_now_there(clinic, now),
    )


def empty(token: str, clinic: Clinic, now: datetime) -> Typed:
    """Return a form with what is nearly always right."""
    return Typed(
        token=token,
        clinic=clinic.slug,
        language=clinic.languages[0],
        timezone=clinic.timezone,
        performed_at=_now_there(clinic, now),
    )


def _now_there(clinic: Clinic, now: datetime) -> str:
    return f"{now.astimezone(ZoneInfo(clinic.timezone)):%Y-%m-%dT%H:%M}"


def _sentence(name: str, problem: Problem) -> str:
    if name == "consent":
        return "Tick the box when the patient has agreed. Without that nobody is texted."
    if name in _CHOICES and problem.problem.startswith("is missing"):
        return f"Choose {_CHOICES[name]}."
    if problem.problem[:1].isupper():  # a sentence already
        return problem.problem
    return f"{LABELS.get(name, problem.field)} {problem.problem}."


def _local(typed: str, zone: ZoneInfo, field: str, problems: list[Problem]) -> str | None:
    if not typed:
        return None
    try:
        return local_time.instant(typed, zone)[0].isoformat()
    except ValueError as error:
        problems.append(Problem(field, str(error)))
        return None


def _filled(**values: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _plain(value: str) -> str:
    kept = "".join(character for character in value if character.isprintable())
    return kept.strip()[:_LONGEST]
