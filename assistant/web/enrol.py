"""Enrolling at the desk: the form, what it would send, and then the real thing."""

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, url_for
from sqlmodel import Session, col, select
from werkzeug.wrappers import Response as AnyResponse

from assistant import clock
from assistant.db import snapshot, unit_of_work
from assistant.errors import Conflict, Invalid, Problem
from assistant.models import Clinic, Patient
from assistant.phone import PhoneError
from assistant.services import drafts, enrolment, event_checks, phone_lookup, session_events
from assistant.services import dry_run as dry_runs
from assistant.services.dry_run import DryRun
from assistant.services.session_events import SessionCompleted
from assistant.web import auth, enrol_fields, runtime
from assistant.web.enrol_fields import Typed
from messages.expected import AREAS

bp = Blueprint("enrol", __name__)

# Staff read English, and so are the names of treatments and areas on their screens.
_STAFF_LANGUAGE = "en"

LANGUAGES = {"en": "English", "es": "Spanish", "fr": "French", "vi": "Vietnamese"}
METHODS = {"paper": "signed on paper", "verbal": "said so", "web": "read it on this screen", "text": "by text message"}


@bp.get("/enrol")
@auth.signed_in(*auth.ACTING)
def show() -> str:
    """The empty form, or with ``?patient=`` the next session of somebody known."""
    now, token = clock.now(), secrets.token_hex(16)
    with snapshot(runtime.get().engine) as session:
        clinics = _clinics(session)
        number = request.args.get("patient", "")
        if number.isdecimal() and len(number) < 10:
            patient = auth.own_clinic_or_404(session.get(Patient, int(number)))
            clinic = next(clinic for clinic in clinics if clinic.id == patient.clinic_id)
            typed = enrol_fields.for_known(patient, token, clinic, now)
        else:
            typed = enrol_fields.empty(token, clinics[0], now)
        return _form(session, typed, clinics, {})


@bp.post("/enrol")
@auth.signed_in(*auth.ACTING)
def submit() -> AnyResponse:
    """``step`` says what for: to see what will be sent, to change something, or to enrol."""
    typed, now = enrol_fields.read(request.form), clock.now()
    if not typed.is_fresh:
        abort(400)
    step, digest = request.form.get("step", "check"), typed.sha256
    with snapshot(runtime.get().engine) as session:
        clinics = _clinics(session)
        clinic = next((one for one in clinics if one.slug == typed.clinic), clinics[0])
        if step == "edit":
            return Response(_form(session, typed, clinics, {}))
        try:
            done = enrolment.answered(session, typed.event_id, digest)
            if done is not None:  # the button was pressed twice
                return redirect(_patient_page(session, clinic, done), 303)
            typed, event, planned = _look(session, typed, clinic, now)
        except Conflict:
            return _used_before(session, typed, clinics)
        except Invalid as invalid:
            return Response(_form(session, typed, clinics, enrol_fields.in_form(invalid.problems)), 422)
        if step != "save":
            return Response(_check(typed, clinic, planned))
    here = runtime.get()
    try:
        answer = unit_of_work(
            here.engine,
            lambda session: enrolment.apply(session, here.content, event, digest, now, staff=auth.me()).answer,
        )
    except (Conflict, Invalid) as error:  # somebody was faster: the number is a staff member's by now, for instance
        with snapshot(here.engine) as session:
            if isinstance(error, Conflict):
                return _used_before(session, typed, clinics)
            return Response(_form(session, typed, clinics, enrol_fields.in_form(error.problems)), 422)
    flash(_said(planned, answer))
    with snapshot(runtime.get().engine) as session:
        return redirect(_patient_page(session, clinic, answer), 303)


@bp.post("/enrol/phone")
@auth.signed_in(*auth.ACTING)
def look_up_phone() -> Response:
    """What is known of a number while it is being typed: one sentence each, for the form to show."""
    with snapshot(runtime.get().engine) as session:
        clinics = _clinics(session)
        clinic = next((one for one in clinics if one.slug == request.form.get("clinic", "")), clinics[0])
        typed = enrol_fields.read(request.form).phone
        try:
            number = event_checks.textable(session, clinic, typed)
        except PhoneError as error:
            return jsonify(usable=False, said=[error.message])
        return jsonify(usable=True, said=phone_lookup.sentences(session, clinic, number))


