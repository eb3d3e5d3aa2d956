"""Starts the real commands on a database and a fake Twilio, and ends them as gently or brutally as a test asks."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import urllib3

from assistant import clock
from assistant.signatures import sign_sessions
from tests.cast import CLINIC_PHONE, DANA
from tests.end_to_end.deliver import Answer
from tests.fakes.twilio_account import FakeMessage
from tests.fakes.twilio_server import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio

AFTERCARE = Path(sys.executable).with_name("aftercare")
ROOT = Path(__file__).parents[2]
SESSIONS_SECRET = "the booking system's and ours"

# How long a process may take to start, to do something, or to end: generous, since none is waited for in full.
PATIENCE_SECONDS = 30


class Process:
    """One running command. What it wrote is in the message of every failure."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._name = " ".join(command)
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 (closed by discard)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TWILIO_")}
        self._process = subprocess.Popen(
            command, env=inherited | environment, cwd=ROOT, stdout=self._output, stderr=subprocess.STDOUT
        )

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid

    def output(self) -> str:
        """Everything written to both outputs so far."""
        # Read in place: the process writes at the position that this file shares with it.
        return os.pread(self._output.fileno(), 1 << 20, 0).decode(errors="replace")

    def wait(self) -> int:
        """Wait for the end and return the exit status; -9 is SIGKILL."""
        try:
            return self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            raise self.failure("did not end") from None

    def stop(self) -> int:
        """Ask it to end, as a deploy does, and return the exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def failure(self, what: str) -> AssertionError:
        return AssertionError(f"{self._name} {what}. It wrote:\n{self.output()}")

    def discard(self) -> None:
        """End it whatever it is doing, and forget what it wrote."""
        if self.running:
            self._process.kill()
            self._process.wait()
        self._output.close()


class Installation:
    """A database, a fake Twilio, and the processes that were started on them."""

    def __init__(self, database_url: str, twilio: FakeTwilio) -> None:
        self.twilio = twilio
        self.url = f"http://127.0.0.1:{free_port()}"
        self._http = urllib3.PoolManager(retries=False)
        self._started: list[Process] = []
        self._environment = {
            "DATABASE_URL": database_url,
            "PUBLIC_URL": self.url,
            "SECRET_KEY": "f" * 32,
            "SESSIONS_WEBHOOK_SECRET": SESSIONS_SECRET,
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_API_BASE_URL": twilio.url,
        }
        twilio.inbound_url = f"{self.url}/webhooks/twilio/inbound"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._started:
            process.discard()
        self._http.clear()

    def start(self, *arguments: str, fault: str = "") -> Process:
        """Start a command; with ``fault`` it dies at the point of that name."""
        process = Process([str(AFTERCARE), *arguments], self._environment | {"AFTERCARE_FAULT": fault})
        self._started.append(process)
        return process

    def run(self, *arguments: str) -> str:
        """Run a command that ends by itself, and return what it printed."""
        process = self.start(*arguments)
        if process.wait() != 0:
            raise process.failure("failed")
        return process.output()

    def start_web(self, *, workers: int = 1, fault: str = "") -> Process:
        """Start the web process and wait until it answers."""
        port = self.url.rpartition(":")[2]
        process = self.start("web", "--host", "127.0.0.1", "--port", port, "--workers", str(workers), fault=fault)
        self._until_healthy(process)
        return process

    def stop_web(self, process: Process) -> None:
        """End the web process, whose worker may just have been killed.

        A worker that is being forked in its place does not hear the TERM of its parent: it is waited for.
        """
        self._until_healthy(process)
        process.stop()

    def _until_healthy(self, process: Process) -> None:
        for _ in attempts():
            if not process.running:
                raise process.failure("ended")
            try:
                if self._http.request("GET", f"{self.url}/healthz", timeout=5).status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                continue
        raise process.failure("did not become healthy")

    def tick(self, *, fault: str = "") -> int:
        """Run every job of the scheduler once; return the exit status, -9 if a fault point was reached."""
        process = self.start("scheduler", "--once", fault=fault)
        status = process.wait()
        if status not in (0, -signal.SIGKILL):
            raise process.failure(f"ended with {status}")
        return status

    def add_clinic(self) -> None:
        """Add the clinic ``main`` in New York and Dana on call, as an admin would."""
        self.run(
            *("clinic", "add", "main", "--name", "Lumen Clinic", "--country", "US"),
            *("--timezone", "America/New_York", "--phone", CLINIC_PHONE),
        )
        self.run(
            *("staff", "add", "Dana Reyes", "--phone", DANA, "--email", "dana@example.com"),
            *("--role", "staff", "--on-call"),
        )

    def post_event(self, event: Mapping[str, Any]) -> Answer:
        """Post one event of the booking system, signed just now."""
        request = signed_event(self.url, event)
        try:
            answer = self._http.request(
                "POST", request["url"], body=request["body"], headers=request["headers"], timeout=PATIENCE_SECONDS
            )
        except urllib3.exceptions.HTTPError:
            return Answer(0, "")
        return Answer(answer.status, answer.data.decode())

    def text_to(self, phone: str, place: int = 0) -> FakeMessage:
        """Wait for a text to ``phone`` that Twilio accepts, and return it; ``place`` 0 is the first."""
        for _ in attempts():
            seen = self.twilio.accepted
            theirs = [message for message in seen if message.to == phone]
            if len(theirs) > place:
                return theirs[place]
            self.twilio.wait_for_accepted(len(seen) + 1, seconds=1)
        bodies = [f"{message.to}: {message.body}" for message in self.twilio.accepted]
        outputs = "\n".join(process.output() for process in self._started)
        raise AssertionError(f"no text {place} to {phone} in {bodies}. The processes wrote:\n{outputs}")

    def wait_for_connections(self, number: int) -> None:
        """Wait until Twilio has been called over this many connections."""
        for _ in attempts():
            if self.twilio.connections >= number:
                return
        raise AssertionError("\n".join(process.output() for process in self._started))


def signed_event(base_url: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the signed request for an event: its url, headers and body."""
    body = json.dumps(event)
    signature = sign_sessions(body.encode(), SESSIONS_SECRET, clock.now())
    headers = {"Content-Type": "application/json", "Aftercare-Signature": signature}
    return {"url": f"{base_url}/webhooks/sessions", "headers": headers, "body": body}


def attempts() -> Iterator[int]:
    """Yield until patience is over: for what can only be asked for, not awaited."""
    deadline, made = time.monotonic() + PATIENCE_SECONDS, 0
    while time.monotonic() < deadline:
        yield made
        made += 1
        time.sleep(0.02)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
