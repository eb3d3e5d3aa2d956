"""Signing in: what lets somebody in, what keeps them out, and for how long."""

from datetime import timedelta

import pytest
from flask import Flask
from freezegun.api import FrozenDateTimeFactory
from sqlalchemy import Engine
from sqlmodel import select

from assistant.db import snapshot, transaction
from assistant.errors import Invalid
from assistant.models import AuditEvent, LoginAttempt, PasswordLink, Role, Staff, StaffSession
from assistant.rules.signing_in import password_problem
from assistant.services import accounts
from tests import cast
from tests.web.conftest import NOW, PASSWORD, PASSWORD_HASH, Browser, signed_in

NAMES = ("Dana Reyes", "dana@example.com", "Lumen Clinic")


@pytest.fixture(autouse=True)
def password(engine: Engine, clinic: cast.Cast) -> None:
    with transaction(engine) as session:
        staff = session.get_one(Staff, clinic.dana_id)
        staff.password_hash = PASSWORD_HASH
        session.add(staff)


def link(engine: Engine, staff_id: int) -> str:
    with transaction(engine) as session:
        return accounts.password_link(session, session.get_one(Staff, staff_id), NOW)


def test_the_right_password_opens_the_inbox(stranger: Browser) -> None:
    answer = stranger.sign_in()

    assert (answer.status_code, answer.location) == (303, "/inbox")
    assert "Dana Reyes" in stranger.get("/inbox").text


def test_an_email_is_the_same_in_capitals_and_with_spaces(stranger: Browser) -> None:
    assert stranger.sign_in(email=" Dana@Example.com ").status_code == 303


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("dana@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        ("evans@example.com", PASSWORD),  # an account without a password yet
        ("", ""),
        ("dana@example.com", PASSWORD + " "),
        ("x" * 5000, "y" * 5000),
        ("a\x00b@example.com", "\x00"),
    ],
)
def test_a_wrong_pair_is_refused_in_the_same_words(stranger: Browser, email: str, password: str) -> None:
    answer = stranger.sign_in(email=email, password=password)

    assert answer.status_code == 401
    assert "The e-mail address or the password is wrong." in answer.text


def test_a_person_who_left_cannot_sign_in_and_is_signed_out_at_once(
    engine: Engine, dana: Browser, clinic: cast.Cast
) -> None:
    with transaction(engine) as session:
        staff = session.get_one(Staff, clinic.dana_id)
        staff.active = False
        session.add(staff)

    assert dana.get("/inbox").status_code == 303
    assert dana.sign_in().status_code == 401


def test_after_five_failures_even_the_right_password_waits(stranger: Browser, frozen: FrozenDateTimeFactory) -> None:
    for _ in range(5):
        stranger.sign_in(password="wrong")

    answer = stranger.sign_in()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    frozen.tick(30)
    assert stranger.sign_in().status_code == 303


def test_the_wait_doubles_up_to_five_minutes_and_never_becomes_a_lock(
    stranger: Browser, frozen: FrozenDateTimeFactory
) -> None:
    waits = []
    for _ in range(10):
        answer = stranger.sign_in(password="wrong")
        if answer.status_code == 429:
            waits.append(int(answer.headers["Retry-After"]))
            frozen.tick(waits[-1])
            stranger.sign_in(password="wrong")

    assert waits == [30, 60, 120, 240, 300]
    frozen.tick(300)
    assert stranger.sign_in().status_code == 303


def test_one_address_that_tries_many_accounts_waits_too(stranger: Browser) -> None:
    for number in range(20):
        stranger.sign_in(email=f"guess{number}@example.com", password="wrong")

    assert stranger.sign_in().status_code == 429


def test_signing_in_forgets_the_failures_of_that_account(stranger: Browser, engine: Engine) -> None:
    stranger.sign_in(password="wrong")
    stranger.sign_in()

    with snapshot(engine) as session:
        assert session.exec(select(LoginAttempt)).all() == []


def test_failures_are_in_the_audit_without_what_was_typed(stranger: Browser, engine: Engine) -> None:
    stranger.sign_in(password="my secret typo")

    with snapshot(engine) as session:
        found = session.exec(select(AuditEvent).where(AuditEvent.action == "sign_in.failed")).one()
    assert found.text == "127.0.0.1"


