"""What a person typed -> a phone number, or one sentence saying what is wrong with it and what to do."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType, ValidationResult

Kind = Literal[
    "mobile",
    "fixed_or_mobile",
    "fixed_line",
    "toll_free",
    "premium",
    "shared_cost",
    "voip",
    "personal",
    "pager",
    "company",
    "voicemail",
    "satellite",
]


@dataclass(frozen=True)
class PhoneNumber:
    """A number that is in its country's numbering plan.

    ``region`` is the two-letter country it belongs to (``001`` for those of no country), never the one
    it was typed in. ``national_display`` is how that country writes it. ``fictional`` is true for the
    ranges set aside for demonstrations and films: they are taken, but nobody's phone will ring.
    """

    e164: str
    region: str
    kind: Kind
    national_display: str
    fictional: bool = False


class PhoneError(ValueError):
    """The number cannot be used. ``message`` can be shown as it is; it never repeats the number."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


SENTENCES: Final = {
    "empty": "There is no phone number. Type the patient's mobile number.",
    "not_a_number": "This is not a phone number. Type the digits of a mobile number.",
    "letters": "A phone number has no letters in it. Type the number only, without names or words.",
    "extension": "A text cannot be sent to an extension. Give a mobile number that has none.",
    "country_code": "The country of this number is not known. Start with + and the country code, such as +1.",
    "too_short": "This number has too few digits. Check that the area code is there and no digit is missing.",
    "too_long": "This number has too many digits. Check it, and give one number only.",
    "invalid": "No phone company gives out this number. Check every digit with the patient.",
    "fixed_line": "This is a landline, and landlines cannot get texts. Ask for a mobile number.",
    "toll_free": "This is a free-call number, which cannot get texts. Ask for a mobile number.",
    "premium": "This is a premium-rate number, and texting it costs extra. Ask for a mobile number.",
    "shared_cost": "This is a special-rate number, which cannot get texts. Ask for a mobile number.",
    "voip": "This is an internet phone number, which may not get texts. Ask for a mobile number.",
    "personal": "This is a forwarding number: it costs extra and may not get texts. Ask for a mobile number.",
    "pager": "This is a pager number, which cannot show our texts. Ask for a mobile number.",
    "company": "This is a company's service number, which cannot get texts. Ask for a mobile number.",
    "voicemail": "This is a voicemail number, which cannot get texts. Ask for a mobile number.",
    "satellite": "This is a satellite or ship's number, which costs extra to text. Ask for a mobile number.",
}

_KINDS: Final[dict[int, Kind]] = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_or_mobile",
    PhoneNumberType.FIXED_LINE: "fixed_line",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "company",
    PhoneNumberType.VOICEMAIL: "voicemail",
}
_TEXTABLE: Final[frozenset[Kind]] = frozenset({"mobile", "fixed_or_mobile"})

_PARSE_FAILURES: Final = {
    NumberParseException.INVALID_COUNTRY_CODE: "country_code",
    NumberParseException.NOT_A_NUMBER: "not_a_number",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too_short",
    NumberParseException.TOO_SHORT_NSN: "too_short",
    NumberParseException.TOO_LONG: "too_long",
}
_LENGTH_FAILURES: Final = {
    ValidationResult.TOO_SHORT: "too_short",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "too_short",  # 555-0111: the area code is missing
    ValidationResult.TOO_LONG: "too_long",
    ValidationResult.INVALID_LENGTH: "invalid",
    ValidationResult.INVALID_COUNTRY_CODE: "country_code",
}

# Ranges that are set aside so that no real person is texted by a demonstration. The numbering plan calls
# the British and French ones invalid, which they are for a patient, so they are named here.
_FICTIONAL_MOBILES: Final = (
    ("GB", re.compile(r"\+447700900\d{3}")),  # Ofcom, numbers for drama: 07700 900000 to 900999
    ("FR", re.compile(r"\+3363998\d{4}")),  # ARCEP, audiovisual works: 06 39 98 xx xx
)
_FICTIONAL_NORTH_AMERICAN = re.compile(r"\+1\d{3}55501\d{2}")  # 555-0100 to 555-0199 in any area code

# Satellite services and international networks (ITU country codes): numbers of no country.
_SATELLITE_CODES: Final = frozenset({870, 881, 882, 883})


def parse(text: str, region: str) -> PhoneNumber:
    """Return the number that ``text`` means when it is typed in ``region`` (two capitals, such as US).

    Spaces, punctuation, other scripts' digits and the invisible marks that come with a copied contact
    are ignored. Raises ``PhoneError`` for what is in no numbering plan, and for letters and extensions.
    """
    typed = "".join(c for c in text if unicodedata.category(c) != "Cf").strip()
    if not typed:
        raise _refusal("empty")
    if not any(c.isdigit() for c in typed):
        raise _refusal("not_a_number")
    has_letters = any(c.isalpha() for c in typed)
    try:
        number = phonenumbers.parse(typed, region)
    except NumberParseException as error:
        raise _refusal("letters" if has_letters else _PARSE_FAILURES[error.error_type]) from None
    if number.extension:
        raise _refusal("extension")
    if has_letters:
        raise _refusal("letters")
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible in _LENGTH_FAILURES:
        raise _refusal(_LENGTH_FAILURES[possible])
    return _in_a_plan(number)


def check_textable(text: str, *, region: str, allowed_regions: Collection[str]) -> PhoneNumber:
    """Return the number if a clinic that texts ``allowed_regions`` may text it, else raise ``PhoneError``.

    What counts is the country the number belongs to: Jamaica and the United States share +1, and texts
    to the former are a known way to run up a bill.
    """
    number = parse(text, region)
    if number.kind not in _TEXTABLE:
        raise _refusal(number.kind)
    if number.region not in allowed_regions:
        there = country_name(number.region)
        here = ", ".join(sorted(country_name(allowed) for allowed in allowed_regions))
        raise PhoneError(
            "other_region",
            f"This number belongs to {there}, and this clinic texts numbers of {here} only. "
            f"Check the area code, or enrol at a clinic in {there}.",
        )
    return number


@cache
def country_name(region: str) -> str:
    """Return the English name of a two-letter country, or the letters themselves if they name none."""
    table = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return next((name for code, name in rows if code == region), region)


def _in_a_plan(number: phonenumbers.PhoneNumber) -> PhoneNumber:
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    display = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    for region, pattern in _FICTIONAL_MOBILES:
        if pattern.fullmatch(e164):
            return PhoneNumber(e164, region, "mobile", display, fictional=True)
    home = phonenumbers.region_code_for_number(number)
    kind = _KINDS.get(phonenumbers.number_type(number))
    if home is None or kind is None:
        raise _refusal("invalid")
    if number.country_code in _SATELLITE_CODES:
        kind = "satellite"
    fictional = bool(_FICTIONAL_NORTH_AMERICAN.fullmatch(e164))
    return PhoneNumber(e164, home, kind, display, fictional)


def _refusal(code: str) -> PhoneError:
    return PhoneError(code, SENTENCES[code])
