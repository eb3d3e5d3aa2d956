"""A text as triage sees it: its words, the concepts in them, and what is denied, supposed or long past."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from assistant.rules.triage.match import Compiled, Span, find_concepts, languages_in
from assistant.rules.triage.negation import negated_words, supposed_words, words_of_the_past
from assistant.rules.triage.normalise import Tokens, tokenise
from assistant.rules.triage.vocabulary import Known

# Frames are about other words; they are never themselves denied, supposed or past.
FRAMES = frozenset({
    "neg", "neg_word", "neg_post", "not_neg", "or_word", "contrast", "but", "subject", "idiom", "hypo", "past", "now",
    "elsewhere", "animal", "until_now", "it_is_so",
})  # fmt: skip

# Phrases that hold a negator without using it up: "no trouble" still denies the trouble.
_KEEP_NEGATORS = frozenset({
    "neg", "neg_word", "neg_post", "subject", "well", "thanks", "ok_word", "question", "past", "hypo", "alarm",
})  # fmt: skip

# Words of calm which, inside "not getting better" or "not normal", say the opposite.
_CALM_WORDS = frozenset({
    "less", "well", "normal_q", "almost_gone", "relaxed", "ok_word", "praise", "thanks", "answer_better",
})  # fmt: skip


class Occurrence(NamedTuple):
    """A concept at a place in the text, and whether it is really claimed there."""

    concept: str
    start: int
    end: int
    negated: bool
    supposed: bool
    past: bool
    skipped: tuple[int, ...] = ()

    @property
    def words(self) -> set[int]:
        """The places of the words it is made of, without those it skips."""
        return set(range(self.start, self.end)).difference(self.skipped)

    @property
    def stated(self) -> bool:
        """Whether the patient says that it is so, now."""
        return not (self.negated or self.supposed or self.past)


@dataclass(frozen=True)
class Reading:
    """One text, read once. Every rule looks at this and at nothing else of the text."""

    tokens: Tokens
    known: tuple[Known, ...]
    active: int
    concepts: dict[str, tuple[Occurrence, ...]]

    @cached_property
    def _claimed(self) -> dict[str, tuple[Occurrence, ...]]:
        """The concepts that are claimed as true now."""
        claimed = {}
        for name, found in self.concepts.items():
            stated = tuple([one for one in found if not (one.negated or one.supposed or one.past)])
            if stated:
                claimed[name] = stated
        return claimed

    def all(self, *names: str) -> Iterable[Occurrence]:
        for name in names:
            yield from self.concepts.get(name, ())

    def stated(self, *names: str) -> list[Occurrence]:
        """Return the occurrences of these concepts that are claimed as true now."""
        claimed = self._claimed
        if len(names) == 1:
            return list(claimed.get(names[0], ()))
        return [found for name in names for found in claimed.get(name, ())]

    def first_stated(self, name: str) -> Occurrence | None:
        found = self._claimed.get(name)
        return found[0] if found else None

    def denied(self, *names: str) -> list[Occurrence]:
        return [found for found in self.all(*names) if found.negated]

    def has(self, *names: str) -> bool:
        return not self._claimed.keys().isdisjoint(names)

    def mentions(self, *names: str) -> bool:
        """Return whether any of these is written, be it denied or supposed."""
        return not self.concepts.keys().isdisjoint(names)

    def quote(self, start: int, end: int) -> str:
        """Return the patient's own words from ``start`` up to ``end``."""
        return " ".join(self.tokens.words[start:end])

    def distance(self, first: Occurrence, second: Occurrence) -> int:
        """Return how many words lie between; a comma counts one more, the end of a sentence three."""
        if first.start > second.start:
            first, second = second, first
        if second.start < first.end:
            return 0
        place = self.tokens.place
        return place[second.start] - place[first.end - 1] - 1

    def near(self, names: Iterable[str], others: Iterable[str], within: int) -> list[tuple[Occurrence, Occurrence]]:
        """Return the pairs of stated occurrences that are no more than ``within`` words apart."""
        right = self.stated(*others)
        if not right:
            return []
        return [(one, other) for one in self.stated(*names) for other in right if self.distance(one, other) <= within]


