"""Triage through the command: texts a second on one core, and how long it takes to start."""

import json
import statistics
import subprocess
import time
from pathlib import Path

from tests.bench.rounds import Line
from tests.end_to_end.processes import AFTERCARE

CORPUS = Path(__file__).parents[1] / "corpus"
REPEATS = 3


def measure() -> list[Line]:
    """Return the lines of the command: its rate without its start, and its start."""
    texts = [line for path in sorted(CORPUS.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    asked = [_question(json.loads(text)) for text in texts]
    start = statistics.median(_seconds(asked[:1]) for _ in range(REPEATS))
    whole = statistics.median(_seconds(asked) for _ in range(REPEATS))
    rate = (len(asked) - 1) / (whole - start)
    return [
        Line(f"triage, {len(asked)} corpus texts", f"{rate:.0f}/s", "", None, "2000/s on one core"),
        Line("triage command, start to first verdict", f"{start:.2f} s", "", None, "under 1 s"),
    ]


def _question(row: dict[str, object]) -> str:
    return json.dumps({"text": row["text"], "day": row["day"], "locale": row["language"]}) + "\n"


def _seconds(asked: list[str]) -> float:
    started = time.perf_counter()
    ran = subprocess.run(
        [AFTERCARE, "triage", "--jsonl"], input="".join(asked), check=True, capture_output=True, text=True
    )
    took = time.perf_counter() - started
    if len(ran.stdout.splitlines()) != len(asked):
        raise SystemExit("not every text got a verdict")
    return took
