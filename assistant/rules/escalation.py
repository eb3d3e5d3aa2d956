"""How a concern goes up the ladder. Pure: what happened so far in, whom to page and when to look again out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from assistant.rules.states import ConcernStatus
from assistant.rules.verdict import Category
from messages.quiet import QuietHours

# What an acknowledgement promises, and when it runs out. Urgent: 30 minutes, the time after which paging
# services re-page an acknowledged incident. Concern: half a working day.
CALL_WITHIN = {
    Category.EMERGENCY: timedelta(minutes=30),
    Category.URGENT: timedelta(minutes=30),
}
CALL_WITHIN_OTHERWISE = timedelta(hours=4)

# When the patient is told that nobody has read it yet. Blocked blood vessels leave hours, not days, and
# the published failures began with a wait: 15 minutes for what is urgent.
TELL_NOBODY_AFTER = {
    Category.EMERGENCY: timedelta(minutes=15),
    Category.URGENT: timedelta(minutes=15),
}
TELL_NOBODY_OTHERWISE = timedelta(hours=4)

# A concern is paged in the clinic's hours, and each rung waits this many times longer than for an emergency.
SLOWER = 6

# With nobody on the ladder there is nobody to page; look again this often, in case somebody was added.
EMPTY_LADDER_WAIT = timedelta(minutes=5)


@dataclass(frozen=True)
class Rung:
    """Page this person, then wait this long for an answer."""

    staff_id: int
    wait: timedelta


@dataclass(frozen=True)
class Progress:
    """Where a concern stands."""

    severity: Category
    status: ConcernStatus
    rung: int
    next_page_at: datetime | None
    tell_nobody_at: datetime | None
    holder_id: int | None = None


@dataclass(frozen=True)
class Advance:
    """What to do now. ``page`` may hold two people: one whose promise ran out, and the ladder's."""

    page: tuple[int, ...] = ()
    overdue_id: int | None = None  # whose acknowledgement ran out
    tell_nobody: bool = False
    rung: int = 0
    next_page_at: datetime | None = None


def advance(ladder: Sequence[Rung], concern: Progress, now: datetime) -> Advance:
    """Return what a live concern needs at ``now``.

    The ladder is climbed a rung at a time and its last rung repeats for ever. An acknowledgement whose
    time has passed puts the concern back to the foot of the ladder and pages its holder too. A resolved
    concern needs nothing. Calling again before ``next_page_at`` pages nobody.
    """
    if concern.status is ConcernStatus.RESOLVED or concern.next_page_at is None:
        return Advance(rung=concern.rung)
    tell_nobody = (
        concern.status is ConcernStatus.OPEN and concern.tell_nobody_at is not None and concern.tell_nobody_at <= now
    )
    if concern.next_page_at > now:
        return Advance(tell_nobody=tell_nobody, rung=concern.rung, next_page_at=concern.next_page_at)
    overdue_id = concern.holder_id if concern.status is ConcernStatus.ACKNOWLEDGED else None
    overdue = () if overdue_id is None else (overdue_id,)
    if not ladder:
        return Advance(overdue, overdue_id, tell_nobody, 0, now + EMPTY_LADDER_WAIT)
    place = 0 if overdue else min(concern.rung, len(ladder) - 1)
    rung = ladder[place]
    return Advance(
        page=tuple(dict.fromkeys((*overdue, rung.staff_id))),
        overdue_id=overdue_id,
        tell_nobody=tell_nobody,
        rung=min(place + 1, len(ladder) - 1),
        next_page_at=now + (rung.wait if concern.severity.pages_now else rung.wait * SLOWER),
    )


def tell_nobody_at(severity: Category, first_page_at: datetime) -> datetime:
    """When a patient whose concern nobody has taken since it was first paged must be told so."""
    return first_page_at + TELL_NOBODY_AFTER.get(severity, TELL_NOBODY_OTHERWISE)


def call_by(severity: Category, now: datetime) -> datetime:
    """By when somebody who takes the concern now must have called."""
    return now + CALL_WITHIN.get(severity, CALL_WITHIN_OTHERWISE)


def first_page_at(severity: Category, hours: dict[str, list[str]], timezone: ZoneInfo, now: datetime) -> datetime:
    """When a new concern is first paged: at once if urgent, else now or when the clinic next opens."""
    return now if severity.pages_now else next_open(hours, timezone, now)


def next_open(hours: dict[str, list[str]], timezone: ZoneInfo, now: datetime) -> datetime:
    """Return ``now`` if the clinic is open, else the instant it next opens, in ``now``'s zone.

    ``hours`` maps weekdays ("0" is Monday) to local opening and closing times. A clinic without any
    hours counts as always open, so that nothing waits for ever.
    """
    if not hours:
        return now
    local = now.astimezone(timezone)
    for ahead in range(8):
        day = local.date() + timedelta(days=ahead)
        span = hours.get(str(day.weekday()))
        if not span:
            continue
        opens, closes = (datetime.combine(day, _time_of_day(text), tzinfo=timezone) for text in span)
        if opens <= local < closes:
            return now
        if local < opens:
            return opens.astimezone(now.tzinfo)
    return now


@cache
def _time_of_day(text: str) -> time:
    return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007


def recheck_at(resolved_at: datetime, timezone: ZoneInfo, quiet: QuietHours) -> tuple[datetime, datetime]:
    """Return when to ask a patient whose concern was closed how it is now, and until when.

    12 to 24 hours later, at the earliest moment outside the patient's quiet hours; quiet hours that fill
    the whole span give its end.
    """
    latest = resolved_at + timedelta(hours=24)
    return min(quiet.next_open(resolved_at + timedelta(hours=12), timezone), latest), latest + timedelta(hours=2)
