"""What holds for every page: nobody in without a sign-in, no form from elsewhere, strict headers, plain errors."""

import re

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import select
from werkzeug.routing import Rule

from assistant.app import create_app
from assistant.db import make_engine, transaction
from assistant.models import AuditEvent, Clinic, Role, Staff
from assistant.services.content import Content
from assistant.settings import Settings
from assistant.web import auth
from tests import cast
from tests.web.conftest import NOW, Browser, signed_in, text_in

OPEN = {"static", "health.healthz", "auth.login", "auth.set_password"}
SIGNED = {"twilio", "sessions"}

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def address(rule: Rule) -> str:
    return re.sub(r"<[^>]+>", "1", rule.rule)


def rules(app: Flask) -> list[tuple[Rule, str]]:
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def test_every_route_needs_a_sign_in_or_is_on_the_short_list(app: Flask, stranger: Browser) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    stranger.get("/login")
    for rule, method in rules(app):
        if rule.endpoint in OPEN or rule.endpoint.split(".")[0] in SIGNED:
            continue
        answer = stranger.client.open(address(rule), method=method, data={"csrf_token": stranger.token})
        turned_away = answer.status_code == 401 or (answer.status_code == 303 and answer.location.startswith("/login"))
        assert turned_away, f"{method} {rule.rule} answers a stranger with {answer.status_code}"


def test_the_short_list_is_the_one_written_here(app: Flask) -> None:
    assert auth.OPEN == OPEN


def test_every_form_is_refused_without_its_token(app: Flask, dana: Browser) -> None:
    for rule, method in rules(app):
        if method == "GET" or rule.endpoint.split(".")[0] in SIGNED:
            continue
        answer = dana.client.open(address(rule), method=method, data={"text": "x"})
        assert answer.status_code == 400, f"{method} {rule.rule} was answered {answer.status_code}"
        assert "open for too long" in answer.text


def test_a_form_from_another_site_is_refused_even_with_its_token(dana: Browser) -> None:
    for site in ("cross-site", "same-site"):
        answer = dana.client.post("/logout", data={"csrf_token": dana.token}, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403

    assert dana.get("/tasks").status_code == 200


@pytest.mark.parametrize("path", ["/inbox", "/login", "/nothing-here", "/healthz", "/concerns/99999999999999999999"])
def test_every_answer_carries_the_headers(dana: Browser, path: str) -> None:
    answer = dana.get(path)

    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("PUT", "/inbox", 405), ("POST", "/logout", 400), ("POST", "/login", 413)],
)
def test_errors_are_pages_in_words_with_the_headers(dana: Browser, method: str, path: str, status: int) -> None:
    data = {"csrf_token": "x" * 70_000} if status == 413 else {}
    answer = dana.client.open(path, method=method, data=data)

    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert f"Error {status}" in answer.text
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_an_error_of_ours_tells_nothing_about_itself(app: Flask, dana: Browser) -> None:
    app.view_functions["tasks.show"] = lambda: {}["the patient's name"]  # type: ignore[index]
    app.testing = app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = dana.client.get("/tasks")

    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "the patient" not in answer.text.replace("if a patient waits", "")
    assert answer.headers["Cache-Control"] == "no-store"


def test_webhooks_are_told_of_errors_in_json(stranger: Browser) -> None:
    answer = stranger.client.post("/webhooks/twilio/inbound", data={"From": "+12025550111"})
    assert (answer.status_code, answer.mimetype) == (403, "application/json")

    assert stranger.client.get("/webhooks/nothing").is_json


def test_over_https_the_cookie_is_bound_to_the_host_and_the_browser_remembers_https(
    engine: Engine, clinic: cast.Cast, content: Content
) -> None:
    settings = Settings(public_url="https://care.example.com", secret_key=SecretStr("s" * 32))
    client = create_app(settings, engine, content).test_client()
    answer = client.get("/login", headers={"X-Forwarded-Proto": "https"})

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-aftercare=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain=" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_over_https_a_form_needs_no_referer_which_our_own_policy_withholds(
    engine: Engine, clinic: cast.Cast, content: Content
) -> None:
    settings = Settings(public_url="https://care.example.com", secret_key=SecretStr("s" * 32))
    browser = Browser(create_app(settings, engine, content).test_client())
    browser.client.environ_base["wsgi.url_scheme"] = "https"
    browser.get("/login", base_url="https://care.example.com")
    answer = browser.client.post(
        "/login", data={"csrf_token": browser.token, "email": "x"}, base_url="https://care.example.com"
    )

    assert answer.status_code == 401


