"""Words that no clinician signed are called a draft wherever staff see them, and no longer once they are signed."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from assistant.db import transaction
from assistant.services.content import Content
from tests import cast, events
from tests.services.enrolling import post
from tests.services.governing import sign
from tests.web.conftest import NOW, Browser, text_in

DRAFT = "Draft: not signed by a clinician"
SCREENS = ("/inbox", "/concerns/1", "/patients/1", "/conversations/1")


@pytest.fixture
def ann(engine: Engine, clinic: cast.Cast, content: Content, dana: Browser) -> Browser:
    """Ann was treated an hour ago and worries; Dana looks."""
    moments = {"session": {"performed_at": "2026-03-10T10:00:00-04:00"}, "consent": {"at": "2026-03-10T09:50:00-04:00"}}
    post(engine, content, events.completed(**moments), NOW)
    text_in(engine, content, cast.ANN, "my cheek is hot and there is pus", timedelta(minutes=1))
    return dana


def sign_all(engine: Engine, clinic: cast.Cast, content: Content, *languages: str) -> None:
    with transaction(engine) as session:
        for name, language in content.catalog.editions:
            if language in languages:
                sign(session, content.catalog, clinic.evans_id, NOW, (name, language))


@pytest.mark.parametrize("path", SCREENS)
def test_every_screen_that_is_about_a_treatment_says_draft(ann: Browser, path: str) -> None:
    assert DRAFT in ann.get(path).text


@pytest.mark.parametrize("path", SCREENS)
def test_no_screen_says_draft_once_everything_is_signed(
    engine: Engine, clinic: cast.Cast, content: Content, ann: Browser, path: str
) -> None:
    sign_all(engine, clinic, content, "en", "es")

    assert DRAFT not in ann.get(path).text


def test_signing_the_patients_language_leaves_the_others_named_on_the_board(
    engine: Engine, clinic: cast.Cast, content: Content, ann: Browser
) -> None:
    sign_all(engine, clinic, content, "en")

    assert "face mesotherapy (es)" in ann.get("/inbox").text
    assert DRAFT not in ann.get("/patients/1").text


def test_the_form_to_enrol_names_the_drafts_among_the_protocols(
    engine: Engine, clinic: cast.Cast, content: Content, dana: Browser
) -> None:
    assert "face mesotherapy (draft)" in dana.get("/enrol").text
    sign_all(engine, clinic, content, "en", "es")
    assert "(draft)" not in dana.get("/enrol").text
