"""Medicines a text names: what may be answered, and what a human must answer."""

from assistant.rules.triage.match import Compiled
from assistant.rules.triage.reading import Occurrence, Reading
from assistant.rules.verdict import Asked, Category, Context, Finding
from messages.lexicon import Medicine

WINDOW_HOURS = 7 * 24  # before a visit: no anti-inflammatories without asking
_INFLAMMATION = frozenset({"nsaid", "aspirin", "combination"})
_HUMAN = frozenset({"thinner", "ask"})


def medicines(reading: Reading, context: Context, compiled: Compiled) -> list[Finding]:
    """Return what the named medicines ask for; a how-to only where approved words can answer."""
    named = _named(reading, compiled)
    findings = []
    prescribed = reading.stated("prescribed", "thinner")
    if prescribed:
        findings.append(
            Finding("prescribed_medicine", Category.CONCERN, _quotes(reading, prescribed), "a prescribed medicine")
        )
    for medicine, found in named:
        quote: tuple[str, ...] = (reading.quote(found.start, found.end),)
        if medicine.kind in _HUMAN:
            findings.append(
                Finding("prescribed_medicine", Category.CONCERN, quote, f"{medicine.product}: a human answers")
            )
        elif medicine.kind in _INFLAMMATION and _taken(reading, context, found):
            findings.append(_taken_finding(medicine, quote, context))
        else:
            findings.append(Finding("painkiller", Category.QUESTION, quote, f"asks about {medicine.product}"))
    if not named and reading.has("anti_inflammatory") and _taken(reading, context, None):
        quote = _quotes(reading, reading.stated("anti_inflammatory"))
        findings.append(Finding("nsaid_taken", Category.CONCERN, quote, "an anti-inflammatory was taken"))
    return findings


def named_product(reading: Reading, compiled: Compiled) -> tuple[str, str] | None:
    """Return the first product named and its kind, for the answer's words."""
    named = _named(reading, compiled)
    return (named[0][0].product, named[0][0].kind) if named else None


def _named(reading: Reading, compiled: Compiled) -> list[tuple[Medicine, Occurrence]]:
    found = [
        (compiled.medicines[name.removeprefix("medicine:")], places[0])
        for name, places in reading.concepts.items()
        if name.startswith("medicine:")
    ]
    return sorted(found, key=lambda pair: pair[1].start)


def _taken(reading: Reading, context: Context, found: Occurrence | None) -> bool:
    """Whether the patient says that it was taken, or names it when we asked what was taken."""
    if found is not None and found.negated:
        return False
    if context.asked is Asked.MEDICINES_TAKEN:
        return True
    asks = reading.tokens.question or reading.mentions("question")
    return (reading.has("has_taken") or (found is not None and not asks)) and not (found and found.supposed)


def _taken_finding(medicine: Medicine, quote: tuple[str, ...], context: Context) -> Finding:
    hours = context.hours_to_next_visit
    if hours is None or hours < WINDOW_HOURS:
        return Finding("nsaid_taken", Category.CONCERN, quote, f"{medicine.product} taken before a visit")
    return Finding("painkiller", Category.QUESTION, quote, f"{medicine.product} taken, no visit within a week")


def _quotes(reading: Reading, found: list[Occurrence]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reading.quote(one.start, one.end) for one in found))
