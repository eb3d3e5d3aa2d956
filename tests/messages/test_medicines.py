"""The table of medicines is read whole, and a mistake in it names the file, the product and the fix."""

from pathlib import Path

import pytest

from messages.lexicon import ROOT
from messages.medicines import COUNTRIES, load_medicines
from messages.patterns import LexiconError

LANGUAGES = ("en", "es", "fr", "vi", "hi")


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "medicines.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            'sugar = { kind = "sweet", countries = "US" }',
            "medicines.toml: sugar: unknown kind 'sweet': use one of ask, aspirin, combination, nsaid, paracetamol, "
            "thinner, topical",
        ),
        ('sugar = { countries = "US" }', "medicines.toml: sugar: unknown kind 'None': use one of ask, "),
        (
            'sugar = { kind = "ask", countries = "US UK" }',
            "medicines.toml: sugar: unknown country 'UK': use AR, CL, CO, ES, FR, GB, IN, MX, PE, US, VN, or all",
        ),
        ('sugar = { kind = "ask" }', "medicines.toml: sugar: no country: use AR, "),
        (
            'sugar = { kind = "ask", countries = "US", name = "sugar" }',
            "medicines.toml: sugar: unknown 'name': use countries, kind, names",
        ),
        (
            'sugar = { kind = "ask", countries = "US", names = "" }',
            "medicines.toml: sugar: no name: list how patients write it",
        ),
        (
            'sugar = { kind = "ask", countries = "US", names = "co-sugar" }',
            "medicines.toml: sugar: 'co-sugar' has a hyphen: write a space",
        ),
        (
            'honey = { kind = "nsaid", countries = "US", names = "sweet" }\n'
            'sugar = { kind = "ask", countries = "US", names = "sweet" }',
            "medicines.toml: sugar: 'sweet' is also honey: leave it in one",
        ),
    ],
)
def test_a_product_that_cannot_be_used_is_named_with_its_fix(tmp_path: Path, row: str, problem: str) -> None:
    with pytest.raises(LexiconError) as caught:
        load_medicines(table(tmp_path, f"[products]\n{row}\n"), LANGUAGES)

    assert str(caught.value).startswith(problem)


def test_a_product_outside_its_table_is_named_with_its_fix(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match=r"medicines.toml: sugar: neither \[products\] nor \[words.en\]: move it"):
        load_medicines(table(tmp_path, 'sugar = { kind = "ask", countries = "US" }\n'), LANGUAGES)


def test_words_of_a_language_that_there_is_not_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match=r"words\.de: no such language: use en, es, fr, hi, vi"):
        load_medicines(table(tmp_path, '[words.de]\nmedicine_none = "nichts"\n'), LANGUAGES)


def test_all_stands_for_every_country(tmp_path: Path) -> None:
    path = table(tmp_path, '[products]\naspirin = { kind = "aspirin", countries = "all" }\n')

    (aspirin,) = load_medicines(path, LANGUAGES).products

    assert (aspirin.countries, aspirin.names) == (COUNTRIES, ("aspirin",))


def test_lookalikes_are_words_and_not_something_said(tmp_path: Path) -> None:
    path = table(tmp_path, '[words.en]\nlookalikes = "metal; mental"\nmedicine_none = "none"\n')

    read = load_medicines(path, LANGUAGES)

    assert read.lookalikes == {"en": {"metal", "mental"}}
    assert read.words == {"en": {"medicine_none": ("none",)}}


def test_every_language_that_patients_write_says_the_same_things() -> None:
    words = load_medicines(ROOT / "medicines.toml", LANGUAGES).words

    assert {language: words[language].keys() ^ words["en"].keys() for language in ("es", "fr", "vi")} == {
        "es": set(),
        "fr": set(),
        "vi": set(),
    }
