"""Enrolling at the desk: what was typed is kept, what will be sent is shown, and one form enrols once."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlmodel import col, func, select

from assistant.db import transaction
from assistant.models import (
    AuditEvent,
    Clinic,
    Consent,
    Conversation,
    Message,
    Patient,
    Role,
    Staff,
    TreatmentSession,
    Visit,
)
from assistant.rules.states import MessageStatus
from tests import cast
from tests.web.conftest import NOW, Browser, signed_in

FIELDS = {
    "clinic": "main",
    "phone": "(202) 555-0111",
    "name": "Ann Lee",
    "protocol": "mesotherapy_face",
    "areas": ["face", "neck"],
    "performed_at": "2026-03-10T10:40",
    "language": "en",
    "timezone": "America/New_York",
    "method": "paper",
    "consent": "yes",
}


def fill(browser: Browser, step: str = "check", *, path: str = "/enrol", **changes: Any) -> Any:
    """Open the form, type, and press the button."""
    page = browser.get(path)
    found = re.search(r'name="token" value="([0-9a-f]{32})"', page.text)
    assert found is not None
    return browser.post("/enrol", **{**FIELDS, "token": found.group(1), "step": step, **changes})


def hidden(page: str) -> dict[str, Any]:
    """The fields that a page carries on to the next step."""
    pairs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    fields: dict[str, Any] = {name: html.unescape(value) for name, value in pairs}
    fields["areas"] = [html.unescape(value) for name, value in pairs if name == "areas"]
    del fields["csrf_token"]
    return fields


def enrol_ann(browser: Browser, **changes: Any) -> Any:
    checked = fill(browser, **changes)
    assert checked.status_code == 200, checked.text
    return browser.post("/enrol", **(hidden(checked.text) | {"step": "save"}))


def rows(engine: Engine, *tables: Any) -> list[int]:
    with transaction(engine) as session:
        return [session.exec(select(func.count()).select_from(table)).one() for table in tables]


def text_of(page: str) -> str:
    words = re.sub(r"<[^>]+>", " ", page.replace("<strong>", "").replace("</strong>", ""))
    return html.unescape(re.sub(r"\s+", " ", words))


def test_the_form_begins_with_now_and_the_clinics_language_and_zone(dana: Browser) -> None:
    page = dana.get("/enrol").text
    assert 'value="2026-03-10T11:00"' in page
    assert 'value="America/New_York"' in page
    assert "Replying STOP ends them at any time" in page
    assert "Wording web-2026-11" in page


def test_looking_shows_every_text_with_its_hour_and_writes_nothing(engine: Engine, dana: Browser) -> None:
    page = fill(dana, next_visit="2026-03-17T10:00")
    shown = text_of(page.text)

    assert page.status_code == 200
    assert "Tue 10 Mar 2026, 11:40" in shown
    assert "Your next visit is Tue 17 Mar at 10:00." in shown
    assert "Wed 11 Mar 2026, 10:00" in shown
    assert "is a draft" in shown
    assert re.search(r"10 texts, 2\d segments billed", shown)
    assert rows(engine, Patient, Message, TreatmentSession) == [0, 0, 0]


def test_enrolling_writes_what_was_shown(engine: Engine, dana: Browser, clinic: cast.Cast) -> None:
    answer = enrol_ann(dana, next_visit="2026-03-24T10:00", product="NCTF 135", lot="A12", born="1990-04-12")

    assert answer.status_code == 303
    with transaction(engine) as session:
        ann = session.exec(select(Patient)).one()
        assert answer.location == f"/patients/{ann.id}"
        assert ann.external_id.startswith("web-")
        treatment = session.exec(select(TreatmentSession)).one()
        assert (treatment.areas, treatment.products) == (["face", "neck"], [{"name": "NCTF 135", "lot": "A12"}])
        assert session.exec(select(Visit.starts_at)).one().isoformat() == "2026-03-24T14:00:00+00:00"
        consent = session.exec(select(Consent)).one()
        assert (consent.method, consent.wording_version, consent.staff_id) == ("paper", "web-2026-11", clinic.dana_id)
        by = session.exec(select(AuditEvent.staff_id).where(AuditEvent.action == "session.completed")).one()
        assert by == clinic.dana_id
    assert "Ann Lee is enrolled: 11 texts, the first on Tue 10 Mar at 11:40." in dana.get(answer.location).text


def test_pressing_enrol_twice_enrols_once(engine: Engine, dana: Browser) -> None:
    fields = hidden(fill(dana).text) | {"step": "save"}
    first, second = dana.post("/enrol", **fields), dana.post("/enrol", **fields)

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert rows(engine, Patient, TreatmentSession) == [1, 1]


def test_going_back_and_changing_an_enrolled_form_does_not_change_it_silently(engine: Engine, dana: Browser) -> None:
    fields = hidden(fill(dana).text) | {"step": "save"}
    dana.post("/enrol", **fields)
    answer = dana.post("/enrol", **(fields | {"name": "Ann Li"}))

    assert answer.status_code == 409
    assert "has enrolled somebody already" in text_of(answer.text)
    assert 'value="Ann Li"' in answer.text
    assert rows(engine, Patient, TreatmentSession) == [1, 1]


def test_what_was_typed_is_kept_when_something_is_wrong(engine: Engine, dana: Browser) -> None:
    answer = fill(dana, phone="+1 876 555 1234", name="", product='N"<b>', next_visit="2026-03-01T10:00", consent="")
    shown = text_of(answer.text)

    assert answer.status_code == 422
    assert "4 things are not right yet" in shown
    assert "Jamaica" in shown
    assert "Name is missing: add the name." in shown
    assert "The next visit is not after the session" in shown
    assert "Tick the box when the patient has agreed." in shown
    assert 'value="N&#34;&lt;b&gt;"' in answer.text
    assert 'value="+1 876 555 1234"' in answer.text
    assert re.search(r'value="neck" checked', answer.text)
    assert rows(engine, Patient, Message) == [0, 0]


def test_changing_something_brings_the_form_back_as_it_was(dana: Browser) -> None:
    fields = hidden(fill(dana, practitioner="Dr Evans").text) | {"step": "edit"}
    page = dana.post("/enrol", **fields).text
    assert 'value="Dr Evans"' in page
    assert 'value="Ann Lee"' in page
    assert re.search(r'id="consent"[^>]* checked', page)


def test_a_time_that_the_clock_leaps_over_is_refused(dana: Browser) -> None:
    answer = fill(dana, performed_at="2026-03-08T02:30")
    assert answer.status_code == 422
    assert "the clocks in America/New_York leap over 02:30" in text_of(answer.text)


def test_a_time_that_comes_twice_means_the_first_and_says_so(engine: Engine, dana: Browser) -> None:
    answer = fill(dana, next_visit="2026-11-01T01:30")
    assert answer.status_code == 200
    assert "show 01:30 twice" in text_of(answer.text)
    dana.post("/enrol", **(hidden(answer.text) | {"step": "save"}))
    with transaction(engine) as session:
        assert session.exec(select(Visit.starts_at)).one().isoformat() == "2026-11-01T05:30:00+00:00"


def test_what_the_quiet_hours_move_is_shown_with_both_times(engine: Engine, dana: Browser) -> None:
    with transaction(engine) as session:
        main = session.exec(select(Clinic)).one()
        main.quiet_until = main.quiet_until.replace(hour=11)
        session.add(main)
    shown = text_of(fill(dana).text)
    assert "Wed 11 Mar 2026, 11:00 moved from 10:00: quiet hours" in shown


def test_a_phone_that_is_known_asks_who_this_is(engine: Engine, dana: Browser) -> None:
    enrol_ann(dana)
    answer = fill(dana, name="Ana Lee")

    assert answer.status_code == 422
    assert "Ann Lee has it. Choose who this is." in text_of(answer.text)

    shared = fill(dana, name="Ana Lee", who="new")
    assert "Ann Lee has this phone too" in text_of(shared.text)
    assert "Ana: Lumen Clinic" in text_of(shared.text)
    dana.post("/enrol", **(hidden(shared.text) | {"step": "save"}))
    assert rows(engine, Patient, Conversation) == [2, 1]


def test_the_next_session_of_a_known_patient_is_theirs(engine: Engine, dana: Browser) -> None:
    enrol_ann(dana)
    with transaction(engine) as session:
        ann_id = session.exec(select(Patient.id)).one()
    prefilled = dana.get(f"/enrol?patient={ann_id}").text
    assert 'value="Ann Lee"' in prefilled
    checked = fill(dana, performed_at="2026-03-10T10:50")  # by her name and phone

    assert "Ann Lee is known here, with 1 session so far" in text_of(checked.text)
    dana.post("/enrol", **(hidden(checked.text) | {"step": "save"}))
    assert rows(engine, Patient, TreatmentSession) == [1, 2]


def test_a_number_that_opted_out_is_shown_before_and_nothing_is_queued(
    engine: Engine, dana: Browser, clinic: cast.Cast
) -> None:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, opted_out_at=NOW - timedelta(days=3))
    checked = fill(dana)
    assert "This number has opted out of texts." in text_of(checked.text)
    assert "0 texts" in text_of(checked.text)
    dana.post("/enrol", **(hidden(checked.text) | {"step": "save"}))
    with transaction(engine) as session:
        assert session.exec(select(Message).where(Message.status == MessageStatus.QUEUED)).all() == []
        assert session.exec(select(TreatmentSession)).one()


@pytest.mark.parametrize(
    ("typed", "usable", "said"),
    [
        ("202 555 0111", True, "United States, mobile or landline: (202) 555-0111."),
        ("+1 876 555 1234", False, "Jamaica"),
        (cast.DANA, False, "staff member"),
        ("", False, "no phone number"),
        ("x" * 5000, False, "not a phone number"),
    ],
)
def test_the_number_is_looked_up_as_it_is_typed(dana: Browser, typed: str, usable: bool, said: str) -> None:
    dana.get("/enrol")
    answer = dana.post("/enrol/phone", phone=typed, clinic="main").get_json()
    assert answer["usable"] is usable
    assert said in " ".join(answer["said"])


def test_a_known_number_is_named_and_an_opted_out_one_is_said_to_be(
    engine: Engine, dana: Browser, clinic: cast.Cast
) -> None:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, opted_out_at=NOW)
    said = " ".join(dana.post("/enrol/phone", phone=cast.ANN, clinic="main").get_json()["said"])
    assert "Ann Lee has this phone already." in said
    assert "opted out" in said


def test_who_only_looks_cannot_enrol(engine: Engine, app: Flask, clinic: cast.Cast) -> None:
    with transaction(engine) as session:
        evans = session.get_one(Staff, clinic.evans_id)
        evans.role = Role.VIEWER
        session.add(evans)
    viewer = signed_in(app, engine, clinic.evans_id)
    assert viewer.get("/enrol").status_code == 403
    assert viewer.post("/enrol", **FIELDS, token="0" * 32).status_code == 403
    assert viewer.post("/enrol/phone", phone=cast.ANN).status_code == 403


def test_another_locations_patients_and_forms_stay_there(engine: Engine, dana: Browser) -> None:
    with transaction(engine) as session:
        main = session.exec(select(Clinic)).one()
        north = Clinic(**main.model_dump(exclude={"id"}) | {"slug": "north", "phone": "+12025550101"})
        session.add(north)
        session.flush()
        eve = Patient(
            clinic_id=north.id,
            external_id="p-eve",
            name="Eve Moss",
            phone=cast.ANN,
            language="en",
            timezone="UTC",
            created_at=NOW,
        )
        session.add(eve)
        session.flush()
        eve_id = eve.id
    assert dana.get(f"/enrol?patient={eve_id}").status_code == 404
    said = dana.post("/enrol/phone", phone=cast.ANN, clinic="north").get_json()["said"]
    assert "Eve" not in " ".join(said)
    enrol_ann(dana, clinic="north")
    with transaction(engine) as session:
        assert session.exec(select(Patient.clinic_id).where(col(Patient.name) == "Ann Lee")).one() == 1


@pytest.mark.parametrize("token", ["", "x" * 32, "../", "0" * 31])
def test_a_form_without_a_token_of_ours_is_not_taken(dana: Browser, token: str) -> None:
    assert dana.post("/enrol", **FIELDS, token=token).status_code == 400


@pytest.mark.parametrize(
    "odd", ["\x00", "\ud800", "'; DROP TABLE patient; --", "<script>alert(1)</script>", "x" * 3000]
)
def test_odd_input_in_any_field_is_no_server_error_and_no_markup(dana: Browser, odd: str) -> None:
    for name in FIELDS:
        value: Any = odd.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        answer = fill(dana, **{name: [value] if name == "areas" else value})
        assert answer.status_code in (200, 422), name
        assert "<script>alert" not in answer.text
