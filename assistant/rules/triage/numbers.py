"""Numbers that mean something: temperature, pain out of ten, pulse, oxygen, tablets."""

from collections.abc import Iterator

from assistant.rules.triage.days import Days
from assistant.rules.triage.reading import Reading
from assistant.rules.verdict import Category, Finding

FEVER_C = 38.0
WARM_C = 37.5
SEVERE_PAIN = 8
STRONG_PAIN = 6
FAST_PULSE = 110
LOW_OXYGEN = 93
MANY_TABLETS = 8
MANY_STRONG = 5  # of paracetamol 1 g (the leaflets allow 4 a day) or ibuprofen 600 or 800 (4 and 3)
MANY_GRAMS = 6

RISING_FROM_DAY = 3
_STRENGTHS = frozenset({600.0, 800.0, 1000.0})  # milligrams
_BEYOND = 20  # "11 out of 10" is pain, "25/10" is a day in October
_DAY_WORDS = frozenset({"day", "dia", "jour", "ngay", "d", "j"})
_BEFORE_A_DATE = frozenset({"day", "dia", "jour", "ngay", "les", "las", "since", "desde", "depuis", "luc", "tu"})
_SHORT_TEXT = 5  # words among which a bare "39" can only be a fever
_COUNTED = ("unit_day", "unit_week", "unit_month", "unit_hour", "unit_minute", "years", "money", "weight", "tablets")
_HALF = frozenset({"medio", "media", "demi", "ruoi", "half"})


def measured(reading: Reading, days: Days) -> list[Finding]:
    """Return the findings of every number that stands beside the word it belongs to."""
    findings = [
        finding
        for place, number in enumerate(reading.tokens.numbers)
        if number is not None
        for finding in _findings(reading, place, number)
    ]
    findings += _rising_scores(reading, days)
    claimed = reading.stated("temp_claim")
    if claimed and not any(finding.rule.endswith(("temperature", "fever")) for finding in findings):
        quote = tuple(reading.quote(one.start, one.end) for one in claimed)
        findings.append(Finding("fever", Category.URGENT, quote, "says they have a temperature"))
    return findings


def _rising_scores(reading: Reading, days: Days) -> list[Finding]:
    """Return a finding where two or more pain scores rise: "monday 2, tuesday 4, now 6"."""
    if not days.within(RISING_FROM_DAY, None):
        return []
    tokens = reading.tokens
    tenths = {place for place in range(len(tokens)) if _is_scale_end(reading, place)}
    if not tenths and not reading.mentions("pain", "sore", "answer_worse"):
        return []
    scores = [
        (place, number)
        for place, number in enumerate(tokens.numbers)
        if number is not None and number == int(number) and 0 <= number <= 10 and place not in tenths
        if not (place and tokens.folds[place - 1] in _DAY_WORDS)
        if not _beside(reading, place, ("unit_hour", "unit_week", "tablets", "degrees"), 0)
    ]
    values = [number for _, number in scores]
    if len(values) >= 2 and values == sorted(set(values)) and (tenths or len(values) >= 3):
        quote = reading.quote(scores[0][0], scores[-1][0] + 1)
        return [Finding("rising_pain", Category.URGENT, (quote,), "pain scores that rise")]
    return []


