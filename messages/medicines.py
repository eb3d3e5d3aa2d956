"""The products that triage knows and what is said about taking them, read from triage/medicines.toml."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from messages.patterns import LexiconError, patterns, read

# Clinics ask for one week without anti-inflammatories before a session, because of bleeding; practice
# runs from 2 to 14 days. Counted in hours, so that it is the same length in a week with a clock change.
NSAID_WINDOW = timedelta(hours=7 * 24)

KINDS = frozenset({"nsaid", "aspirin", "paracetamol", "thinner", "combination", "topical", "ask"})
COUNTRIES = frozenset({"US", "GB", "ES", "MX", "AR", "CL", "CO", "PE", "FR", "VN", "IN"})
EVERYWHERE = "all"
_LOOKALIKES = "lookalikes"
_FIELDS = frozenset({"kind", "countries", "names"})


@dataclass(frozen=True)
class Medicine:
    """A product as patients call it, where they do, and the kind that decides the answer."""

    product: str
    kind: str
    names: tuple[str, ...]
    countries: frozenset[str] = COUNTRIES


@dataclass(frozen=True)
class Medicines:
    """The table of products, and for each language the patterns of what is said beside them.

    ``lookalikes`` are ordinary words of a language, one letter from a name: never read as that name.
    """

    products: tuple[Medicine, ...]
    words: Mapping[str, Mapping[str, tuple[str, ...]]]
    lookalikes: Mapping[str, frozenset[str]]


def load_medicines(path: Path, languages: Collection[str]) -> Medicines:
    """Read and check the file. Raises ``LexiconError`` naming the file, the product or words, and the fix."""
    data = read(path)
    unknown = data.keys() - {"products", "words"}
    if unknown:
        raise LexiconError(f"{path.name}: {min(unknown)}: neither [products] nor [words.en]: move it under one of them")
    products = tuple(_products(path.name, data.get("products", {})))
    _check_names(path.name, products)
    words = dict(_words(path.name, data.get("words", {}), languages))
    lookalikes = {language: frozenset(said.pop(_LOOKALIKES, ())) for language, said in words.items()}
    return Medicines(products, words, lookalikes)


def _products(file: str, rows: Mapping[str, Any]) -> Iterator[Medicine]:
    for product, row in rows.items():
        place = f"{file}: {product}"
        for key in row.keys() - _FIELDS:
            raise LexiconError(f"{place}: unknown '{key}': use {', '.join(sorted(_FIELDS))}")
        if row.get("kind") not in KINDS:
            raise LexiconError(f"{place}: unknown kind '{row.get('kind')}': use one of {', '.join(sorted(KINDS))}")
        yield Medicine(
            product=product,
            kind=row["kind"],
            names=tuple(patterns(place, row.get("names", product))),
            countries=_countries(place, row.get("countries", "")),
        )


def _countries(place: str, written: str) -> frozenset[str]:
    countries = COUNTRIES if written == EVERYWHERE else frozenset(written.split())
    unknown = countries - COUNTRIES
    if unknown or not countries:
        which = f"unknown country '{min(unknown)}'" if unknown else "no country"
        raise LexiconError(f"{place}: {which}: use {', '.join(sorted(COUNTRIES))}, or {EVERYWHERE}")
    return countries


def _check_names(file: str, products: tuple[Medicine, ...]) -> None:
    """A name is of one product: two kinds for one name would be two answers to one question."""
    owner: dict[str, str] = {}
    for medicine in products:
        if not medicine.names:
            raise LexiconError(f"{file}: {medicine.product}: no name: list how patients write it")
        for name in medicine.names:
            if "-" in name:
                raise LexiconError(f"{file}: {medicine.product}: '{name}' has a hyphen: write a space")
            if owner.setdefault(name, medicine.product) != medicine.product:
                raise LexiconError(
                    f"{file}: {medicine.product}: '{name}' is also {owner[name]}: leave it in one of them"
                )


def _words(
    file: str, words: Mapping[str, Mapping[str, str]], languages: Collection[str]
) -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
    for language, concepts in words.items():
        if language not in languages:
            raise LexiconError(f"{file}: words.{language}: no such language: use {', '.join(sorted(languages))}")
        yield (
            language,
            {name: tuple(patterns(f"{file}: words.{language}: {name}", text)) for name, text in concepts.items()},
        )