def test_fifteen_minutes_without_use_sign_out(dana: Browser, frozen: FrozenDateTimeFactory) -> None:
    frozen.tick(timedelta(minutes=14, seconds=59))
    assert dana.get("/tasks").status_code == 200
    frozen.tick(timedelta(minutes=15))
    assert dana.get("/tasks").location == "/login?next=/tasks"


def test_a_page_that_only_polls_does_not_keep_anybody_signed_in(dana: Browser, frozen: FrozenDateTimeFactory) -> None:
    frozen.tick(timedelta(minutes=10))
    assert dana.get("/inbox/live").status_code == 200
    frozen.tick(timedelta(minutes=6))

    answer = dana.get("/inbox/live")
    assert (answer.status_code, answer.json) == (401, {"error": "signed out"})


def test_typing_on_a_page_that_polls_counts_as_use(dana: Browser, frozen: FrozenDateTimeFactory) -> None:
    frozen.tick(timedelta(minutes=10))
    dana.get("/inbox/live?active=1")
    frozen.tick(timedelta(minutes=10))

    assert dana.get("/tasks").status_code == 200


def test_twelve_hours_are_the_end_even_with_use(dana: Browser, frozen: FrozenDateTimeFactory) -> None:
    for _ in range(71):
        frozen.tick(timedelta(minutes=10))
        assert dana.get("/tasks").status_code == 200
    frozen.tick(timedelta(minutes=10))

    assert dana.get("/tasks").status_code == 303


def test_signing_out_ends_the_session_on_the_server(dana: Browser, app: Flask) -> None:
    with dana.client.session_transaction() as cookie:
        token = cookie["token"]
    dana.post("/logout")

    thief = Browser(app.test_client())
    with thief.client.session_transaction() as cookie:
        cookie["token"] = token
    assert thief.get("/inbox").status_code == 303


def test_every_sign_in_gets_a_new_token_and_a_new_form_token(stranger: Browser) -> None:
    stranger.get("/login")
    with stranger.client.session_transaction() as cookie:
        before = dict(cookie)
    stranger.sign_in()
    with stranger.client.session_transaction() as cookie:
        first = dict(cookie)
    stranger.sign_in()
    with stranger.client.session_transaction() as cookie:
        second = dict(cookie)

    assert len({before["csrf_token"], first["csrf_token"], second["csrf_token"]}) == 3
    assert first["token"] != second["token"]


def test_the_database_keeps_no_token_that_could_be_used(dana: Browser, engine: Engine) -> None:
    with dana.client.session_transaction() as cookie:
        token = cookie["token"]
    with snapshot(engine) as session:
        kept = session.exec(select(StaffSession.token_sha256)).all()

    assert token not in kept
    assert [len(digest) for digest in kept] == [64]


def test_the_sixth_browser_signs_the_first_one_out(app: Flask, engine: Engine, clinic: cast.Cast) -> None:
    browsers = [signed_in(app, engine, clinic.dana_id) for _ in range(6)]

    assert [browser.get("/tasks").status_code for browser in browsers] == [303, 200, 200, 200, 200, 200]


@pytest.mark.parametrize(
    ("target", "goes_to"),
    [
        ("/concerns/7", "/concerns/7"),
        ("/inbox?show=unread", "/inbox?show=unread"),
        ("https://evil.example/", "/inbox"),
        ("//evil.example/", "/inbox"),
        ("/\\evil.example", "/inbox"),
        ("\\\\evil.example", "/inbox"),
        ("javascript:alert(1)", "/inbox"),
        ("/\t/evil.example", "/inbox"),
        ("///evil.example", "/inbox"),
        ("", "/inbox"),
    ],
)
def test_after_signing_in_the_browser_stays_on_this_site(stranger: Browser, target: str, goes_to: str) -> None:
    stranger.get("/login")
    answer = stranger.post("/login", email="dana@example.com", password=PASSWORD, next=target)

    assert answer.location == goes_to