def _look(session: Session, typed: Typed, clinic: Clinic, now: datetime) -> tuple[Typed, SessionCompleted, DryRun]:
    """Return the form with who it is about, its event, and what that would bring. Raises Invalid for the form."""
    content = runtime.get().content
    known, unclear = _who(session, typed, clinic)
    fields, problems = enrol_fields.event(typed, clinic, known, now)
    problems += unclear
    try:
        event = session_events.event_of(fields, problems)
    except session_events.Unreadable as unreadable:
        enrolment.check(session, content, unreadable.rest, now, unreadable)
        raise
    assert isinstance(event, SessionCompleted)
    planned = dry_runs.dry_run(session, content, event, now)
    return replace(typed, who=str(known.id) if known else typed.who), event, planned


def _who(session: Session, typed: Typed, clinic: Clinic) -> tuple[Patient | None, list[Problem]]:
    """Return the known patient whom the form is about; nobody is taken for another because of a phone."""
    if typed.patient_id:
        return None, []  # the number names them, known or not
    try:
        number = event_checks.textable(session, clinic, typed.phone)
    except PhoneError:
        return None, []
    having = phone_lookup.patients(session, clinic, number)
    chosen = next((patient for patient in having if str(patient.id) == typed.who), None)
    if chosen is not None or typed.who == "new" or not having:
        return chosen, []
    namesakes = [patient for patient in having if patient.name.casefold() == typed.name.casefold()]
    if len(namesakes) == 1:
        return namesakes[0], []
    names = " and ".join(patient.name for patient in having)
    said = f"This phone is known: {names} {'has' if len(having) == 1 else 'have'} it. Choose who this is."
    return None, [Problem("who", said)]


def _clinics(session: Session) -> list[Clinic]:
    ids = auth.clinic_ids()
    clinics = list(session.exec(select(Clinic).where(col(Clinic.id).in_(ids)).order_by(col(Clinic.id))))
    if not clinics:
        abort(404)
    return clinics


def _form(session: Session, typed: Typed, clinics: list[Clinic], problems: dict[str, str]) -> str:
    clinic = next((one for one in clinics if one.slug == typed.clinic), clinics[0])
    having: list[Patient] = []
    looked_up: list[str] = []
    if typed.phone and "phone" not in problems:
        try:
            number = event_checks.textable(session, clinic, typed.phone)
            having = phone_lookup.patients(session, clinic, number)
            looked_up = phone_lookup.sentences(session, clinic, number)
        except PhoneError as error:
            looked_up = [error.message]
    return render_template(
        "enrol.html",
        typed=typed,
        problems=problems,
        clinics=clinics,
        clinic=clinic,
        having=having,
        looked_up=looked_up,
        **_choices(session, clinics),
        wording=enrol_fields.WORDING.format(clinic=clinic.name),
        wording_version=enrol_fields.WORDING_VERSION,
    )


def _choices(session: Session, clinics: list[Clinic]) -> dict[str, Any]:
    catalog = runtime.get().content.catalog
    unsigned = drafts.at(session, catalog, [clinic.id for clinic in clinics])
    spoken = dict.fromkeys(language for clinic in clinics for language in clinic.languages)
    return {
        "protocols": [
            (one.id, catalog.title(one.id, _STAFF_LANGUAGE), unsigned.anywhere(one.id))
            for one in catalog.protocols.values()
        ],
        "areas": [(area, catalog.area(area, _STAFF_LANGUAGE)) for area in AREAS],
        "languages": [(one, LANGUAGES.get(one, one)) for one in spoken if one in catalog.languages],
        "methods": METHODS.items(),
        "zones": sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")),
    }


def _check(typed: Typed, clinic: Clinic, planned: DryRun) -> str:
    return render_template(
        "enrol_check.html",
        typed=typed,
        clinic=clinic,
        planned=planned,
        remarks=[*planned.remarks, *enrol_fields.notes(typed, clinic)],
        language=LANGUAGES.get(planned.language, planned.language),
    )


def _used_before(session: Session, typed: Typed, clinics: list[Clinic]) -> Response:
    said = "This form has enrolled somebody already. To record another session, look at it again and enrol."
    return Response(_form(session, replace(typed, token=secrets.token_hex(16)), clinics, {"": said}), 409)


def _said(planned: DryRun, answer: dict[str, Any]) -> str:
    name, count = planned.checked.event.patient.name, len(answer["messages"])
    if not count:
        return f"{name} is enrolled. No text will be sent: see why on this page."
    first = min(text.due for text in planned.sent) if planned.sent else None
    when = f", the first on {first:%a} {first.day} {first:%b} at {first:%H:%M}" if first else ""
    return f"{name} is enrolled: {count} {'text' if count == 1 else 'texts'}{when}."


def _patient_page(session: Session, clinic: Clinic, answer: dict[str, Any]) -> str:
    named = Patient.external_id == str(answer["patient"])
    patient_id = session.exec(select(Patient.id).where(Patient.clinic_id == clinic.id, named)).one()
    return url_for("patients.show", patient_id=patient_id)