def test_whoever_builds_the_application_may_name_who_frames_it(
    engine: Engine, clinic: cast.Cast, content: Content
) -> None:
    settings = Settings(public_url="http://127.0.0.1:8000", secret_key=SecretStr("s" * 32))
    app = create_app(settings, engine, content, FRAME_ANCESTORS="'self'")

    assert app.test_client().get("/login").headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")


def test_a_viewer_sees_and_does_not_touch(app: Flask, engine: Engine, clinic: cast.Cast, content: Content) -> None:
    with transaction(engine) as session:
        viewer = session.get_one(Staff, clinic.evans_id)
        viewer.role = Role.VIEWER
        session.add(viewer)
        cast.add_patient(session, clinic)
    text_in(engine, content, cast.ANN, "my cheek is hot and the redness is spreading")
    browser = signed_in(app, engine, clinic.evans_id)

    page = browser.get("/concerns/1")
    assert page.status_code == 200
    assert "+1 202-555-0111" not in page.text
    assert "tel:" not in page.text
    assert "<textarea" not in page.text
    for act in ("acknowledge", "pass-on", "reply", "resolve", "note"):
        assert browser.post(f"/concerns/1/{act}", text="x", note="x", outcome="seen").status_code == 403
    assert browser.post("/conversations/1/reply", text="x").status_code == 403


def test_looking_at_a_patient_is_recorded(engine: Engine, clinic: cast.Cast, dana: Browser) -> None:
    with transaction(engine) as session:
        patient = cast.add_patient(session, clinic)
    dana.get(f"/patients/{patient.id}")

    with transaction(engine) as session:
        seen = session.exec(select(AuditEvent).where(AuditEvent.action == "patient.seen")).one()
        assert (seen.staff_id, seen.patient_id, seen.at) == (clinic.dana_id, patient.id, NOW)


def test_health_is_open_and_says_nothing_about_anybody(stranger: Browser) -> None:
    answer = stranger.client.get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"ok": True})


def test_health_is_bad_when_the_database_is_gone_or_not_migrated(content: Content, tmp_path: object) -> None:
    settings = Settings(public_url="http://127.0.0.1:8000", secret_key=SecretStr("s" * 32))
    empty = create_app(settings, make_engine(f"sqlite:///{tmp_path}/empty.db"), content).test_client().get("/healthz")
    gone = make_engine("postgresql://nobody@127.0.0.1:1/none")
    broken = create_app(settings, gone, content).test_client().get("/healthz")

    assert (empty.status_code, broken.status_code) == (503, 503)
    assert "aftercare migrate" in str(empty.json)
    assert broken.json == {"ok": False, "problem": "the database does not answer"}


def test_files_are_kept_by_browsers_under_an_address_that_changes_with_them(dana: Browser) -> None:
    found = re.search(r'href="(/static/style\.css\?v=[0-9a-f]{12})"', dana.get("/inbox").text)
    assert found

    with dana.client.get(found.group(1)) as answer:
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_pages_load_nothing_from_elsewhere_and_hold_no_inline_script_or_style(
    engine: Engine, clinic: cast.Cast, dana: Browser, content: Content
) -> None:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=NOW)
    text_in(engine, content, cast.ANN, "my cheek is hot and the redness is spreading")
    for path in ("/inbox", "/concerns/1", "/conversations/1", "/patients/1", "/tasks", "/login"):
        page = dana.get(path).text
        assert not re.findall(r'(?:src|href|action)="(?!/|#|tel:)[^"]+"', page), path
        assert not re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", page), path


def test_another_clinics_rows_do_not_exist(
    app: Flask, engine: Engine, clinic: cast.Cast, content: Content, dana: Browser
) -> None:
    with transaction(engine) as session:
        cast.add_patient(session, clinic)
        other = Clinic(slug="other", name="Other", country="US", timezone="UTC", phone="+12025550101", languages=["en"])
        session.add(other)
        session.flush()
        away = session.get_one(Staff, clinic.evans_id)
        away.clinic_id = other.id
        session.add(away)
    text_in(engine, content, cast.ANN, "my cheek is hot and the redness is spreading")
    elsewhere = signed_in(app, engine, clinic.evans_id)

    for path in ("/concerns/1", "/concerns/1/live", "/conversations/1", "/conversations/1/live", "/patients/1"):
        assert (dana.get(path).status_code, elsewhere.get(path).status_code) == (200, 404), path
    for act in ("acknowledge", "pass-on", "reply", "resolve", "note"):
        assert elsewhere.post(f"/concerns/1/{act}", text="x", note="x", outcome="seen").status_code == 404, act
    assert elsewhere.post("/conversations/1/reply", text="x").status_code == 404
    assert "Ann" not in elsewhere.get("/inbox").text
    assert "Ann Lee" not in elsewhere.post("/inbox/find", q="Ann").text
