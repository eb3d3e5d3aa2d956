"""What is normal on which day: swelling, redness, bruises, lumps, pain, against the session's clock."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assistant.rules.triage.days import Days
from assistant.rules.triage.reading import Occurrence, Reading
from assistant.rules.verdict import Category, Finding, SessionContext

FADING_GRACE_DAYS = 2  # after the product's limit, swelling that is nearly gone is not yet urgent
NODULE_DAY = 14  # from here on a lump can be a slow infection, painless or not
LUMP_DAY = 5
PAIN_MUST_FALL_DAY = 3
BRUISE_DAYS = 14


@dataclass(frozen=True)
class Calm:
    """A symptom that is normal up to a day. ``rising_from``: getting worse from that day on is urgent."""

    rule: str
    concept: str
    until: int
    reply: str
    urgent_from: int | None = None  # still there on that day: urgent; between: CONCERN
    rising_from: int | None = None


CALM = (
    Calm("redness", "red", 5, "expected_redness", rising_from=2),
    Calm("bruise", "bruise", BRUISE_DAYS, "expected_bruise"),
    Calm("itch", "itch", 7, "expected_itch"),
    Calm("tenderness", "sore", 5, "expected", rising_from=PAIN_MUST_FALL_DAY),
    Calm("pain", "pain", 5, "expected", rising_from=PAIN_MUST_FALL_DAY),
    Calm("burning", "burn", 1, "expected", urgent_from=4, rising_from=1),
    Calm("warmth", "warm", 1, "expected_redness", urgent_from=3, rising_from=1),
    Calm("numbness", "numb", 1, "expected"),
    Calm("flaking", "flaking", 14, "expected"),
    Calm("tightness", "skin_tight", 7, "expected"),
    Calm("marks", "marks", 5, "expected"),
    Calm("scab", "scab", 7, "expected"),
    Calm("tired", "tired", 2, "expected"),
    Calm("spotting", "spotting", 1, "expected"),
)
REPLIES = {calm.rule: calm.reply for calm in CALM} | {"swelling": "expected_swelling", "bumps": "expected"}


def day_by_day(reading: Reading, days: Days) -> list[Finding]:
    """Return what each ordinary symptom means on the day of every session it can belong to."""
    found = [*_swelling(reading, days), *_lumps(reading, days)]
    for calm in CALM:
        stated = reading.stated(calm.concept)
        if stated:
            found.append(_calm(calm, stated, reading, days))
    return found


def _swelling(reading: Reading, days: Days) -> Iterator[Finding]:
    stated = reading.stated("swell", "unchanged_since")
    if not stated:
        return
    quote = _quotes(reading, stated)
    again = reading.near(("swell",), ("again", "returned"), 4)
    growing = _growing(reading, "swell")
    fading = bool(reading.near(("swell",), ("less", "almost_gone", "little"), 6))
    worst = None
    for session in days.sessions:
        finding = _swelling_on(session, quote, bool(again), growing, fading)
        if worst is None or finding.category.severity > worst.category.severity:
            worst = finding
    if worst is not None:
        yield worst
    elif again or growing:
        yield Finding("returning_swelling", Category.URGENT, quote, "swelling that grows or is back")
    else:
        yield Finding("swelling_unknown_day", Category.CONCERN, quote, "swelling, and the day is not known")


def _swelling_on(session: SessionContext, quote: tuple[str, ...], again: bool, growing: bool, fading: bool) -> Finding:
    day, limit = session.day, session.swelling_days
    if again and day >= 2:
        return Finding("returning_swelling", Category.URGENT, quote, f"swelling back or growing on day {day}")
    if growing and day >= 2:
        return Finding("late_swelling", Category.URGENT, quote, f"swelling growing on day {day}")
    if day > limit:
        why = f"swelling on day {day}; expected until day {limit}"
        if fading and day <= limit + FADING_GRACE_DAYS:
            return Finding("late_swelling", Category.CONCERN, quote, why + ", nearly gone")
        return Finding("late_swelling", Category.URGENT, quote, why)
    return Finding("swelling", Category.EXPECTED, quote, f"swelling on day {day}, expected until day {limit}")


def _lumps(reading: Reading, days: Days) -> Iterator[Finding]:
    stated = reading.stated("lump", "nodule")
    if not stated:
        return
    quote = _quotes(reading, stated)
    day = days.oldest
    new = bool(reading.near(("lump", "nodule"), ("new", "appeared"), 6))
    if day is None:
        yield Finding("late_nodule", Category.URGENT, quote, "a lump, and the day is not known")
    elif day >= NODULE_DAY or (new and day > LUMP_DAY):
        yield Finding("late_nodule", Category.URGENT, quote, f"a lump on day {day}, painless or not")
    elif _growing_any(reading, ("lump", "nodule")) and day >= 2:
        yield Finding("late_nodule", Category.URGENT, quote, f"a lump that grows on day {day}")
    elif day > max(LUMP_DAY, *(session.swelling_days for session in days.sessions)):
        yield Finding("lasting_lump", Category.CONCERN, quote, f"a lump still there on day {day}")
    else:
        yield Finding("bumps", Category.EXPECTED, quote, f"small bumps on day {day}")


def _calm(calm: Calm, stated: list[Occurrence], reading: Reading, days: Days) -> Finding:
    quote = _quotes(reading, stated)
    day = days.oldest
    worse = _growing(reading, calm.concept)
    if day is None:
        return Finding(f"{calm.rule}_unknown_day", Category.UNCLEAR, quote, "the day is not known")
    if worse and calm.rising_from is not None:
        if day >= calm.rising_from:
            rule = "rising_pain" if calm.concept in ("pain", "sore") else "hot_spreading"
            return Finding(rule, Category.URGENT, quote, f"{calm.rule} getting worse on day {day}")
        return Finding("feels_worse", Category.CONCERN, quote, f"{calm.rule} getting worse on day {day}")
    if calm.urgent_from is not None and day >= calm.urgent_from:
        return Finding(f"late_{calm.rule}", Category.URGENT, quote, f"{calm.rule} on day {day}")
    if day > calm.until:
        return Finding(
            f"lasting_{calm.rule}",
            Category.CONCERN,
            quote,
            f"{calm.rule} on day {day}; expected to day {calm.until}",
        )
    return Finding(calm.rule, Category.EXPECTED, quote, f"{calm.rule} on day {day}, expected to day {calm.until}")


def _growing(reading: Reading, concept: str) -> bool:
    return _growing_any(reading, (concept,))


def _growing_any(reading: Reading, concepts: Iterable[str]) -> bool:
    """Whether it is said to get worse: "more swollen", "getting bigger", not "less and less"."""
    worse = _nearest(reading, concepts, ("worse", "growing", "more"))
    if worse is None:
        return False
    better = _nearest(reading, concepts, ("less",))
    return better is None or worse <= better


def _nearest(reading: Reading, concepts: Iterable[str], others: tuple[str, ...]) -> int | None:
    """Return the fewest words between one of the concepts and one of the others, at most five."""
    pairs = reading.near(tuple(concepts), others, 5)
    return min((reading.distance(one, other) for one, other in pairs), default=None)


def _quotes(reading: Reading, found: list[Occurrence]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reading.quote(one.start, one.end) for one in found))
