"""What a change of the content would do to texts that wait, counted before it is made."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from messages import catalog
from messages.edition import Edition
from messages.quiet import QuietHours
from messages.under_way import Course, Effect, Waiting, effect

CONTENT = catalog.load()
FACE = CONTENT.editions["mesotherapy_face", "en"]
OLD = {("mesotherapy_face", "en"): FACE}

SESSION_AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
NOW = SESSION_AT + timedelta(days=2)
ANN = Course(
    patient_id=1,
    session_id=10,
    protocol="mesotherapy_face",
    language="en",
    session_at=SESSION_AT,
    visit_at=None,
    of_visit=False,
    again=False,
    timezone=ZoneInfo("America/New_York"),
    quiet=QuietHours(time(20), time(9)),
)
ANNS_VISIT = replace(ANN, visit_at=SESSION_AT + timedelta(days=14), of_visit=True)
WAITING = (
    Waiting(100, "day_3", ANN, SESSION_AT),
    Waiting(101, "day_5", ANN, SESSION_AT),
    Waiting(102, "visit_reminder", ANNS_VISIT, SESSION_AT),
)


def changed(texts: dict[str, str] | None = None, **steps: dict[str, Any] | None) -> dict[tuple[str, str], Edition]:
    """The content with other texts and steps; a step that is None is gone, one that was not there is new."""
    assert FACE.timing is not None
    kept = [
        {**step, **(steps.get(step["key"]) or {})}
        for step in FACE.timing["steps"]
        if steps.get(step["key"], {}) is not None
    ]
    known = {step["key"] for step in FACE.timing["steps"]}
    new = [{"key": key, **step} for key, step in steps.items() if key not in known and step is not None]
    timing = {**FACE.timing, "steps": [*kept, *new]}
    return {("mesotherapy_face", "en"): replace(FACE, timing=timing, texts={**FACE.texts, **(texts or {})})}


def of(new: dict[tuple[str, str], Edition], waiting: tuple[Waiting, ...] = WAITING, now: datetime = NOW) -> Effect:
    return effect(waiting, OLD, new, now)


def test_the_same_content_changes_nothing() -> None:
    assert of(OLD) == Effect((), (), (), (), 0)


def test_other_words_change_the_texts_that_say_them() -> None:
    assert of(changed({"day_5": "Other words."})) == Effect((101,), (), (), (), 1)


def test_words_that_nobody_waits_for_change_nothing() -> None:
    assert of(changed({"day_1": "Other words."})) == Effect((), (), (), (), 0)


def test_the_line_about_opting_out_counts_for_the_text_that_carries_it() -> None:
    waiting = (Waiting(100, "day_3", ANN, SESSION_AT, says_how_to_opt_out=True), WAITING[1])

    assert of(changed({"opt_out_line": "STOP ends them."}), waiting).words == (100,)


def test_the_shorter_words_count_for_a_patient_who_had_the_treatment_before() -> None:
    first, again = Waiting(1, "day_0", ANN, SESSION_AT), Waiting(2, "day_0", replace(ANN, again=True), SESSION_AT)

    assert of(changed({"day_0_again": "As last time."}), (first, again), SESSION_AT).words == (2,)


def test_another_hour_moves_a_text() -> None:
    assert of(changed(day_3={"at": "12:00:00"})) == Effect((), (100,), (), (), 1)


def test_an_hour_inside_the_quiet_hours_moves_a_text_to_their_end() -> None:
    assert of(changed(day_3={"at": "09:30:00"})).moved == (100,)
    assert of(changed(day_3={"at": "21:00:00", "send_by_hours": 5})).dropped == (100,)


def test_a_text_before_the_visit_moves_with_its_step() -> None:
    assert of(changed(visit_reminder={"before_hours": 48})).moved == (102,)


def test_a_step_that_is_gone_drops_its_texts() -> None:
    assert of(changed(day_5=None)) == Effect((), (), (101,), (), 1)


def test_a_step_whose_new_moment_has_passed_is_dropped_unless_it_may_be_late() -> None:
    assert of(changed(day_3={"day": 1})).dropped == (100,)
    assert of(changed(day_3={"day": 1, "send_by_hours": 72, "late": "send"})).moved == (100,)


def test_a_text_that_is_late_with_unchanged_timing_is_left_alone() -> None:
    assert of(changed({"day_5": "Other."}), now=SESSION_AT + timedelta(days=4)).dropped == ()


def test_a_new_step_adds_one_text_a_session_if_it_is_still_to_come() -> None:
    later = {"anchor": "session", "day": 6, "at": "10:00:00", "send_by_hours": 12}
    passed = {"anchor": "session", "day": 0, "at": "18:00:00", "send_by_hours": 12}

    assert of(changed(day_6=later)) == Effect((), (), (), ((10, "day_6"),), 1)
    assert of(changed(day_half=passed)).added == ()


def test_a_new_step_before_the_visit_is_added_for_who_has_a_visit() -> None:
    step = {"anchor": "next_visit", "before_hours": 72, "send_by_hours": 24}

    assert of(changed(parking=step)).added == ((10, "parking"),)
    assert of(changed(parking=step), WAITING[:2]).added == ()


def test_patients_are_counted_once() -> None:
    assert of(changed({"day_3": "A.", "day_5": "B."})).patients == 1


def test_another_language_is_not_concerned() -> None:
    spanish = Waiting(200, "day_5", replace(ANN, language="es", patient_id=2), SESSION_AT)
    old = OLD | {("mesotherapy_face", "es"): CONTENT.editions["mesotherapy_face", "es"]}
    new = changed({"day_5": "Other words."}) | {("mesotherapy_face", "es"): old["mesotherapy_face", "es"]}

    assert effect((*WAITING, spanish), old, new, NOW).words == (101,)


def test_a_protocol_that_is_gone_drops_everything() -> None:
    assert of({}).dropped == (100, 101, 102)


def test_a_text_that_the_earlier_content_did_not_have_is_left_out() -> None:
    assert effect((Waiting(1, "day_2", ANN, SESSION_AT),), OLD, {}, NOW) == Effect((), (), (), (), 0)
