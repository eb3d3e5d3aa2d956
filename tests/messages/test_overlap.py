"""Several sessions of one patient: one reassurance a day, and no danger sign lost."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from messages import catalog
from messages.plan import PlannedMessage, QuietHours, merge_overlapping, plan

PARIS = ZoneInfo("Europe/Paris")
CONTENT = catalog.load()
MONDAY = datetime(2026, 11, 2, 10, tzinfo=PARIS)


def session(
    after_days: float,
    protocol: str = "mesotherapy_face",
    *,
    next_visit_at: datetime | None = None,
    first_time: bool = False,
) -> list[PlannedMessage]:
    session_at = MONDAY + timedelta(days=after_days)
    return plan(
        CONTENT.protocols[protocol],
        session_at=session_at,
        next_visit_at=next_visit_at,
        timezone=PARIS,
        quiet=QuietHours(time(21), time(9)),
        now=session_at,
        first_time=first_time,
    )


def merged(*plans: list[PlannedMessage]) -> list[dict[str, str | None]]:
    return [{message.key: message.skip_reason for message in plan} for plan in merge_overlapping(plans, timezone=PARIS)]


def test_one_session_is_left_as_it_is() -> None:
    assert merge_overlapping([session(0)], timezone=PARIS) == [session(0)]


def test_a_second_session_ends_the_check_ins_of_the_first() -> None:
    first, second = merged(session(0), session(2))

    assert first["day_1"] is None  # before the second session
    assert first["day_3"] == "merged: a later session has its own check-ins"
    assert second["day_1"] is None


def test_a_second_session_does_not_end_the_late_checks_of_the_first() -> None:
    first, _ = merged(session(0), session(7))

    assert [first[key] for key in ("day_14", "day_28", "day_56", "day_84")] == [None] * 4


def test_two_routine_texts_on_one_day_become_the_newest() -> None:
    first, second = merged(session(0), session(4))

    assert first["day_5"] == "merged: a later session has a text on this day"
    assert second["day_1"] is None


def test_two_late_checks_on_one_day_become_the_newest() -> None:
    first, second = merged(session(0), session(14))

    assert first["day_28"] == "merged: a later session asks the same on this day"
    assert second["day_14"] is None
    assert first["day_14"] is None  # the day of the second session: nothing there asks about lumps


def test_safety_texts_of_two_sessions_on_one_day_both_go_out() -> None:
    first, second = merged(session(0), session(0))

    assert first["day_0_warning"] is None
    assert second["day_0_warning"] is None


TWO_HOURS = 1 / 12


def first_texts(*plans: list[PlannedMessage]) -> list[tuple[str, ...]]:
    merged = merge_overlapping(plans, timezone=PARIS)
    return [m.parts for plan in merged for m in plan if m.key == "day_0" and m.skip_reason is None]


def test_a_face_and_a_scalp_treated_on_one_day_get_one_first_text_that_speaks_of_both() -> None:
    plans = session(0), session(TWO_HOURS, "mesotherapy_scalp")

    assert first_texts(*plans) == [("day_0", "mesotherapy_face.day_0_also")]
    first, _ = merged(*plans)
    assert first["day_0"] == "merged: the first text of a later session says it too on this day"


def test_three_treatments_on_one_day_get_one_first_text() -> None:
    plans = (
        session(0),
        session(TWO_HOURS, "mesotherapy_scalp"),
        session(2 * TWO_HOURS, "mesotherapy_hands_neck"),
    )

    assert first_texts(*plans) == [("day_0", "mesotherapy_scalp.day_0_also", "mesotherapy_face.day_0_also")]


def test_the_same_treatment_twice_on_one_day_is_not_told_twice() -> None:
    assert first_texts(session(0), session(TWO_HOURS)) == [("day_0",)]


def test_how_to_opt_out_is_not_lost_with_the_text_that_said_it() -> None:
    plans = session(0, first_time=True), session(TWO_HOURS, "mesotherapy_scalp")

    assert first_texts(*plans) == [("day_0", "mesotherapy_face.day_0_also", "opt_out_line")]


def test_a_first_text_that_speaks_of_a_visit_goes_out_by_itself() -> None:
    plans = session(0, next_visit_at=MONDAY + timedelta(days=7)), session(TWO_HOURS, "mesotherapy_scalp")

    assert first_texts(*plans) == [("day_0", "nsaid"), ("day_0",)]


def test_first_texts_of_different_days_both_go_out() -> None:
    assert first_texts(session(0), session(1, "mesotherapy_scalp")) == [("day_0",), ("day_0",)]


@pytest.mark.parametrize("language", CONTENT.languages)
def test_the_words_of_the_other_treatment_are_found(language: str) -> None:
    joined = CONTENT.joined(language, ("day_0", "mesotherapy_face.day_0_also"), "mesotherapy_scalp")

    assert joined.splitlines() == [
        CONTENT.text(language, "day_0", "mesotherapy_scalp"),
        CONTENT.text(language, "day_0_also", "mesotherapy_face"),
    ]


def test_every_day_with_a_routine_text_keeps_one() -> None:
    plans = [session(0), session(2), session(3)]

    kept = [
        message.due_at.astimezone(PARIS).date()
        for plan in merge_overlapping(plans, timezone=PARIS)
        for message in plan
        if message.skip_reason is None and not message.safety
    ]

    assert len(kept) == len(set(kept))


def test_a_text_does_not_give_way_to_one_that_is_not_sent_itself() -> None:
    first, second, _ = merged(session(0), session(2), session(3))

    assert second["day_3"] is not None  # day 5, ended by the third session
    assert first["day_5"] is None


def test_texts_about_the_next_visit_are_not_merged() -> None:
    visit_at = MONDAY + timedelta(days=20)

    first, _ = merged(session(0, next_visit_at=visit_at), session(12))

    assert first["nsaid"] is None  # day 13, when the second session has its check-in
    assert first["visit_reminder"] is None
