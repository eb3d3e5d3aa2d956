"""Forty time zones, and the minutes of 2026 to 2030 at which their clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

ZONES = [
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Phoenix",
    "America/St_Johns",
    "America/Halifax",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/Asuncion",
    "America/Havana",
    "America/Mexico_City",
    "America/Nuuk",
    "Atlantic/Azores",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Paris",
    "Europe/Madrid",
    "Europe/Lisbon",
    "Europe/Chisinau",
    "Europe/Istanbul",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "Asia/Gaza",
    "Asia/Tehran",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Ho_Chi_Minh",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Antarctica/Troll",
]


def _changes(zone: ZoneInfo) -> list[datetime]:
    found = []
    day = datetime(2026, 1, 1, tzinfo=UTC)
    while day.year < 2031:
        tomorrow = day + timedelta(days=1)
        if day.astimezone(zone).utcoffset() != tomorrow.astimezone(zone).utcoffset():
            minute = day
            while minute.astimezone(zone).utcoffset() == day.astimezone(zone).utcoffset():
                minute += timedelta(minutes=1)
            found.append(minute)
        day = tomorrow
    return found


CHANGES = {name: _changes(ZoneInfo(name)) for name in ZONES}
