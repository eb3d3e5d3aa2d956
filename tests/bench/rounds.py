"""Interleaved rounds and what is told of them: the machine's own speed changes by the minute, so only ratios count."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One round of one thing: how many a second, and the 99th percentile of its answers, if it was measured."""

    per_second: float
    p99_ms: float | None = None
    cpu_ms: float | None = None  # of the process under test, for each unit of work


@dataclass(frozen=True)
class Line:
    """One line of the table; ``goal`` is a share of the floor, or a figure of its own."""

    name: str
    ours: str
    floor: str
    ratio: float | None
    goal: str

    def __str__(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return f"{self.name:<34} {self.ours:>34} {self.floor:>34} {ratio:>6}  {self.goal}"


HEADING = Line("", "ours", "floor", None, "goal")


def interleaved(
    ours: Callable[[], Figure], floor: Callable[[], Figure], rounds: int
) -> tuple[list[Figure], list[Figure]]:
    """Run both ``rounds`` times in turns, the other one first each time; return the figures of each."""
    results: tuple[list[Figure], list[Figure]] = ([], [])
    for number in range(rounds):
        for place in (0, 1) if number % 2 else (1, 0):
            results[place].append((ours, floor)[place]())
    return results


def compare(name: str, ours: Sequence[Figure], floor: Sequence[Figure], goal: str) -> Line:
    """Return the line of two series: medians, and the median of the ratios round by round."""
    ratio = statistics.median(a.per_second / b.per_second for a, b in zip(ours, floor, strict=True))
    return Line(name, _in_words(ours), _in_words(floor), ratio, goal)


def _in_words(figures: Sequence[Figure]) -> str:
    words = f"{statistics.median(figure.per_second for figure in figures):.0f}/s"
    waits = [figure.p99_ms for figure in figures if figure.p99_ms is not None]
    burnt = [figure.cpu_ms for figure in figures if figure.cpu_ms is not None]
    if waits:
        words += f", p99 {statistics.median(waits):.0f} ms"
    if burnt:
        words += f", CPU {statistics.median(burnt):.2f} ms"
    return words
