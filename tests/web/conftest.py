"""The application over a test's database, and browsers that are signed in."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory
from pydantic import SecretStr
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from assistant import clock
from assistant.app import create_app
from assistant.db import transaction
from assistant.models import Staff
from assistant.services import accounts, inbound, passwords
from assistant.services.content import Content
from assistant.settings import Settings
from tests import cast

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)  # Tuesday, 11:00 in New York
PASSWORD = "kettle harbour 9 plum"

# Hashing is slow on purpose; one hash serves every test.
PASSWORD_HASH = passwords.make_hash(PASSWORD)

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """A browser without JavaScript: keeps its cookie, and fills in forms as the pages give them."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = ""

    def get(self, path: str, **options: Any) -> TestResponse:
        answer = self.client.get(path, **options)
        found = _TOKEN.search(answer.text)
        self.token = found.group(1) if found else self.token
        return answer

    def post(self, path: str, follow: bool = False, **form: str) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token, **form}, follow_redirects=follow)

    def sign_in(self, email: str = "dana@example.com", password: str = PASSWORD) -> TestResponse:
        self.get("/login")
        answer = self.post("/login", email=email, password=password)
        if answer.status_code == 303:
            self.get("/tasks")  # for the token of the new session
        return answer


@pytest.fixture
def frozen() -> Iterator[FrozenDateTimeFactory]:
    with freeze_time(NOW) as clock:
        yield clock


@pytest.fixture
def app(engine: Engine, clinic: cast.Cast, content: Content, frozen: FrozenDateTimeFactory) -> Flask:
    settings = Settings(
        public_url="http://127.0.0.1:8000",
        secret_key=SecretStr("s" * 32),
        twilio_auth_token=SecretStr("t" * 32),
        sessions_webhook_secret=SecretStr("w" * 32),
    )
    return create_app(settings, engine, content)


@pytest.fixture
def stranger(app: Flask) -> Browser:
    """Nobody is signed in."""
    return Browser(app.test_client())


@pytest.fixture
def dana(app: Flask, engine: Engine, clinic: cast.Cast) -> Browser:
    """Dana the nurse, signed in."""
    return signed_in(app, engine, clinic.dana_id)


def signed_in(app: Flask, engine: Engine, staff_id: int) -> Browser:
    """A browser of this person, past the sign-in page."""
    with transaction(engine) as session:
        staff = session.get_one(Staff, staff_id)
        staff.password_hash = PASSWORD_HASH
        knocked = accounts.Knock(staff.id, PASSWORD_HASH, NOW)
        session.add(staff)
        session.flush()
        token = accounts.sign_in(session, knocked, address="127.0.0.1", now=clock.now())
    assert token is not None
    browser = Browser(app.test_client())
    with browser.client.session_transaction() as cookie:
        cookie["token"] = token
    browser.get("/tasks")
    return browser


def text_in(engine: Engine, content: Content, phone: str, body: str, ago: timedelta = timedelta(0)) -> int:
    """A patient's text arrives; returns the message's id."""
    moment = clock.now() - ago
    with transaction(engine) as session:
        text = inbound.InboundText(
            sid=f"SM{abs(hash((phone, body, ago))):032x}", sender=phone, to=cast.CLINIC_PHONE, body=body
        )
        received = inbound.receive(session, content, text, moment)
    assert received.message_id is not None
    return received.message_id
