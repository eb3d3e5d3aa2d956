"""A clinic's own phrase as a pattern, and where it stands in a patient's text."""

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.rules.triage import Compiled
from assistant.rules.triage.normalise import SENTENCE, Tokens, collapse, tokenise
from assistant.rules.triage.vocabulary import one_mistake

GAP = "_"  # stands for up to two words
_GAP_WORDS = 2
_ANY_ENDING = "*"
_FORGIVEN_FROM = 6  # letters that a word needs before one mistake in it is forgiven, as in the shipped lexicon
_ACCENTED = frozenset({"vi"})  # languages where an accent makes another word


@dataclass(frozen=True)
class Word:
    """One word of a phrase. ``text`` is in lower case without accents, ``accented`` with them or "" if any will do."""

    text: str
    accented: str = ""
    any_ending: bool = False


Pattern = tuple[Word | None, ...]  # None is a gap


def pattern(phrase: str, language: str, lexicon: Compiled) -> Pattern:
    """Return the words of a phrase, cut as a patient's text is; empty if nothing in it is a word.

    ``word*`` is any ending, ``_`` up to two other words.
    """
    words: list[Word | None] = []
    for piece in phrase.split():
        if piece == GAP:
            words.append(None)
            continue
        tokens = _tokens(piece.rstrip(_ANY_ENDING), language, lexicon)
        for place, (plain, accented) in enumerate(zip(tokens.folds, tokens.tonal, strict=True)):
            last = place == len(tokens) - 1
            exact = accented if language in _ACCENTED and accented != plain else ""
            words.append(Word(plain, exact, any_ending=last and piece.endswith(_ANY_ENDING)))
    return tuple(words)


class Text:
    """A patient's text, cut once for all phrases."""

    def __init__(self, text: str, language: str, lexicon: Compiled) -> None:
        tokens = self._tokens = _tokens(text, language, lexicon)
        self._with_accents = 5 * sum(1 for word in tokens.words if not word.isascii()) >= len(tokens)
        self._places: dict[Word, list[int]] = {}
        self._written: dict[str, list[int]] = {}
        self._unknown: dict[int, str] = {}  # words that the shipped lexicon has are no misspellings of ours
        for place, plain in enumerate(tokens.folds):
            self._written.setdefault(plain, []).append(place)
            if not lexicon.vocabulary.find(plain, tokens.tonal[place]).literal:
                self._unknown[place] = plain

    def find(self, wanted: Pattern) -> Iterator[tuple[int, int]]:
        """Yield each place of the pattern: the words from start up to, not including, end."""
        first = wanted[0] if wanted else None
        for start in self._having(first) if first is not None else ():
            end = next(self._ends(wanted[1:], start + 1), None)
            if end is not None:
                yield start, end

    def _ends(self, rest: Pattern, place: int) -> Iterator[int]:
        if not rest:
            yield place
            return
        if place >= len(self._tokens) or self._tokens.before[place] == SENTENCE:
            return
        wanted = rest[0]
        if wanted is None:
            for skipped in range(_GAP_WORDS + 1):
                yield from self._ends(rest[1:], place + skipped)
        elif place in self._having(wanted):
            yield from self._ends(rest[1:], place + 1)

    def _having(self, word: Word) -> list[int]:
        found = self._places.get(word)
        if found is None:
            places = {*self._written.get(word.text, ()), *self._misspelled(word)}
            if word.any_ending:
                places.update(place for place, one in enumerate(self._tokens.folds) if one.startswith(word.text))
            found = self._places[word] = sorted(place for place in places if self._has_its_accents(word, place))
        return found

    def _misspelled(self, word: Word) -> Iterator[int]:
        for place, plain in self._unknown.items():
            if abs(len(plain) - len(word.text)) <= 1 and len(word.text) >= _FORGIVEN_FROM:
                if one_mistake(plain, word.text):
                    yield place
            elif len(plain) > len(word.text) and plain[0] == word.text[0] and collapse(plain) == collapse(word.text):
                yield place

    def _has_its_accents(self, word: Word, place: int) -> bool:
        accented = self._tokens.tonal[place]
        if not word.accented or (accented == self._tokens.folds[place] and not self._with_accents):
            return True
        return accented.startswith(word.accented) if word.any_ending else accented == word.accented


def _tokens(text: str, language: str, lexicon: Compiled) -> Tokens:
    short, counting = lexicon.short.get(language, {}), lexicon.counting.get(language, {})
    return tokenise(text, short, lexicon.emoji, counting)
