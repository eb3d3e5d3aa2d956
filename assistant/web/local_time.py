"""A date and time as typed into a form, on the clock of a place, becomes an instant."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_TYPED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?")


def instant(typed: str, zone: ZoneInfo) -> tuple[datetime, str | None]:
    """Return the instant, and a note where the clock shows that time twice: then the first one is meant.

    Raises ValueError with the problem and its fix for what is no time of the calendar, and for one that the
    clock leaps over.
    """
    if not _TYPED.fullmatch(typed):
        raise ValueError("is not a date and time: write it like 2026-11-22 10:00")
    try:
        naive = datetime.fromisoformat(typed)
    except ValueError:
        raise ValueError("is not a date and time of the calendar: write it like 2026-11-22 10:00") from None
    if not 1990 <= naive.year <= 2100:
        raise ValueError("is in a year that cannot be right: check the year")
    local = naive.replace(tzinfo=zone)
    if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
        raise ValueError(
            f"does not exist: on {naive:%Y-%m-%d} the clocks in {zone.key} leap over {naive:%H:%M}. Give another time"
        )
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        return local, (
            f"On {naive:%Y-%m-%d} the clocks in {zone.key} show {naive:%H:%M} twice, because they go back. "
            "The first one is taken."
        )
    return local, None
