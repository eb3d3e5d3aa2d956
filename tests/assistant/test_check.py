"""``aftercare check`` names what is missing for going live, in words."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from assistant import check
from assistant.db import transaction
from assistant.models import EscalationStep
from tests import cast
from tests.fakes.twilio_server import FakeTwilio

LIVE = {
    "PUBLIC_URL": "https://care.invalid",
    "TWILIO_API_BASE_URL": "http://127.0.0.1:9",  # nobody answers there
    "SECRET_KEY": "k" * 32,
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "token",
    "SESSIONS_WEBHOOK_SECRET": "secret",
}


def lines(environ: dict[str, str]) -> list[str]:
    return [str(finding) for finding in check.findings(environ) if finding.blocks]


def test_a_bare_machine_is_told_every_variable_and_to_migrate(tmp_path: Path) -> None:
    found = lines({"DATABASE_URL": f"sqlite:///{tmp_path}/new.db"})

    assert [line.split()[2] for line in found[:5]] == [
        "PUBLIC_URL",
        "SECRET_KEY",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "SESSIONS_WEBHOOK_SECRET",
    ]
    assert "run aftercare migrate" in found[-1]


def test_an_installation_without_a_clinic_is_told_how_to_add_one(database_url: str) -> None:
    assert "aftercare clinic add" in lines(LIVE | {"DATABASE_URL": database_url})[-1]


def test_a_clinic_whose_ladder_is_empty_is_named(engine: Engine, clinic: cast.Cast, database_url: str) -> None:
    with transaction(engine) as session:
        for step in session.exec(select(EscalationStep)):
            session.delete(step)

    assert lines(LIVE | {"DATABASE_URL": database_url}) == [
        "MISSING  clinic main: nobody is paged: aftercare staff add NAME ... --on-call"
    ]


def test_with_everything_in_place_nothing_stands_in_the_way(clinic: cast.Cast, database_url: str) -> None:
    assert lines(LIVE | {"DATABASE_URL": database_url}) == []


def test_content_without_a_signature_is_noted_but_does_not_block(clinic: cast.Cast, database_url: str) -> None:
    notes = [str(line) for line in check.findings(LIVE | {"DATABASE_URL": database_url}) if not line.blocks]

    assert any("not signed by a clinician" in note and "face mesotherapy" in note for note in notes)


@pytest.mark.parametrize("url", ["sqlite:////proc/nowhere/a.db", "postgresql://127.0.0.1:1/none"])
def test_a_database_that_does_not_answer_is_named(url: str) -> None:
    assert "DATABASE_URL" in lines(LIVE | {"DATABASE_URL": url})[-1]


def test_a_public_address_on_this_machine_cannot_be_reached_by_the_provider(database_url: str) -> None:
    found = lines(LIVE | {"DATABASE_URL": database_url, "PUBLIC_URL": "http://127.0.0.1:8000"})

    assert any("Twilio cannot reach it" in line for line in found)


def test_an_account_that_the_provider_refuses_is_named(clinic: cast.Cast, database_url: str) -> None:
    with FakeTwilio() as twilio:
        twilio.behave(mode="401")
        found = lines(LIVE | {"DATABASE_URL": database_url, "TWILIO_API_BASE_URL": twilio.url})

    assert found == ["MISSING  Twilio: it refuses TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN: check both"]


def test_a_public_address_that_does_not_answer_is_noted(clinic: cast.Cast, database_url: str) -> None:
    notes = [str(line) for line in check.findings(LIVE | {"DATABASE_URL": database_url}) if not line.blocks]

    assert any(note.startswith("NOTE     PUBLIC_URL: https://care.invalid/healthz does not answer") for note in notes)


def test_a_sender_that_is_no_number_is_named(database_url: str) -> None:
    assert any(
        "TWILIO_FROM must be" in line for line in lines(LIVE | {"DATABASE_URL": database_url, "TWILIO_FROM": "banana"})
    )
