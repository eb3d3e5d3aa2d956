"""The words triage knows, read from triage/*.toml into plain frozen values."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

ROOT = Path(__file__).parent / "triage"

CATEGORIES = frozenset({"EMERGENCY", "URGENT", "CONCERN"})
MEDICINE_KINDS = frozenset({"nsaid", "aspirin", "paracetamol", "thinner", "combination", "topical", "ask"})


class LexiconError(ValueError):
    """A triage file says something that cannot be used; the message names the file and the place."""


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
class Medicine:
    """A product as patients call it, and the kind that decides the answer."""

    product: str
    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """How much each feature of a text weighs, learned from labelled texts: for a page, for EMERGENCY."""

    weights: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    bias: tuple[float, float] = (-99.0, -99.0)


@dataclass(frozen=True)
class Lexicon:
    """Everything triage is told about words."""

    languages: tuple[LanguageWords, ...]
    signs: tuple[Sign, ...]
    medicines: tuple[Medicine, ...]
    emoji: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    evidence: Evidence = field(default_factory=Evidence)


def load_lexicon(root: Path = ROOT) -> Lexicon:
    """Read and check every file. Raises ``LexiconError`` on the first thing that cannot be used."""
    shared = {"signs.toml", "medicines.toml", "emoji.toml", "evidence.toml"}
    languages = tuple(_language(path) for path in sorted(root.glob("*.toml")) if path.name not in shared)
    if not languages:
        raise LexiconError(f"{root}: no language file")
    known = frozenset(name for language in languages for name in language.concepts)
    emoji = {key: tuple(value) for key, value in _read(root / "emoji.toml").items()}
    return Lexicon(
        languages=languages,
        signs=_signs(root / "signs.toml", known | {name for names in emoji.values() for name in names}),
        medicines=_medicines(root / "medicines.toml"),
        emoji=MappingProxyType(emoji),
        evidence=_evidence(root / "evidence.toml"),
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise LexiconError(f"{path.name}: {error}") from error


def _language(path: Path) -> LanguageWords:
    data = _read(path)
    for key in ("concepts", "common", "short"):
        if key not in data:
            raise LexiconError(f"{path.name}: [{key}] is missing")
    concepts = {
        name: tuple(dict.fromkeys(_patterns(f"{path.name}: {name}", value))) for name, value in data["concepts"].items()
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


def _patterns(place: str, value: object) -> list[str]:
    """Split ``a b; c`` (or lines) into patterns; a line that starts with # is a comment."""
    if not isinstance(value, str):
        raise LexiconError(f"{place}: not a text")
    lines = (line for line in value.splitlines() if not line.lstrip().startswith("#"))
    patterns = [" ".join(part.split()) for line in lines for part in line.split(";")]
    for pattern in filter(None, patterns):
        slots = pattern.split()
        if slots[0].startswith("_") or slots[-1].startswith("_") or slots[0].endswith("?"):
            raise LexiconError(f"{place}: {pattern!r} may not begin or end with a gap or an optional word")
    return [pattern for pattern in patterns if pattern]


def _evidence(path: Path) -> Evidence:
    """Read the learned weights; without the file nothing weighs anything."""
    if not path.exists():
        return Evidence()
    data = _read(path)
    weights = {}
    for number, line in enumerate(data["weights"].splitlines(), start=1):
        name, page, emergency = [*line.split("\t"), "", ""][:3]
        if line and not emergency:
            raise LexiconError(f"{path.name}: line {number} of weights: not a name and two numbers")
        if line:
            weights[name] = (float(page), float(emergency))
    return Evidence(MappingProxyType(weights), (float(data["page_bias"]), float(data["emergency_bias"])))


def _signs(path: Path, known: frozenset[str]) -> tuple[Sign, ...]:
    signs = []
    for number, row in enumerate(_read(path)["sign"], start=1):
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


def _medicines(path: Path) -> tuple[Medicine, ...]:
    medicines = []
    for product, row in _read(path).items():
        if row.get("kind") not in MEDICINE_KINDS:
            raise LexiconError(f"{path.name}: {product}: kind must be one of {sorted(MEDICINE_KINDS)}")
        names = tuple(_patterns(f"{path.name}: {product}", row.get("names", product)))
        medicines.append(Medicine(product, row["kind"], names))
    return tuple(medicines)
