"""The patient's clock: local times turned into instants, and quiet hours, through clock changes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class QuietHours:
    """Local times between which routine texts wait: from ``start`` up to, not including, ``end``.

    May run over midnight (21:00 to 09:00). Equal times mean that there are none.
    """

    start: time
    end: time

    def covers(self, at: datetime, timezone: ZoneInfo) -> bool:
        """Whether the patient's clock shows a quiet time at this instant."""
        local = at.astimezone(timezone).time()
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end

    def next_open(self, at: datetime, timezone: ZoneInfo) -> datetime:
        """Return the first instant from ``at`` on that is not quiet, in UTC."""
        at = at.astimezone(UTC)
        while self.covers(at, timezone):
            local = at.astimezone(timezone)
            day = local.date() if local.time() < self.end else local.date() + timedelta(days=1)
            end = first_instant(day, self.end, timezone)
            if end <= at:  # the clock went back over the end: its second showing is meant
                end = datetime.combine(day, self.end, timezone).replace(fold=1).astimezone(UTC)
            # A change of the clock before that shows another time, so look again from there.
            at = _clock_change(at, end, timezone) or end
        return at


def first_instant(day: date, at: time, timezone: ZoneInfo) -> datetime:
    """Return the first instant of ``day`` when the local clock shows ``at`` or later, in UTC.

    A time that the clock shows twice means its first showing. A time that the clock leaps over
    means the moment of the leap.
    """
    local = datetime.combine(day, at, timezone)
    instant = local.astimezone(UTC)
    if instant.astimezone(timezone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    # Between the two readings of a time that does not exist lies the leap.
    return _clock_change(local.replace(fold=1).astimezone(UTC), instant, timezone) or instant


def _clock_change(before: datetime, after: datetime, timezone: ZoneInfo) -> datetime | None:
    """Return when, between two instants less than two days apart, the clock changes, to the second."""
    offset = before.astimezone(timezone).utcoffset()
    if after.astimezone(timezone).utcoffset() == offset:
        return None
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(timezone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
