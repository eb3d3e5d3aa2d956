"""The weight of a text's words: how much they resemble texts that had to be paged.

Learned by ``tests/corpus/learn.py`` from labelled messages. A net under the rules (what weighs like a danger
goes to a human although no rule names it), and what the less certain rules must have on their side.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import sqrt
from typing import NamedTuple

from assistant.rules.triage.days import Days
from assistant.rules.triage.normalise import SENTENCE
from assistant.rules.triage.reading import Reading
from assistant.rules.verdict import Category, Finding
from messages.lexicon import Evidence

_DAYS = ((1, "0"), (3, "2"), (5, "4"), (7, "6"), (13, "8"))
_SIZES = ((3, "#3"), (7, "#7"), (10, "#10"), (30, "#30"), (37.9, "#37"), (42.0, "#fever"))
_LATEST = "14"
# What is normal on one day and not on another. Everything else means the same on all.
_OF_THE_DAY = frozenset({
    "swell", "swell_more", "red", "bruise", "itch", "sore", "pain", "burn", "warm", "hot", "hot_skin", "numb",
    "flaking", "skin_tight", "marks", "scab", "tired", "spotting", "lump", "bumps", "nodule", "raised", "firm",
    "dark_marks", "less", "almost_gone", "still", "again", "returned", "growing", "unchanged_since", "relapse",
    "back_again", "worse", "yellow", "purple", "mild_colour", "eyelid", "headache",
})  # fmt: skip
_ENOUGH_TO_SHOW = 4
_WINDOW, _STEP = 8, 2  # words: a short sentence, and how far the next window begins
_LONG_SWELLING, _FIRST_DAYS = 7, 4
_STEM = 5  # letters that stand for a word with all its endings


class Heard(NamedTuple):
    """A feature at a word, and its weights."""

    place: int
    to_page: float
    to_goodbye: float


@dataclass(frozen=True)
class Weight:
    """How much a text weighs (above 0: more likely than not), and the words that weigh most."""

    page: float
    emergency: float
    human: float  # that somebody should read it, were it only a concern
    goodbye: float  # the wish to get no more texts
    heard: tuple[Heard, ...] = ()
    heard_in_goodbye: tuple[Heard, ...] = ()

    def words(self, reading: Reading) -> tuple[str, ...]:
        """The few words that weigh most for a page."""
        return _heaviest(reading, ((one.place, one.to_page) for one in self.heard))

    def words_of_goodbye(self, reading: Reading) -> tuple[str, ...]:
        """The few words that weigh most for a wish to get no more texts."""
        return _heaviest(reading, ((one.place, one.to_goodbye) for one in self.heard_in_goodbye))


def features(
    reading: Reading, days: Days, language: str, findings: Iterable[Finding], start: int, end: int
) -> Iterator[tuple[str, int | None]]:
    """Yield what the words from ``start`` up to ``end`` have, with the place of the word (None: no place).

    Words, pairs of words and beginnings of words of the patient's language; the concepts of ``reading``,
    said or denied, and the said ones once more with the day; the rules that have found something.
    """
    folds, numbers = reading.tokens.folds, reading.tokens.numbers
    day = _period(days)
    for finding in findings:
        if finding.category is not Category.OPT_OUT:  # who wants no more texts may be in danger all the same
            yield f"rule {finding.rule}", None
    if any(reading.tokens.asks[start:end]):
        yield "asks", None
    previous = "^"
    for place in range(start, end):
        number = numbers[place]
        word = folds[place] if number is None else _size(number)
        yield f"{language}:{word}", place
        yield f"{language}:{previous} {word}", place
        if len(word) > _STEM:
            yield f"{language}:{word[:_STEM]}*", place
        previous = word
    for name, found in reading.concepts.items():
        stated = next((one for one in found if one.stated), None)
        if stated is not None:
            yield name, stated.start
            if day is not None and name in _OF_THE_DAY:
                yield f"{name}@{day}", stated.start
        else:
            yield f"not {name}", found[0].start


def parts_of(reading: Reading) -> list[tuple[int, int]]:
    """Return where each thought begins and ends: a sentence, or what follows a "but"."""
    count = len(reading.tokens)
    turns = {one.start for one in reading.all("but")}
    cuts = [place for place in range(1, count) if reading.tokens.before[place] == SENTENCE or place in turns]
    return list(zip([0, *cuts], [*cuts, count], strict=True))


def weigh(
    reading: Reading,
    days: Days,
    language: str,
    evidence: Evidence,
    findings: Iterable[Finding],
    rules: Callable[[Reading], Iterable[Finding]],
) -> Weight:
    """Return the weight of the text, or of its heaviest thought if that weighs more.

    What is said in one sentence, or after a "but", is not made lighter by what stands around it. ``findings``
    are those of the whole text; ``rules`` finds those of a part read by itself.
    """
    whole = _weigh(reading, days, language, findings, (0, len(reading.tokens)), evidence)
    parts = parts_of(reading)
    if len(parts) == 1:
        return whole
    each = [whole]
    for part in parts:
        alone = _only(reading, part)
        each.append(_weigh(alone, days, language, rules(alone), part, evidence))
    heaviest = max(each, key=lambda one: one.page)
    farewell = max(each, key=lambda one: one.goodbye)
    return replace(
        heaviest,
        emergency=max(one.emergency for one in each),
        human=max(one.human for one in each),
        goodbye=farewell.goodbye,
        heard_in_goodbye=farewell.heard,
    )


def heaviest_window(
    reading: Reading, days: Days, language: str, evidence: Evidence, rules: Callable[[Reading], Iterable[Finding]]
) -> float:
    """Return the weight for a page of the heaviest few words in a row that hold a danger sign by themselves.

    For texts without a full stop: "thanks all healed up x my tongue is swelling".
    """
    heaviest = -99.0
    for start, end in parts_of(reading):
        for first in range(start, max(start, end - _WINDOW) + _STEP, _STEP):
            part = (first, min(first + _WINDOW, end))
            alone = _only(reading, part)
            found = list(rules(alone))
            if any(finding.category.pages_now for finding in found):
                weight = _weigh(alone, days, language, found, part, evidence)
                heaviest = max(heaviest, weight.page)
    return heaviest


def _only(reading: Reading, part: tuple[int, int]) -> Reading:
    """Return the reading of one part of the text."""
    concepts = {
        name: inside
        for name, found in reading.concepts.items()
        if (inside := tuple(one for one in found if part[0] <= one.start and one.end <= part[1]))
    }
    return replace(reading, concepts=concepts)


def _weigh(
    reading: Reading,
    days: Days,
    language: str,
    findings: Iterable[Finding],
    part: tuple[int, int],
    evidence: Evidence,
) -> Weight:
    page = emergency = human = goodbye = 0.0
    seen: set[str] = set()
    heard: list[Heard] = []
    weights = evidence.weights
    for feature, place in features(reading, days, language, findings, *part):
        if feature in weights and feature not in seen:
            seen.add(feature)
            to_page, to_emergency, to_human, to_goodbye = weights[feature]
            page += to_page
            emergency += to_emergency
            human += to_human
            goodbye += to_goodbye
            if place is not None:
                heard.append(Heard(place, to_page, to_goodbye))
    scale = 1 / sqrt(1 + len(seen))  # a long text is not heavier for being long
    to_page, to_emergency, to_human, to_goodbye = evidence.bias
    said = tuple(heard)
    return Weight(
        page=to_page + page * scale,
        emergency=to_emergency + emergency * scale,
        human=to_human + human * scale,
        goodbye=to_goodbye + goodbye * scale,
        heard=said,
        heard_in_goodbye=said,
    )


def _heaviest(reading: Reading, weighed: Iterable[tuple[int, float]]) -> tuple[str, ...]:
    by_place: dict[int, float] = {}
    for place, weight in weighed:
        by_place[place] = by_place.get(place, 0.0) + weight
    places = sorted(by_place, key=lambda place: -by_place[place])[:_ENOUGH_TO_SHOW]
    return tuple(reading.tokens.words[place] for place in sorted(places) if by_place[place] > 0)


def _size(number: float) -> str:
    """Return a number as the kind of number it is: a small count, a high score, a fever."""
    for last, name in _SIZES:
        if number <= last:
            return name
    return "#more"


def _period(days: Days) -> str | None:
    """Return the part of the course, None if it is not known: a product that swells longer stays
    longer in its first days.
    """
    day = days.oldest
    if day is None:
        return None
    limit = max(session.swelling_days for session in days.sessions)
    if limit > _LONG_SWELLING and day <= limit:
        day = min(day, _FIRST_DAYS)
    return next((name for last, name in _DAYS if day <= last), _LATEST)
