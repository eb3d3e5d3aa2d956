"""Which texts a session and a visit bring: the cases that clinics know."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from messages import catalog
from messages.medicines import NSAID_WINDOW
from messages.plan import PlannedMessage, QuietHours, in_nsaid_window, plan, plan_visit
from messages.protocol import Protocol

MADRID = ZoneInfo("Europe/Madrid")
NIGHT = QuietHours(time(21), time(9))
PROTOCOLS = catalog.load().protocols
FACE, PATCH, BODY = (PROTOCOLS[name] for name in ("mesotherapy_face", "patch_test", "mesotherapy_body"))


def at(text: str) -> datetime:
    """An instant by the clock in Madrid: "2026-11-02 10:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=MADRID)


MONDAY = at("2026-11-02 10:00")


def planned(
    *,
    protocol: Protocol = FACE,
    session_at: datetime = MONDAY,
    next_visit_at: datetime | None = None,
    now: datetime | None = None,
    quiet: QuietHours = NIGHT,
    first_time: bool = False,
    again: bool = False,
) -> dict[str, PlannedMessage]:
    messages = plan(
        protocol,
        session_at=session_at,
        next_visit_at=next_visit_at,
        timezone=MADRID,
        quiet=quiet,
        now=now or session_at,
        first_time=first_time,
        again=again,
    )
    return {message.key: message for message in messages}


def visit(
    next_visit_at: datetime, *, now: datetime, told_at: datetime | None = None, protocol: Protocol = FACE
) -> dict[str, PlannedMessage]:
    messages = plan_visit(
        protocol,
        session_at=MONDAY,
        next_visit_at=next_visit_at,
        timezone=MADRID,
        quiet=NIGHT,
        now=now,
        nsaid_told_at=told_at,
    )
    return {message.key: message for message in messages}


def sent(messages: dict[str, PlannedMessage]) -> dict[str, datetime]:
    return {key: message.due_at for key, message in messages.items() if message.skip_reason is None}


# --- a session ----------------------------------------------------------------------------------------------


def test_a_session_brings_aftercare_check_ins_and_late_checks_until_week_12() -> None:
    assert sent(planned()) == {
        "day_0": at("2026-11-02 11:00"),
        "day_0_warning": at("2026-11-02 11:05"),
        "day_1": at("2026-11-03 10:00"),
        "day_3": at("2026-11-05 10:00"),
        "day_5": at("2026-11-07 10:00"),
        "day_14": at("2026-11-16 10:00"),
        "day_28": at("2026-11-30 10:00"),
        "day_56": at("2026-12-28 10:00"),
        "day_84": at("2027-01-25 10:00"),
    }


def test_a_patch_test_is_asked_about_at_24_48_and_96_hours() -> None:
    assert sent(planned(protocol=PATCH)) == {
        "patch_0": MONDAY + timedelta(hours=1),
        "patch_24": MONDAY + timedelta(hours=24),
        "patch_48": MONDAY + timedelta(hours=48),
        "patch_96": MONDAY + timedelta(hours=96),
    }


def test_ten_in_the_morning_stays_ten_after_the_clocks_change() -> None:
    before_summer_time = at("2026-03-28 15:00")

    assert planned(session_at=before_summer_time)["day_1"].due_at == datetime(2026, 3, 29, 8, tzinfo=UTC)


def test_days_are_counted_on_the_patients_calendar() -> None:
    late_evening = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)  # the 3rd in Madrid

    assert planned(session_at=late_evening)["day_1"].due_at == at("2026-11-04 10:00")


def test_warning_signs_do_not_wait_for_the_end_of_quiet_hours() -> None:
    evening = at("2026-11-02 20:30")

    due = sent(planned(session_at=evening))

    assert due["day_0"] == at("2026-11-02 21:30")
    assert due["day_0_warning"] == at("2026-11-02 21:35")


def test_routine_texts_wait_for_the_end_of_quiet_hours() -> None:
    late_riser = QuietHours(time(20), time(11))

    assert sent(planned(quiet=late_riser))["day_1"] == at("2026-11-03 11:00")


def test_a_text_that_could_only_go_out_after_its_time_is_skipped_with_the_reason() -> None:
    all_day = QuietHours(time(9, 30), time(9))

    skipped = planned(quiet=all_day)["day_1"]

    assert skipped.skip_reason == "quiet hours: open again 2026-11-04 09:00, to be sent by 2026-11-03 20:00"


def test_a_text_is_not_planned_for_the_very_moment_at_which_it_is_out_of_date() -> None:
    until_eight = QuietHours(time(9, 30), time(20))

    assert planned(quiet=until_eight)["day_1"].skip_reason is not None


def test_only_the_first_text_a_patient_ever_gets_says_how_to_opt_out() -> None:
    assert [m.key for m in planned(first_time=True).values() if "opt_out_line" in m.parts] == ["day_0"]
    assert [m.key for m in planned(first_time=False).values() if "opt_out_line" in m.parts] == []


def test_a_patient_who_has_had_the_treatment_before_gets_shorter_first_words_and_every_warning() -> None:
    messages = planned(again=True)

    assert messages["day_0"].parts == ("day_0_again",)
    assert messages["day_0_warning"].parts == ("day_0_warning",)
    assert sent(messages) == sent(planned(again=False))


