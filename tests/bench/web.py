"""The inbound webhook under load: ``aftercare web`` against the floor, one gunicorn worker with four threads each."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import urllib3

from assistant.serve import THREADS
from tests.bench import patients, rounds
from tests.bench.rounds import Figure, Line
from tests.end_to_end.processes import AFTERCARE, ROOT, Process, attempts, free_port
from tests.fakes.twilio_server import ACCOUNT_SID, AUTH_TOKEN

REQUESTS = 1600
WARM_UP = 100
ROUNDS = 5

# Signed for, never called: the posts are the same for both.
PUBLIC_URL = "http://127.0.0.1"


def measure(round_count: int = ROUNDS) -> list[Line]:
    """Return the line of the inbound webhook."""
    with tempfile.TemporaryDirectory() as folder:
        template, requests, warm_up = (Path(folder) / name for name in ("clinic.db", "requests", "warm_up"))
        patients.write_clinic(template)
        patients.write_requests(requests, PUBLIC_URL, REQUESTS + WARM_UP)
        lines = requests.read_text(encoding="utf-8").splitlines(keepends=True)
        warm_up.write_text("".join(lines[:WARM_UP]), encoding="utf-8")
        requests.write_text("".join(lines[WARM_UP:]), encoding="utf-8")

        def ours() -> Figure:
            database = Path(folder) / "ours.db"
            shutil.copy(template, database)
            environment = {
                "DATABASE_URL": f"sqlite:///{database}",
                "SECRET_KEY": "f" * 32,
                "SESSIONS_WEBHOOK_SECRET": "unused",
                "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            }
            return _round([str(AFTERCARE), "web", "--host", "127.0.0.1", "--port"], environment, warm_up, requests)

        def floor() -> Figure:
            database = Path(folder) / "floor.db"
            database.unlink(missing_ok=True)
            gunicorn = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--threads", str(THREADS)]
            command = [*gunicorn, "tests.bench.floor_web:create_app()", "--bind"]
            return _round(command, {"DATABASE": str(database)}, warm_up, requests)

        goal = "0.60 of Flask + RequestValidator + one INSERT"
        return [rounds.compare("inbound webhook, 16 connections", *rounds.interleaved(ours, floor, round_count), goal)]


def _round(command: Sequence[str], environment: dict[str, str], warm_up: Path, requests: Path) -> Figure:
    port = free_port()
    address = f"127.0.0.1:{port}" if command[-1] == "--bind" else str(port)
    process = Process([*command, address], environment | {"PUBLIC_URL": PUBLIC_URL, "TWILIO_AUTH_TOKEN": AUTH_TOKEN})
    try:
        _wait_until_healthy(process, port)
        _load(port, warm_up)
        before = _cpu_seconds(process.pid)
        loaded = _load(port, requests)
        burnt = _cpu_seconds(process.pid) - before
    finally:
        process.stop()
        process.discard()
    if loaded["statuses"] != {"200": REQUESTS}:
        raise SystemExit(f"answers other than 200: {loaded['statuses']}")
    return Figure(REQUESTS / loaded["seconds"], loaded["p99_ms"], burnt / REQUESTS * 1000)


def _load(port: int, requests: Path) -> dict[str, object]:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench.load", str(port), str(requests)], cwd=ROOT, check=True, capture_output=True
    )
    return json.loads(ran.stdout)


def _wait_until_healthy(process: Process, port: int) -> None:
    with urllib3.PoolManager(retries=False) as http:
        for _ in attempts():
            try:
                if http.request("GET", f"http://127.0.0.1:{port}/healthz", timeout=5).status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                continue
    raise process.failure("did not become healthy")


def _cpu_seconds(parent: int) -> float:
    """Return the processor time of gunicorn's workers, which do the work; 0 where there is no /proc."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
