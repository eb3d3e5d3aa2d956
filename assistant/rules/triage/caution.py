"""The safety net: what may only raise a verdict, never lower it."""

from assistant.rules.triage.reading import Reading
from assistant.rules.verdict import Category, Context, Finding

_FEW_UNKNOWN = 1
_UNKNOWN_SHARE = 0.3
_CALM = frozenset({Category.EXPECTED, Category.ADMIN, Category.QUESTION, Category.OPT_OUT})
_RAISED = {Category.EXPECTED: Category.CONCERN, Category.CONCERN: Category.URGENT}
_NOT_REPEATED = frozenset({"well", "check_better", "check_same", "asked_for_nurse", "mild_pain", "normal_temperature"})


def repeated(findings: list[Finding], context: Context) -> list[Finding]:
    """Return the findings that an earlier reply already had, one level higher.

    The second text about the same thing is a risk sign in itself.
    """
    earlier = {rule for reply in context.recent for rule in reply.rules}
    return [
        Finding(finding.rule, raised, finding.matched, f"{finding.why}; told before, so one level higher")
        for finding in findings
        if finding.rule in earlier and finding.rule not in _NOT_REPEATED
        if (raised := _RAISED.get(finding.category)) is not None
    ]


def doubts(reading: Reading, findings: list[Finding], context: Context) -> list[Finding]:
    """Return findings for what no calm answer may pass over: fear, and words nobody understands."""
    worst = max((finding.category.severity for finding in findings), default=0)
    found = []
    alarm = [one for one in reading.all("alarm", "weeping_face") if not one.negated]
    if alarm and worst < Category.UNCLEAR.severity and not _only_joy(reading):
        quote = tuple(dict.fromkeys(reading.quote(one.start, one.end) for one in alarm))
        found.append(Finding("alarm", Category.UNCLEAR, quote, "fear or alarm that no rule explains"))
    unknown = unknown_words(reading)
    calm = any(finding.category in (Category.EXPECTED, Category.ADMIN, Category.QUESTION) for finding in findings)
    if calm and len(unknown) > _FEW_UNKNOWN and len(unknown) >= _UNKNOWN_SHARE * len(reading.tokens):
        found.append(Finding("unknown_words", Category.UNCLEAR, tuple(unknown), "too much that is not understood"))
    if context.has_image and len(reading.tokens) <= 2:
        found.append(Finding("image_only", Category.UNCLEAR, (), "a picture that nobody has seen yet"))
    return found


def unknown_words(reading: Reading) -> list[str]:
    """Return the words that no active language has; names (written large inside a sentence) left out."""
    tokens = reading.tokens
    return [
        word
        for place, word in enumerate(tokens.words)
        if not reading.known[place].languages & reading.active
        and tokens.numbers[place] is None
        and len(word) > 2
        and word[0].isalpha()
        and not (word[0].isupper() and not word.isupper() and tokens.before[place] == 0)
    ]


def _only_joy(reading: Reading) -> bool:
    """Whether a crying face stands beside joy and nothing else alarms."""
    return not any(not one.negated for one in reading.all("alarm")) and reading.mentions("well", "praise", "thanks")
