"""The clock that can be moved on. It stops wherever something is due, so that all of it happens, in order."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select, update

from assistant import clock
from assistant.db import snapshot, transaction
from assistant.models import Concern, Direction, Message, StaffSession
from assistant.rules.states import ConcernStatus, MessageStatus
from scheduler.runner import Job
from scheduler.simulator.carrier import SimulatedCarrier

# Stops in one move. A page that nobody answers repeats every five minutes, so this is five hours of silence:
# enough to make the point, and a few seconds of work.
MOST_STOPS = 60

# Passes of all jobs at one instant. Two or three do: an accepted page lets the patient's next text go.
MOST_PASSES = 25


@dataclass(frozen=True)
class Move:
    """Where the clock came to. ``unfinished``: it stopped early, after ``MOST_STOPS`` stops."""

    now: datetime
    stops: int
    unfinished: bool = False
    patient_id: int | None = None  # whose text it moved to


class TimeMachine:
    """Runs the scheduler's jobs by a clock that only goes forwards. One move or tick at a time."""

    def __init__(self, engine: Engine, jobs: Sequence[Job], carrier: SimulatedCarrier) -> None:
        self._engine, self._jobs, self._carrier = engine, jobs, carrier
        self.lock = threading.RLock()
        self._ahead = timedelta(0)

    def begin_again(self, moment_after: Callable[[datetime], datetime]) -> None:
        """Return to the machine's clock and move on from there to ``moment_after`` it. For a new story only."""
        with self.lock:
            self._ahead = timedelta(0)
            clock.run_ahead(self._ahead)
            self._set(moment_after(clock.now()))

    def tick(self) -> None:
        """Do what is due now; nothing if a move is under way, which does it."""
        if self.lock.acquire(blocking=False):
            try:
                self._settle()
            finally:
                self.lock.release()

    def move_by(self, span: timedelta) -> Move:
        """Move the clock on by ``span``, stopping wherever something is due on the way."""
        with self.lock:
            return self._move_to(clock.now() + span)

    def move_to_next_text(self) -> Move | None:
        """Move the clock to the next text that is planned for a patient; None if there is none."""
        with self.lock:
            self._settle()
            with snapshot(self._engine) as session:
                coming = session.exec(
                    select(Message.due_at, Message.patient_id)
                    .where(Message.status == MessageStatus.QUEUED, Message.direction == Direction.OUTBOUND)
                    .where(col(Message.conversation_id).is_not(None))
                    .order_by(col(Message.due_at), col(Message.id))
                    .limit(1)
                ).first()
            if coming is None or coming[0] is None:
                return None
            moved = self._move_to(coming[0])
            return Move(moved.now, moved.stops, moved.unfinished, coming[1])

    def _move_to(self, target: datetime) -> Move:
        self._settle()
        for stops in range(MOST_STOPS):
            due = self._next_due()
            if due is None or due > target:
                self._set(target)
                self._settle()
                return Move(clock.now(), stops)
            self._set(due)
            self._settle()
        return Move(clock.now(), MOST_STOPS, unfinished=True)

    def _set(self, moment: datetime) -> None:
        ahead = self._ahead + max(moment - clock.now(), timedelta(0))
        then = clock.now() + (ahead - self._ahead)
        with transaction(self._engine) as session:
            # Whoever moves the clock sits at the screen all the while; a day that took a second signs nobody out.
            # Before the clock moves: the page asks every second, and must not find an hour without a sign of life.
            session.execute(
                update(StaffSession).where(col(StaffSession.ended_at).is_(None)).values(started_at=then, seen_at=then)
            )
        self._ahead = ahead
        clock.run_ahead(ahead)

    def _settle(self) -> None:
        for _ in range(MOST_PASSES):
            for job in self._jobs:
                job.run()
            while self._carrier.report():
                pass
            due = self._next_due()
            if due is None or due > clock.now():
                return

    def _next_due(self) -> datetime | None:
        with snapshot(self._engine) as session:
            return next_due(session)


def next_due(session: Session) -> datetime | None:
    """The earliest instant at which a job will find something to do; None if nothing is planned."""
    live = Concern.status != ConcernStatus.RESOLVED
    instants = [
        session.exec(select(func.min(Message.due_at)).where(Message.status == MessageStatus.QUEUED)).one(),
        session.exec(select(func.min(Concern.next_page_at)).where(live)).one(),
        session.exec(select(func.min(Concern.tell_nobody_at)).where(live)).one(),
    ]
    return min((instant for instant in instants if instant is not None), default=None)
