"""The commands ``preview`` and ``enrol``."""

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from freezegun import freeze_time
from sqlalchemy import Engine
from sqlmodel import select

from assistant.commands.enrolling import enrol
from assistant.commands.previewing import lines_of
from assistant.db import transaction
from assistant.errors import Invalid
from assistant.models import Patient
from assistant.services.content import Content
from tests import events
from tests.cast import Cast
from tests.events import NOW

NEW_YORK = ZoneInfo("America/New_York")


def preview(content: Content, **changes: object) -> str:
    options: dict[str, object] = {
        "protocol": "mesotherapy_face",
        "session_at": datetime(2026, 11, 22, 10, 0, tzinfo=NEW_YORK),
        "next_visit_at": None,
        "timezone": NEW_YORK,
        "language": "en",
        "as_json": False,
    }
    return lines_of(content, **(options | changes))  # type: ignore[arg-type]


def test_a_preview_has_every_text_with_its_local_day_hour_and_segments(content: Content) -> None:
    visit = datetime(2026, 12, 22, 10, 0, tzinfo=NEW_YORK)
    shown = json.loads(preview(content, next_visit_at=visit, as_json=True))

    assert [line["key"] for line in shown][:3] == ["day_0", "day_0_warning", "day_1"]
    first, nsaid = shown[0], next(line for line in shown if line["key"] == "nsaid")
    assert (first["day"], first["time"], first["due_at"]) == ("2026-11-22", "11:00", "2026-11-22T16:00:00+00:00")
    assert (nsaid["day"], nsaid["time"]) == ("2026-12-15", "10:00")
    assert "Tue 22 Dec at 10:00" in nsaid["text"]
    assert all(line["segments"] >= 1 and "{" not in line["text"] for line in shown)


def test_a_preview_in_words_says_whether_it_was_reviewed_and_where_to_see_who_signed(content: Content) -> None:
    shown = preview(content, language="es").splitlines()
    assert shown[0].startswith("Version 1 of 2026-11-22, not reviewed; who signed it: aftercare content.")
    assert shown[2].startswith("Sun 2026-11-22 11:00  day_0")
    assert shown[-1].endswith("segments.")


def test_a_preview_of_what_there_is_not_names_everything_at_once(content: Content) -> None:
    earlier = datetime(2026, 11, 1, 10, 0, tzinfo=NEW_YORK)
    with pytest.raises(Invalid) as refused:
        preview(content, protocol="botox", language="xx", next_visit_at=earlier)
    assert [one.field for one in refused.value.problems] == ["PROTOCOL", "--language", "--next-visit"]


def run_enrol(engine: Engine, path: Path) -> Result:
    env = {"DATABASE_URL": engine.url.render_as_string(hide_password=False)}
    with freeze_time(NOW):
        return CliRunner().invoke(enrol, [str(path)], env=env)


def test_an_event_in_a_file_is_done_as_if_it_had_been_posted(engine: Engine, clinic: Cast, tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_bytes(events.body(events.completed()))
    first = run_enrol(engine, path)

    assert json.loads(first.stdout)["messages"][0]["key"] == "day_0"
    assert run_enrol(engine, path).stdout == first.stdout
    with transaction(engine) as session:
        assert session.exec(select(Patient.name)).all() == ["Ann Lee"]


def test_a_file_with_problems_names_them_all(engine: Engine, clinic: Cast, tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_bytes(events.body(events.completed(patient={"name": "x@y", "language": "fr"})))
    refused = run_enrol(engine, path).exception
    assert isinstance(refused, Invalid)
    assert [one.field for one in refused.problems] == ["patient.name", "patient.language"]
