"""The weight of a text's words: how much they resemble texts that had to be paged.

Learned by ``tests/corpus/learn.py`` from labelled messages. A net under the rules (what weighs like a danger
goes to a human although no rule names it), and what the less certain rules must have on their side.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import sqrt
from typing import NamedTuple

from assistant.rules.triage.days import Days
from assistant.rules.triage.normalise import SENTENCE
from assistant.rules.triage.reading import Reading
from assistant.rules.verdict import Category, Finding
from messages.lexicon import WEIGHED, Evidence

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
_REMEMBERED = 50_000  # words: more than the patients of a year use
_STEM = 5  # letters that stand for a word with all its endings
_START, _ASKS = "^", "asks"
_TO_PAGE, _TO_GOODBYE = WEIGHED.index("page"), WEIGHED.index("goodbye")
_NO_WEIGHT: dict[str, tuple[float, ...]] = {}
_NOTHING: tuple[tuple[float, ...], ...] = ((),) * len(WEIGHED)


_Weights = tuple[float, ...]  # in the order of WEIGHED


class Shares(NamedTuple):
    """How much the whole text counts, the rest being its heaviest thought: fitted on texts kept out of the learning."""

    page: float = 0.6
    emergency: float = 0.65
    human: float = 0.8


WHOLE = Shares()


@dataclass(frozen=True)
class Heard:
    """What of one part of a text has a weight: the words at each place, the pairs that end there, the concepts."""

    words: list[dict[str, _Weights]]
    pairs: list[dict[str, _Weights]]
    concepts: dict[str, tuple[int, _Weights]]
    part: tuple[int, int]

    def heaviest(self, reading: Reading, column: int) -> tuple[str, ...]:
        """Return the few words that weigh most for one of the four questions, as they stand in the text."""
        by_place: dict[int, float] = {}
        seen: set[str] = set()
        for place in range(*self.part):
            for feature, weights in (*self.words[place].items(), *self.pairs[place].items()):
                if feature not in seen:
                    seen.add(feature)
                    by_place[place] = by_place.get(place, 0.0) + weights[column]
        for place, weights in self.concepts.values():
            by_place[place] = by_place.get(place, 0.0) + weights[column]
        places = sorted(by_place, key=lambda place: -by_place[place])[:_ENOUGH_TO_SHOW]
        return tuple(reading.tokens.words[place] for place in sorted(places) if by_place[place] > 0)


@dataclass(frozen=True)
class Weight:
    """How much a text weighs (above 0: more likely than not), and the words that weigh most."""

    page: float
    emergency: float
    human: float  # that somebody should read it, were it only a concern
    goodbye: float  # the wish to get no more texts
    expected: float  # normal for the day, or doing well
    admin: float
    heard: Heard
    heard_in_goodbye: Heard

    def words(self, reading: Reading) -> tuple[str, ...]:
        """The few words that weigh most for a page."""
        return self.heard.heaviest(reading, _TO_PAGE)

    def words_of_goodbye(self, reading: Reading) -> tuple[str, ...]:
        """The few words that weigh most for a wish to get no more texts."""
        return self.heard_in_goodbye.heaviest(reading, _TO_GOODBYE)


def features(reading: Reading, days: Days, language: str, findings: Iterable[Finding]) -> Iterator[str]:
    """Yield what a text has: words, pairs of words and beginnings of words of the patient's language; the
    concepts, said or denied, and the said ones once more with the day; the rules that have found something.
    """
    yield from _findings(findings)
    if any(reading.tokens.asks):
        yield _ASKS
    words = _written(reading)
    for previous, word in pairwise([_START, *words]):
        yield from _of_word(language, word)
        yield _pair(language, previous, word)
    for feature, _ in _concepts(reading, _period(days)):
        yield feature


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    for finding in findings:
        if finding.category is not Category.OPT_OUT:  # who wants no more texts may be in danger all the same
            yield f"rule {finding.rule}"


def _written(reading: Reading) -> list[str]:
    """Return the words without case and accents, numbers as the kind of number they are."""
    tokens = reading.tokens
    return [
        word if number is None else _size(number) for word, number in zip(tokens.folds, tokens.numbers, strict=True)
    ]


def _of_word(language: str, word: str) -> tuple[str, ...]:
    if len(word) > _STEM:
        return f"{language}:{word}", f"{language}:{word[:_STEM]}*"
    return (f"{language}:{word}",)


def _pair(language: str, previous: str, word: str) -> str:
    return f"{language}:{previous} {word}"


def _concepts(reading: Reading, day: str | None) -> Iterator[tuple[str, int]]:
    for name, found in reading.concepts.items():
        stated = reading.first_stated(name)
        if stated is not None:
            yield name, stated.start
            if day is not None and name in _OF_THE_DAY:
                yield f"{name}@{day}", stated.start
        else:
            yield f"not {name}", found[0].start


class Scales:
    """The weights of every word of one text, looked up once and then added up for any part of it."""

    def __init__(self, reading: Reading, days: Days, language: str, evidence: Evidence) -> None:
        self._asks = reading.tokens.asks
        self._day = _period(days)
        self._evidence = evidence
        self._language = language
        self._words = _written(reading)
        self._of_words = [self._of_word(word) for word in self._words]
        self._of_pairs = [self._of_pair(previous, word) for previous, word in pairwise([_START, *self._words])]

    def _of_word(self, word: str) -> dict[str, _Weights]:
        remembered = self._evidence.remembered
        key = (self._language, word)
        known = remembered.get(key)
        if known is None:
            if len(remembered) >= _REMEMBERED:
                remembered.clear()
            known = remembered[key] = self._known(_of_word(*key))
        return known

    def _of_pair(self, previous: str, word: str) -> dict[str, _Weights]:
        feature = _pair(self._language, previous, word)
        weighed = self._evidence.weights.get(feature)
        return {feature: weighed} if weighed is not None else _NO_WEIGHT

    def _known(self, found: Iterable[str]) -> dict[str, _Weights]:
        weights = self._evidence.weights
        return {feature: weighed for feature in found if (weighed := weights.get(feature)) is not None}

    def weigh(self, reading: Reading, part: tuple[int, int], findings: Iterable[Finding]) -> Weight:
        """Return the weight of the words from the first place of ``part`` up to the second.

        ``reading`` has the concepts of the part alone, ``findings`` are what the rules find in it.
        """
        start, end = part
        weights = self._evidence.weights
        found = self._known(_findings(findings))
        if any(self._asks[start:end]):
            found.update(self._known((_ASKS,)))
        pairs = self._of_pairs
        if start:
            pairs = list(pairs)
            pairs[start] = self._of_pair(_START, self._words[start])
        for place in range(start, end):
            found.update(self._of_words[place])
            found.update(pairs[place])
        concepts = {
            feature: (place, weights[feature]) for feature, place in _concepts(reading, self._day) if feature in weights
        }
        everything = [*found.values(), *(each for _, each in concepts.values())]
        scale = 1 / sqrt(1 + len(everything))  # a long text is not heavier for being long
        columns = zip(*everything, strict=True) if everything else _NOTHING
        page, emergency, human, goodbye, expected, admin = (
            bias + sum(column) * scale for bias, column in zip(self._evidence.bias, columns, strict=True)
        )
        heard = Heard(self._of_words, pairs, concepts, part)
        return Weight(page, emergency, human, goodbye, expected, admin, heard, heard)


def parts_of(reading: Reading) -> list[tuple[int, int]]:
    """Return where each thought begins and ends: a sentence, or what follows a "but"."""
    count = len(reading.tokens)
    turns = {one.start for one in reading.all("but")}
    cuts = [place for place in range(1, count) if reading.tokens.before[place] == SENTENCE or place in turns]
    return list(zip([0, *cuts], [*cuts, count], strict=True))


def weigh(
    scales: Scales, reading: Reading, findings: Iterable[Finding], rules: Callable[[Reading], Iterable[Finding]]
) -> Weight:
    """Return the weight of the text: of the whole of it and of its heaviest thought, in the shares ``WHOLE``.

    What is said in one sentence, or after a "but", is made little lighter by what stands around it, and a
    sentence that sounds heavy by itself is read in its place. ``findings`` are those of the whole text;
    ``rules`` finds those of a part read by itself. A wish to get no more texts is as heavy as its heaviest part.
    """
    whole = scales.weigh(reading, (0, len(reading.tokens)), findings)
    parts = parts_of(reading)
    if len(parts) == 1:
        return whole
    each = [whole]
    for part in parts:
        alone = _only(reading, part)
        each.append(scales.weigh(alone, part, rules(alone)))
    heaviest = max(each, key=lambda one: one.page)
    farewell = max(each, key=lambda one: one.goodbye)
    return replace(
        heaviest,
        page=_both(WHOLE.page, whole.page, heaviest.page),
        emergency=_both(WHOLE.emergency, whole.emergency, max(one.emergency for one in each)),
        human=_both(WHOLE.human, whole.human, max(one.human for one in each)),
        goodbye=farewell.goodbye,
        expected=whole.expected,
        admin=whole.admin,
        heard_in_goodbye=farewell.heard,
    )


def _both(share: float, whole: float, heaviest: float) -> float:
    return share * whole + (1 - share) * heaviest


def heaviest_sign(
    scales: Scales, reading: Reading, rules: Callable[[Reading], Iterable[Finding]]
) -> tuple[float, float]:
    """Return the weight for a page of the heaviest thought, and of the heaviest few words in a row, that hold a
    danger sign by themselves.

    The latter is for texts without a full stop: "thanks all healed up x my tongue is swelling".
    """
    thought = words = -99.0
    for start, end in parts_of(reading):
        windows = range(start, max(start, end - _WINDOW) + _STEP, _STEP)
        for part in dict.fromkeys([(start, end), *((first, min(first + _WINDOW, end)) for first in windows)]):
            alone = _only(reading, part)
            found = list(rules(alone))
            if any(finding.category.pages_now for finding in found):
                weight = scales.weigh(alone, part, found).page
                words = max(words, weight)
                thought = max(thought, weight) if part == (start, end) else thought
    return thought, words


def _only(reading: Reading, part: tuple[int, int]) -> Reading:
    """Return the reading of one part of the text."""
    concepts = {
        name: inside
        for name, found in reading.concepts.items()
        if (inside := tuple(one for one in found if part[0] <= one.start and one.end <= part[1]))
    }
    return replace(reading, concepts=concepts)


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
