"""The safety net: what may only raise a verdict, never lower it."""

from assistant.rules.triage.days import Days
from assistant.rules.triage.evidence import Weight
from assistant.rules.triage.match import Compiled
from assistant.rules.triage.reading import Occurrence, Reading
from assistant.rules.verdict import Category, Context, Finding

ORDINARY = -0.8  # below this weight a sign alone pages nobody
CLOSE_UP = 3.0  # unless the few words around it weigh this much
HEAVY = 0.1  # the weight from which words alone are a reason to page
DOUBTFUL = -3.0  # from which no calm answer is given
DOUBTFUL_GOODBYE = -2.0  # the same for a wish to get no more texts: it can be a last one
GOODBYE, NO_GOODBYE = 1.0, -2.0  # from the first, words alone are an opt-out; below the second no phrase is
HEAVY_EMERGENCY = 0.5  # and from which they are an emergency
LATE_DAY = 14  # from here on a new symptom at the place is not the ordinary course

_FEW_UNKNOWN = 1
_UNKNOWN_SHARE = 0.3
_HALF = 0.5
_FEW_OPEN = 4  # words of meaning that a calm answer may leave unread
_OPEN_SHARE = 0.6
_CALM = frozenset({Category.EXPECTED, Category.ADMIN, Category.QUESTION})
_RAISED = {Category.EXPECTED: Category.CONCERN, Category.CONCERN: Category.URGENT}
_NOT_REPEATED = frozenset({"well", "check_better", "check_same", "asked_for_nurse", "mild_pain", "normal_temperature"})
# Parts of the body that a message about aftercare has no ordinary reason to complain of.
_SERIOUS = ("throat", "tongue", "airway", "breathe", "swallow", "voice", "heart", "vision", "calf", "uvula")
_WRONG = (
    "strange", "worse", "hard", "cant", "severe", "unbearable", "growing", "big", "fast", "lost", "block", "tight",
    "close", "weak", "numb", "tingle", "swell", "hot", "pain", "red", "alarm", "again", "returned", "droop", "dark",
)  # fmt: skip
_LATE = (
    "red", "hot", "firm", "swell", "hole", "wound", "liquid", "leak", "spread", "blister", "raised", "burst",
    "sore_noun",
)  # fmt: skip
_EXPLAINED = (
    "well", "thanks", "ok_word", "hello", "pleased", "thumb", "little", "less", "almost_gone", "normal_q",
    "praise", "swell", "red", "bruise", "itch", "sore", "pain", "burn", "warm", "numb", "flaking", "skin_tight",
    "marks", "scab", "tired", "spotting", "lump", "face", "cheek", "forehead", "nose", "jaw", "neck", "belly",
    "thigh", "buttock", "hand", "skin", "site", "place", "scalp", "hair_word", "eye", "eyelid", "lips",
    "unit_day", "unit_week", "unit_month", "unit_hour", "money", "question", "idiom", "mild_colour", "yellow",
    "still", "touch", "took", "tablets", "any_medicine", "has_taken",
)  # fmt: skip


def confirmed(findings: list[Finding], weight: Weight) -> list[Finding]:
    """Return the findings; a danger that is named in what is otherwise an ordinary text is for a human today.

    "New shoes gave me a blister" and "fainted when I saw the price" hold the words of a danger sign. They are
    never answered calmly, but nobody is woken.
    """
    if weight.page >= ORDINARY:
        return findings
    return [
        Finding(
            f"named_{finding.rule}",
            Category.CONCERN,
            finding.matched,
            f"{finding.why}: named, but the words around it are those of an ordinary text ({weight.page:+.1f})",
        )
        if finding.category in (Category.EMERGENCY, Category.URGENT)
        else finding
        for finding in findings
    ]


def goodbyes(reading: Reading, findings: list[Finding], weight: Weight) -> list[Finding]:
    """Return the findings with the wish to get no more texts as the rules and the weight of the words have it.

    Any reasonable wording counts; a phrase of the rules counts unless the rest speaks of something else
    ("the messages in my phone, can you send them again"). Words that nobody understands are no wish.
    """
    if weight.goodbye < NO_GOODBYE:
        return [finding for finding in findings if finding.category is not Category.OPT_OUT]
    if weight.goodbye < GOODBYE or any(finding.category is Category.OPT_OUT for finding in findings):
        return findings
    if len(unknown_words(reading)) >= _UNKNOWN_SHARE * len(reading.tokens):
        return findings
    why = f"words like those of a wish for no more texts ({weight.goodbye:+.1f})"
    return [*findings, Finding("opt_out", Category.OPT_OUT, weight.words_of_goodbye, why)]


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


