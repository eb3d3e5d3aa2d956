"""What a plan must be, found the slow way: by looking at the patient's clock minute after minute.

Written from the rules in words, not from `messages.plan`: no arithmetic with zones, no rule about clock
changes; only "what does the clock on the wall show at this instant?".
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from messages.plan import QuietHours
from messages.protocol import Protocol, Step

MINUTE = timedelta(minutes=1)


def wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def is_quiet(instant: datetime, zone: ZoneInfo, quiet: QuietHours) -> bool:
    """Go round the dial from ``start`` to ``end`` and see whether the clock's time is passed on the way."""
    shown = wall(instant, zone).time()
    if quiet.start == quiet.end:
        return False
    since_start = _seconds(shown) - _seconds(quiet.start)
    length = _seconds(quiet.end) - _seconds(quiet.start)
    return since_start % 86_400 < length % 86_400


def _seconds(at: time) -> float:
    return at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6


def minutes_from(instant: datetime) -> Iterator[datetime]:
    """The instant itself, then every whole minute after it."""
    yield instant
    instant = instant.replace(second=0, microsecond=0)
    while True:
        instant += MINUTE
        yield instant


def first_open(instant: datetime, zone: ZoneInfo, quiet: QuietHours) -> datetime:
    return next(minute for minute in minutes_from(instant) if not is_quiet(minute, zone, quiet))


def first_showing(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Watch the clock from well before until it first shows that day at that time or later."""
    hour = timedelta(hours=1)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - 30 * hour
    # Hours first, minutes then: the clock never goes back by more than three hours.
    while wall(start + 4 * hour, zone) < datetime.combine(day, at):
        start += hour
    return next(
        minute for minute in minutes_from(start) if wall(minute, zone).date() == day and wall(minute, zone).time() >= at
    )


def nominal(step: Step, session_at: datetime, visit_at: datetime | None, zone: ZoneInfo) -> datetime | None:
    if step.anchor == "next_visit":
        assert step.before_hours is not None
        return None if visit_at is None else visit_at - timedelta(hours=step.before_hours)
    if step.after_hours is not None:
        return session_at + timedelta(hours=step.after_hours)
    assert step.day is not None
    assert step.at is not None
    return first_showing(wall(session_at, zone).date() + timedelta(days=step.day), step.at, zone)


Fate = tuple[str, datetime | None]  # "sent" and when, or "late"/"quiet" and None


def fate(step: Step, moment: datetime, zone: ZoneInfo, quiet: QuietHours, now: datetime) -> Fate:
    deadline = moment + timedelta(hours=step.send_by_hours)

    def may_go(instant: datetime) -> datetime:
        return instant if step.quiet == "ignore" else first_open(instant, zone, quiet)

    if now >= deadline:
        return "late", None
    wanted = may_go(moment)
    if wanted < now and step.late == "drop":
        return "late", None
    goes = wanted if wanted >= now else may_go(now)
    return ("quiet", None) if goes >= deadline else ("sent", goes)


def expected(
    protocol: Protocol,
    session_at: datetime,
    visit_at: datetime | None,
    zone: ZoneInfo,
    quiet: QuietHours,
    now: datetime,
) -> dict[str, tuple[Fate, tuple[str, ...]]]:
    """Return, for each text that is not merged into another, its fate and its words (without the opt-out line)."""
    found: dict[str, tuple[Fate, tuple[str, ...]]] = {}
    for step in protocol.steps:
        moment = nominal(step, session_at, visit_at, zone)
        if moment is None:
            continue
        words = (step.key,)
        if step.anchor == "next_visit" and step.late_key and moment < now:
            words = (step.late_key,)
        found[step.key] = fate(step, moment, zone, quiet, now), words
    for step in protocol.steps:
        moment = nominal(step, session_at, visit_at, zone)
        if step.merge_into is None or moment is None:
            continue
        (what, when), host_words = found[step.merge_into]
        deadline = moment + timedelta(hours=step.send_by_hours)
        if what != "sent" or when is None or deadline <= when:
            continue
        if wall(moment, zone).date() <= wall(when, zone).date():
            told_on = wall(max(now, session_at), zone).date()
            key = step.late_key if step.late_key and wall(moment, zone).date() < told_on else step.key
            found[step.merge_into] = (what, when), (*host_words, key)
            del found[step.key]
    return found
