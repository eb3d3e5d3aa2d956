"""Sends what is due: claims in batches, hands over on many threads, writes results down in batches."""

import logging
import queue
import threading
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
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

# Results written in one transaction: one wave of the threads. A transaction's statements queue for the interpreter
# behind as many threads, so half as many results a transaction cost a sixth of the rate.
FLUSH = 64

# Results are written down when this long no other has come, or at the latest when they are a wave.
FLUSH_SECONDS = 0.02

# How long slow requests may keep us from looking for what became due meanwhile; it may be a page.
LOOK_AGAIN_SECONDS = 0.5


# Asks Twilio to call again, five times, whatever went wrong; by default a failed report is not repeated.
CALL_AGAIN = "#rc=5&rp=all"


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
        threads: int = THREADS,
    ) -> None:
        self._engine, self._gateway, self._content = engine, gateway, content
        self._callback_url, self._now = callback_url, now
        self._default_sender = default_sender
        self._threads = threads
        self._todo: queue.SimpleQueue[Claimed | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Sent] = queue.SimpleQueue()
        self._workers: list[threading.Thread] = []
        self._under_way = 0  # kept between runs: one that raised has left some behind
        self._hold_until: datetime | None = None
        self._stopping = threading.Event()

    def run(self) -> int:
        """Send everything that is due, and what becomes due meanwhile; return how many were handed over or tried."""
        tried = 0
        while True:
            claimed = self._claim_more()
            tried += len(claimed)
            if not self._under_way:
                return tried
            self._settle_some()

    def stop(self) -> None:
        """Claim nothing more; a run that is going on ends once what is under way is sent."""
        self._stopping.set()

    def close(self) -> None:
        """Let the threads end once what is under way is sent."""
        for _ in self._workers:
            self._todo.put(None)
        for worker in self._workers:
            worker.join()
        self._workers.clear()

    def _held(self, now: datetime) -> bool:
        return self._hold_until is not None and now < self._hold_until

    def _claim_more(self) -> list[Claimed]:
        free = self._threads * 2 - self._under_way  # as many again wait in line, so that no thread idles
        if free < self._threads or self._stopping.is_set() or self._held(self._now()):
            return []
        claimed = self._claim(free)
        for one in claimed:
            self._todo.put(one)
        self._under_way += len(claimed)
        self._start_workers(self._under_way)
        return claimed

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
        if self._now() >= claimed.lease_until:
            # This process slept; somebody else may have taken the message over meanwhile.
            return Sent(claimed.id, claimed.attempt, code="lease_over", outcome="retry")
        text = OutgoingText(
            oid=claimed.oid,
            to=claimed.phone,
            sender=claimed.sender or self._default_sender,
            body=claimed.body,
            validity_seconds=claimed.validity_seconds,
            callback_url=f"{self._callback_url}?oid={claimed.oid}{CALL_AGAIN}",
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

    def _settle_some(self) -> None:
        results = []
        try:
            results.append(self._done.get(timeout=LOOK_AGAIN_SECONDS))
            while len(results) < FLUSH:
                results.append(self._done.get(timeout=FLUSH_SECONDS))
        except queue.Empty:
            pass
        self._under_way -= len(results)
        if any(sent.outcome == "configuration" and stops_every_clinic(sent.code or "") for sent in results):
            # The account itself is refused: asking once a minute finds out as well as asking for each text.
            self._hold_until = self._now() + settling.CONFIGURATION_RETRY
        if results:
            self._write_down(results)

    def _write_down(self, results: list[Sent]) -> None:
        try:
            unit_of_work(self._engine, lambda session: self._settle(session, results))
        except DBAPIError:
            # One result that cannot be written down must not take the others with it; left alone, it is
            # looked up at the provider once its lease is over.
            for one in results:
                try:
                    unit_of_work(self._engine, lambda session, one=one: self._settle(session, [one]))  # type: ignore[misc]
                except DBAPIError:
                    _log.exception("what became of message %s could not be written down", one.id)
