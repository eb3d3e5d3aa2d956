"""Sends what is due: claims in batches, hands over on many threads, writes results down in batches."""

import logging
import queue
import threading
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from assistant.db import transaction, unit_of_work
from assistant.errors import SendError
from assistant.faults import reach
from assistant.gateway import Gateway, OutgoingText
from assistant.provider_errors import stops_every_clinic
from assistant.services import outbox, settling
from assistant.services.content import Content
from assistant.services.outbox import Claimed, Sent

_log = logging.getLogger(__name__)

# Requests under way at once. At 100 ms a request this is 640 a second, far above what a sender may send;
# it only has to keep a morning's burst from queueing behind slow answers.
THREADS = 64

# Results written in one transaction. 20 already take the database out of the picture; fewer in memory
# means fewer in doubt after a crash.
FLUSH = 32

# A result waits at most this long for others to be written down with it.
FLUSH_SECONDS = 0.02


class Dispatcher:
    """Sends due messages until none is left. One instance a process; ``run`` is called by the tick."""

    def __init__(
        self,
        engine: Engine,
        gateway: Gateway,
        content: Content,
        *,
        callback_url: str,
        now: Callable[[], datetime],
        default_sender: str | None = None,
        use_service: bool = False,
        threads: int = THREADS,
    ) -> None:
        self._engine, self._gateway, self._content = engine, gateway, content
        self._callback_url, self._now = callback_url, now
        self._default_sender, self._use_service = default_sender, use_service
        self._threads = threads
        self._todo: queue.SimpleQueue[Claimed | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Sent] = queue.SimpleQueue()
        self._workers: list[threading.Thread] = []
        self._hold_until: datetime | None = None

    def run(self) -> int:
        """Send everything that is due now; return how many were handed over or tried."""
        under_way, tried = 0, 0
        exhausted = self._held(self._now())
        while not exhausted or under_way:
            free = self._threads * 2 - under_way  # as many again wait in line, so that no thread idles
            if not exhausted and free >= self._threads:
                claimed = self._claim(free)
                exhausted = not claimed
                for one in claimed:
                    self._todo.put(one)
                under_way += len(claimed)
                tried += len(claimed)
                self._start_workers(under_way)
            if under_way:
                under_way -= self._settle_some(wait=exhausted or under_way > self._threads)
                exhausted = exhausted or self._held(self._now())
        return tried

    def close(self) -> None:
        """Let the threads end once what is under way is sent."""
        for _ in self._workers:
            self._todo.put(None)
        for worker in self._workers:
            worker.join()
        self._workers.clear()

    def _held(self, now: datetime) -> bool:
        return self._hold_until is not None and now < self._hold_until

    def _claim(self, limit: int) -> list[Claimed]:
        with transaction(self._engine) as session:
            claimed = outbox.claim_due(session, self._now(), limit)
            reach("send.claimed")
        if claimed:
            reach("send.pre_post")
        return claimed

    def _start_workers(self, wanted: int) -> None:
        self._workers = [worker for worker in self._workers if worker.is_alive()]
        while len(self._workers) < min(wanted, self._threads):
            worker = threading.Thread(target=self._work, daemon=True, name=f"send-{len(self._workers)}")
            worker.start()
            self._workers.append(worker)

    def _work(self) -> None:
        while (claimed := self._todo.get()) is not None:
            sent = Sent(claimed.id, claimed.attempt, code="stopped", outcome="in_doubt")
            try:
                sent = self._send(claimed)
            finally:
                # Whatever happened to this thread, the message is accounted for.
                self._done.put(sent)

    def _send(self, claimed: Claimed) -> Sent:
        text = OutgoingText(
            oid=claimed.oid,
            to=claimed.phone,
            sender=None if self._use_service else claimed.sender or self._default_sender,
            body=claimed.body,
            validity_seconds=claimed.validity_seconds,
            callback_url=f"{self._callback_url}?oid={claimed.oid}",
        )
        try:
            accepted = self._gateway.send(text)
        except SendError as error:
            _log.warning("message %s was not accepted: %s (%s)", claimed.id, error.code, error.outcome)
            return Sent(claimed.id, claimed.attempt, code=error.code, outcome=error.outcome)
        reach("send.post_accept")
        return Sent(claimed.id, claimed.attempt, sid=accepted.sid)

    def _settle(self, session: Session, results: list[Sent]) -> None:
        outbox.settle(session, self._content, results, self._now())
        reach("send.pre_mark")

    def _settle_some(self, *, wait: bool) -> int:
        results = []
        try:
            results.append(self._done.get(timeout=30 if wait else FLUSH_SECONDS))
            while len(results) < FLUSH:
                results.append(self._done.get(timeout=FLUSH_SECONDS))
        except queue.Empty:
            pass
        if any(sent.code and stops_every_clinic(sent.code) for sent in results):
            # The account itself is refused: asking once a minute finds out as well as asking for each text.
            self._hold_until = self._now() + settling.CONFIGURATION_RETRY
        if results:
            unit_of_work(self._engine, lambda session: self._settle(session, results))
        return len(results)
