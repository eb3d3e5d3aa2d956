"""What was taken: said by the patient, or answered to our question before a visit."""

from assistant.rules.triage.match import Compiled, Span
from assistant.rules.triage.products import Named, Sayings, named, sayings, words_between
from assistant.rules.triage.reading import Occurrence, Reading
from assistant.rules.verdict import Asked, Category, Context, Finding

_PERMISSION_REACH = 3  # words between "can I take" and the medicine
_SHORT = 2  # letters of a word that is no name of a medicine
_MANY = 8  # a number that is no count of days or tablets any more
_BARE = 5  # words of an answer that says since when and not what
_DENIALS = ("neg", "neg_word", "neg_post")
# What may stand in a plain "no" beside the words of denial.
_FILLERS = (
    "has_taken", "took", "any_medicine", "anti_inflammatory", "tablets", "topic_painkiller", "thanks", "hello",
    "ok_word", "well", "thumb", "pleased", "person", "subject",
)  # fmt: skip
_GENERIC = ("anti_inflammatory", "any_medicine", "topic_painkiller", "tablets")


def is_taken(reading: Reading, found: Occurrence, said: Sayings, *, asked: bool) -> bool:
    """Return whether the patient says that it was taken.

    ``asked``: we asked what was taken, so that a name alone says so; only a question before the name
    ("can I take") does not.
    """
    if found.supposed:
        return False
    permissions = said.all("may_take")
    if asked:
        return not any(_asks_before(reading, one, found) for one in permissions)
    if found.negated:
        return False
    if any(not _shares_words(one, permissions) for one in reading.stated("has_taken")):
        return True
    return not (permissions or reading.tokens.question or reading.mentions("question"))


def denied(found: Occurrence, said: Sayings) -> bool:
    """Return whether an answer says that this was not taken: not "nothing but", not "none since Monday"."""
    if not found.negated or said.has("medicine_until"):
        return False
    return not any(one.start < found.start for one in said.all("medicine_except"))


def something_taken(reading: Reading, products: list[Named], said: Sayings) -> list[Finding]:
    """Return a finding where the answer says that something was taken, and no product of ours."""
    if products or said.has("may_take"):
        return []
    found = [one for one in reading.all(*_GENERIC) if not denied(one, said)]
    if not found or not (reading.has("has_taken") or reading.mentions("anti_inflammatory")):
        return []
    quote = tuple(dict.fromkeys(reading.quote(one.start, one.end) for one in found))
    return [Finding("nsaid_taken", Category.CONCERN, quote, "something was taken: ask what")]


def unclear_answer(reading: Reading, products: list[Named], said: Sayings) -> list[Finding]:
    """Return a finding where a person must ask back: words that nobody knows, "not since Monday"."""
    words = tuple(
        word
        for place, word in enumerate(reading.tokens.words)
        if not reading.known[place].languages and len(word) > _SHORT and word[0].isalpha()
    )
    if words:
        return [Finding("unknown_medicine", Category.UNCLEAR, words, "perhaps a medicine that we do not know")]
    bare = not products and len(reading.tokens) <= _BARE and not reading.tokens.question
    if bare and said.has("medicine_until") and not reading.mentions("question"):
        return [Finding("unknown_medicine", Category.UNCLEAR, (), "perhaps taken earlier: ask what and when")]
    return []


def taken_answer(reading: Reading, context: Context, compiled: Compiled) -> Finding | None:
    """Return what a text says that only answers the question before a visit: nothing, yes, or paracetamol.

    None for anything that says more, or names a medicine that matters.
    """
    if context.asked is not Asked.MEDICINES_TAKEN:
        return None
    said = sayings(reading, compiled)
    products = named(reading, compiled)
    open_ones = [one.medicine.kind for one in products if not denied(one.found, said)]
    if any(kind != "paracetamol" for kind in open_ones) or not _only_answers(reading, products, said, compiled):
        return None
    quote = (" ".join(reading.tokens.words),)
    if open_ones:
        return Finding("medicines_none", Category.EXPECTED, quote, "only paracetamol was taken")
    says_yes = any(one.start == 0 for one in said.all("medicine_yes"))
    denies = _denies(reading, said)
    if says_yes and not denies:
        return Finding("nsaid_taken", Category.CONCERN, quote, "says yes, and not what")
    if denies and not (says_yes or said.has("medicine_until") or said.has("medicine_except")):
        return Finding("medicines_none", Category.EXPECTED, quote, "nothing was taken")
    return None


def _denies(reading: Reading, said: Sayings) -> bool:
    return said.has("medicine_none") or reading.mentions(*_DENIALS)


def _only_answers(reading: Reading, products: list[Named], said: Sayings, compiled: Compiled) -> bool:
    """Whether every word is part of such an answer."""
    spans: list[Occurrence | Span] = [*reading.all(*_DENIALS, *_FILLERS), *(one.found for one in products)]
    for name in ("medicine_none", "medicine_yes", "medicine_except", "medicine_filler"):
        spans += said.all(name)
    covered = {place for one in spans for place in range(one.start, one.end)}
    tokens = reading.tokens
    return all(
        place in covered or fold in compiled.function_words or (tokens.numbers[place] or _MANY) < _MANY
        for place, fold in enumerate(tokens.folds)
    )


def _asks_before(reading: Reading, permission: Span, found: Occurrence) -> bool:
    within = permission.start <= found.start and found.end <= permission.end
    return within or (permission.start < found.start and words_between(reading, permission, found) <= _PERMISSION_REACH)


def _shares_words(one: Occurrence, permissions: list[Span]) -> bool:
    return any(one.words & set(range(span.start, span.end)).difference(span.skipped) for span in permissions)
