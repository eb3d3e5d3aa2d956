"""A provider that keeps what it was given, and does as each test tells it."""

import itertools
import threading
from datetime import datetime

from assistant import clock
from assistant.errors import SendError
from assistant.gateway import Accepted, OutgoingText, ProviderMessage


class FakeGateway:
    """``sent`` is what was accepted, in order. ``fail`` maps a phone number to the error it gets."""

    def __init__(self) -> None:
        self.sent: list[OutgoingText] = []
        self.fail: dict[str, SendError] = {}
        self.listed: list[ProviderMessage] = []
        self.inbound: list[ProviderMessage] = []
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def send(self, text: OutgoingText) -> Accepted:
        with self._lock:
            if text.to in self.fail:
                raise self.fail[text.to]
            self.sent.append(text)
            sid = f"SM{next(self._numbers):032x}"
            self.listed.append(
                ProviderMessage(
                    sid=sid,
                    to=text.to,
                    from_=text.sender or "",
                    body=text.body,
                    status="queued",
                    created_at=clock.now(),
                    direction="outbound-api",
                )
            )
            return Accepted(sid=sid, status="queued", segments=1)

    def find(self, to: str, since: datetime) -> list[ProviderMessage]:
        return [message for message in self.listed if message.to == to and message.created_at >= since]

    def received(self, to: str, since: datetime) -> list[ProviderMessage]:
        return [message for message in self.inbound if message.to == to and message.created_at >= since]

    def texts_to(self, phone: str) -> list[str]:
        """The bodies sent to one number, in order."""
        return [text.body for text in self.sent if text.to == phone]
