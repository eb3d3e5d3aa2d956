"""A provider of texts that exists only in this process: takes texts, reports on them, obeys STOP."""

import secrets
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from assistant import clock
from assistant.errors import SendError
from assistant.gateway import Accepted, OutgoingText, ProviderMessage
from scheduler.simulator.outside import Outside

# The words on which Twilio acts by itself, and what it answers to them unless a customer changed that.
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS = frozenset({"HELP", "INFO"})

STOPPED = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)
STARTED = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
HELPED = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."

# The reports that follow an accepted text, in order.
REPORTS = ("sent", "delivered")


@dataclass(frozen=True)
class CarrierNotice:
    """A text that the carrier sent by itself. Our own program never sees it."""

    phone: str
    at: datetime
    body: str


@dataclass(frozen=True)
class _UnderWay:
    text: OutgoingText
    sid: str
    reports: tuple[str, ...]


class SimulatedCarrier:
    """A ``Gateway``. Safe to call from many threads."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._lock = threading.Lock()
        self._under_way: deque[_UnderWay] = deque()
        self._log: list[ProviderMessage] = []
        self._notices: list[CarrierNotice] = []
        self._blocked: set[tuple[str, str]] = set()  # (clinic's number, person's number)

    def send(self, text: OutgoingText) -> Accepted:
        """Accept the text; reports on it follow from ``report``. Error 21610 for who has opted out."""
        sender = text.sender or ""
        with self._lock:
            if (sender, text.to) in self._blocked:
                raise SendError("21610", "permanent")
            sid = f"SM{secrets.token_hex(16)}"
            self._log.append(_logged(sid, sender, text.to, text.body, "outbound-api"))
            self._under_way.append(_UnderWay(text, sid, REPORTS))
        return Accepted(sid=sid, status="queued", segments=None)

    def find(self, to: str, since: datetime) -> list[ProviderMessage]:
        """See ``Gateway.find``."""
        return self._logged_since(to, since, inbound=False)[::-1]

    def received(self, to: str, since: datetime) -> list[ProviderMessage]:
        """See ``Gateway.received``."""
        return self._logged_since(to, since, inbound=True)

    def report(self) -> int:
        """Post the next status callback of every text under way; return how many were posted."""
        with self._lock:
            batch = list(self._under_way)
            self._under_way.clear()
        for one in batch:
            self._outside.report(
                one.text.callback_url,
                sid=one.sid,
                to=one.text.to,
                sender=one.text.sender or "",
                status=one.reports[0],
            )
        with self._lock:
            self._under_way.extend(_UnderWay(one.text, one.sid, one.reports[1:]) for one in batch if one.reports[1:])
        return len(batch)

    def carry(self, *, sender: str, to: str, body: str) -> None:
        """Take a text from a person's phone to the clinic. The carrier's own words are obeyed on the way."""
        word = body.strip().upper()
        answer = None
        sid = f"SM{secrets.token_hex(16)}"
        with self._lock:
            self._log.append(_logged(sid, sender, to, body, "inbound"))
            if word in STOP_WORDS:
                self._blocked.add((to, sender))
                answer = STOPPED
            elif word in START_WORDS and (to, sender) in self._blocked:
                self._blocked.discard((to, sender))
                answer = STARTED
            elif word in HELP_WORDS and (to, sender) not in self._blocked:
                answer = HELPED
        # The webhook is called all the same: our program must know of the opt-out too.
        self._outside.text(sid=sid, sender=sender, to=to, body=body)
        if answer is not None:
            with self._lock:
                self._notices.append(CarrierNotice(sender, clock.now(), answer))

    def notices(self, phone: str) -> list[CarrierNotice]:
        """What the carrier itself sent to this phone, oldest first."""
        with self._lock:
            return [notice for notice in self._notices if notice.phone == phone]

    def forget(self) -> None:
        """Begin again as a carrier that nobody has used yet."""
        with self._lock:
            self._under_way.clear()
            self._log.clear()
            self._notices.clear()
            self._blocked.clear()

    def _logged_since(self, to: str, since: datetime, *, inbound: bool) -> list[ProviderMessage]:
        with self._lock:
            return [
                row
                for row in self._log
                if row.to == to and row.created_at >= since and (row.direction == "inbound") is inbound
            ]


def _logged(sid: str, sender: str, to: str, body: str, direction: str) -> ProviderMessage:
    return ProviderMessage(
        sid=sid, to=to, body=body, status="queued", created_at=clock.now(), direction=direction, from_=sender
    )
