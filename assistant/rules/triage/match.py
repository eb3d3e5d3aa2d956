"""Where in a text each concept occurs: one walk over one trie for all languages."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from assistant.rules.triage.normalise import SENTENCE, Tokens, fold, split_words
from assistant.rules.triage.vocabulary import Known, Vocabulary
from messages.lexicon import Evidence, LanguageWords, Lexicon, Sign
from messages.medicines import Medicine

_GAPS = {"_": 2, "__": 4}
_ACCENTED = frozenset({"vi"})  # languages where an accent makes another word
_JOINED = re.compile(r"[^\s_]_[^\s_]")  # an alternative of several words: b_c
_PLAIN = re.compile(r"[a-z]+")  # a word that our tokens are not cut at


class Span(NamedTuple):
    """One occurrence of a concept: words ``start`` up to but not including ``end``."""

    start: int
    end: int
    skipped: tuple[int, ...] = ()  # words in between that the pattern does not name


class Node:
    """A place in the trie: what may follow, what ends here, and how many words may be skipped."""

    __slots__ = ("after_gap", "ends", "gap", "next")

    def __init__(self) -> None:
        self.next: dict[int, Node] = {}
        self.ends: tuple[tuple[int, str], ...] = ()  # language bit, concept
        self.after_gap: Node | None = None
        self.gap = 0


class Starts(NamedTuple):
    """What a word means as a pattern of its own, and where longer patterns that begin with it go on."""

    concepts: tuple[str, ...]
    onward: tuple[tuple[Node, int], ...]  # and how many words may be skipped there


_State = tuple[Node, int, int, tuple[int, ...]]  # where, since which word, words to skip, words skipped


@dataclass
class Compiled:
    """A lexicon prepared for matching. Built once, then only read (but for remembered words)."""

    codes: tuple[str, ...]
    vocabulary: Vocabulary
    root: Node
    short: Mapping[str, Mapping[str, str]]
    emoji: Mapping[str, tuple[str, ...]]
    counting: Mapping[str, Mapping[str, float]]
    evidence: Evidence
    medicines: Mapping[str, Medicine]
    signs_by_concept: Mapping[str, tuple[Sign, ...]]
    sayings: "Compiled | None" = None
    slots: dict[tuple[int, str, bool], int] = field(default_factory=dict)
    _starts: dict[tuple[tuple[int, ...], int], "Starts"] = field(default_factory=dict)
    ambiguous: frozenset[str] = frozenset()
    function_words: frozenset[str] = frozenset()

    def starts(self, slots: tuple[int, ...], active: int) -> "Starts":
        """Return what one word, as the first of a pattern, is by itself and can be the beginning of."""
        found = self._starts.get((slots, active))
        if found is None:
            nodes = [self.root.next[slot] for slot in slots if slot in self.root.next]
            found = self._starts[slots, active] = Starts(
                tuple(dict.fromkeys(concept for node in nodes for bit, concept in node.ends if bit & active)),
                tuple(onward for node in nodes for onward in _onward(node)),
            )
        return found

    def bit(self, code: str) -> int:
        """Return the bit of a language, 0 for one we do not have."""
        return 1 << self.codes.index(code) if code in self.codes else 0


def compile_lexicon(lexicon: Lexicon) -> Compiled:
    """Prepare a lexicon: one vocabulary and one trie for every language in it."""
    codes = tuple(language.code for language in lexicon.languages)
    compiled = Compiled(
        codes=codes,
        vocabulary=Vocabulary(),
        root=Node(),
        short=_short(lexicon.languages),
        emoji=lexicon.emoji,
        evidence=lexicon.evidence,
        counting={language.code: language.counting for language in lexicon.languages},
        medicines={medicine.product: medicine for medicine in lexicon.medicines},
        signs_by_concept=_by_rarest_concept(lexicon.signs),
        ambiguous=frozenset(word for language in lexicon.languages for word in language.ambiguous),
        function_words=frozenset(fold(word) for language in lexicon.languages for word in language.function),
    )
    for place, language in enumerate(lexicon.languages):
        accents_matter = language.code in _ACCENTED
        for concept, patterns in language.concepts.items():
            for pattern in patterns:
                _add(compiled, 1 << place, concept, pattern, accents_matter=accents_matter)
        for word in language.common | lexicon.evidence.ordinary.get(language.code, frozenset()):
            compiled.vocabulary.add(word, None, 1 << place, accents_matter=accents_matter)
    _add_medicines(compiled, lexicon.medicines)
    compiled.vocabulary.index()
    if lexicon.sayings:
        compiled.sayings = compile_lexicon(Lexicon(languages=lexicon.sayings, signs=(), medicines=()))
    return compiled


def _add_medicines(compiled: Compiled, medicines: tuple[Medicine, ...]) -> None:
    """Add the products, whose names are words of every language; the "baby" of "baby aspirin" stays English."""
    ordinary = dict(compiled.vocabulary.languages)
    every = (1 << len(compiled.codes)) - 1
    for medicine in medicines:
        for name in medicine.names:
            _add(compiled, every, f"medicine:{medicine.product}", name, accents_matter=False)
    names = {fold(name) for medicine in medicines for name in medicine.names}
    compiled.vocabulary.languages.update({word: bits for word, bits in ordinary.items() if word not in names})


def _by_rarest_concept(signs: tuple[Sign, ...]) -> dict[str, tuple[Sign, ...]]:
    """File every sign under the alternatives of its smallest group: without one it cannot fire."""
    filed: dict[str, list[Sign]] = {}
    for sign in signs:
        for concept in min(sign.groups, key=len):
            filed.setdefault(concept, []).append(sign)
    return {concept: tuple(found) for concept, found in filed.items()}


def _short(languages: tuple[LanguageWords, ...]) -> dict[str, dict[str, str]]:
    """Return the spellings for patients of each language: its own first, then the unmistakable others."""
    merged = {}
    for own in languages:
        others = {
            word: longer
            for language in languages
            for word, longer in language.short.items()
            if len(word) > 2 and word not in own.common
        }
        merged[own.code] = {**others, **own.short}
    return merged


def _add(compiled: Compiled, bit: int, concept: str, pattern: str, *, accents_matter: bool) -> None:
    for written in _without_joined_words(pattern):
        _add_one(compiled, bit, concept, written, accents_matter=accents_matter)


def _without_joined_words(pattern: str) -> list[str]:
    """Write out ``a|b_c d``, where an alternative is several words, as ``a d`` and ``b c d``."""
    if not _JOINED.search(pattern):
        return [pattern]
    written = [""]
    for text in pattern.split():
        choices = text.rstrip("?").split("|")
        joined = [choice.replace("_", " ") for choice in choices if "_" in choice.strip("_")]
        if joined:
            single = [choice for choice in choices if "_" not in choice.strip("_")]
            forms = (["|".join(single)] if single else []) + joined + ([""] if text.endswith("?") else [])
        else:
            forms = [text]
        written = [f"{start} {form}".strip() for start in written for form in forms]
    return written


def _add_one(compiled: Compiled, bit: int, concept: str, pattern: str, *, accents_matter: bool) -> None:
    nodes = [compiled.root]
    texts = list(_slots_of(pattern))
    for text in texts:
        if text in _GAPS:
            for place, node in enumerate(nodes):
                if node.after_gap is None:
                    node.after_gap = Node()
                node.gap = max(node.gap, _GAPS[text])
                nodes[place] = node.after_gap
            continue
        optional = text.endswith("?")
        slot = _slot(compiled, bit, text.replace("?", ""), accents_matter=accents_matter, alone=len(texts) == 1)
        reached = [_following(node, slot) for node in nodes]
        nodes = nodes + reached if optional else reached
    for node in nodes:
        if (bit, concept) not in node.ends:
            node.ends += ((bit, concept),)


def _following(node: Node, slot: int) -> Node:
    following = node.next.get(slot)
    if following is None:
        following = node.next[slot] = Node()
    return following


def _slots_of(pattern: str) -> Iterator[str]:
    """Cut a pattern into slots; a word that our tokens would be cut at (l'oeil) becomes two slots."""
    for text in pattern.split():
        if text in _GAPS or "|" in text or text.endswith(("*", "?")) or _PLAIN.fullmatch(text):
            yield text
        else:
            yield from split_words(text) or [text]


def _slot(compiled: Compiled, bit: int, text: str, *, accents_matter: bool, alone: bool) -> int:
    key = (bit, text, alone and accents_matter)
    if key not in compiled.slots:
        compiled.slots[key] = len(compiled.slots)
        for word in text.split("|"):
            compiled.vocabulary.add(
                word.replace("'", ""),
                compiled.slots[key],
                bit,
                accents_matter=accents_matter,
                only_accented=alone and accents_matter and fold(word) in compiled.ambiguous,
            )
    return compiled.slots[key]


def languages_in(known: list[Known], own: int, languages: int, tonal: int) -> int:
    """Return the bits of the languages a text is read in: the patient's, and those it shows.

    A language shows by words that the patient's does not have; a word that several have counts for
    each in part. A language of ``tonal`` (written without accents it looks like scraps of the others)
    needs more of them.
    """
    active = own
    for place in range(languages):
        bit = 1 << place
        if bit & own:
            continue
        stems, literal = 0.0, 0.0
        for word in known:
            if word.languages & bit and not word.literal & own:
                share = 1.0 / word.languages.bit_count()
                stems += share
                literal += share if word.literal & bit else 0.0
        needed = 0.99 if not bit & tonal else max(2.5, 0.3 * len(known))
        if literal >= needed or stems >= 2 * needed:
            active |= bit
    return active


def find_concepts(tokens: Tokens, known: list[Known], compiled: Compiled, active: int) -> dict[str, list[Span]]:
    """Return where each concept of the active languages occurs, in the order of the text."""
    found: dict[str, list[Span]] = {}
    states: list[_State] = []
    for place in range(len(tokens)):
        if tokens.before[place] == SENTENCE:
            states = []
        slots = known[place].slots
        emoji = compiled.emoji.get(tokens.words[place])
        if emoji:
            for concept in emoji:
                found.setdefault(concept, []).append(Span(place, place + 1))
        kept: list[_State] = []
        for node, start, skips, skipped in states:
            following = node.next
            for slot in slots if len(slots) <= len(following) else following.keys() & slots:
                reached = following.get(slot)
                if reached is not None:
                    _reach(reached, start, place + 1, skipped, active, found, kept)
            if skips:
                kept.append((node, start, skips - 1, (*skipped, place)))
        concepts, onward = compiled.starts(slots, active)
        if concepts:
            span = Span(place, place + 1)
            for concept in concepts:
                _add_span(found, concept, span)
        states = kept + [(node, place, skips, ()) for node, skips in onward]
    return found


def _onward(node: Node) -> Iterator[tuple[Node, int]]:
    if node.next:
        yield node, 0
    if node.after_gap is not None:
        yield node.after_gap, node.gap


def _add_span(found: dict[str, list[Span]], concept: str, span: Span) -> None:
    spans = found.setdefault(concept, [])
    if not spans or spans[-1] != span:
        spans.append(span)


def _reach(
    node: Node,
    start: int,
    end: int,
    skipped: tuple[int, ...],
    active: int,
    found: dict[str, list[Span]],
    kept: list[_State],
) -> None:
    for bit, concept in node.ends:
        if bit & active:
            _add_span(found, concept, Span(start, end, skipped))
    kept += [(onward, start, skips, skipped) for onward, skips in _onward(node)]
