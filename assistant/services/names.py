"""A person's name as it was given -> the name we keep, or what is wrong with it.

A name stands in texts that carry the clinic's name, so it is the one place where a stranger could put words
into the clinic's mouth: addresses, numbers and markup are refused.
"""

import re
import unicodedata

MAX_LENGTH = 60

# "Ana 2" is a way to tell two people apart; a phone number or a code is not a name.
_MAX_DIGITS = 2

_PUNCTUATION = frozenset("'’‘ʼ´`-‐‑–.,·()&")
_JOINERS = frozenset("\u200c\u200d")  # letters of Persian and Indic names; parts of one emoji

# "bit.ly", "www.x": letters on both sides of a full stop. "J.R. Diaz" has one letter there.
_ADDRESS = re.compile(r"[^\W\d_]{2,}\.[^\W\d_]{2,}|\bwww\b|\bhttps?\b", re.IGNORECASE)


def clean(name: str) -> str:
    """Return the name with single spaces, composed. Raises ValueError with the problem and its fix."""
    kept = " ".join(unicodedata.normalize("NFC", name).split())
    if not kept:
        raise ValueError("is empty: give the patient's name")
    if len(kept) > MAX_LENGTH:
        raise ValueError(f"is longer than {MAX_LENGTH} characters: give first and last name only")
    if "@" in kept or "://" in kept or _ADDRESS.search(kept):
        raise ValueError("looks like an address: give the name only, with a space after a full stop")
    if any(c in "<>{}" for c in kept):
        raise ValueError("has markup in it: give the name only")
    if sum(c.isdigit() for c in kept) > _MAX_DIGITS:
        raise ValueError("has a number in it: give the name only")
    if not any(c.isalpha() for c in kept):
        raise ValueError("has no letters: give the patient's name")
    for character in kept:
        if not _may_stand_in_a_name(character):
            raise ValueError(f"has a '{character}' in it: use letters, spaces, hyphens and apostrophes")
    return kept


def _may_stand_in_a_name(character: str) -> bool:
    kind = unicodedata.category(character)
    if kind[0] in "LM" or kind in ("Nd", "Zs", "So", "Sk"):  # So and Sk: an emoji, which texts leave out
        return True
    return character in _PUNCTUATION or character in _JOINERS
