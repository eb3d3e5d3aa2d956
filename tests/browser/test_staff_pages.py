"""What our own JavaScript adds to the staff pages."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from pydantic import SecretStr
from sqlalchemy import Engine
from werkzeug.serving import make_server

from assistant import clock
from assistant.app import create_app
from assistant.db import transaction
from assistant.models import Staff
from assistant.services import accounts
from assistant.services.content import Content
from assistant.settings import Settings
from messages.segments import segments
from tests import cast
from tests.web.conftest import PASSWORD, PASSWORD_HASH, text_in

pytestmark = pytest.mark.browser

SPREADING = "my cheek is hot and the redness is spreading"


@pytest.fixture
def site(engine: Engine, clinic: cast.Cast, content: Content) -> Iterator[str]:
    """The application on a port of its own, with Ann enrolled and Dana able to sign in."""
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=clock.now() - timedelta(days=6))
        cast.add_patient(session, clinic, name="Bo Chen", phone=cast.BEN, performed_at=clock.now())
        dana = session.get_one(Staff, clinic.dana_id)
        dana.password_hash = PASSWORD_HASH
        session.add(dana)
    settings = Settings(public_url="http://127.0.0.1:8000", secret_key=SecretStr("s" * 32))
    app: Flask = create_app(settings, engine, content)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    """Dana is signed in. A script error or a refused script or style fails the test."""
    wrong: list[str] = []
    context = chromium.new_context()
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if is_complaint(message) else None)
    page.goto(f"{site}/login")
    page.fill("#email", "dana@example.com")
    page.fill("#password", PASSWORD)
    page.click("main button")
    expect(page).to_have_url(f"{site}/inbox")
    yield page
    context.close()
    assert wrong == []


def is_complaint(message: ConsoleMessage) -> bool:
    """A 401 is how a page that polls learns that nobody is signed in any more."""
    return message.type == "error" and "401" not in message.text


def test_the_board_changes_by_itself_says_so_and_keeps_the_focus(page: Page, engine: Engine, content: Content) -> None:
    text_in(engine, content, cast.ANN, SPREADING)
    expect(page.locator(".board .open")).to_have_text(["Ann Lee"], timeout=15_000)
    expect(page.locator("#said")).to_have_text("New concern 1, urgent.")
    expect(page).to_have_title("(1) Inbox · Aftercare")

    page.keyboard.press("j")
    text_in(engine, content, cast.BEN, "I cannot breathe and my tongue is swelling")
    expect(page.locator(".board .open")).to_have_text(["Bo Chen", "Ann Lee"], timeout=15_000)
    expect(page.locator(".board .open", has_text="Ann Lee")).to_be_focused()


def test_the_keys_move_open_acknowledge_and_write(page: Page, engine: Engine, content: Content, site: str) -> None:
    text_in(engine, content, cast.ANN, SPREADING)
    page.reload()
    page.keyboard.press("a")  # nothing is chosen, so nothing is taken
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/concerns/1")
    expect(page.locator(".state")).to_contain_text("Nobody has it yet")
    page.keyboard.press("a")
    expect(page.locator(".flash")).to_contain_text("Yours.")
    page.keyboard.press("r")
    expect(page.locator("#reply-text")).to_be_focused()
    page.keyboard.type("a jar, not a command")
    expect(page.locator("#reply-text")).to_have_value("a jar, not a command")


def test_a_signed_out_page_leaves_no_patient_on_the_screen(
    page: Page, engine: Engine, content: Content, clinic: cast.Cast, site: str
) -> None:
    text_in(engine, content, cast.ANN, SPREADING)
    page.reload()
    expect(page.get_by_text("Ann Lee").first).to_be_visible()
    with transaction(engine) as session:
        dana = session.get_one(Staff, clinic.dana_id)
        accounts.use_link(session, accounts.password_link(session, dana, clock.now()), PASSWORD_HASH, clock.now())
    expect(page).to_have_url(f"{site}/login", timeout=15_000)


def test_the_box_counts_texts_as_the_bill_does(page: Page, site: str) -> None:
    page.goto(f"{site}/conversations/1")
    plain = ["x" * 160, "x" * 161, "x" * 306, "x" * 307, "€" * 80, "€" * 81, "x" * 152 + "€x", "é" * 160]
    dear = ["ó" * 70, "ó" * 71, "ó" * 134, "ó" * 135, "🙂" * 35, "🙂" * 36, "x’" * 67, "y" * 66 + "🙂" + "y" * 67]
    for text in plain + dear:
        page.fill("#reply-text", text)
        count = segments(text).count
        expect(page.locator("#reply-segments")).to_contain_text(f", {count} text{'s' if count > 1 else ''}.")
