"""Texts that are one word of command, and the ways to ask for silence."""

from assistant.rules.triage.normalise import Tokens, fold
from assistant.rules.triage.reading import Reading
from assistant.rules.verdict import Category, Context, Finding

# What carriers act on by themselves, whatever the patient's language.
STOP_WORDS = frozenset(["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"])
START_WORDS = frozenset(["start", "unstop"])
YES_WORDS = frozenset({"yes"})
HELP_WORDS = frozenset(["help", "info"])
_LANGUAGES = {
    "english": "en", "ingles": "en", "anglais": "en", "tieng anh": "en",
    "espanol": "es", "castellano": "es", "spanish": "es", "espagnol": "es",
    "francais": "fr", "french": "fr", "frances": "fr", "tieng phap": "fr",
    "tieng viet": "vi", "vietnamese": "vi", "vietnamita": "vi", "vietnamien": "vi", "viet": "vi",
}  # fmt: skip
_LONGEST_ANSWER = 6  # words an answer to the check-in may have
_LONGEST_COMMAND = 6  # words: no phrase that is a command is longer
_WISH_REACH = 3  # words between "stop" and "messages"
_LONGEST_NUMBER = 12  # words around a number that answers it


def command(tokens: Tokens, reading: Reading, context: Context) -> Finding | None:
    """Return the finding of a text that is a command and nothing else, or None."""
    bare = fold(" ".join(tokens.words))
    quote = (" ".join(tokens.words),)
    exact = _exact_concepts(reading)
    if bare in STOP_WORDS or "stop_word" in exact:
        return Finding("opt_out", Category.OPT_OUT, quote, "an opt-out word of the carriers")
    if bare in HELP_WORDS or "help_word" in exact:
        return Finding("help", Category.HELP, quote, "asks for help with one word")
    if bare in START_WORDS or "start_word" in exact:
        return Finding("opt_in", Category.OPT_IN, quote, "an opt-in word of the carriers")
    if bare in YES_WORDS:
        if context.opted_out:
            return Finding("opt_in", Category.OPT_IN, quote, "an opt-in word of the carriers")
        return Finding("bare_yes", Category.UNCLEAR, quote, "yes, and nothing was asked with yes or no")
    if "visit_word" in exact:
        return Finding("command_visit", Category.ADMIN, quote, "asks for the next visit")
    if bare in _LANGUAGES:
        return Finding(f"command_language_{_LANGUAGES[bare]}", Category.ADMIN, quote, "changes the language")
    return None


def check_in_answer(tokens: Tokens, reading: Reading) -> Finding | None:
    """Return the answer to better, same or worse: by number or in a few words."""
    quote = (" ".join(tokens.words),)
    counted = reading.mentions("unit_day", "unit_hour", "unit_week", "tablets", "degrees")
    numbers = {int(number) for number in tokens.numbers if number in (1, 2, 3)}
    numbers |= {value for value in (1, 2, 3) if reading.mentions(f"number_{value}")}
    starts = tokens.numbers[0] in (1, 2, 3) and (len(tokens) == 1 or tokens.numbers[1] is None)
    if numbers and (starts or len(tokens) <= _LONGEST_NUMBER) and not counted:
        return _answer(max(numbers), quote)
    if len(tokens) <= _LONGEST_ANSWER:
        words = {1: "answer_better", 2: "answer_same", 3: "answer_worse"}
        said = [number for number, concept in words.items() if reading.has(concept)]
        if len(said) == 1:
            return _answer(said[0], quote)
        if 3 in said:
            return _answer(3, quote)
    return None


def _answer(number: int, quote: tuple[str, ...]) -> Finding:
    if number == 1:
        return Finding("check_better", Category.EXPECTED, quote, "better, in answer to the check-in")
    if number == 2:
        return Finding("check_same", Category.EXPECTED, quote, "the same, in answer to the check-in")
    return Finding("check_worse", Category.CONCERN, quote, "worse, in answer to the check-in")


def opt_out_wish(reading: Reading) -> Finding | None:
    """Return the wish to get no more messages, in any reasonable wording, or None."""
    if reading.mentions("stop_other"):
        return None
    found = reading.stated("opt_out_phrase")
    for names, others in ((("cease",), ("message_word",)), (("remove_word",), ("list_word",))):
        for pair in reading.near(names, others, _WISH_REACH):
            if not pair[0].words & pair[1].words:
                found += pair
    if not found:
        return None
    return Finding(
        "opt_out",
        Category.OPT_OUT,
        tuple(reading.quote(one.start, one.end) for one in found),
        "asks for no more messages",
    )


def _exact_concepts(reading: Reading) -> set[str]:
    """Return the concepts that cover the whole text."""
    whole = len(reading.tokens)
    if whole > _LONGEST_COMMAND:
        return set()
    return {
        name for name, found in reading.concepts.items() if any(one.start == 0 and one.end == whole for one in found)
    }
