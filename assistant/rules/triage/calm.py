"""Which calm verdict a text gets, where nothing in it is for a human."""

from assistant.rules.triage.caution import UNKNOWN_SHARE, unknown_words
from assistant.rules.triage.days import Days
from assistant.rules.triage.evidence import Weight
from assistant.rules.triage.reading import Reading
from assistant.rules.triage.topics import asks_how_to
from assistant.rules.verdict import Category, Context, Finding

PLAIN = -3.0  # the weight for a human below which words alone may be answered calmly
LIKELY = 0.5  # the weight from which words alone are EXPECTED or ADMIN
UNLIKELY = -1.5  # the weight below which a phrase of a rule is not what the text is about

_LEARNED = (Category.EXPECTED, Category.ADMIN)
_CALM = frozenset({Category.EXPECTED, Category.ADMIN, Category.QUESTION})


def calmly(reading: Reading, findings: list[Finding], context: Context, days: Days, weight: Weight) -> list[Finding]:
    """Return the findings with the calm ones as the rules and the weight of the words have them.

    Only for a text in which nothing is for a human and nothing weighs like it. What no rule knows is EXPECTED or
    ADMIN if its words are plainly those of such texts; and one phrase ("walked the dog", "thanks") is not what a
    text is about whose words are those of another kind. A picture is never answered for the words beside it, and
    what is usual is not known where the day is not.
    """
    if context.has_image or weight.human >= PLAIN or any(finding.category not in _CALM for finding in findings):
        return findings
    weights = {Category.EXPECTED: weight.expected, Category.ADMIN: weight.admin}
    likely = max(_LEARNED, key=lambda category: weights[category])
    if weights[likely] < LIKELY or (likely is Category.EXPECTED and not days.sessions):
        return findings
    if len(unknown_words(reading)) >= UNKNOWN_SHARE * len(reading.tokens):
        return findings
    kept = [finding for finding in findings if not _beside(finding, reading, weights)]
    if any(finding.category is likely for finding in kept):
        return kept
    why = f"words like those of a text that is {likely.value} ({weights[likely]:+.1f})"
    return [*kept, Finding(f"like_{likely.value.lower()}", likely, (), why)]


def _beside(finding: Finding, reading: Reading, weights: dict[Category, float]) -> bool:
    if finding.category is Category.QUESTION:
        return not asks_how_to(reading) and not reading.tokens.question
    return weights[finding.category] < UNLIKELY
