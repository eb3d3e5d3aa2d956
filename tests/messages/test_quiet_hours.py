"""Quiet hours on the patient's clock, on ordinary nights and when the clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messages.quiet import QuietHours, first_instant
from tests.messages import oracle
from tests.messages.zones import CHANGES

NEW_YORK = ZoneInfo("America/New_York")
NIGHT = QuietHours(time(21), time(9))


def new_york(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-22 20:59", "2026-11-22 20:59"),
        ("2026-11-22 21:00", "2026-11-23 09:00"),
        ("2026-11-23 00:00", "2026-11-23 09:00"),
        ("2026-11-23 08:59", "2026-11-23 09:00"),
        ("2026-11-23 09:00", "2026-11-23 09:00"),
    ],
)
def test_a_night_is_quiet_from_its_first_minute_until_its_last(at: str, opens: str) -> None:
    assert NIGHT.next_open(new_york(at), NEW_YORK) == new_york(opens)


def test_a_rest_at_noon_does_not_run_over_midnight() -> None:
    rest = QuietHours(time(13), time(15))

    assert rest.next_open(new_york("2026-11-22 13:30"), NEW_YORK) == new_york("2026-11-22 15:00")
    assert rest.next_open(new_york("2026-11-22 23:30"), NEW_YORK) == new_york("2026-11-22 23:30")


def test_equal_times_mean_no_quiet_hours() -> None:
    assert not QuietHours(time(9), time(9)).covers(new_york("2026-11-22 09:00"), NEW_YORK)


def test_an_end_that_the_clock_leaps_over_is_the_moment_of_the_leap() -> None:
    quiet = QuietHours(time(21), time(2, 30))

    opens = quiet.next_open(new_york("2026-03-07 22:30"), NEW_YORK)

    assert opens == datetime(2026, 3, 8, 7, tzinfo=UTC)  # 02:00 became 03:00


def test_in_the_hour_that_comes_twice_the_end_that_is_still_ahead_counts() -> None:
    quiet = QuietHours(time(21), time(1, 30))
    second_ten_past_one = new_york("2026-11-01 01:10").replace(fold=1)

    opens = quiet.next_open(second_ten_past_one, NEW_YORK)

    assert opens == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_an_end_that_leaps_into_quiet_again_waits_for_the_next() -> None:
    almost_always = QuietHours(time(2, 45), time(2, 30))

    opens = almost_always.next_open(new_york("2026-03-07 22:30"), NEW_YORK)

    assert opens == new_york("2026-03-09 02:30")


def test_a_time_that_comes_twice_means_its_first_showing() -> None:
    assert first_instant(date(2026, 11, 1), time(1, 30), NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(st.data())
def test_around_every_change_of_the_clock_texts_wait_exactly_until_it_is_not_quiet(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name, changes in CHANGES.items() if changes]))
    zone, change = ZoneInfo(name), data.draw(st.sampled_from(CHANGES[name]))
    near = st.integers(-130, 130).map(lambda minutes: timedelta(minutes=minutes))
    end = oracle.wall(change + data.draw(near), zone).time()
    length = data.draw(st.one_of(st.integers(1, 300), st.integers(1380, 1439)))
    start = (datetime.combine(date(2000, 1, 2), end) - timedelta(minutes=length)).time()
    quiet, at = QuietHours(start, end), change + data.draw(near)

    assert quiet.covers(at, zone) == oracle.is_quiet(at, zone, quiet)
    assert quiet.next_open(at, zone) == oracle.first_open(at, zone, quiet)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
def test_around_every_change_a_local_time_is_the_first_instant_that_shows_it(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name, changes in CHANGES.items() if changes]))
    zone, change = ZoneInfo(name), data.draw(st.sampled_from(CHANGES[name]))
    day = oracle.wall(change, zone).date()
    at = data.draw(st.builds(time, st.integers(0, 22), st.integers(0, 59)))

    assert first_instant(day, at, zone) == oracle.first_showing(day, at, zone)
