"""Whom to page, and when to look again."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from assistant.rules.escalation import (
    EMPTY_LADDER_WAIT,
    Progress,
    Rung,
    advance,
    call_by,
    first_page_at,
    next_open,
    recheck_at,
    tell_nobody_at,
)
from assistant.rules.states import ConcernStatus
from assistant.rules.verdict import Category
from messages.quiet import QuietHours

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # Tuesday, 12:00 in New York
NEW_YORK = ZoneInfo("America/New_York")
DANA, EVANS = 1, 2
LADDER = [Rung(DANA, timedelta(minutes=5)), Rung(EVANS, timedelta(minutes=10))]
WEEKDAYS = {str(day): ["09:00", "18:00"] for day in range(5)}


def progress(**changes: object) -> Progress:
    values: dict[str, object] = {
        "severity": Category.URGENT,
        "status": ConcernStatus.OPEN,
        "rung": 0,
        "next_page_at": NOON,
        "tell_nobody_at": NOON + timedelta(minutes=15),
    }
    return Progress(**(values | changes))  # type: ignore[arg-type]


def test_the_first_rung_is_paged_at_once_and_then_given_its_wait() -> None:
    result = advance(LADDER, progress(), NOON)

    assert (result.page, result.rung, result.next_page_at) == ((DANA,), 1, NOON + timedelta(minutes=5))


def test_nobody_is_paged_before_the_wait_is_over() -> None:
    result = advance(LADDER, progress(rung=1, next_page_at=NOON + timedelta(minutes=5)), NOON + timedelta(minutes=4))

    assert result.page == ()
    assert result.next_page_at == NOON + timedelta(minutes=5)


def test_the_last_rung_is_paged_again_for_ever() -> None:
    concern = progress(rung=1)
    for _ in range(1000):
        now = concern.next_page_at
        assert now is not None
        result = advance(LADDER, concern, now)
        assert result.page == (EVANS,)
        concern = progress(rung=result.rung, next_page_at=result.next_page_at, tell_nobody_at=None)

    assert concern.next_page_at == NOON + 1000 * timedelta(minutes=10)


def test_a_resolved_concern_pages_nobody() -> None:
    assert advance(LADDER, progress(status=ConcernStatus.RESOLVED), NOON).page == ()


def test_an_acknowledgement_keeps_the_ladder_quiet_until_its_deadline() -> None:
    held = progress(status=ConcernStatus.ACKNOWLEDGED, holder_id=DANA, next_page_at=NOON + timedelta(minutes=30))

    assert advance(LADDER, held, NOON + timedelta(minutes=29)).page == ()


def test_an_acknowledgement_that_ran_out_pages_its_holder_and_the_foot_of_the_ladder() -> None:
    held = progress(status=ConcernStatus.ACKNOWLEDGED, holder_id=EVANS, rung=1)

    result = advance(LADDER, held, NOON)

    assert (result.page, result.overdue_id, result.rung) == ((EVANS, DANA), EVANS, 1)


def test_a_holder_who_is_the_first_rung_is_paged_once_when_the_deadline_passes() -> None:
    held = progress(status=ConcernStatus.ACKNOWLEDGED, holder_id=DANA)

    assert advance(LADDER, held, NOON).page == (DANA,)


def test_the_patient_is_told_that_nobody_has_read_it_when_that_time_has_come() -> None:
    waiting = progress(next_page_at=NOON + timedelta(minutes=3), tell_nobody_at=NOON)

    assert advance(LADDER, waiting, NOON).tell_nobody
    assert not advance(LADDER, waiting, NOON - timedelta(seconds=1)).tell_nobody


def test_a_patient_whose_concern_is_held_is_not_told_that_nobody_has_read_it() -> None:
    held = progress(status=ConcernStatus.ACKNOWLEDGED, holder_id=DANA, next_page_at=NOON + timedelta(minutes=9))

    assert not advance(LADDER, held, NOON + timedelta(minutes=20)).tell_nobody


def test_an_empty_ladder_is_looked_at_again_instead_of_given_up() -> None:
    result = advance([], progress(), NOON)

    assert (result.page, result.next_page_at) == ((), NOON + EMPTY_LADDER_WAIT)


def test_a_concern_that_can_wait_gives_each_person_longer() -> None:
    result = advance(LADDER, progress(severity=Category.CONCERN), NOON)

    assert result.next_page_at == NOON + timedelta(minutes=30)


def test_a_ladder_that_was_shortened_meanwhile_repeats_its_last_rung() -> None:
    assert advance(LADDER[:1], progress(rung=4), NOON).page == (DANA,)


@pytest.mark.parametrize(
    ("local", "opens"),
    [
        ("2026-11-24T12:00", "2026-11-24T12:00"),  # open
        ("2026-11-24T07:30", "2026-11-24T09:00"),  # later today
        ("2026-11-24T18:00", "2026-11-25T09:00"),  # closing time is closed
        ("2026-11-27T19:00", "2026-11-30T09:00"),  # over the weekend
    ],
)
def test_what_can_wait_is_paged_when_the_clinic_opens(local: str, opens: str) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=NEW_YORK)

    assert first_page_at(Category.CONCERN, WEEKDAYS, NEW_YORK, now) == datetime.fromisoformat(opens).replace(
        tzinfo=NEW_YORK
    )


def test_what_is_urgent_is_paged_at_three_in_the_morning() -> None:
    night = datetime(2026, 11, 28, 3, 0, tzinfo=NEW_YORK)

    assert first_page_at(Category.URGENT, WEEKDAYS, NEW_YORK, night) == night


def test_a_clinic_without_hours_counts_as_open_so_that_nothing_waits_for_ever() -> None:
    assert next_open({}, NEW_YORK, NOON) == NOON


def test_urgent_promises_half_an_hour_and_a_concern_half_a_day() -> None:
    assert call_by(Category.EMERGENCY, NOON) == NOON + timedelta(minutes=30)
    assert call_by(Category.CONCERN, NOON) == NOON + timedelta(hours=4)
    assert tell_nobody_at(Category.URGENT, NOON) == NOON + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("resolved", "asked"),
    [
        ("2026-11-24T20:30", "2026-11-25T09:00"),  # 12 h later is 08:30, still quiet
        ("2026-11-24T10:00", "2026-11-25T09:00"),  # 22:00 is quiet
        ("2026-11-24T02:00", "2026-11-24T14:00"),
    ],
)
def test_the_recheck_comes_12_to_24_hours_later_and_never_at_night(resolved: str, asked: str) -> None:
    closed_at = datetime.fromisoformat(resolved).replace(tzinfo=NEW_YORK)

    due, send_by = recheck_at(closed_at, NEW_YORK, QuietHours(time(20), time(9)))

    assert due == datetime.fromisoformat(asked).replace(tzinfo=NEW_YORK)
    assert send_by > due
