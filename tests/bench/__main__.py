"""``make bench``: every benchmark, one table. Ratios are medians of interleaved rounds within this run."""

import os
import platform
from importlib.metadata import version

import pysqlite3

from tests.bench import dispatch, rounds, triage, web


def main() -> None:
    """Measure and print, each line as soon as it is known."""
    print(rounds.HEADING, flush=True)
    for measure in (web.measure, dispatch.measure, triage.measure):
        for line in measure():
            print(line, flush=True)
    names = ("flask", "gunicorn", "sqlalchemy", "sqlmodel", "twilio", "urllib3")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    print(
        f"\nPython {platform.python_version()}, SQLite {pysqlite3.sqlite_version}, {versions}; {os.cpu_count()} cores."
    )
    print("One process, four threads, WAL and synchronous=FULL on both sides; ratio is ours to the floor, same round.")


if __name__ == "__main__":
    main()