def suspicions(reading: Reading, findings: list[Finding], days: Days, weight: Weight) -> list[Finding]:
    """Return pages for what no sign names but nobody should sleep on.

    Something wrong with a part that an injection in the skin does not touch; anything at the place
    two weeks later that is not plainly fading; and a text whose words weigh like those of texts that
    had to be paged. Where a sign already pages, only the weight for EMERGENCY can add something.
    """
    found: list[Finding] = []
    categories = {finding.category for finding in findings}
    if Category.EMERGENCY in categories:
        return found
    if weight.emergency >= HEAVY_EMERGENCY:
        why = f"words like those of an emergency ({weight.emergency:+.1f})"
        found.append(Finding("weight_of_words", Category.EMERGENCY, weight.words, why))
    if Category.URGENT in categories:
        return found
    if weight.page >= HEAVY:
        why = f"words like those of a danger ({weight.page:+.1f})"
        found.append(Finding("weight_of_words", Category.URGENT, weight.words, why))
    if weight.page < ORDINARY:
        return found
    fine = reading.mentions("well", "relaxed", "normal_q") and not reading.tokens.question
    serious = reading.stated(*_SERIOUS)
    if serious and not fine and reading.near(_SERIOUS, _WRONG, 8):
        why = "something wrong with a vital part"
        found.append(Finding("serious_place", Category.URGENT, _quotes(reading, serious), why))
    late = reading.stated(*_LATE)
    day = days.oldest
    limit = max((session.swelling_days for session in days.sessions), default=0)
    fading = reading.mentions("less", "almost_gone")
    if day is not None and day >= max(LATE_DAY, limit + 1) and late and not fading:
        why = f"a change of the skin on day {day}"
        found.append(Finding("late_change", Category.URGENT, _quotes(reading, late), why))
    return found


def doubts(
    reading: Reading, findings: list[Finding], context: Context, weight: Weight, compiled: Compiled
) -> list[Finding]:
    """Return findings for what no calm answer may pass over: fear, and words nobody understands."""
    worst = max((finding.category.severity for finding in findings), default=0)
    found = []
    alarm = [one for one in reading.all("alarm", "weeping_face") if not one.negated]
    if alarm and worst < Category.UNCLEAR.severity and not _only_joy(reading):
        found.append(Finding("alarm", Category.UNCLEAR, _quotes(reading, alarm), "fear or alarm that no rule explains"))
    calm = [finding for finding in findings if finding.category in _CALM]
    opt_out = any(finding.category is Category.OPT_OUT for finding in findings)
    if (calm or opt_out) and weight.page >= (DOUBTFUL_GOODBYE if opt_out else DOUBTFUL) and _unread(reading, compiled):
        why = f"words not far from those of a danger ({weight.page:+.1f})"
        category = Category.CONCERN if opt_out else Category.UNCLEAR
        found.append(Finding("doubtful_words", category, weight.words, why))
    unknown = unknown_words(reading)
    share = _UNKNOWN_SHARE if len(unknown) > _FEW_UNKNOWN else _HALF
    if calm and unknown and len(unknown) >= share * len(reading.tokens):
        found.append(Finding("unknown_words", Category.UNCLEAR, tuple(unknown), "too much that is not understood"))
    elif calm and worst < Category.UNCLEAR.severity:
        unread = _unread(reading, compiled)
        content = len(unread) + len(_explained(reading))
        if len(unread) > _FEW_OPEN and len(unread) >= _OPEN_SHARE * content:
            found.append(Finding("unread_words", Category.UNCLEAR, tuple(unread[:5]), "more is said than a rule reads"))
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


def _explained(reading: Reading) -> set[int]:
    """Return the places of words that a calm reading accounts for."""
    names = [
        name for name in reading.concepts if name in _EXPLAINED or name.startswith(("topic_", "admin_", "medicine:"))
    ]
    return {place for one in reading.all(*names) for place in range(one.start, one.end)}


def _unread(reading: Reading, compiled: Compiled) -> list[str]:
    """Return the words of meaning that no calm rule looks at."""
    explained = _explained(reading)
    tokens = reading.tokens
    return [
        word
        for place, word in enumerate(tokens.words)
        if place not in explained
        and tokens.numbers[place] is None
        and tokens.folds[place] not in compiled.function_words
    ]


def _only_joy(reading: Reading) -> bool:
    """Whether a crying face stands beside joy and nothing else alarms."""
    return not any(not one.negated for one in reading.all("alarm")) and reading.mentions("well", "praise", "thanks")


def _quotes(reading: Reading, found: list[Occurrence]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reading.quote(one.start, one.end) for one in found))
