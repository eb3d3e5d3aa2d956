"""Events as a booking system posts them: Ann's face session at ten in New York, and what follows it."""

import copy
import json
from datetime import datetime
from typing import Any

# Twenty past ten in New York: Ann has left, and the desk presses "done".
NOW = datetime.fromisoformat("2026-11-23T15:20:00+00:00")
PERFORMED = "2026-11-23T10:00:00-05:00"

_ANN: dict[str, Any] = {
    "event_id": "evt_1",
    "type": "session.completed",
    "clinic": "main",
    "patient": {
        "external_id": "p-ann",
        "name": "Ann Lee",
        "phone": "+1 202 555 0111",
        "date_of_birth": "1990-04-12",
        "language": "en",
        "timezone": "America/New_York",
    },
    "session": {
        "external_id": "s-1",
        "protocol": "mesotherapy_face",
        "performed_at": PERFORMED,
        "areas": ["face"],
        "products": [{"name": "NCTF 135", "lot": "A12"}],
        "practitioner": "Dr Evans",
    },
    "consent": {"sms": True, "at": "2026-11-23T09:50:00-05:00", "method": "paper", "wording_version": "2026-10"},
}


def completed(event_id: str = "evt_1", *, next_visit: str | None = None, **parts: dict[str, Any]) -> dict[str, Any]:
    """Ann's session, with ``parts`` (``patient={"name": ...}``) changed; a field that is given as None goes."""
    event = copy.deepcopy(_ANN)
    event["event_id"] = event_id
    for part, changes in parts.items():
        event[part] |= changes
        event[part] = {name: value for name, value in event[part].items() if value is not None}
    if next_visit is not None:
        event["next_visit"] = {"external_id": "v-1", "starts_at": next_visit}
    return event


def visit(kind: str, event_id: str, *, starts_at: str | None, external_id: str = "v-1") -> dict[str, Any]:
    """``visit.booked``, ``visit.moved`` or ``visit.cancelled`` for Ann."""
    at = {"external_id": external_id} | ({"starts_at": starts_at} if starts_at else {})
    return {
        "event_id": event_id,
        "type": kind,
        "clinic": "main",
        "patient": {"external_id": "p-ann"},
        "next_visit": at,
    }


def session_cancelled(event_id: str, external_id: str = "s-1") -> dict[str, Any]:
    return {
        "event_id": event_id,
        "type": "session.cancelled",
        "clinic": "main",
        "session": {"external_id": external_id},
    }


def body(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()
