"""Medicines a text names: what approved words may answer, and what a human must answer."""

from datetime import timedelta

from assistant.rules.triage.match import Compiled
from assistant.rules.triage.products import Named, Sayings, named, sayings, words_between
from assistant.rules.triage.reading import Occurrence, Reading
from assistant.rules.triage.taken import denied, is_taken, something_taken, unclear_answer
from assistant.rules.verdict import Asked, Category, Context, Finding
from messages.medicines import NSAID_WINDOW

INFLAMMATION = frozenset({"nsaid", "aspirin", "combination"})
_HUMAN = frozenset({"thinner", "ask"})
_TOPICS = {"topical": "pain_gel", "paracetamol": "paracetamol"}
_ORDER = ("painkiller", "pain_gel", "paracetamol")  # of two products in one question, which decides the answer
_TO_STAFF = frozenset({"prescribed_medicine", "medicine_doubt", "nsaid_taken"})
_BESIDE = frozenset({"asked_for_nurse", "health_history"})  # "my doctor" and "I have asthma", in such a text
_NEAR = 4  # words between a medicine and "every day", or an illness
_NEGATED_WITHIN = 2  # words between "not" and the illness it denies


def medicines(reading: Reading, context: Context, compiled: Compiled) -> list[Finding]:
    """Return what the named medicines ask for; a how-to only where approved words can answer.

    Whatever a doctor gave, thins the blood or is in doubt goes to a human. An anti-inflammatory that was taken
    is told to staff, unless the next visit is known to be more than a week away.
    """
    products = named(reading, compiled)
    asked = context.asked is Asked.MEDICINES_TAKEN
    if not products and not asked:
        return [*_prescribed(reading), *_generic_taken(reading, context)]
    said = sayings(reading, compiled)
    findings = _prescribed(reading)
    for one in products:
        findings += _of_product(reading, context, one, said, asked=asked)
    if asked:
        findings += something_taken(reading, products, said) + unclear_answer(reading, products, said)
    elif any(not one.negated for one in reading.all("anti_inflammatory")):
        findings.append(Finding("painkiller", Category.QUESTION, (), "asks about anti-inflammatories too"))
    if any(one.category is Category.QUESTION for one in findings) and _doubt(reading, products, said):
        findings.append(Finding("medicine_doubt", Category.CONCERN, (), "an illness for which a human must look"))
    return sorted(dict.fromkeys(findings), key=_rank)


def answer_key(rule: str, context: Context) -> str:
    """Return the key of the how-to text for a rule: on painkillers it depends on the next visit."""
    if rule == "painkiller" and in_window(context):
        return "question_painkiller_window"
    return f"question_{rule}"


def is_for_staff(findings: list[Finding]) -> bool:
    """Whether all that a human must look at today is about medicines: the patient is told what not to stop."""
    concerns = {finding.rule for finding in findings if finding.category is Category.CONCERN}
    return bool(concerns & _TO_STAFF) and concerns <= _TO_STAFF | _BESIDE


def in_window(context: Context) -> bool:
    """Whether the next visit is known and no more than a week away."""
    hours = context.hours_to_next_visit
    return hours is not None and timedelta(hours=hours) <= NSAID_WINDOW


def _of_product(reading: Reading, context: Context, one: Named, said: Sayings, *, asked: bool) -> list[Finding]:
    product, kind = one.medicine.product, one.medicine.kind
    quote = (reading.quote(one.found.start, one.found.end),)
    regular = kind in INFLAMMATION and _near_any(reading, one.found, said, "medicine_regular")
    if kind == "thinner" or regular:
        return [Finding("prescribed_medicine", Category.CONCERN, quote, f"{product}: a human answers")]
    if asked and denied(one.found, said):
        return []
    if kind in _HUMAN:
        return [Finding("prescribed_medicine", Category.CONCERN, quote, f"{product}: a human answers")]
    may_matter = kind in INFLAMMATION or (kind == "topical" and asked)
    if may_matter and is_taken(reading, one.found, said, asked=asked) and (asked or _may_be_in_window(context)):
        return [Finding("nsaid_taken", Category.CONCERN, quote, f"{product} taken, {_visit(context)}")]
    return [Finding(_TOPICS.get(kind, "painkiller"), Category.QUESTION, quote, f"asks about {product}")]


def _prescribed(reading: Reading) -> list[Finding]:
    """A prescription or a blood thinner counts also where it is only supposed ("if I am on blood thinners")."""
    found = [one for one in reading.all("prescribed", "thinner") if not one.negated and not one.past]
    if not found:
        return []
    return [Finding("prescribed_medicine", Category.CONCERN, _quotes(reading, found), "a prescribed medicine")]


def _generic_taken(reading: Reading, context: Context) -> list[Finding]:
    """ "An anti-inflammatory" was taken: no product is named, but it is told to staff all the same."""
    found = reading.stated("anti_inflammatory")
    if not found or not reading.has("has_taken") or not _may_be_in_window(context):
        return []
    return [Finding("nsaid_taken", Category.CONCERN, _quotes(reading, found), "an anti-inflammatory was taken")]


def _doubt(reading: Reading, products: list[Named], said: Sayings) -> bool:
    negators = [*reading.all("neg", "neg_word")]
    return any(
        words_between(reading, illness, one.found) <= 2 * _NEAR
        and not any(no.end <= illness.start and illness.start - no.end <= _NEGATED_WITHIN for no in negators)
        for illness in said.all("medicine_doubt")
        for one in products
    )


def _near_any(reading: Reading, found: Occurrence, said: Sayings, name: str) -> bool:
    return any(words_between(reading, one, found) <= _NEAR for one in said.all(name))


def _may_be_in_window(context: Context) -> bool:
    return context.hours_to_next_visit is None or in_window(context)


def _visit(context: Context) -> str:
    hours = context.hours_to_next_visit
    return "no next visit known" if hours is None else f"{hours / 24:.1f} days before the next visit"


def _rank(finding: Finding) -> int:
    return _ORDER.index(finding.rule) if finding.rule in _ORDER else -1


def _quotes(reading: Reading, found: list[Occurrence]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reading.quote(one.start, one.end) for one in found))
