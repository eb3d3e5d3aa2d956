"""The one clock. Everything below the edge takes ``now`` as an argument."""

from datetime import UTC, datetime, timedelta

_ahead = timedelta(0)


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC) + _ahead


def run_ahead(by: timedelta) -> None:
    """Set how far ``now`` runs ahead of the machine's clock. Only the simulator's time machine calls it."""
    global _ahead
    _ahead = by
