"""What is no danger: how-to questions, the front desk, thanks, and doing well."""

from assistant.rules.triage.match import Compiled
from assistant.rules.triage.reading import Occurrence, Reading
from assistant.rules.verdict import Category, Finding

# A text with several topics gets the answer of the first in this order: the more specific first.
TOPICS = (
    "bruise_cover", "sauna", "cold_pack", "swimming", "other_treatments", "hair", "make_up", "alcohol", "exercise",
    "sun", "travel", "massage", "painkiller", "washing", "lumps", "results",
)  # fmt: skip
_LOOSE = frozenset({"lumps", "results"})  # only with a question
_SYMPTOMS = (
    "swell", "red", "bruise", "itch", "pain", "sore", "lump", "burn", "warm", "numb", "flaking", "fever", "hot",
    "dizzy", "bleed", "skin_tight", "scab", "spotting",
)  # fmt: skip


def questions(reading: Reading) -> list[Finding]:
    """Return a finding for each how-to topic that is asked about."""
    asks = reading.tokens.question or reading.mentions("question")
    findings = []
    for topic in TOPICS:
        found = list(reading.all(f"topic_{topic}"))
        if found and (asks or topic not in _LOOSE):
            findings.append(Finding(topic, Category.QUESTION, _quotes(reading, found), "asks about aftercare"))
    return findings


def front_desk(reading: Reading) -> list[Finding]:
    """Return a finding for visits, prices, addresses and papers."""
    return [
        Finding(name, Category.ADMIN, _quotes(reading, found), "for the front desk")
        for name in ("admin_visit", "admin_price", "admin_address", "admin_receipt")
        if (found := list(reading.all(name)))
    ]


def courtesy(reading: Reading, compiled: Compiled) -> list[Finding]:
    """Return a finding for thanks, an acknowledgement or a greeting."""
    found = list(reading.all("thanks", "hello", "thumb", "pleased"))
    if not found and only_courtesy(reading, compiled):
        found = list(reading.all("ok_word"))
    return [Finding("thanks", Category.ADMIN, _quotes(reading, found), "thanks or a greeting")] if found else []


def doing_well(reading: Reading) -> list[Finding]:
    """Return a finding where the patient says that all is well, or denies what could be wrong."""
    found = reading.stated("well")
    if found and not (reading.tokens.question and reading.mentions("normal_q")):
        return [Finding("well", Category.EXPECTED, _quotes(reading, found), "says that it goes well")]
    denied = reading.denied(*_SYMPTOMS, "pus", "smell", "unwell", "rash", "worse")
    if denied:
        return [Finding("well", Category.EXPECTED, _quotes(reading, denied), "denies what could be wrong")]
    return []


def only_courtesy(reading: Reading, compiled: Compiled) -> bool:
    """Whether the text is thanks, an acknowledgement or a greeting and nothing else."""
    covered = {
        place
        for one in reading.all("thanks", "ok_word", "hello", "thumb", "pleased")
        for place in range(one.start, one.end)
    }
    return bool(covered) and all(
        place in covered or fold in compiled.function_words for place, fold in enumerate(reading.tokens.folds)
    )


def asks_how_to(reading: Reading) -> bool:
    """Whether the text asks what to do, and not only whether something is normal."""
    return reading.mentions("question") and not reading.mentions("normal_q")


def _quotes(reading: Reading, found: list[Occurrence]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reading.quote(one.start, one.end) for one in found))
