"""The words triage knows, read from triage/*.toml into plain frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from messages.medicines import Medicine, Medicines, load_medicines
from messages.patterns import LexiconError, patterns, read

WEIGHED = ("page", "emergency", "human", "goodbye", "expected", "admin")

ROOT = Path(__file__).parent / "triage"

CATEGORIES = frozenset({"EMERGENCY", "URGENT", "CONCERN"})


@dataclass(frozen=True)
class LanguageWords:
    """What one language has for each concept.

    A pattern is a row of slots: ``a|b`` alternatives, ``stem*`` any ending, ``word?`` may be missing,
    ``_`` up to two other words, ``__`` up to four. ``common`` are words without clinical meaning, there
    to tell ordinary text from text we do not understand. ``short`` are spellings of text messages.
    """

    code: str
    concepts: Mapping[str, tuple[str, ...]]
    common: frozenset[str]
    function: frozenset[str]
    short: Mapping[str, str]
    counting: Mapping[str, float] = field(default_factory=dict)
    ambiguous: frozenset[str] = frozenset()  # forms without accents that are too many words at once


@dataclass(frozen=True)
class Sign:
    """Concepts which, close together, are a danger sign or a reason for a human.

    ``groups`` are sets of alternative concepts; one of each must be present, not negated, within
    ``within`` words of one another (0: anywhere in the text). None of ``unless`` may be as close.
    ``from_day`` and ``to_day`` bound the day since the session, both included; an unknown day
    satisfies both.
    """

    name: str
    category: str
    groups: tuple[frozenset[str], ...]
    within: int
    unless: frozenset[str]
    why: str
    from_day: int | None = None
    to_day: int | None = None
    hypothetical: bool = True  # False: counts even inside "what if" and "years ago"


@dataclass(frozen=True)
class Evidence:
    """What is learned from labelled texts: how much each feature weighs, and the words of ordinary texts.

    Each has one weight for each of ``WEIGHED``: for a page, for EMERGENCY, for a human, for the wish to get no
    more texts, for EXPECTED and for ADMIN. ``ordinary`` words, by language, are what they are: never a misspelling
    of a word that means something.
    """

    weights: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    bias: tuple[float, ...] = (-0.7, 0.0, -2.0, 0.0, -2.0, -2.0)  # adds nothing, and doubts nothing
    ordinary: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # (language, word) -> its features that have a weight: only for speed.
    remembered: dict[tuple[str, str], dict[str, tuple[float, ...]]] = field(
        default_factory=dict, repr=False, compare=False
    )


@dataclass(frozen=True)
class Lexicon:
    """Everything triage is told about words.

    ``sayings`` is what patients say beside a medicine: only looked for there, so that it has no part in how
    other texts are read.
    """

    languages: tuple[LanguageWords, ...]
    signs: tuple[Sign, ...]
    medicines: tuple[Medicine, ...]
    sayings: tuple[LanguageWords, ...] = ()
    emoji: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    evidence: Evidence = field(default_factory=Evidence)


def load_lexicon(root: Path = ROOT) -> Lexicon:
    """Read and check every file. Raises ``LexiconError`` on the first thing that cannot be used."""
    return replace(load_words(root), evidence=_evidence(root / "evidence.toml"))


def load_words(root: Path = ROOT) -> Lexicon:
    """Read and check every file but what is learned from the corpus. Raises ``LexiconError``."""
    shared = {"signs.toml", "medicines.toml", "emoji.toml", "evidence.toml"}
    languages = tuple(_language(path) for path in sorted(root.glob("*.toml")) if path.name not in shared)
    if not languages:
        raise LexiconError(f"{root}: no language file")
    medicines = load_medicines(root / "medicines.toml", [language.code for language in languages])
    languages = tuple(
        replace(language, common=language.common | medicines.lookalikes.get(language.code, frozenset()))
        for language in languages
    )
    known = frozenset(name for language in languages for name in language.concepts)
    emoji = {key: tuple(value) for key, value in read(root / "emoji.toml").items()}
    return Lexicon(
        languages=languages,
        signs=_signs(root / "signs.toml", known | {name for names in emoji.values() for name in names}),
        medicines=medicines.products,
        sayings=tuple(_sayings(language, medicines) for language in languages),
        emoji=MappingProxyType(emoji),
    )


def _language(path: Path) -> LanguageWords:
    data = read(path)
    for key in ("concepts", "common", "short"):
        if key not in data:
            raise LexiconError(f"{path.name}: [{key}] is missing")
    concepts = {
        name: tuple(dict.fromkeys(patterns(f"{path.name}: {name}", value))) for name, value in data["concepts"].items()
    }
    common = frozenset(word for value in data["common"].values() for word in value.split())
    return LanguageWords(
        code=path.stem,
        concepts=MappingProxyType(concepts),
        common=common,
        function=frozenset(data["common"]["function"].split()),
        short=MappingProxyType(dict(data["short"])),
        counting=MappingProxyType({word: float(number) for word, number in data.get("counting", {}).items()}),
        ambiguous=frozenset(data.get("ambiguous", {}).get("unaccented", "").split()),
    )


def _sayings(language: LanguageWords, medicines: Medicines) -> LanguageWords:
    """Return the words of the table of medicines for this language, and nothing else of it."""
    return LanguageWords(language.code, medicines.words.get(language.code, {}), frozenset(), frozenset(), {})


def _evidence(path: Path) -> Evidence:
    """Read the learned weights; without the file nothing weighs anything."""
    if not path.exists():
        return Evidence()
    data = read(path)
    weights = _weights(path.name, data["weights"].strip("\n"))
    ordinary = {language: frozenset(words.split()) for language, words in data["ordinary"].items()}
    return Evidence(weights, tuple(float(data["bias"][name]) for name in WEIGHED), ordinary)


def _weights(file: str, table: str) -> dict[str, tuple[float, ...]]:
    """Return the weights of each feature; a line is its name and one number for each of ``WEIGHED``."""
    if not table:
        return {}
    tabs = len(WEIGHED)
    for number, line in enumerate(table.split("\n"), start=1):
        if line.count("\t") != tabs:
            raise LexiconError(f"{file}: line {number} of weights: not a name and {tabs} numbers")
    cells = table.replace("\n", "\t").split("\t")
    columns = [cells[place :: tabs + 1] for place in range(1, tabs + 1)]
    numbers = {text: float(text) for text in set().union(*columns)}  # a few hundred, each written many times
    weighed = [[numbers[text] for text in column] for column in columns]
    return dict(zip(cells[:: tabs + 1], zip(*weighed, strict=True), strict=True))


def _signs(path: Path, known: frozenset[str]) -> tuple[Sign, ...]:
    signs = []
    for number, row in enumerate(read(path)["sign"], start=1):
        place = f"{path.name}: sign {number} ({row.get('name')})"
        if row.get("category") not in CATEGORIES:
            raise LexiconError(f"{place}: category must be one of {', '.join(sorted(CATEGORIES))}")
        unless = frozenset(row.get("unless", "").split())
        for words in row["words"]:
            groups = tuple(frozenset(group.split("|")) for group in words.split(" + "))
            unknown = (frozenset().union(*groups) | unless) - known
            if unknown:
                raise LexiconError(f"{place}: no language has {', '.join(sorted(unknown))}")
            signs.append(
                Sign(
                    name=row["name"],
                    category=row["category"],
                    groups=groups,
                    within=row.get("within", 6),
                    unless=unless,
                    why=row["why"],
                    from_day=row.get("from_day"),
                    to_day=row.get("to_day"),
                    hypothetical=row.get("hypothetical", True),
                )
            )
    return tuple(signs)
