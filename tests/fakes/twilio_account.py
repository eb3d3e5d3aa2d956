"""What the fake Twilio knows: the texts of one account, and how it has been told to answer."""

import random
import secrets
import threading
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from assistant import clock

# Each but ``ok`` is one way in which a send can go wrong. ``code:<n>`` is a 400 with that code.
MODES = frozenset(
    {
        "ok",
        "429",
        "401",
        "500_after_accept",
        "500_not_accepted",
        "reset_after_accept",
        "reset_not_accepted",
        "late_accept",
        "hang",
        "dribble",
        "bad_json",
        "no_sid",
        "redirect",
    }
)
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})


@dataclass(frozen=True)
class Behaviour:
    """How to answer from now on.

    ``mode`` is for every number that ``by_number`` does not name. ``weights``, where given, draws the mode
    of each send instead, from ``seed``. ``outcome`` ends each accepted text: ``delivered``, ``sent`` (the
    carrier gives no receipt), ``undelivered:<code>``, ``failed:<code>`` or ``silent`` (no report at all).
    """

    mode: str = "ok"
    by_number: dict[str, str] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    seed: int = 0
    latency_ms: int = 0
    late_ms: int = 500
    list_lag_ms: int = 0
    list_status: int = 200
    outcome: str = "delivered"
    report_delay_ms: int = 0
    report_repeat: int = 1
    report_shuffle: bool = False

    def changed(self, wanted: dict[str, Any]) -> "Behaviour":
        """Return this behaviour with the fields in ``wanted``; ValueError names one that does not exist."""
        unknown = set(wanted) - {f.name for f in fields(self)}
        modes = {wanted.get("mode", "ok"), *wanted.get("by_number", {}).values(), *wanted.get("weights", {})}
        unknown |= {mode for mode in modes if mode not in MODES and not mode.startswith("code:")}
        if unknown:
            raise ValueError(f"not known: {', '.join(sorted(unknown))}")
        return replace(self, **wanted)


@dataclass
class FakeMessage:
    """One row of the account's log; ``visible_at`` is when lists start to show it."""

    sid: str
    to: str
    from_: str
    body: str
    direction: str
    status: str
    created_at: datetime
    visible_at: datetime
    service_sid: str | None = None
    status_callback: str = ""
    validity_seconds: int = 36_000
    media_types: list[str] = field(default_factory=list)
    error_code: int | None = None

    def as_row(self) -> dict[str, Any]:
        """Return the row as the accept log shows it."""
        times = {"created_at": self.created_at.isoformat(), "visible_at": self.visible_at.isoformat()}
        return asdict(self) | times