def test_the_shorter_first_words_carry_the_nsaid_words_too() -> None:
    messages = planned(again=True, next_visit_at=MONDAY + timedelta(days=7))

    assert messages["day_0"].parts == ("day_0_again", "nsaid")


def test_a_protocol_without_shorter_first_words_sends_its_full_ones_again() -> None:
    assert planned(protocol=PATCH, again=True)["patch_0"].parts == ("patch_0",)


def test_a_session_of_the_body_is_asked_about_for_three_weeks() -> None:
    asked = [key for key, message in planned(protocol=BODY).items() if message.asks == "better_same_worse"]

    assert asked == ["day_1", "day_3", "day_7"]
    assert sent(planned(protocol=BODY))["day_21"] == MONDAY + timedelta(days=BODY.swelling_days)


# --- entered late -------------------------------------------------------------------------------------------


def test_a_session_entered_days_late_still_brings_the_warning_signs_at_once() -> None:
    entered = MONDAY + timedelta(days=2, hours=5)

    messages = planned(now=entered, first_time=True)

    assert sent(messages)["day_0_warning"] == entered
    assert messages["day_0_warning"].parts == ("day_0_warning", "opt_out_line")
    assert messages["day_0"].skip_reason == "too late: was to be sent by 2026-11-03 11:00"
    assert messages["day_1"].skip_reason == "too late: was to be sent by 2026-11-03 20:00"


def test_a_check_in_that_was_missed_is_not_made_up_for() -> None:
    entered = at("2026-11-03 12:00")

    assert planned(now=entered)["day_1"].skip_reason == "too late: was due 2026-11-03 10:00"


def test_a_text_that_waits_for_the_morning_is_not_late_at_night() -> None:
    early_riser = QuietHours(time(20), time(11))
    entered = at("2026-11-03 10:30")

    assert sent(planned(quiet=early_riser, now=entered))["day_1"] == at("2026-11-03 11:00")


def test_a_text_due_at_this_very_moment_is_sent() -> None:
    assert sent(planned(now=at("2026-11-03 10:00")))["day_1"] == at("2026-11-03 10:00")


def test_a_text_whose_time_ends_at_this_very_moment_is_too_late() -> None:
    reason = planned(now=at("2026-11-03 11:00"))["day_0"].skip_reason

    assert reason == "too late: was to be sent by 2026-11-03 11:00"


def test_a_late_check_that_was_missed_is_made_up_for_in_the_morning() -> None:
    assert sent(planned(now=at("2026-11-17 23:00")))["day_14"] == at("2026-11-18 09:00")


# --- the week before the next visit -------------------------------------------------------------------------


def test_a_visit_in_seven_days_puts_the_nsaid_words_into_the_text_of_day_0() -> None:
    messages = planned(next_visit_at=MONDAY + timedelta(days=7))

    assert messages["day_0"].parts == ("day_0", "nsaid")
    assert "nsaid" not in messages


def test_a_window_that_opens_later_on_day_0_is_told_in_the_text_of_day_0() -> None:
    messages = planned(next_visit_at=at("2026-11-09 19:00"))

    assert messages["day_0"].parts == ("day_0", "nsaid")


def test_a_visit_in_less_than_seven_days_asks_on_day_0_what_was_taken() -> None:
    messages = planned(next_visit_at=MONDAY + timedelta(days=5))

    assert messages["day_0"].parts == ("day_0", "nsaid_window_open")
    assert messages["day_0"].asks == "medicines_taken"


@pytest.mark.parametrize(("days", "opens"), [(10, "2026-11-05"), (14, "2026-11-09"), (28, "2026-11-23")])
def test_a_later_visit_is_prepared_seven_days_before(days: int, opens: str) -> None:
    messages = planned(next_visit_at=MONDAY + timedelta(days=days))

    assert sent(messages)["nsaid"] == at(f"{opens} 10:00")
    assert messages["nsaid"].parts == ("nsaid",)


def test_the_window_is_seven_times_24_hours_in_a_week_with_a_clock_change() -> None:
    visit_at = at("2026-04-01 10:00")  # the clock leaps on 29 March

    assert sent(planned(session_at=at("2026-03-10 10:00"), next_visit_at=visit_at))["nsaid"] == at("2026-03-25 09:00")


def test_when_day_0_is_over_the_nsaid_words_go_out_alone_and_ask() -> None:
    entered = MONDAY + timedelta(days=2)

    messages = planned(next_visit_at=MONDAY + timedelta(days=7), now=entered)

    assert messages["nsaid"].parts == ("nsaid_window_open",)
    assert sent(messages)["nsaid"] == entered


def test_day_0_made_up_for_on_the_next_day_asks_what_was_taken_since() -> None:
    entered = at("2026-11-03 09:30")

    assert planned(next_visit_at=at("2026-11-09 10:00"), now=entered)["day_0"].parts == (
        "day_0",
        "nsaid_window_open",
    )


