"""A clinic's own phrases, applied after the shipped rules: they may raise a verdict, and never lower one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from assistant.rules.phrase_match import Pattern, Text, pattern
from assistant.rules.triage import Compiled
from assistant.rules.triage.course import day_by_day
from assistant.rules.triage.days import days_of
from assistant.rules.triage.match import Span
from assistant.rules.triage.negation import negated_words, supposed_words, words_of_the_past
from assistant.rules.triage.reading import Occurrence, Reading, read
from assistant.rules.triage.signs import danger_signs
from assistant.rules.verdict import Category, Context, Finding, Verdict

# The rule that findings of a clinic's phrases are filed under.
RULE = "clinic_phrase"

# What a phrase may raise a verdict to, and the answer that the patient then gets.
REPLIES = {Category.EMERGENCY: "emergency", Category.URGENT: "urgent", Category.CONCERN: "concern"}

_LONGEST = 3_000  # characters that are read, as by the shipped rules
_STAYS_TRUE = ("product", "product_kind", "also")


@dataclass(frozen=True)
class Phrase:
    """Words in one language: either of a category, or one more way to say a concept of the shipped rules."""

    language: str
    text: str
    category: Category | None = None
    concept: str | None = None
    id: int | None = None  # None: not stored


@dataclass(frozen=True)
class _Said:
    """A phrase that a text holds, and the place of its words."""

    phrase: Phrase
    start: int
    end: int


class OwnPhrases:
    """The phrases of one clinic, prepared for one lexicon. A text is read in every language that has any."""

    def __init__(self, phrases: Iterable[Phrase], lexicon: Compiled) -> None:
        self._lexicon = lexicon
        self._patterns: dict[str, list[tuple[Phrase, Pattern]]] = {}
        for phrase in phrases:
            wanted = pattern(phrase.text, phrase.language, lexicon)
            self._patterns.setdefault(phrase.language, []).append((phrase, wanted))

    def said(self, text: str) -> bool:
        """Whether a text holds any of the phrases, denied or not."""
        return any(self._find(text[:_LONGEST], language) for language in self._patterns)

    def raised(self, verdict: Verdict, text: str, context: Context) -> Verdict:
        """Return the verdict as these phrases raise it: the same one where none is said, or none is worse.

        A phrase that is denied ("no leaking") raises nothing. One of a category counts even where it is
        supposed or long past: the clinic wants to see it. A concept counts as the shipped rules take it.
        """
        found: list[Finding] = []
        for language in self._patterns:
            said = self._find(text[:_LONGEST], language)
            if said:
                reading = read(text[:_LONGEST], self._lexicon, language)
                found += _of_categories(said, reading)
                found += _of_concepts(said, reading, context, self._lexicon)
        worse = [one for one in dict.fromkeys(found) if one.category.severity > verdict.category.severity]
        if not worse:
            return verdict
        worse.sort(key=lambda finding: -finding.category.severity)
        details = {name: value for name, value in verdict.details.items() if name in _STAYS_TRUE}
        if verdict.category is Category.OPT_OUT:
            details["also"] = "opt_out"
        category = worse[0].category
        return Verdict(category, (*worse, *verdict.findings), REPLIES[category], details)

    def _find(self, text: str, language: str) -> list[_Said]:
        cut = Text(text, language, self._lexicon)
        return [
            _Said(phrase, start, end) for phrase, wanted in self._patterns[language] for start, end in cut.find(wanted)
        ]


def without(verdict: Verdict) -> Verdict:
    """Return the verdict that the shipped rules gave alone. Its answer and details are not known any more."""
    shipped = tuple(finding for finding in verdict.findings if finding.rule != RULE)
    if not shipped or len(shipped) == len(verdict.findings):
        return verdict
    return Verdict(shipped[0].category, shipped)


def _of_categories(said: Sequence[_Said], reading: Reading) -> list[Finding]:
    denied = negated_words(reading.tokens, _spans(reading))
    return [
        Finding(RULE, one.phrase.category, (reading.quote(one.start, one.end),), f'your own phrase "{one.phrase.text}"')
        for one in said
        if one.phrase.category is not None and not denied[one.start]
    ]


def _of_concepts(said: Sequence[_Said], reading: Reading, context: Context, lexicon: Compiled) -> list[Finding]:
    """Return what the shipped rules find in the words of the phrases, taken as words of their concepts."""
    spans, tokens = _spans(reading), reading.tokens
    denied, supposed, past = (judge(tokens, spans) for judge in (negated_words, supposed_words, words_of_the_past))
    own = [
        Occurrence(
            one.phrase.concept, start, one.end, negated=denied[start], supposed=supposed[start], past=past[start]
        )
        for one in said
        for start in [one.start]
        if one.phrase.concept is not None
    ]
    found = []
    for new in own:
        # Only the phrase stands for its concept here: what the rest of the text says of it is judged already.
        others = {one.concept: (*reading.concepts.get(one.concept, ()), one) for one in own}
        understood = replace(reading, concepts={**reading.concepts, **others, new.concept: (new,)})
        quote = reading.quote(new.start, new.end)
        why = f'your clinic reads "{quote}" as {new.concept}'
        found += [
            Finding(RULE, finding.category, finding.matched, f"{finding.why} ({why})")
            for finding in _rules_about(new.concept, understood, context, lexicon)
            if finding.category in REPLIES and any(quote in words for words in finding.matched)
        ]
    return found


def _rules_about(concept: str, reading: Reading, context: Context, lexicon: Compiled) -> list[Finding]:
    days = days_of(reading, context)
    signs = {
        filed: tuple(sign for sign in found if any(concept in group for group in sign.groups))
        for filed, found in lexicon.signs_by_concept.items()
    }
    return [*danger_signs(reading, days, replace(lexicon, signs_by_concept=signs)), *day_by_day(reading, days)]


def _spans(reading: Reading) -> dict[str, list[Span]]:
    return {name: [Span(one.start, one.end, one.skipped) for one in found] for name, found in reading.concepts.items()}
