"""Posts requests from several processes at once: each is this program, so that they share nothing.

As a program it reads ``{"url", "headers", "body"}`` a line and writes ``{"status", "body"}`` a line, in order.
"""

import http.client
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """What a webhook was answered; ``status`` 0 means that the connection broke first."""

    status: int
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


def deliver_from_many_processes(requests: Sequence[Mapping[str, Any]], processes: int) -> list[list[Answer]]:
    """Let each of ``processes`` post every request; return the answers of each, in the order of the requests."""
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.end_to_end.deliver"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()  # it is ready: all begin together
    for process in running:
        assert process.stdin is not None
        process.stdin.write(lines)
        process.stdin.close()
    answers = []
    for process in running:
        assert process.stdout is not None
        with process.stdout as output:
            answers.append([Answer(**json.loads(line)) for line in output])
        assert process.wait(ANSWER_SECONDS) == 0
    return answers


def main() -> None:
    """Say that we are ready, then post whatever comes."""
    print("ready", flush=True)
    connection = None
    for line in sys.stdin:
        request = json.loads(line)
        parts = urlsplit(request["url"])
        connection = connection or http.client.HTTPConnection(parts.netloc, timeout=ANSWER_SECONDS)
        try:
            connection.request("POST", parts.path, request["body"].encode(), request["headers"])
            response = connection.getresponse()
            answer = {"status": response.status, "body": response.read().decode()}
        except OSError:
            connection.close()
            answer = {"status": 0, "body": ""}
        print(json.dumps(answer))


if __name__ == "__main__":
    main()
