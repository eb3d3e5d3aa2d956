"""Triage through the command: texts a second on one core, and how long it takes to start."""

import json
import subprocess
import time

from tests.bench.rounds import Line
from tests.corpus.cases import Case, cases
from tests.end_to_end.processes import AFTERCARE

REPEATS = 3  # of which the fastest counts: the others measure what else the machine did


def measure() -> list[Line]:
    """Return the lines of the command: its rate without its start, and its start."""
    asked = [_question(case) for split in ("train", "test") for case in cases(split, set())]
    start = min(_seconds(asked[:1]) for _ in range(REPEATS))
    whole = min(_seconds(asked) for _ in range(REPEATS))
    rate = (len(asked) - 1) / (whole - start)
    return [
        Line(f"triage, {len(asked)} corpus texts", f"{rate:.0f}/s", "", None, "2000/s on one core"),
        Line("triage command, start to first verdict", f"{start:.2f} s", "", None, "under 1 s"),
    ]


def _question(case: Case) -> str:
    day = case.context.sessions[0].day if case.context.sessions else None
    return json.dumps({"text": case.text, "day": day, "locale": case.language}) + "\n"


def _seconds(asked: list[str]) -> float:
    started = time.perf_counter()
    ran = subprocess.run(
        [AFTERCARE, "triage", "--jsonl"], input="".join(asked), check=True, capture_output=True, text=True
    )
    took = time.perf_counter() - started
    if len(ran.stdout.splitlines()) != len(asked):
        raise SystemExit("not every text got a verdict")
    return took
