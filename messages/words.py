"""How words are compared: without case, accents or punctuation."""

import unicodedata


def normalise(text: str) -> str:
    """Return ``text`` in lower case without accents, with one space for every run of anything else."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    kept = "".join(letter if letter.isalnum() else " " for letter in plain if not unicodedata.combining(letter))
    return " ".join(kept.split())
