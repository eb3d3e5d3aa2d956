"""The medicines a text names, and what it says beside them."""

from typing import NamedTuple

from assistant.rules.triage.match import Compiled, Span, find_concepts
from assistant.rules.triage.reading import Occurrence, Reading
from messages.medicines import Medicine


class Named(NamedTuple):
    """A product and the place of its name."""

    medicine: Medicine
    found: Occurrence


class Sayings:
    """Where a text says something of medicines: the [words] of medicines.toml, by name."""

    def __init__(self, spans: dict[str, list[Span]]) -> None:
        self._spans = spans

    def all(self, name: str) -> list[Span]:
        return self._spans.get(name, [])

    def has(self, name: str) -> bool:
        return bool(self._spans.get(name))


def named(reading: Reading, compiled: Compiled) -> list[Named]:
    """Return every product named, in the order of the text; the longest name counts ("voltarol gel")."""
    every = [
        Named(compiled.medicines[name.removeprefix("medicine:")], one)
        for name, places in reading.concepts.items()
        if name.startswith("medicine:")
        for one in places
    ]
    longest = [one for one in every if not any(_inside(one.found, other.found) for other in every)]
    return sorted(longest, key=lambda one: (one.found.start, one.found.end))


def sayings(reading: Reading, compiled: Compiled) -> Sayings:
    """Return what the text says of medicines; only asked for where one is in question."""
    said = compiled.sayings
    if said is None:
        return Sayings({})
    tokens = reading.tokens
    accented = 5 * sum(1 for word in tokens.words if not word.isascii()) >= len(tokens)
    known = [
        said.vocabulary.find(folded, tonal, with_accents=accented)
        for folded, tonal in zip(tokens.folds, tokens.tonal, strict=True)
    ]
    return Sayings(find_concepts(tokens, known, said, reading.active))


def named_product(reading: Reading, compiled: Compiled) -> tuple[str, str] | None:
    """Return the first product named and its kind, for the answer's words."""
    first = next(iter(named(reading, compiled)), None)
    return (first.medicine.product, first.medicine.kind) if first else None


def words_between(reading: Reading, first: Span | Occurrence, second: Span | Occurrence) -> int:
    """Return how many words lie between the two places, whichever comes first; 0 where they touch or overlap."""
    if first.start > second.start:
        first, second = second, first
    if second.start < first.end:
        return 0
    place = reading.tokens.place
    return place[second.start] - place[first.end - 1] - 1


def _inside(one: Occurrence, longer: Occurrence) -> bool:
    return longer.start <= one.start and one.end <= longer.end and (one.start, one.end) != (longer.start, longer.end)
