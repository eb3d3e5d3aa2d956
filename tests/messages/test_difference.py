"""A change of wording or timing reads as lines of what is other than before, and nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from messages import catalog
from messages.difference import Change, Kind, diff
from messages.edition import Edition

CONTENT = catalog.load()
FACE = CONTENT.editions["mesotherapy_face", "en"]
REPLIES = CONTENT.editions["replies", "en"]


def with_step(key: str, **entries: Any) -> Edition:
    """The face protocol with one step that says something else; None removes an entry."""
    assert FACE.timing is not None
    steps = [
        {name: value for name, value in {**step, **entries}.items() if value is not None}
        if step["key"] == key
        else step
        for step in FACE.timing["steps"]
    ]
    return replace(FACE, timing={**FACE.timing, "steps": steps})


def without_step(key: str) -> Edition:
    assert FACE.timing is not None
    steps = [step for step in FACE.timing["steps"] if step["key"] != key]
    texts = {name: text for name, text in FACE.texts.items() if name != key}
    return replace(FACE, timing={**FACE.timing, "steps": steps}, texts=texts)


def lines(old: Edition | None, new: Edition | None) -> list[str]:
    return [str(change) for change in diff(old, new)]


def test_the_same_content_has_no_difference() -> None:
    assert diff(FACE, FACE) == []


def test_a_new_version_number_alone_is_no_difference() -> None:
    assert diff(FACE, replace(FACE, about=FACE.about.model_copy(update={"version": 2}))) == []


def test_changed_words_are_shown_with_what_they_were() -> None:
    text = FACE.texts["day_5"]
    changed = replace(FACE, texts={**FACE.texts, "day_5": text.replace("gone by today", "gone by tomorrow")})

    assert lines(FACE, changed) == ['day_5: words: "gone by today. If any" -> "gone by tomorrow. If any"']
    assert diff(FACE, changed) == [Change("day_5", Kind.WORDS, text, changed.texts["day_5"])]


def test_two_changes_far_apart_in_one_text_are_two_stretches() -> None:
    text = FACE.texts["day_5"].replace("swelling of", "puffiness of").replace("two weeks", "ten days")

    assert lines(FACE, replace(FACE, texts={**FACE.texts, "day_5": text})) == [
        'day_5: words: "{clinic}: swelling of the" -> "{clinic}: puffiness of the"; '
        '"can take two weeks to go." -> "can take ten days to go."'
    ]


@pytest.mark.parametrize(
    ("entries", "line"),
    [
        ({"at": "18:30:00"}, "day_3: time: day 3 at 10:00 -> day 3 at 18:30"),
        ({"day": 4}, "day_3: time: day 3 at 10:00 -> day 4 at 10:00"),
        (
            {"day": None, "at": None, "after_hours": 71.5},
            "day_3: time: day 3 at 10:00 -> 71 h 30 min after the session",
        ),
        ({"send_by_hours": 12}, "day_3: send by: within 24 h -> within 12 h"),
        ({"send_by_hours": 72}, "day_3: send by: within 24 h -> within 3 days"),
        ({"message_class": "alert"}, "day_3: class: guidance -> alert"),
        ({"late": "send"}, "day_3: rule: late drop -> late send"),
        ({"asks": None}, "day_3: rule: asks better_same_worse -> no asks"),
        ({"subject": "lumps"}, "day_3: rule: no subject -> subject lumps"),
    ],
)
def test_changed_timing_is_said_in_words(entries: dict[str, Any], line: str) -> None:
    assert lines(FACE, with_step("day_3", **entries)) == [line]


def test_a_text_before_a_visit_counts_back_from_it() -> None:
    assert lines(FACE, with_step("visit_reminder", before_hours=48)) == [
        "visit_reminder: time: 24 h before the next visit -> 2 days before the next visit"
    ]


def test_a_step_that_is_gone_is_told_with_its_words() -> None:
    assert lines(FACE, without_step("day_5")) == [
        "day_5: removed: a step, day 5 at 10:00, to be sent within 12 h, guidance",
        f'day_5: removed: "{FACE.texts["day_5"]}"',
    ]


def test_a_new_step_is_told_with_its_words() -> None:
    assert lines(without_step("day_5"), FACE) == [
        "day_5: added: a step, day 5 at 10:00, to be sent within 12 h, guidance",
        f'day_5: added: "{FACE.texts["day_5"]}"',
    ]


def test_what_holds_for_the_whole_protocol_is_told_too() -> None:
    assert FACE.timing is not None
    changed = replace(FACE, timing={**FACE.timing, "swelling_days": 7})

    assert lines(FACE, changed) == ["protocol: rule: swelling_days 5 -> swelling_days 7"]


def test_the_words_of_a_step_follow_its_timing() -> None:
    moved = with_step("day_1", day=2)
    texts = {**FACE.texts, "day_1": "One.", "day_0_again": "Two.", "title": "Three."}

    changed = [(change.key, change.kind) for change in diff(FACE, replace(moved, texts=texts))]
    assert changed == [
        ("day_0_again", Kind.WORDS),
        ("day_1", Kind.TIME),
        ("day_1", Kind.WORDS),
        ("title", Kind.WORDS),
    ]


def test_words_without_timing_are_compared_too() -> None:
    changed = replace(REPLIES, texts={**REPLIES.texts, "thanks": "Bye."})

    assert [change.key for change in diff(REPLIES, changed)] == ["thanks"]


def test_an_edition_that_was_not_there_is_all_new() -> None:
    assert {change.kind for change in diff(None, FACE)} == {Kind.ADDED}
    assert {change.kind for change in diff(FACE, None)} == {Kind.REMOVED}


def test_an_edition_can_be_kept_as_json_and_read_back() -> None:
    for edition in CONTENT.editions.values():
        again = Edition.from_json(edition.name, edition.language, edition.as_json())
        assert again == edition
        assert again.sha256 == edition.sha256


def test_the_digest_changes_with_the_words_and_with_the_timing_and_with_nothing_else() -> None:
    assert with_step("day_3", send_by_hours=25).sha256 != FACE.sha256
    assert replace(FACE, texts={**FACE.texts, "day_5": "x"}).sha256 != FACE.sha256
    assert replace(FACE, about=FACE.about.model_copy(update={"reviewer": "Dr Evans"})).sha256 == FACE.sha256


def test_every_file_of_words_can_be_signed_but_the_rules_for_them() -> None:
    names = {"replies", "areas", "dates", *CONTENT.protocols}
    wanted = {(name, language) for name in names for language in CONTENT.languages} | {("staff", "en")}

    assert set(CONTENT.editions) == wanted