def test_a_link_sets_the_password_once(stranger: Browser, engine: Engine, clinic: cast.Cast) -> None:
    token = link(engine, clinic.evans_id)

    assert "Dr Evans" in stranger.get(f"/password/{token}").text
    new = "seven grey herons wade"
    assert stranger.post(f"/password/{token}", password=new, again=new).location == "/login"
    assert stranger.get(f"/password/{token}").status_code == 404
    assert stranger.sign_in("evans@example.com", new).status_code == 303


def test_opening_a_link_does_not_use_it_up(stranger: Browser, engine: Engine, clinic: cast.Cast) -> None:
    token = link(engine, clinic.evans_id)

    assert [stranger.get(f"/password/{token}").status_code for _ in range(3)] == [200, 200, 200]


def test_a_link_dies_after_a_day_and_when_a_newer_one_is_made(
    stranger: Browser, engine: Engine, clinic: cast.Cast, frozen: FrozenDateTimeFactory
) -> None:
    older, newer = link(engine, clinic.evans_id), link(engine, clinic.evans_id)

    assert stranger.get(f"/password/{older}").status_code == 404
    frozen.tick(timedelta(hours=24, seconds=-1))
    assert stranger.get(f"/password/{newer}").status_code == 200
    frozen.tick(1)
    assert stranger.get(f"/password/{newer}").status_code == 404
    with snapshot(engine) as session:
        assert {len(kept) for kept in session.exec(select(PasswordLink.token_sha256))} == {64}


def test_a_new_password_ends_every_session(dana: Browser, stranger: Browser, engine: Engine, clinic: cast.Cast) -> None:
    token = link(engine, clinic.dana_id)
    stranger.get(f"/password/{token}")
    stranger.post(f"/password/{token}", password="seven grey herons wade", again="seven grey herons wade")

    assert dana.get("/inbox").status_code == 303


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "short", "12 characters or more"),
        ("danareyes123", "danareyes123", "first that a stranger would try"),
        ("seven grey herons wade", "seven grey herons", "not the same"),
    ],
)
def test_a_weak_or_mistyped_password_is_refused_with_the_reason(
    stranger: Browser, engine: Engine, clinic: cast.Cast, password: str, again: str, said: str
) -> None:
    token = link(engine, clinic.dana_id)
    stranger.get(f"/password/{token}")
    answer = stranger.post(f"/password/{token}", password=password, again=again)

    assert answer.status_code == 422
    assert said in answer.text
    assert stranger.get(f"/password/{token}").status_code == 200


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Welcome12345!",
        "lumenclinic2026",
        "dana@example.com",
        "qwertyuiop12",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "123456789012",
        "x" * 1025,
        "é" * 513,  # 1026 bytes
    ],
)
def test_passwords_that_are_tried_first_are_refused(password: str) -> None:
    assert password_problem(password, NAMES) is not None


@pytest.mark.parametrize(
    "password",
    ["kettle harbour 9 plum", "dana reyes loves tea", "Ünïcödé är fint här", "correct horse battery " * 8],
)
def test_long_passwords_of_any_characters_are_taken(password: str) -> None:
    assert password_problem(password, NAMES) is None


def test_an_account_is_refused_with_every_problem_at_once(engine: Engine, clinic: cast.Cast) -> None:
    with transaction(engine) as session, pytest.raises(Invalid) as refused:
        accounts.add_staff(
            session, name="D", email="dana@example.com", phone="12", role=Role.STAFF, clinic=None, now=NOW
        )

    assert [problem.field for problem in refused.value.problems] == ["name", "email", "phone"]


def test_a_new_account_has_no_password_until_its_link_is_used(engine: Engine, clinic: cast.Cast) -> None:
    with transaction(engine) as session:
        staff = accounts.add_staff(
            session,
            name=" Noor  Aziz ",
            email="Noor@Example.com ",
            phone="+1 202 555 0133",
            role=Role.ADMIN,
            clinic=None,
            now=NOW,
        )

    assert (staff.name, staff.email, staff.phone, staff.password_hash) == (
        "Noor Aziz",
        "noor@example.com",
        "+12025550133",
        None,
    )
