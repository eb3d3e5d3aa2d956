"""How hard a text is to read, counted the same way in every language."""

import re

_WORD = re.compile(r"[^\W\d_]+")  # "l'aspirine" is two: joined, short French words would look long
_SENTENCE_END = re.compile(r"[.:;!?…]+(?=\s|$)")
_PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
_LONG = 7  # letters
# In fewer words than these a single long one decides the figure.
_ENOUGH_WORDS = 25


def lix(text: str) -> float | None:
    """Return the words per sentence plus the percentage of words of seven letters or more; None for too few words.

    The measure is Björnsson's LIX (1968), made to work across languages because it needs no syllables and
    no dictionary; Anderson (1981, 1983) tried it on English and French. About 32 is English for an
    eleven-year-old; other languages have other scales, Vietnamese one of sentence length alone, so each
    has its own limit. A placeholder counts as one short word, a colon or a semicolon as the end of a sentence.
    """
    plain = _PLACEHOLDER.sub("name", text)
    words = _WORD.findall(plain)
    if len(words) < _ENOUGH_WORDS:
        return None
    sentences = sum(bool(_WORD.search(part)) for part in _SENTENCE_END.split(plain))
    return len(words) / sentences + 100 * sum(len(word) >= _LONG for word in words) / len(words)
