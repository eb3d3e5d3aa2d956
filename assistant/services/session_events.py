"""The events of a booking system: what their bodies hold, read strictly and with every problem at once."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StrictBool,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic.fields import Field

from assistant.errors import Invalid, Problem
from assistant.services import names, strict_json
from assistant.services.event_problems import in_words, listed

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:?\d\d)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_YEARS = range(1990, 2101)  # far from the ends of the calendar, where turning to UTC overflows


def _instant(value: object) -> datetime:
    example = "write it like 2026-11-22T10:00:00-05:00"
    if not isinstance(value, str) or not (found := _INSTANT.fullmatch(value)):
        raise ValueError(f"is not a date and time: {example}")
    if found.group(3) is None:
        raise ValueError(f"has no time zone: {example}, with the hours from UTC at the end")
    try:
        instant = datetime.fromisoformat(value.upper())
    except ValueError:
        raise ValueError(f"is not a date and time of the calendar: {example}") from None
    if instant.year not in _YEARS:
        raise ValueError("is in a year that cannot be right: check the year")
    return instant


def _day(value: object) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("is not a date: write it like 1990-04-12")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("is not a day of the calendar: write it like 1990-04-12") from None


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("is not text: put it in quotation marks")
    return names.clean(value)


def _agreed(value: bool) -> bool:
    if not value:
        raise ValueError("is false: without consent nobody is texted; send the session when the patient has agreed")
    return value


Instant = Annotated[datetime, BeforeValidator(_instant)]
Day = Annotated[date, BeforeValidator(_day)]
Name = Annotated[str, BeforeValidator(_name)]
Phone = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Language = Annotated[str, StringConstraints(min_length=2, max_length=8)]
Text40 = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Text64 = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Text80 = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Text120 = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class _Part(BaseModel):
    """An object of the contract: a name that is not in it is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True)


class PatientRef(_Part):
    """Names a patient we know, by ``external_id`` or ``phone``. The rest may come along and changes nothing."""

    external_id: Text80 | None = None
    name: Name | None = None
    phone: Phone | None = None
    date_of_birth: Day | None = None
    language: Language | None = None  # None: the clinic's first
    timezone: Text64 | None = None  # None: the clinic's


class PatientRecord(PatientRef):
    """Who was treated."""

    external_id: Text80
    name: Name
    phone: Phone


class Product(_Part):
    name: Text80
    lot: Text40 | None = None


class SessionRef(_Part):
    """Names a session we know. The rest may come along and changes nothing."""

    external_id: Text80
    protocol: Text40 | None = None
    performed_at: Instant | None = None
    areas: Annotated[tuple[Text40, ...], Field(max_length=13)] = ()
    products: Annotated[tuple[Product, ...], Field(max_length=10)] = ()
    practitioner: Text80 | None = None


class SessionRecord(SessionRef):
    """A session as performed."""

    protocol: Text40
    performed_at: Instant


class VisitRef(_Part):
    external_id: Text80
    starts_at: Instant | None = None


class VisitRecord(VisitRef):
    starts_at: Instant


class Consent(_Part):
    """That the patient agreed to texts: when, how, and to which words."""

    sms: Annotated[StrictBool, AfterValidator(_agreed)]
    at: Instant
    method: Literal["paper", "web", "verbal", "text"]
    wording_version: Text40


class _Event(_Part):
    event_id: Text120
    clinic: Text40 | None = None  # None: the only one


class SessionCompleted(_Event):
    type: Literal["session.completed"]
    patient: PatientRecord
    session: SessionRecord
    next_visit: VisitRecord | None = None
    consent: Consent


class VisitChanged(_Event):
    """A visit as it is now. Booked and moved are one thing to us: the last word counts."""

    type: Literal["visit.booked", "visit.moved"]
    patient: PatientRef
    next_visit: VisitRecord
    session: SessionRef | None = None  # the one before it; None: the patient's latest


class VisitCancelled(_Event):
    type: Literal["visit.cancelled"]
    patient: PatientRef
    next_visit: VisitRef


class SessionCancelled(_Event):
    """A session that was reported as done by mistake."""

    type: Literal["session.cancelled"]
    patient: PatientRef | None = None
    session: SessionRef


SessionEvent = SessionCompleted | VisitChanged | VisitCancelled | SessionCancelled

_SHAPES: Final[dict[str, type[SessionEvent]]] = {
    "session.completed": SessionCompleted,
    "visit.booked": VisitChanged,
    "visit.moved": VisitChanged,
    "visit.cancelled": VisitCancelled,
    "session.cancelled": SessionCancelled,
}


class Unreadable(Invalid):
    """A body with problems. ``rest`` is the event with None wherever there was one, for further checks."""

    def __init__(self, problems: list[Problem], rest: SessionEvent) -> None:
        super().__init__(problems)
        self.rest = rest


def read_event(body: bytes) -> SessionEvent:
    """Return the event in ``body``. Raises Invalid with every problem, and Unreadable where the rest can be used."""
    fields, problems = strict_json.read_object(body)
    return event_of(fields, problems)


def event_of(fields: dict[str, Any], problems: list[Problem] | None = None) -> SessionEvent:
    """Return the event with these fields. ``problems`` are what is known to be wrong with them already."""
    found = list(problems or [])
    shape = _SHAPES.get(kind) if isinstance(kind := fields.get("type"), str) else None
    if shape is None:
        what = "is missing" if kind is None else "is no type of the contract"
        raise Invalid([*found, Problem("type", f"{what}: use {listed(list(_SHAPES))}")])
    try:
        event = shape.model_validate(fields)
    except ValidationError as error:
        known = {problem.field for problem in found}
        told = [in_words(detail) for detail in error.errors(include_url=False)]
        found += [problem for problem in told if problem.field not in known]
    else:
        if not found:
            return event
    rest = cast(SessionEvent, _rest(shape, fields, {problem.field for problem in found}, ""))
    raise Unreadable(found, rest)


def _rest(shape: type[BaseModel], fields: object, wrong: set[str], path: str) -> BaseModel:
    """Return ``shape`` unchecked, with None for every field that is missing or wrong."""
    given = fields if isinstance(fields, dict) else {}
    values: dict[str, Any] = {}
    for name, field in shape.model_fields.items():
        here = f"{path}{name}"
        part = _part_of(field.annotation)
        if part is not None and isinstance(given.get(name), dict):
            values[name] = _rest(part, given[name], wrong, f"{here}.")
        elif here in wrong or name not in given:
            values[name] = None
        else:
            values[name] = _value(field.rebuild_annotation(), given[name])
    return shape.model_construct(**values)


def _part_of(annotation: Any) -> type[_Part] | None:
    for one in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(one, type) and issubclass(one, _Part) and one is not Product:
            return one
    return None


def _value(kind: Any, value: object) -> Any:
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return None
