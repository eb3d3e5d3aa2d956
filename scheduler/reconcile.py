"""Asks the provider about what is in doubt, and fetches texts whose webhook never reached us."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import select

from assistant.db import snapshot, transaction, unit_of_work
from assistant.gateway import Gateway, LookupFailed, ProviderMessage
from assistant.models import Clinic, Message
from assistant.services import doubt, inbound
from assistant.services.content import Content

_log = logging.getLogger(__name__)

# Looked up in one run; each is a request, and a run should end before the next begins.
LOOKUPS = 50

# The first catch-up after a start looks back this far: a weekend without the program.
FIRST_LOOK_BACK = timedelta(hours=72)

# Later ones overlap by this much, because the provider's list lags.
LOOK_BACK = timedelta(minutes=30)


def settle_doubt(engine: Engine, gateway: Gateway, content: Content, now: datetime) -> int:
    """Look up each message in doubt at the provider; return how many were looked at."""
    with transaction(engine) as session:
        rows = doubt.doubtful(session, now, LOOKUPS)
    for row in rows:
        try:
            listed = gateway.find(row.phone, row.since)
        except LookupFailed as error:
            _log.warning("the provider's list could not be read: %s", error.code)
            listed = None
        with transaction(engine) as session:
            doubt.looked_up(session, content, row.id, listed, now)
    return len(rows)


class CatchUp:
    """Fetches inbound texts from the provider's list. A failed webhook is logged there and never sent again."""

    def __init__(self, engine: Engine, gateway: Gateway, content: Content, now: Callable[[], datetime]) -> None:
        self._engine, self._gateway, self._content, self._now = engine, gateway, content, now
        self._back = FIRST_LOOK_BACK

    def run(self) -> int:
        """Pass every text that we do not have through the same service as the webhook; return how many."""
        now = self._now()
        with snapshot(self._engine) as session:
            numbers = session.exec(select(Clinic.phone)).all()
        fetched, complete = 0, True
        for number in numbers:
            try:
                listed = self._gateway.received(number, now - self._back)
            except LookupFailed as error:
                _log.warning("inbound texts could not be listed: %s", error.code)
                complete = False
                continue
            for row in listed:
                fetched += self._fetched(row, now)
        if complete:
            self._back = LOOK_BACK
        return fetched

    def _fetched(self, row: ProviderMessage, now: datetime) -> bool:
        try:
            return self._receive(row.sid, row.from_, row.to, row.body, row.media_count, now)
        except Exception:  # noqa: BLE001  (one text that cannot be read must not hide those behind it)
            _log.exception("inbound text %s could not be fetched", row.sid)
            return False

    def _receive(self, sid: str, sender: str, to: str, body: str, media: int, now: datetime) -> bool:
        with snapshot(self._engine) as session:
            if session.exec(select(Message.id).where(Message.provider_sid == sid)).first() is not None:
                return False
        # The list tells how many pictures there were, not where they are.
        pictures = tuple({"url": "", "type": "unknown"} for _ in range(media))
        text = inbound.InboundText(sid=sid, sender=sender, to=to, body=inbound.storable(body), media=pictures)
        received = unit_of_work(self._engine, lambda session: inbound.receive(session, self._content, text, now))
        return received.message_id is not None