def test_a_visit_that_is_already_over_adds_nothing_to_day_0() -> None:
    messages = planned(next_visit_at=MONDAY + timedelta(minutes=30))

    assert messages["day_0"].parts == ("day_0",)
    assert (messages["nsaid"].skip_reason or "").startswith("too late: ")


def test_the_window_constant_is_what_the_protocols_say() -> None:
    steps = [step for protocol in PROTOCOLS.values() for step in protocol.steps if step.key == "nsaid"]

    assert [step.before_hours for step in steps] == [NSAID_WINDOW / timedelta(hours=1)] * len(PROTOCOLS)


# --- a visit booked, moved ----------------------------------------------------------------------------------


def test_a_visit_is_reminded_of_a_day_before_and_never_in_its_last_two_hours() -> None:
    messages = visit(at("2026-12-14 10:00"), now=at("2026-11-10 12:00"))

    assert sent(messages) == {"nsaid": at("2026-12-07 10:00"), "visit_reminder": at("2026-12-13 10:00")}
    assert messages["visit_reminder"].send_by == at("2026-12-14 08:00")


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
@pytest.mark.parametrize(
    ("days", "opens"), [(7, "2026-11-02"), (14, "2026-11-09"), (28, "2026-11-23"), (56, "2026-12-21")]
)
def test_any_interval_brings_what_not_to_take_a_week_before_and_a_reminder(
    protocol: Protocol, days: int, opens: str
) -> None:
    next_visit_at = MONDAY + timedelta(days=days)

    messages = visit(next_visit_at, now=MONDAY, protocol=protocol)

    assert sent(messages) == {
        "nsaid": at(f"{opens} 10:00"),
        "visit_reminder": next_visit_at - timedelta(days=1),
    }
    assert messages["nsaid"].parts == ("nsaid",)


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_a_session_without_a_next_visit_brings_nothing_about_one(protocol: Protocol) -> None:
    assert {"nsaid", "visit_reminder"}.isdisjoint(planned(protocol=protocol))


def test_a_visit_booked_inside_its_window_is_told_at_once_and_asks() -> None:
    messages = visit(at("2026-11-14 10:00"), now=at("2026-11-10 12:00"))

    assert sent(messages)["nsaid"] == at("2026-11-10 12:00")
    assert messages["nsaid"].parts == ("nsaid_window_open",)
    assert messages["nsaid"].asks == "medicines_taken"


def test_a_visit_booked_the_moment_its_window_opens_is_not_late() -> None:
    assert visit(at("2026-11-17 12:00"), now=at("2026-11-10 12:00"))["nsaid"].parts == ("nsaid",)


def test_a_visit_known_before_the_session_brings_nothing_before_it() -> None:
    messages = visit(MONDAY + timedelta(days=5), now=MONDAY - timedelta(days=1))

    assert sent(messages)["nsaid"] == MONDAY


def test_at_once_waits_for_the_end_of_quiet_hours() -> None:
    assert sent(visit(at("2026-11-14 10:00"), now=at("2026-11-10 22:00")))["nsaid"] == at("2026-11-11 09:00")


def test_a_visit_moved_earlier_into_its_window_is_told_once_at_once() -> None:
    moved = at("2026-11-20 12:00")

    assert sent(visit(at("2026-11-25 10:00"), now=moved))["nsaid"] == moved
    again = visit(at("2026-11-25 11:00"), now=moved + timedelta(hours=1), told_at=moved)
    assert again["nsaid"].skip_reason == "already told: 2026-11-20 12:00, inside the window of this visit"


def test_a_visit_moved_later_after_the_telling_waits_for_its_new_window() -> None:
    told = at("2026-11-10 10:00")

    messages = visit(at("2026-12-01 10:00"), now=at("2026-11-12 12:00"), told_at=told)

    assert sent(messages)["nsaid"] == at("2026-11-24 10:00")
    assert messages["nsaid"].parts == ("nsaid",)


def test_told_for_an_earlier_date_is_told_again_when_the_new_window_is_open() -> None:
    told = at("2026-11-01 10:00")

    messages = visit(at("2026-11-20 10:00"), now=at("2026-11-15 12:00"), told_at=told)

    assert sent(messages)["nsaid"] == at("2026-11-15 12:00")


def test_a_visit_moved_to_tomorrow_is_reminded_of_with_its_new_time() -> None:
    assert sent(visit(at("2026-11-11 09:30"), now=at("2026-11-10 12:00")))["visit_reminder"] == at("2026-11-10 12:00")


def test_a_visit_in_an_hour_brings_nothing() -> None:
    messages = visit(at("2026-11-10 13:00"), now=at("2026-11-10 12:00"))

    assert sent(messages) == {}
    assert all((message.skip_reason or "").startswith("too late: ") for message in messages.values())


@pytest.mark.parametrize(
    ("now", "inside"),
    [
        ("2026-11-02 09:59", False),
        ("2026-11-02 10:00", True),
        ("2026-11-09 09:59", True),
        ("2026-11-09 10:00", False),
    ],
)
def test_the_window_runs_from_seven_days_before_until_the_visit(now: str, inside: bool) -> None:
    assert in_nsaid_window(at("2026-11-09 10:00"), at(now)) is inside
