"""``aftercare content``: what is said, who signed it, and what a change of the files changes."""

import pytest
from click.testing import CliRunner, Result
from freezegun import freeze_time
from sqlalchemy import Engine

from assistant.commands.governing import governing
from assistant.db import transaction
from assistant.errors import Invalid
from assistant.services import content_history
from assistant.services.content import Content
from tests import events
from tests.cast import Cast
from tests.events import NOW
from tests.services.enrolling import post
from tests.services.governing import reworded


def run(engine: Engine, *arguments: str) -> Result:
    env = {"DATABASE_URL": engine.url.render_as_string(hide_password=False)}
    with freeze_time(NOW):
        return CliRunner().invoke(governing, arguments, env=env, catch_exceptions=True)


def record(engine: Engine, content: Content, **texts: str) -> None:
    """What the installation said last: the files, but for these texts."""
    catalog = reworded(content.catalog, **texts) if texts else content.catalog
    with transaction(engine) as session:
        content_history.record_live(session, catalog.editions.values(), NOW)


def test_the_status_names_every_text_and_whether_it_is_live(engine: Engine, clinic: Cast, content: Content) -> None:
    before = run(engine, "status").stdout.splitlines()
    record(engine, content)
    after = run(engine, "status").stdout.splitlines()

    assert len(before) == len(after) == len(content.catalog.editions)
    version = content.catalog.editions["mesotherapy_face", "en"].version
    assert f"mesotherapy_face en {version}: draft  (not live yet)" in before
    assert f"mesotherapy_face en {version}: draft" in after


def test_signing_says_what_was_signed_and_the_status_shows_it(engine: Engine, clinic: Cast, content: Content) -> None:
    record(engine, content)
    said = run(engine, "sign", "patch_test", "--language", "en", "--by", " Evans@example.com", "--note", "read")

    english, spanish = (content.catalog.editions["patch_test", language].version for language in ("en", "es"))
    assert said.stdout == f"patch_test en {english}: signed by Dr Evans, clinician\n"
    shown = run(engine, "status").stdout
    assert f"patch_test en {english}: signed by Dr Evans, clinician on 2026-11-23: read\n" in shown
    assert f"patch_test es {spanish}: draft\n" in shown


def test_everything_can_be_signed_at_once(engine: Engine, clinic: Cast, content: Content) -> None:
    run(engine, "sign", "all", "--by", "evans@example.com")

    assert ": draft" not in run(engine, "status").stdout


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["botox", "--by", "evans@example.com"], "NAME"),
        (["patch_test", "--by", "nobody@example.com"], "--by"),
        (["patch_test", "--by", "dana@example.com"], "staff"),
    ],
)
def test_a_signature_that_cannot_be_made_names_why(
    engine: Engine, clinic: Cast, arguments: list[str], field: str
) -> None:
    refused = run(engine, "sign", *arguments).exception

    assert isinstance(refused, Invalid)
    assert [problem.field for problem in refused.problems] == [field]


def test_a_change_of_the_files_is_shown_with_the_texts_it_is_about(
    engine: Engine, clinic: Cast, content: Content
) -> None:
    post(engine, content, events.completed())
    record(engine, content, day_5="As it was.")
    shown = run(engine, "diff").stdout.splitlines()

    version = content.catalog.editions["mesotherapy_face", "en"].version
    assert shown[0] == f"mesotherapy_face en, version {version} -> {version}"
    assert shown[1].startswith('  day_5: words: "As it was." -> "')
    assert shown[2] == "  The version is the same as before: count about.version up."
    assert shown[3] == (
        "Planned anew, the waiting texts of 1 patients would change: 1 other words, 0 another time, 0 dropped, 0 added."
    )


def test_files_that_say_what_is_live_have_no_difference(engine: Engine, clinic: Cast, content: Content) -> None:
    assert run(engine, "diff").stdout == "Nothing was live yet.\n"
    record(engine, content)
    assert run(engine, "diff").stdout == "The files say what was said before.\n"


def test_the_difference_from_what_was_signed_leaves_out_what_never_was(
    engine: Engine, clinic: Cast, content: Content
) -> None:
    assert run(engine, "diff", "--signed").stdout == "Nobody has signed anything yet.\n"
    run(engine, "sign", "patch_test", "--by", "evans@example.com")
    assert run(engine, "diff", "--signed").stdout == "The files say what was said before.\n"
