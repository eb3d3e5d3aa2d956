"""The weight of a text's words: how much they resemble texts that had to be paged.

A net under the rules, learned by ``tests/corpus/learn.py`` from the train half of the corpus. It can
only raise a verdict, never lower one, and it shows the words that weighed most.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.rules.triage.days import Days
from assistant.rules.triage.reading import Reading
from messages.lexicon import Evidence

_DAYS = ((1, "0"), (3, "2"), (5, "4"), (7, "6"), (13, "8"))
_SIZES = ((3, "#3"), (7, "#7"), (10, "#10"), (30, "#30"), (37.9, "#37"), (42.0, "#fever"))
_LATEST = "14"
_UNKNOWN = "?"
_ENOUGH_TO_SHOW = 4
_LONG_SWELLING, _FIRST_DAYS = 7, 4


@dataclass(frozen=True)
class Weight:
    """The two sums, and the words that weighed most."""

    page: float
    emergency: float
    words: tuple[str, ...]


def features(reading: Reading, days: Days, language: str) -> Iterator[tuple[str, int | None]]:
    """Yield what the text has, each with the place of the word (None for what has no place).

    Words, pairs of words and beginnings of words of the patient's language; concepts of every
    language, said or denied, and the said ones once more with the day.
    """
    folds, numbers = reading.tokens.folds, reading.tokens.numbers
    day = _period(days)
    yield f"day {day}", None
    previous = "^"
    for place, fold in enumerate(folds):
        word = fold if (number := numbers[place]) is None else _size(number)
        yield f"{language}:{word}", place
        yield f"{language}:{previous} {word}", place
        if len(word) > 5:
            yield f"{language}:{word[:5]}*", place
        previous = word
    for name, found in reading.concepts.items():
        stated = next((one for one in found if one.stated), None)
        if stated is None:
            yield f"not {name}", found[0].start
        else:
            yield name, stated.start
            yield f"{name}@{day}", stated.start


def weigh(reading: Reading, days: Days, language: str, evidence: Evidence) -> Weight:
    """Return how much the text weighs for a page and for EMERGENCY: above 0 it is more likely than not."""
    page, emergency = evidence.bias
    by_place: dict[int, float] = {}
    for feature, place in dict(features(reading, days, language)).items():
        weight = evidence.weights.get(feature)
        if weight is None:
            continue
        page += weight[0]
        emergency += weight[1]
        if place is not None:
            by_place[place] = by_place.get(place, 0.0) + weight[0]
    heaviest = sorted(by_place, key=lambda place: -by_place[place])[:_ENOUGH_TO_SHOW]
    words = tuple(reading.tokens.words[place] for place in sorted(heaviest) if by_place[place] > 0)
    return Weight(page, emergency, words)


def _size(number: float) -> str:
    """Return a number as the kind of number it is: a small count, a high score, a fever."""
    for last, name in _SIZES:
        if number <= last:
            return name
    return "#more"


def _period(days: Days) -> str:
    """Return the part of the course: a product that swells longer stays longer in its first days."""
    day = days.oldest
    if day is None:
        return _UNKNOWN
    limit = max(session.swelling_days for session in days.sessions)
    if limit > _LONG_SWELLING and day <= limit:
        day = min(day, _FIRST_DAYS)
    return next((name for last, name in _DAYS if day <= last), _LATEST)