def _findings(reading: Reading, place: int, number: float) -> Iterator[Finding]:
    quote = (_quoted(reading, place),)
    if reading.mentions("hypo") and _framed(reading, place):
        return
    temperature = _celsius(reading, place, number)
    if temperature is not None:
        if temperature >= FEVER_C:
            yield Finding("fever", Category.URGENT, quote, f"temperature of {temperature:.1f} C, 38 or more")
        elif temperature >= WARM_C:
            yield Finding("raised_temperature", Category.CONCERN, quote, f"temperature of {temperature:.1f} C")
        elif temperature < 35:
            yield Finding("low_temperature", Category.URGENT, quote, f"temperature of {temperature:.1f} C")
        else:
            yield Finding("normal_temperature", Category.EXPECTED, quote, "temperature below 37.5 C")
        return
    pain = _pain(reading, place, number)
    if pain is not None:
        if pain >= SEVERE_PAIN:
            yield Finding("severe_pain", Category.URGENT, quote, f"pain {pain:g} out of 10, 8 or more")
        elif pain >= STRONG_PAIN:
            yield Finding("strong_pain", Category.CONCERN, quote, f"pain {pain:g} out of 10")
        else:
            yield Finding("mild_pain", Category.EXPECTED, quote, f"pain {pain:g} out of 10")
        return
    if _beside(reading, place, ("pulse_word",), 4) and FAST_PULSE <= number <= 250:
        yield Finding("palpitations", Category.URGENT, quote, f"pulse of {number:g}")
    elif _beside(reading, place, ("oxygen_word",), 4) and 50 <= number < LOW_OXYGEN:
        yield Finding("breathing", Category.EMERGENCY, quote, f"oxygen of {number:g} %")
    elif _many(reading) <= number <= 200 and _swallowed(reading, place):
        yield Finding("overdose", Category.EMERGENCY, quote, f"{number:g} tablets taken")
    elif MANY_GRAMS <= number <= 50 and _beside(reading, place, ("grams",), 0) and reading.mentions("any_medicine"):
        yield Finding("overdose", Category.EMERGENCY, quote, f"{number:g} grams taken")


def _many(reading: Reading) -> int:
    """Return how many tablets are too many: fewer of the strong ones."""
    numbers = reading.tokens.numbers
    grams = any(number == 1 and _beside(reading, place, ("grams",), 0) for place, number in enumerate(numbers))
    return MANY_STRONG if grams or not _STRENGTHS.isdisjoint(numbers) else MANY_TABLETS


def _swallowed(reading: Reading, place: int) -> bool:
    """Whether the number counts tablets that were taken, and not the size of a box asked about."""
    if _is_strength(reading, place):
        return False
    products = (found for name, found in reading.concepts.items() if name.startswith("medicine:"))
    before_product = any(one.start - place in (1, 2) for found in products for one in found)  # after it: a strength
    counted = before_product or _beside(reading, place, ("tablets", "any_medicine"), 1)
    dose = _beside(reading, place, ("milligrams",), 0)
    return counted and not dose and (reading.has("took") or not reading.mentions("question"))


def _is_strength(reading: Reading, place: int) -> bool:
    """Whether the number belongs to a product's name ("aspirin 81") and no word for tablets follows it."""
    inside = any(
        one.start < place < one.end
        for name, found in reading.concepts.items()
        if name.startswith("medicine:")
        for one in found
    )
    return inside and not any(one.start == place + 1 for one in reading.all("tablets"))


def _celsius(reading: Reading, place: int, number: float) -> float | None:
    """Return the temperature a number stands for, in Celsius, or None if it is no temperature."""
    tokens = reading.tokens
    if 20 < number < 46 and number == int(number):
        number += _tenths(reading, place)
    celsius, fahrenheit = 34 <= number <= 43, 95 <= number <= 108
    if not celsius and not fahrenheit:
        return None
    following = tokens.folds[place + 1] if place + 1 < len(tokens) else ""
    adjacent = place + 1 < len(tokens) and tokens.before[place + 1] == 0
    unit = "°" in tokens.signs[place] or "º" in tokens.signs[place] or "˚" in tokens.signs[place]
    unit = unit or (adjacent and following in ("c", "f", "cel", "celsius", "fahrenheit"))
    unit = unit or bool(_beside(reading, place, ("degrees",), 1))
    near_word = bool(_beside(reading, place, ("fever", "temperature", "thermometer", "temp_claim"), 5))
    decimal = number != int(number) and celsius and "%" not in tokens.signs[place]
    if reading.mentions("money") and not near_word:
        return None
    alone = len(tokens) <= _SHORT_TEXT and (38 <= number <= 41.5 or 100.4 <= number <= 105)
    alone = alone and not _beside(reading, place, _COUNTED, 0) and not reading.mentions("admin_visit", "admin_price")
    if not (unit or near_word or alone or (decimal and _looks_like_fever(reading, place))):
        return None
    if near_word and not unit and _beside(reading, place, ("unit_day", "unit_week", "unit_month", "unit_hour"), 0):
        return None
    return number if celsius else (number - 32) * 5 / 9


