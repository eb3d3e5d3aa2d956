"""Words to slots: whole words, stems, one typing mistake, doubled letters, digits for letters."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from assistant.rules.triage.normalise import collapse, fold, tonal, toneless, unleet

_FUZZY_FROM = 6  # letters a word of ours needs before one mistake in it is forgiven
_STEM_FUZZY_FROM = 6
_SHORTEST = 3  # letters that must be left of a word when its repeated letters are taken together
_REMEMBERED = 50_000


@dataclass(frozen=True)
class Known:
    """What one written word can be: the slots it fills, and the languages (bits) that have it."""

    slots: tuple[int, ...] = ()
    languages: int = 0
    literal: int = 0  # languages that have exactly this word, not only a stem or something like it


NOTHING = Known()


@dataclass
class Vocabulary:
    """Every word of every language, filled once by ``add`` and then only read by ``find``."""

    words: dict[str, set[int]] = field(default_factory=dict)
    stems: dict[str, set[int]] = field(default_factory=dict)
    tonal_words: dict[str, set[int]] = field(default_factory=dict)  # with, and without, their accents
    accented_words: dict[str, set[int]] = field(default_factory=dict)  # only as the dictionary writes them
    languages: dict[str, int] = field(default_factory=dict)
    tonal_languages: dict[str, int] = field(default_factory=dict)
    stem_languages: dict[str, int] = field(default_factory=dict)
    _collapsed: dict[str, list[str]] = field(default_factory=dict)
    _near: dict[str, list[str]] = field(default_factory=dict)
    _near_stems: dict[str, list[str]] = field(default_factory=dict)
    _seen: dict[tuple[str, str, bool], Known] = field(default_factory=dict)

    def add(
        self, word: str, slot: int | None, language: int, *, accents_matter: bool, only_accented: bool = False
    ) -> None:
        """Add a word, or a stem if it ends in ``*``, to one slot (None: a common word).

        ``accents_matter``: without its accents the word is only recognised in texts that use none;
        ``only_accented``: not even there, because it would be too many other words.
        """
        if word.endswith("*"):
            stem = fold(word[:-1])
            self.stems.setdefault(stem, set()).update(() if slot is None else (slot,))
            self.stem_languages[stem] = self.stem_languages.get(stem, 0) | language
            return
        if accents_matter:
            exact = tonal(word)
            self.accented_words.setdefault(exact, set()).update(() if slot is None else (slot,))
            for form in {exact} if only_accented else {exact, toneless(exact), fold(exact)}:
                self.tonal_words.setdefault(form, set()).update(() if slot is None else (slot,))
                self.tonal_languages[form] = self.tonal_languages.get(form, 0) | language
            return
        form = fold(word)
        self.words.setdefault(form, set()).update(() if slot is None else (slot,))
        self.languages[form] = self.languages.get(form, 0) | language

    def index(self) -> None:
        """Prepare the look-up of words with a mistake; called once, after the last ``add``."""
        for word, slots in self.words.items():
            if not slots:  # a common word: nothing is gained by recognising it with a mistake
                continue
            self._collapsed.setdefault(collapse(word), []).append(word)
            if len(word) >= _FUZZY_FROM:
                for form in _deletions(word):
                    self._near.setdefault(form, []).append(word)
        for stem in self.stems:
            if len(stem) >= _STEM_FUZZY_FROM:
                for form in _deletions(stem):
                    self._near_stems.setdefault(form, []).append(stem)

    def find(self, folded: str, accented: str, *, with_accents: bool = False) -> Known:
        """Return what the word can be; an unknown one is tried with one mistake.

        ``with_accents``: the text is written with its accents, so a word without any has none.
        """
        key = (folded, accented, with_accents)
        known = self._seen.get(key)
        if known is None:
            known = self._find(folded, accented, with_accents)
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[key] = known
        return known

    def _find(self, folded: str, accented: str, with_accents: bool) -> Known:
        known = self._exact(folded, accented, with_accents)
        if known.languages or len(folded) < 3 or folded.isdigit():
            return known
        if accented != folded:
            single = collapse(accented)
            return self._exact("", single, with_accents) if single != accented else self._western(folded)
        return self._western(folded)

    def _western(self, folded: str) -> Known:
        for form in self._respelled(folded):
            known = self._exact(form, "", False)
            if known.languages:
                return known
        return self._merge(self._mistaken(folded)) if len(folded) >= _FUZZY_FROM - 1 else NOTHING

    def _exact(self, folded: str, accented: str, with_accents: bool = False) -> Known:
        slots = set(self.words.get(folded, ()))
        languages = self.languages.get(folded, 0)
        tonal_slots = (self.accented_words if with_accents else self.tonal_words).get(accented)
        if tonal_slots is not None:
            slots |= tonal_slots
            languages |= self.tonal_languages[accented]
        literal = languages
        for end in range(3, len(folded) + 1):
            stem = folded[:end]
            if stem in self.stems:
                slots |= self.stems[stem]
                languages |= self.stem_languages[stem]
        return Known(tuple(sorted(slots)), languages, literal)

    def _respelled(self, folded: str) -> Iterable[str]:
        """Forms that are the same word spelled for emphasis or fun: puss, sw0llen, helppp."""
        plain = unleet(folded)
        yield plain
        single = collapse(plain)
        if len(single) >= _SHORTEST:
            yield single
            yield from self._collapsed.get(single, ())

    def _mistaken(self, folded: str) -> Iterable[Known]:
        for form in {folded, *_deletions(folded)}:
            for word in self._near.get(form, ()):
                if one_mistake(folded, word):
                    yield self._exact(word, "")
        for end in range(4, len(folded) + 1):
            start = folded[:end]
            for form in {start, *_deletions(start)}:
                for stem in self._near_stems.get(form, ()):
                    if start[0] == stem[0] and one_mistake(start, stem):
                        yield Known(tuple(sorted(self.stems[stem])), self.stem_languages[stem])
        if len(folded) >= 7:
            yield from self._glued(folded)

    def _glued(self, folded: str) -> Iterable[Known]:
        """Two words written as one, each known: cantbreathe. Only their own meanings, not their order."""
        for cut in range(3, len(folded) - 2):
            first, second = self._exact(folded[:cut], ""), self._exact(folded[cut:], "")
            if first.slots and second.slots and first.languages & second.languages:
                yield first
                yield second
                return

    @staticmethod
    def _merge(found: Iterable[Known]) -> Known:
        slots: set[int] = set()
        languages = 0
        for known in found:
            slots.update(known.slots)
            languages |= known.languages
        return Known(tuple(sorted(slots)), languages)


def _deletions(word: str) -> set[str]:
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def one_mistake(first: str, second: str) -> bool:
    """Return whether one letter more, less, other or swapped with its neighbour tells them apart."""
    if first == second:
        return True
    if abs(len(first) - len(second)) > 1:
        return False
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    rest_first, rest_second = first[start:], second[start:]
    if len(first) == len(second):
        swapped = rest_first[:2] == rest_second[1::-1] and rest_first[2:] == rest_second[2:]
        return swapped or rest_first[1:] == rest_second[1:]
    longer, shorter = sorted((rest_first, rest_second), key=len, reverse=True)
    return longer[1:] == shorter
