"""Danger signs: concepts close together, as messages/triage/signs.toml lists them."""

from collections.abc import Iterator
from itertools import combinations, pairwise, product

from assistant.rules.triage.days import Days
from assistant.rules.triage.match import Compiled
from assistant.rules.triage.reading import Occurrence, Reading
from assistant.rules.verdict import Category, Finding
from messages.lexicon import Sign

_MOST = 6  # occurrences of one group that are looked at: long texts repeat themselves


def danger_signs(reading: Reading, days: Days, compiled: Compiled) -> list[Finding]:
    """Return a finding for every sign that is stated, and a weaker one for a sign only supposed or past.

    A sign that is denied gives nothing: other words of the text decide.
    """
    findings: dict[tuple[str, str], Finding] = {}
    seen: set[int] = set()
    for concept in reading.concepts:
        for sign in compiled.signs_by_concept.get(concept, ()):
            if id(sign) in seen:
                continue
            seen.add(id(sign))
            finding = _finding(sign, reading, days)
            if finding is not None:
                findings.setdefault((finding.rule, finding.category), finding)
    return list(findings.values())


def _finding(sign: Sign, reading: Reading, days: Days) -> Finding | None:
    if not days.within(sign.from_day, sign.to_day):
        return None
    if any(names.isdisjoint(reading.concepts) for names in sign.groups):
        return None
    groups = [
        sorted(reading.all(*names), key=lambda one: (not one.stated, one.start, -one.end, one.concept))[:_MOST]
        for names in sign.groups
    ]
    weaker: Finding | None = None
    for combination in _together(sign, reading, groups):
        if any(one.negated for one in combination):
            continue
        if sign.unless and _excused(sign, reading, combination):
            continue
        framed = sign.hypothetical and any(one.supposed or one.past for one in combination)
        if not framed:
            return Finding(sign.name, Category(sign.category), _quotes(reading, combination), sign.why)
        if weaker is None:
            weaker = _framed(sign, reading, combination)
    return weaker


def _together(sign: Sign, reading: Reading, groups: list[list[Occurrence]]) -> Iterator[tuple[Occurrence, ...]]:
    for combination in product(*groups):
        if any(one.words & other.words for one, other in combinations(combination, 2)):
            continue  # one word cannot be both halves of a sign
        if sign.within == 0 or _close(reading, combination, sign.within):
            yield combination


def _close(reading: Reading, combination: tuple[Occurrence, ...], within: int) -> bool:
    ordered = sorted(combination, key=lambda one: one.start)
    return all(reading.distance(one, following) <= within for one, following in pairwise(ordered))


def _excused(sign: Sign, reading: Reading, combination: tuple[Occurrence, ...]) -> bool:
    within = sign.within or 4
    return any(
        not excuse.negated and any(reading.distance(excuse, one) <= within for one in combination)
        for excuse in reading.all(*sign.unless)
    )


def _framed(sign: Sign, reading: Reading, combination: tuple[Occurrence, ...]) -> Finding:
    """A danger that is asked about or remembered: a human reads it, nobody is paged."""
    past = any(one.past for one in combination)
    if past or sign.category == Category.CONCERN:
        return Finding(
            f"past_{sign.name}" if past else f"supposed_{sign.name}",
            Category.CONCERN if sign.category != Category.CONCERN else Category.UNCLEAR,
            _quotes(reading, combination),
            "told as long past" if past else "asked about, not reported",
        )
    return Finding(
        f"supposed_{sign.name}", Category.UNCLEAR, _quotes(reading, combination), "asked about, not reported"
    )


def _quotes(reading: Reading, combination: tuple[Occurrence, ...]) -> tuple[str, ...]:
    """Return the matched words as the patient wrote them; neighbours are quoted together."""
    ordered = sorted(combination, key=lambda one: (one.start, one.end))
    start, end = ordered[0].start, max(one.end for one in ordered)
    if end - start <= 6:
        return (reading.quote(start, end),)
    return tuple(dict.fromkeys(reading.quote(one.start, one.end) for one in ordered))
