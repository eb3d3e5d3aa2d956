"""The triage files are read whole, and a mistake in one is named."""

from pathlib import Path

import pytest

from messages.catalog import load
from messages.lexicon import ROOT, load_lexicon
from messages.patterns import LexiconError


def copied(tmp_path: Path) -> Path:
    for path in ROOT.glob("*.toml"):
        if path.name != "evidence.toml":
            (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def test_every_language_has_the_same_concepts_for_danger() -> None:
    lexicon = load_lexicon()
    needed = {concept for sign in lexicon.signs for group in sign.groups for concept in group}
    drawn = {name for names in lexicon.emoji.values() for name in names}

    written = [language for language in lexicon.languages if language.code in load().languages]
    assert len(written) == 4  # what is only understood (hi) may know less
    for language in written:
        missing = needed - set(language.concepts) - drawn
        assert missing <= {"back_again"}, f"{language.code}: {missing}"


def test_a_sign_with_an_unknown_concept_is_refused(tmp_path: Path) -> None:
    root = copied(tmp_path)
    signs = (root / "signs.toml").read_text(encoding="utf-8")
    (root / "signs.toml").write_text(signs.replace('"breathless"', '"breathles"', 1), encoding="utf-8")

    with pytest.raises(LexiconError, match="breathles"):
        load_lexicon(root)


def test_a_pattern_that_ends_in_a_gap_is_refused(tmp_path: Path) -> None:
    root = copied(tmp_path)
    words = (root / "en.toml").read_text(encoding="utf-8")
    (root / "en.toml").write_text(words.replace('uvula = "uvula"', 'uvula = "uvula _"', 1), encoding="utf-8")

    with pytest.raises(LexiconError, match="uvula"):
        load_lexicon(root)