def read(text: str, compiled: Compiled, language: str) -> Reading:
    """Return the reading of ``text`` by a patient whose messages are in ``language``."""
    tokens = tokenise(text, compiled.short.get(language, {}), compiled.emoji, compiled.counting.get(language, {}))
    with_accents = _writes_accents(text)
    known = [
        compiled.vocabulary.find(folded, accented, with_accents=with_accents)
        for folded, accented in zip(tokens.folds, tokens.tonal, strict=True)
    ]
    active = languages_in(known, compiled.bit(language), len(compiled.codes), compiled.bit("vi"))
    spans = find_concepts(tokens, known, compiled, active)
    if "neg" in spans:  # "no, tengo fiebre" is no "no tengo"
        spans["neg"] = [span for span in spans["neg"] if not any(tokens.before[span.start + 1 : span.end])]
    _drop_words_of_longer_phrases(spans)
    negated = negated_words(tokens, spans)
    negators = {span.start for name in ("neg", "neg_word") for span in spans.get(name, ())}
    supposed = supposed_words(tokens, spans)
    past = words_of_the_past(tokens, spans)
    concepts: dict[str, tuple[Occurrence, ...]] = {}
    for name, found in spans.items():
        if not found:
            continue
        if name in FRAMES:
            frames = (Occurrence(name, start, end, False, False, False, skipped) for start, end, skipped in found)
            concepts[name] = tuple(frames)
        else:
            concepts[name] = tuple(
                Occurrence(
                    name,
                    start,
                    end,
                    negated[start] or not negators.isdisjoint(skipped),
                    supposed[start],
                    past[start],
                    skipped,
                )
                for start, end, skipped in found
            )
    return Reading(tokens, tuple(known), active, concepts)


def _writes_accents(text: str) -> bool:
    """Whether the text is written with accents: at least a fifth of its words have one."""
    words = text.split()
    return 5 * sum(1 for word in words if not word.isascii()) >= len(words)


def _drop_words_of_longer_phrases(spans: dict[str, list[Span]]) -> None:
    """Forget what is only part of a longer phrase with its own meaning.

    Whatever touches an idiom ("dying to see"), the words of a phrase that denies ("cannot see any"),
    and the negators inside any other phrase ("no puedo", "won't stop").
    """
    idioms = spans.get("idiom", ())
    denials = [span for span in spans.get("neg", ()) if span.end - span.start > 1]
    calm_denials = denials + [span for span in spans.get("not_neg", ()) if span.end - span.start > 1]
    for name, found in spans.items():
        if name not in ("idiom", "neg", "not_neg", "neg_word", "neg_post"):
            swallowing = calm_denials if name in _CALM_WORDS else denials
            if not idioms and not swallowing:
                continue
            spans[name] = [
                span
                for span in found
                if not any(span.start < idiom.end and idiom.start < span.end for idiom in idioms)
                and not any(_inside(span, longer) for longer in swallowing)
            ]
    names = _names_with_an_addition(spans)
    for name, found in spans.items():
        if names and not name.startswith("medicine:"):
            spans[name] = [span for span in found if not any(one.start < span.start < one.end for one in names)]
    phrases = [
        span
        for name, found in spans.items()
        if name not in _KEEP_NEGATORS and not name.startswith(("topic_", "admin_", "answer_"))
        for span in found
        if span.end - span.start > 1
    ]
    for name in ("neg", "neg_word", "neg_post"):
        if name in spans:
            spans[name] = [span for span in spans[name] if not any(_used_by(span, longer) for longer in phrases)]


def _names_with_an_addition(spans: dict[str, list[Span]]) -> list[Span]:
    """Return where a product's name goes on: nobody takes "extra" in "Panadol Extra"."""
    names = [span for name, found in spans.items() if name.startswith("medicine:") for span in found]
    return [name for name in names if any(one.start == name.start and one.end < name.end for one in names)]


def _used_by(span: Span, longer: Span) -> bool:
    """Whether a negator is one of the words of a phrase, and not one that the phrase skipped."""
    return (_inside(span, longer) or longer.start < span.start < longer.end) and span.start not in longer.skipped


def _inside(span: Span, longer: Span) -> bool:
    return (
        longer.start <= span.start and span.end <= longer.end and (span.start, span.end) != (longer.start, longer.end)
    )
