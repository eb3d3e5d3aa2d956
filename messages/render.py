"""Words with {placeholders} and their values become one text."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from messages.segments import is_gsm

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_NAME_LENGTH = 20

# Letters that do not come apart into a plain letter and an accent.
_PLAIN = str.maketrans({"đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ı": "i", "œ": "oe", "Œ": "OE", "’": "'", "‘": "'"})


# Nine in ten Vietnamese families have one of these; without accents.
_VIETNAMESE_FAMILY_NAMES = frozenset(
    [
        "nguyen",
        "tran",
        "le",
        "pham",
        "hoang",
        "huynh",
        "phan",
        "vu",
        "vo",
        "dang",
        "bui",
        "do",
        "ho",
        "ngo",
        "duong",
        "ly",
    ]
)


class RenderError(ValueError):
    """A text that cannot be filled in: the message names the placeholder or the brace."""


@cache
def placeholders(template: str) -> frozenset[str]:
    """Return the names in braces. A brace that is not part of ``{a_name}`` raises `RenderError`."""
    stray = re.search(r"[{}]", _PLACEHOLDER.sub("", template))
    if stray:
        raise RenderError(f"a '{stray.group()}' that is not part of a {{placeholder}}: {template!r}")
    return frozenset(_PLACEHOLDER.findall(template))


def render(template: str, values: Mapping[str, str]) -> str:
    """Return ``template`` with every placeholder replaced by its value; values are not read again.

    A placeholder without a value raises `RenderError`. Values that no placeholder names are not used.
    """
    missing = sorted(placeholders(template) - values.keys())
    if missing:
        raise RenderError(f"no value for {{{missing[0]}}}: {template!r}")
    return _PLACEHOLDER.sub(lambda found: values[found.group(1)], template)


def clean_name(name: str, language: str) -> str:
    """Return the given name, at most 20 characters, in letters that do not double the price of a text.

    It is the first word; for who reads Vietnamese the last one, where the family name stands first.
    Accents that GSM-7 lacks are left off ("María" is "Maria", "José" stays), but not in a Vietnamese text,
    which costs double by its own words: there "Ngọc" stays. A name in a script that GSM-7 cannot write is
    kept as it is; the empty string stays empty.
    """
    costs_double = language == "vi"
    words = (name if costs_double else name.translate(_PLAIN)).split()
    if not words:
        return ""
    family_first = language == "vi" and _bare(words[0]) in _VIETNAMESE_FAMILY_NAMES
    given = words[-1] if family_first else words[0]
    first = "".join(letter for letter in given if letter.isalpha() or letter in "'-." or _is_mark(letter))
    first = unicodedata.normalize("NFC", first)
    if costs_double:
        return first[:_NAME_LENGTH]
    folded = "".join(letter if is_gsm(letter) else _without_accent(letter) for letter in first)
    written = folded if is_gsm(folded) and len(folded) >= len(first) else first
    return written[:_NAME_LENGTH]


def _bare(word: str) -> str:
    return "".join(_without_accent(letter) for letter in word.casefold().replace("đ", "d"))


def _without_accent(letter: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFKD", letter) if not _is_mark(mark))


def _is_mark(letter: str) -> bool:
    return unicodedata.combining(letter) != 0
