"""Sending what is due at 50 ms of provider latency: the dispatcher against bare asyncio, 64 connections each."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

from assistant import clock, migrate
from assistant.db import insert_new, make_engine, transaction
from assistant.gateway import TwilioGateway
from assistant.models import Direction, Message
from assistant.rules.states import MessageStatus
from assistant.services import content
from messages.protocol import MessageClass
from scheduler.dispatch import THREADS, Dispatcher
from tests import cast
from tests.bench import floor_sender, rounds
from tests.bench.rounds import Figure, Line
from tests.end_to_end.processes import ROOT
from tests.fakes.twilio_server import ACCOUNT_SID, AUTH_TOKEN

DUE = 3000
ROUNDS = 5


def measure(round_count: int = ROUNDS) -> list[Line]:
    """Return the line of the dispatcher."""
    words = content.load()
    provider = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.provider"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert provider.stdout is not None
    port = int(provider.stdout.readline())
    with tempfile.TemporaryDirectory() as folder:
        template, now = Path(folder) / "due.db", clock.now()
        _write_due(template, now)

        def ours(database: Path) -> None:
            engine = make_engine(f"sqlite:///{database}")
            gateway = TwilioGateway(ACCOUNT_SID, AUTH_TOKEN, base_url=f"http://127.0.0.1:{port}")
            dispatcher = Dispatcher(
                engine, gateway, words, callback_url="https://care.example.com/webhooks/twilio/status", now=clock.now
            )
            dispatcher.run()
            dispatcher.close()
            engine.dispose()

        def floor(database: Path) -> None:
            floor_sender.send_all(str(database), port, f"{clock.now():%Y-%m-%d %H:%M:%S.%f}", THREADS)

        def timed(send: Callable[[Path], None]) -> Figure:
            database = Path(folder) / "round.db"
            shutil.copy(template, database)
            started, burnt = time.perf_counter(), time.process_time()
            send(database)
            took, burnt = time.perf_counter() - started, time.process_time() - burnt
            _check(port, database)
            return Figure(DUE / took, cpu_ms=burnt / DUE * 1000)

        try:
            figures = rounds.interleaved(lambda: timed(ours), lambda: timed(floor), round_count)
        finally:
            provider.kill()
            provider.wait()
            provider.stdout.close()
    return [rounds.compare("dispatch at 50 ms, 64 connections", *figures, "0.70 of bare asyncio HTTP/1.1 + SQLite")]


def _write_due(path: Path, now: datetime) -> None:
    engine = make_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    with transaction(engine) as session:
        clinic = cast.set_up(session)
        patient = cast.add_patient(session, clinic)
        insert_new(session, Message, [_row(clinic.clinic_id, patient.id, number, now) for number in range(DUE)])
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA journal_mode = DELETE")  # one file, so that a copy is whole
    engine.dispose()


def _row(clinic_id: int, patient_id: int, number: int, now: datetime) -> dict[str, object]:
    return {
        "clinic_id": clinic_id,
        "conversation_id": 1,
        "patient_id": patient_id,
        "direction": Direction.OUTBOUND,
        "status": MessageStatus.QUEUED,
        "phone": f"+1202556{number:04}",
        "body": f"Lumen Clinic: number {number}, how is it today, compared with yesterday? Reply 1, 2 or 3.",
        "created_at": now,
        "dedupe_key": f"step:{number}",
        "key": "day_1",
        "message_class": MessageClass.GUIDANCE,
        "lane": 2,
        "due_at": now,
        "send_by": now + timedelta(hours=10),
        "any_hour": True,
        "safety": False,
        "oid": uuid.uuid4().hex,
        "attempts": 0,
        "not_found": 0,
        "findings": [],
        "media": [],
    }


def _check(port: int, database: Path) -> None:
    """Both must have done the work: every text accepted once, every row saying so."""
    with urlopen(f"http://127.0.0.1:{port}/_accepted") as answer:
        seen = json.load(answer)
    engine = make_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT count(*) FROM message WHERE status = 'accepted'").scalar_one()
    engine.dispose()
    if (seen["accepted"], seen["different"], rows) != (DUE, DUE, DUE):
        raise SystemExit(f"not every text was sent once and written down: {seen}, {rows} rows")
