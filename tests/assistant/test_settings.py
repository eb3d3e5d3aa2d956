"""A bad or missing variable stops the start with one line that names it and the fix."""

from pathlib import Path

import pytest

from assistant.db import make_engine
from assistant.errors import SettingsError
from assistant.settings import DEFAULT_DATABASE_URL, Settings, load

SID = "AC" + "0" * 32


def test_nothing_set_means_sqlite_under_instance_and_a_list_of_what_is_missing() -> None:
    settings = load({})

    assert settings.database_url == DEFAULT_DATABASE_URL
    assert [line.split()[0] for line in settings.missing()] == [
        "PUBLIC_URL",
        "SECRET_KEY",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "SESSIONS_WEBHOOK_SECRET",
    ]


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("abc\n")

    assert load({"TWILIO_AUTH_TOKEN_FILE": str(secret)}).auth_tokens == ["abc"]


def test_a_secret_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsError, match="TWILIO_AUTH_TOKEN_FILE cannot be read: No such file"):
        load({"TWILIO_AUTH_TOKEN_FILE": "/nowhere/token"})


def test_two_tokens_are_both_accepted_while_one_replaces_the_other() -> None:
    assert load({"TWILIO_AUTH_TOKEN": "new, old"}).auth_tokens == ["new", "old"]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PUBLIC_URL", "care.example.com", "PUBLIC_URL must look like https"),
        ("PUBLIC_URL", "http://care.example.com", "PUBLIC_URL must start with https"),
        ("PUBLIC_URL", "https://care.example.com/?a=1", "PUBLIC_URL must be plain ASCII"),
        ("SECRET_KEY", "short", "SECRET_KEY must be 32 characters"),
        ("TWILIO_ACCOUNT_SID", "SK123", "TWILIO_ACCOUNT_SID must be the 34 characters"),
    ],
)
def test_a_wrong_value_is_named_with_its_fix(name: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        load({name: value})


def test_a_wrong_secret_is_not_repeated_in_the_error() -> None:
    with pytest.raises(SettingsError) as error:
        load({"SECRET_KEY": "hunter2"})

    assert "hunter2" not in str(error.value)


def test_a_fault_point_is_refused_where_the_world_can_reach_us() -> None:
    with pytest.raises(SettingsError, match="AFTERCARE_FAULT is for crash tests"):
        load({"AFTERCARE_FAULT": "send.claimed", "PUBLIC_URL": "https://care.example.com"})
    assert load({"AFTERCARE_FAULT": "send.claimed", "PUBLIC_URL": "http://127.0.0.1:8000"}).is_local


def test_a_trailing_slash_is_forgiven() -> None:
    assert load({"PUBLIC_URL": "https://care.example.com/"}).public_url == "https://care.example.com"


def test_every_variable_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_an_empty_variable_does_not_hide_its_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("k" * 32)

    settings = load({"SECRET_KEY": "", "SECRET_KEY_FILE": str(secret)})

    assert settings.secret_key.get_secret_value() == "k" * 32


def test_a_secret_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_bytes(b"\xff\xfe")

    with pytest.raises(SettingsError, match="SECRET_KEY_FILE cannot be read: it is not UTF-8"):
        load({"SECRET_KEY_FILE": str(secret)})


def test_a_token_of_commas_counts_as_missing() -> None:
    assert any(line.startswith("TWILIO_AUTH_TOKEN") for line in load({"TWILIO_AUTH_TOKEN": " , "}).missing())


@pytest.mark.parametrize("url", ["nonsense", "mysql://root@localhost/a"])
def test_another_kind_of_database_is_refused_with_the_two_there_are(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL must be like sqlite"):
        make_engine(url)
