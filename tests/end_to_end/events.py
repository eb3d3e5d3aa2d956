"""Events of the booking system, as the tests post them."""

from datetime import datetime, timedelta
from typing import Any

from tests.cast import ANN


def session_completed(
    now: datetime, *, number: int = 1, name: str = "Ann Lee", phone: str = ANN, performed_ago: timedelta
) -> dict[str, Any]:
    """A session of the face, with a visit in three weeks, for a patient who agreed just before it."""
    performed_at = now - performed_ago
    return {
        "event_id": f"evt-{number}",
        "type": "session.completed",
        "clinic": "main",
        "patient": {
            "external_id": f"p-{number}",
            "name": name,
            "phone": phone,
            "language": "en",
            "timezone": "America/New_York",
        },
        "session": {
            "external_id": f"s-{number}",
            "protocol": "mesotherapy_face",
            "performed_at": performed_at.isoformat(timespec="seconds"),
            "areas": ["face"],
            "products": [{"name": "NCTF 135", "lot": "A12"}],
            "practitioner": "Dr Evans",
        },
        "next_visit": {
            "external_id": f"v-{number}",
            "starts_at": (now + timedelta(days=21)).isoformat(timespec="seconds"),
        },
        "consent": {
            "sms": True,
            "at": (performed_at - timedelta(minutes=10)).isoformat(timespec="seconds"),
            "method": "paper",
            "wording_version": "2026-10",
        },
    }
