"""What the words of a text add to the rules: a net for what no rule names, and the doubt that calm must pass."""

from assistant.rules.triage.days import Days
from assistant.rules.triage.evidence import Weight
from assistant.rules.triage.reading import Occurrence, Reading
from assistant.rules.verdict import Category, Context, Finding

ORDINARY = -1.25  # below this weight a sign alone pages nobody
THOUGHT = 1.5  # unless its own sentence weighs this much
CLOSE_UP = 3.0  # or the few words around it this
HEAVY = -0.6  # the weight from which words alone are a reason to page
DOUBTFUL = -1.5  # the weight for a human from which no calm answer is given
DOUBTFUL_GOODBYE = -2.0  # the same for a wish to get no more texts: it can be a last one
DOUBTFUL_MEDICINE = -1.0  # and for "may I take X for the pain", which always speaks of pain
PLAIN = -3.0  # below it nothing in the text is like what a human should read: lesser signs do not count
GOODBYE, NO_GOODBYE = 1.0, -2.0  # from the first, words alone are an opt-out; below the second no phrase is
HEAVY_EMERGENCY = 0.3  # and from which they are an emergency
LATE_DAY = 14  # from here on a new symptom at the place is not the ordinary course

_ASKED = "asked_for_nurse"
_STOMACH_AFTER_NSAID = frozenset({"nsaid_taken", "stomach"})
_FEW_UNKNOWN = 1
UNKNOWN_SHARE = 0.3  # of the words: from here on nobody can say what the text is about
_HALF = 0.5
_CALM = frozenset({Category.EXPECTED, Category.ADMIN, Category.QUESTION})
_MEDICINE_QUESTIONS = frozenset({"painkiller", "paracetamol", "pain_gel"})
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


def confirmed(signs: list[Finding], weight: Weight) -> list[Finding]:
    """Return what remains of the signs, given the words around them.

    "New shoes gave me a blister" and "fainted when I saw the price" hold the words of a danger sign. Where
    the text is otherwise an ordinary one nobody is woken, but a human reads it today. Lesser signs ("worse",
    "a reaction") do not count where nothing in the text is like what a human should read; who asks for a nurse
    is heard all the same.
    """
    if weight.human < PLAIN:
        signs = [sign for sign in signs if sign.category.pages_now or sign.rule == _ASKED]
    if weight.page >= ORDINARY:
        return signs
    return [_named(sign, weight) if sign.category.pages_now else sign for sign in signs]


def settled(findings: list[Finding], weight: Weight) -> list[Finding]:
    """Return what remains of the findings by day and by number, given the words around them.

    "Puffier yesterday, normal today" on day 7: where the text is an ordinary one and nothing in it is like what a
    human should read, nobody is woken for a symptom that would be late or a number that would be high.
    """
    if weight.page >= ORDINARY or weight.human >= DOUBTFUL:
        return findings
    return [_named(one, weight) if one.category is Category.URGENT else one for one in findings]


def _named(sign: Finding, weight: Weight) -> Finding:
    why = f"{sign.why}: named, but the words around it are those of an ordinary text ({weight.page:+.1f})"
    return Finding(f"named_{sign.rule}", Category.CONCERN, sign.matched, why)


def goodbyes(reading: Reading, findings: list[Finding], weight: Weight) -> list[Finding]:
    """Return the findings with the wish to get no more texts as the rules and the weight of the words have it.

    Any reasonable wording counts; a phrase of the rules counts unless the rest speaks of something else
    ("the messages in my phone, can you send them again") or of ending another thing ("keep them coming", "take me
    off the waiting list"). Words that nobody understands are no wish.
    """
    if weight.goodbye < NO_GOODBYE or reading.mentions("stop_other"):
        return [finding for finding in findings if finding.category is not Category.OPT_OUT]
    if weight.goodbye < GOODBYE or any(finding.category is Category.OPT_OUT for finding in findings):
        return findings
    if len(unknown_words(reading)) >= UNKNOWN_SHARE * len(reading.tokens):
        return findings
    why = f"words like those of a wish for no more texts ({weight.goodbye:+.1f})"
    return [*findings, Finding("opt_out", Category.OPT_OUT, weight.words_of_goodbye(reading), why)]


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
        found.append(Finding("weight_of_words", Category.EMERGENCY, weight.words(reading), why))
    if Category.URGENT in categories:
        return found
    if {finding.rule for finding in findings} >= _STOMACH_AFTER_NSAID:
        why = "an upset stomach after an anti-inflammatory: too many of them, or bleeding"
        found.append(Finding("stomach_after_nsaid", Category.URGENT, (), why))
    if weight.page >= HEAVY:
        why = f"words like those of a danger ({weight.page:+.1f})"
        found.append(Finding("weight_of_words", Category.URGENT, weight.words(reading), why))
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
    reading: Reading, findings: list[Finding], context: Context, weight: Weight, *, courtesy: bool
) -> list[Finding]:
    """Return findings for what no calm answer may pass over: fear, words nobody understands, a picture.

    ``courtesy``: the text is a greeting or thanks and nothing else, so that its words weigh nothing.
    """
    worst = max((finding.category.severity for finding in findings), default=0)
    found = []
    alarm = [one for one in reading.all("alarm", "weeping_face") if not one.negated]
    if alarm and worst < Category.UNCLEAR.severity and weight.human >= PLAIN:
        found.append(Finding("alarm", Category.UNCLEAR, _quotes(reading, alarm), "fear or alarm that no rule explains"))
    calm = any(finding.category in _CALM for finding in findings)
    opt_out = any(finding.category is Category.OPT_OUT for finding in findings)
    medicine = any(finding.rule in _MEDICINE_QUESTIONS for finding in findings)
    bar = DOUBTFUL_GOODBYE if opt_out else DOUBTFUL_MEDICINE if medicine else DOUBTFUL
    if (calm or opt_out) and weight.human >= bar and not courtesy:
        why = f"words like those that a human should read ({weight.human:+.1f})"
        category = Category.CONCERN if opt_out else Category.UNCLEAR
        found.append(Finding("doubtful_words", category, weight.words(reading), why))
    unknown = unknown_words(reading) if calm else []
    share = UNKNOWN_SHARE if len(unknown) > _FEW_UNKNOWN else _HALF
    if unknown and len(unknown) >= share * len(reading.tokens):
        found.append(Finding("unknown_words", Category.UNCLEAR, tuple(unknown), "too much that is not understood"))
    if context.has_image and (courtesy or len(reading.tokens) <= 2):
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


def _quotes(reading: Reading, found: list[Occurrence]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reading.quote(one.start, one.end) for one in found))