def _tenths(reading: Reading, place: int) -> float:
    """Return what follows the whole degrees: "38 5", "38°5", "38 y medio", "39 rưỡi"."""
    tokens = reading.tokens
    for ahead in (place + 1, place + 2, place + 3):
        if ahead >= len(tokens):
            break
        if tokens.folds[ahead] in _HALF:
            return 0.5
        number = tokens.numbers[ahead]
        if number is not None:
            between = set(tokens.folds[place + 1 : ahead])
            if (
                number == int(number)
                and 0 <= number <= 9
                and between <= {"do", "degre", "degres", "y", "con", "punto", "point", "virgule", "phay"}
            ):
                return number / 10
            break
    return 0.0


def _looks_like_fever(reading: Reading, place: int) -> bool:
    """A bare "38.6" is a temperature unless something else is counted beside it."""
    return not _beside(reading, place, ("unit_hour", "unit_week", "money", "weight"), 0)


def _pain(reading: Reading, place: int, number: float) -> float | None:
    """Return the pain score a number stands for: "9/10", "8 out of 10", "pain is at 9"."""
    tokens = reading.tokens
    if not 0 <= number <= _BEYOND or number != int(number):
        return None
    if _is_scale_end(reading, place):
        return None
    of_ten = False
    for ahead in range(place + 1, min(place + 4, len(tokens))):
        if tokens.numbers[ahead] == 10 and (
            "/" in tokens.signs[ahead - 1]
            or (
                ahead == place + 2
                and tokens.folds[place + 1] in ("of", "over", "sobre", "de", "sur", "tren", "on", "phan")
            )
            or (ahead == place + 3 and tokens.folds[place + 1 : ahead] == ("out", "of"))
        ):
            of_ten = True
        elif tokens.numbers[ahead] is not None:
            break
    about_pain = bool(_beside(reading, place, ("pain", "severe", "sore", "burn"), 6))
    if of_ten:
        return number if (about_pain or number > 10) and not reading.mentions("praise") else None
    if number > 10:
        return None
    if not _beside(reading, place, ("pain",), 4):
        return None
    units = ("unit_day", "unit_week", "unit_month", "unit_hour", "unit_minute", "tablets", "place_count")
    if _beside(reading, place, units, 1) or tokens.signs[place].startswith((":", "%", "am", "pm")):
        return None
    if place + 1 < len(tokens) and tokens.before[place + 1] == 0 and tokens.folds[place + 1] in ("am", "pm", "h", "mg"):
        return None
    if place and tokens.folds[place - 1] in _BEFORE_A_DATE:
        return None
    return number


def _is_scale_end(reading: Reading, place: int) -> bool:
    """Whether this number is the "10" of "9/10"."""
    tokens = reading.tokens
    if tokens.numbers[place] != 10 or place == 0:
        return False
    before = [number for number in tokens.numbers[max(0, place - 3) : place] if number is not None]
    return bool(before) and (
        "/" in tokens.signs[place - 1] or tokens.folds[place - 1] in ("of", "over", "sobre", "sur", "tren", "de")
    )


def _beside(reading: Reading, place: int, names: tuple[str, ...], within: int) -> bool:
    """Return whether one of these concepts is at most ``within`` words from the number."""
    places = reading.tokens.place
    for one in reading.all(*names):
        if one.start > place:
            distance = places[one.start] - places[place] - 1
        else:
            distance = places[place] - places[one.end - 1] - 1
        if distance <= within:
            return True
    return False


def _framed(reading: Reading, place: int) -> bool:
    """Whether a supposition ("what if it goes over 38") stands before the number in its sentence."""
    return any(
        frame.start < place and reading.tokens.place[place] - reading.tokens.place[frame.end - 1] <= 10
        for frame in reading.all("hypo")
    )


def _quoted(reading: Reading, place: int) -> str:
    return reading.quote(max(0, place - 2), min(len(reading.tokens), place + 3))
