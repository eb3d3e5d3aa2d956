"""Text to tokens: case, accents, apostrophes, emoji and the ends of clauses."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

# A word starts with a letter (digits inside are someone's spelling: sw0llen); a number is read with its
# decimals; every other sign stands alone. "38c" is a number and a word.
_PIECES = re.compile(
    r"[^\W\d_][^\W_]*(?:['’‘`´ʼ][^\W_]+)*|\d+(?:[.,]\d+)?|\.\.+|…|[^\w\s]|[\n\r]+",
    re.UNICODE,
)
# French elision: l'oeil, j'ai, qu'il are two words. English contractions (i'm, can't) are one.
_ELISION = re.compile(r"^(l|d|j|m|t|s|c|n|qu|jusqu|lorsqu|puisqu)['’‘`´ʼ](?=[^\W\d_]{2}|a$|y$)", re.I)
_APOSTROPHES = re.compile(r"['’‘`´ʼ]")
_IGNORED = re.compile("[\u200b-\u200f\u2060\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\u2640\u2642]")
_TONES = {0x300, 0x301, 0x303, 0x309, 0x323}  # grave, acute, tilde, hook, dot below
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})

_REMEMBERED = 50_000  # words: more than the patients of a year use

COMMA, CONTRAST, SENTENCE = 1, 2, 3
_ENDS = {**dict.fromkeys(".!?;。", SENTENCE), **dict.fromkeys(",:()[]/–—-…", COMMA), "¿": COMMA, "¡": COMMA}
_COST = {0: 0, COMMA: 1, CONTRAST: 2, SENTENCE: 3}


@dataclass(frozen=True)
class Tokens:
    """The words of one text, side by side with what is known of each.

    ``before[i]`` is the break in front of word i (0, COMMA, SENTENCE); ``place[i]`` is its position,
    where a comma counts as one word and the end of a sentence as three; ``question`` says that the
    text asks something with a question mark.
    """

    words: tuple[str, ...]
    folds: tuple[str, ...]
    tonal: tuple[str, ...]
    before: tuple[int, ...]
    place: tuple[int, ...]
    numbers: tuple[float | None, ...]
    signs: tuple[str, ...]  # what was written directly after each word: "°", "%", "/"
    asks: tuple[bool, ...]  # whether the sentence of word i ends in a question mark
    question: bool

    def __len__(self) -> int:
        return len(self.words)


@lru_cache(maxsize=_REMEMBERED)
def fold(word: str) -> str:
    """Return the word in lower case, without accents: ``Sưng`` -> ``sung``, ``œil`` -> ``oeil``."""
    plain = word.casefold()
    if plain.isascii():
        return plain
    plain = plain.replace("đ", "d").replace("œ", "oe").replace("æ", "ae").replace("ı", "i")
    return "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))


@lru_cache(maxsize=_REMEMBERED)
def tonal(word: str) -> str:
    """Return the word in lower case with its Vietnamese accents; the tones hỏi and ngã become one.

    Many speakers write one for the other: "mũ" where the dictionary has "mủ".
    """
    lower = word.casefold()
    if lower.isascii():
        return lower
    parts = unicodedata.normalize("NFD", lower).replace("\u0303", "\u0309")
    return unicodedata.normalize("NFC", parts)


def toneless(word: str) -> str:
    """Return ``tonal`` without tones but with its vowels: ``sốt`` -> ``sôt``."""
    parts = unicodedata.normalize("NFD", word.casefold())
    return unicodedata.normalize("NFC", "".join(char for char in parts if ord(char) not in _TONES))


def unleet(word: str) -> str:
    """Return the word with digits and signs read as the letters they imitate."""
    return word.translate(_LEET)


def collapse(word: str) -> str:
    """Return the word with every repeated letter once: ``swwolllen`` and ``swollen`` -> ``swolen``."""
    return "".join(char for place, char in enumerate(word) if place == 0 or word[place - 1] != char)


def split_words(text: str) -> list[str]:
    """Return the words of one pattern or entry, cut exactly as a patient's text is."""
    return [word for piece in _PIECES.findall(text) for word in _words_of(piece)]


def tokenise(
    text: str,
    short: Mapping[str, str],
    emoji: Mapping[str, tuple[str, ...]],
    counting: Mapping[str, float] = MappingProxyType({}),
) -> Tokens:
    """Return the tokens of a patient's text.

    ``short`` replaces a spelling by the word or words it stands for; ``emoji`` keeps those signs as words;
    ``counting`` are the words for numbers ("thirty eight" is 38 at the place of "thirty").
    """
    cleaned = _IGNORED.sub("", unicodedata.normalize("NFC", text))
    words: list[str] = []
    before: list[int] = []
    signs: list[str] = []
    asks: list[bool] = []
    pending = SENTENCE
    for piece in _PIECES.findall(cleaned):
        first = piece[0]
        if first.isalnum():
            for word in (piece,) if piece.isalnum() else _words_of(piece, short):
                for part in short.get(word.casefold(), word).split():
                    words.append(part)
                    before.append(pending)
                    signs.append("")
                    pending = 0
            continue
        if piece in emoji:
            words.append(piece)
            before.append(max(pending, COMMA))
            signs.append("")
            pending = COMMA
            continue
        if words:
            signs[-1] += piece
        if first == "?":
            asks.extend([True] * (len(words) - len(asks)))
        elif first in ".!;\n\r" and not piece.startswith(".."):
            asks.extend([False] * (len(words) - len(asks)))
        level = SENTENCE if first in "\n\r" else COMMA if piece.startswith("..") else _ENDS.get(first, 0)
        pending = max(pending, level)
    asks.extend([False] * (len(words) - len(asks)))
    place, position = [], 0
    for level in before:
        position += 1 + _COST[level]
        place.append(position)
    return Tokens(
        words=tuple(words),
        folds=tuple(map(fold, words)),
        tonal=tuple(map(tonal, words)),
        before=tuple(before),
        place=tuple(place),
        numbers=_numbers(words, counting),
        signs=tuple(signs),
        asks=tuple(asks),
        question="?" in text,
    )


def _numbers(words: list[str], counting: Mapping[str, float]) -> tuple[float | None, ...]:
    """Return the number at the place of each word, written in digits or in words."""
    numbers = [_number(word) for word in words]
    read: set[int] = set()
    for place, word in enumerate(words):
        value = counting.get(fold(word))
        if value is None or numbers[place] is not None or place in read:
            continue
        if value >= 20:  # tens: a unit may follow, with "y" or "et" between
            for ahead in (place + 1, place + 2):
                unit = counting.get(fold(words[ahead])) if ahead < len(words) else None
                if unit is not None and 0 < unit < 10:
                    value += unit
                    read.add(ahead)
                    break
                if ahead < len(words) and fold(words[ahead]) not in ("y", "et"):
                    break
        numbers[place] = value
    return tuple(numbers)


def _words_of(piece: str, short: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """Return the words of a piece with an apostrophe in it: one or two, or what ``short`` says that it stands for."""
    contracted = short.get(_APOSTROPHES.sub("'", piece).casefold())
    if contracted:
        return contracted.split()
    elided = _ELISION.match(piece)
    if elided:
        return [elided.group(1), *_words_of(piece[elided.end() :], short)]
    word = _APOSTROPHES.sub("", piece)
    return [word] if word else []


def _number(word: str) -> float | None:
    if not word[0].isdecimal():
        return None
    try:
        return float(word.replace(",", "."))
    except ValueError:  # other digits and mixed forms that float does not read
        return None