class Account:
    """The texts of one account. Safe to use from many threads."""

    def __init__(self, sid: str, auth_token: str) -> None:
        self.sid = sid
        self.auth_token = auth_token
        self.behaviour = Behaviour()
        self.messages: list[FakeMessage] = []
        self._opted_out: set[tuple[str, str]] = set()
        self._lock = threading.RLock()
        self._grown = threading.Condition(self._lock)
        self._dice = random.Random(0)

    @property
    def accepted(self) -> list[FakeMessage]:
        """Every outbound text that was accepted, in order: the ground truth of a test."""
        with self._lock:
            return [m for m in self.messages if m.direction != "inbound"]

    def wait_for_accepted(self, count: int, seconds: float = 10) -> bool:
        """Return True as soon as ``count`` texts have been accepted, False if that takes too long."""
        with self._grown:
            return self._grown.wait_for(lambda: len(self.accepted) >= count, seconds)

    def behave(self, wanted: dict[str, Any]) -> None:
        """Change how sends are answered; see ``Behaviour``."""
        with self._lock:
            self.behaviour = self.behaviour.changed(wanted)
            if "seed" in wanted:
                self._dice = random.Random(self.behaviour.seed)

    def mode_for(self, to: str) -> str:
        """Return the mode of the next send to ``to``."""
        with self._lock:
            if to in self.behaviour.by_number:
                return self.behaviour.by_number[to]
            if self.behaviour.weights:
                weights = self.behaviour.weights
                return self._dice.choices(list(weights), list(weights.values()))[0]
            return self.behaviour.mode

    def refusal(self, form: dict[str, str]) -> int | None:
        """Return the error code for a send that Twilio would refuse, or None."""
        to, sender = form.get("To", ""), form.get("From", "")
        callback = urlsplit(form.get("StatusCallback", "http://x"))
        if not to:
            return 21604
        if not sender and not form.get("MessagingServiceSid"):
            return 21603
        if not (to.startswith("+") and to[1:].isdigit() and 8 <= len(to) <= 16):
            return 21211
        if to == sender:
            return 21266
        if not form.get("Body"):
            return 21602
        if len(form["Body"]) > 1600:
            return 21617
        if callback.scheme not in ("http", "https") or not callback.hostname or "_" in callback.hostname:
            return 21609
        if not 1 <= int(form.get("ValidityPeriod", "36000")) <= 36_000:
            return 20001
        with self._lock:
            refused = {patient for patient, ours in self._opted_out if ours == sender or not sender}
        return 21610 if to in refused else None

    def accept(self, form: dict[str, str]) -> FakeMessage:
        """Add an outbound text to the log."""
        service = form.get("MessagingServiceSid")
        return self._add(
            FakeMessage(
                sid="SM" + secrets.token_hex(16),
                to=form["To"],
                from_=form.get("From", ""),
                body=form["Body"],
                direction="outbound-api",
                status="accepted" if service else "queued",
                created_at=clock.now(),
                visible_at=clock.now() + timedelta(milliseconds=self.behaviour.list_lag_ms),
                service_sid=service,
                status_callback=form.get("StatusCallback", ""),
                validity_seconds=int(form.get("ValidityPeriod", "36000")),
            )
        )

    def receive(self, from_: str, to: str, body: str, media_types: Collection[str], sid: str | None) -> FakeMessage:
        """Add an inbound text to the log, and heed the words that opt a patient out or in."""
        word = body.strip().upper()
        with self._lock:
            if word in STOP_WORDS:
                self._opted_out.add((from_, to))
            elif word in START_WORDS:
                self._opted_out.discard((from_, to))
        return self._add(
            FakeMessage(
                sid=sid or ("MM" if media_types else "SM") + secrets.token_hex(16),
                to=to,
                from_=from_,
                body=body,
                direction="inbound",
                status="received",
                created_at=clock.now(),
                visible_at=clock.now() + timedelta(milliseconds=self.behaviour.list_lag_ms),
                media_types=list(media_types),
            )
        )

    def page(self, query: dict[str, str]) -> dict[str, Any]:
        """Return one page of the log as Twilio lists it, newest first."""
        size, number = min(int(query.get("PageSize", 50)), 1000), int(query.get("Page", 0))
        now = clock.now()
        with self._lock:
            shown = [
                m
                for m in reversed(self.messages)
                if m.visible_at <= now and query.get("To", m.to) == m.to and query.get("From", m.from_) == m.from_
            ]
        rows = shown[number * size : (number + 1) * size]
        path = f"/2010-04-01/Accounts/{self.sid}/Messages.json?"
        filters = {name: query[name] for name in ("To", "From") if name in query} | {"PageSize": size}
        more = len(shown) > (number + 1) * size
        token = {"Page": number + 1, "PageToken": f"PA{rows[-1].sid}"} if more else {}
        return {
            "messages": [self.resource(m) for m in rows],
            "page": number,
            "page_size": size,
            "start": number * size,
            "end": number * size + max(len(rows) - 1, 0),
            "uri": path + urlencode(filters | {"Page": number}),
            "first_page_uri": path + urlencode(filters | {"Page": 0}),
            "next_page_uri": path + urlencode(filters | token) if more else None,
            "previous_page_uri": path + urlencode(filters | {"Page": number - 1}) if number else None,
        }

    def resource(self, message: FakeMessage) -> dict[str, Any]:
        """Return the text as Twilio's JSON shows it."""
        uri = f"/2010-04-01/Accounts/{self.sid}/Messages/{message.sid}"
        created = format_datetime(message.created_at)
        unsent = message.status in ("accepted", "queued")
        units = 70 if any(ord(c) > 255 for c in message.body) else 160
        return {
            "body": message.body,
            "num_segments": "0" if message.service_sid else str(max(1, -(-len(message.body) // units))),
            "direction": message.direction,
            "from": message.from_ or None,
            "to": message.to,
            "date_updated": created,
            "date_created": created,
            "date_sent": None if unsent else created,
            "price": None,
            "price_unit": "USD",
            "error_code": message.error_code,
            "error_message": f"Error {message.error_code}" if message.error_code else None,
            "uri": uri + ".json",
            "account_sid": self.sid,
            "num_media": str(len(message.media_types)),
            "status": message.status,
            "messaging_service_sid": message.service_sid,
            "sid": message.sid,
            "api_version": "2010-04-01",
            "subresource_uris": {"media": uri + "/Media.json"},
        }

    def _add(self, message: FakeMessage) -> FakeMessage:
        with self._lock:
            known = next((m for m in self.messages if m.sid == message.sid), None)
            if known:
                return known
            self.messages.append(message)
            self._grown.notify_all()
            return message
