"""How a text becomes words, and which words are recognised with a mistake."""

import pytest

from assistant.rules.triage.normalise import collapse, fold, split_words, tokenise, tonal, toneless
from assistant.rules.triage.vocabulary import one_mistake


def words(text: str) -> tuple[str, ...]:
    return tokenise(text, {}, {"😱": ("alarm",)}).folds


def test_accents_and_case_do_not_matter() -> None:
    assert fold("Sưng") == "sung"
    assert fold("Œil") == "oeil"
    assert fold("Đỏ") == "do"


def test_the_two_tones_that_are_confused_become_one() -> None:
    assert tonal("mũ") == tonal("mủ")
    assert tonal("mú") != tonal("mủ")
    assert toneless("sốt") == "sôt"


def test_contractions_are_one_word_and_elisions_two() -> None:
    assert words("I can't") == ("i", "cant")
    assert split_words("l'oeil") == ["l", "oeil"]
    assert words("j'ai") == ("j", "ai")


def test_a_number_and_its_unit_are_two_words() -> None:
    assert tokenise("38,5c", {}, {}).numbers == (38.5, None)


def test_numbers_in_words_are_read() -> None:
    counting = {"thirty": 30.0, "eight": 8.0}
    assert tokenise("thirty eight", {}, {}, counting).numbers[0] == 38.0


def test_a_sign_of_alarm_is_kept_as_a_word() -> None:
    assert tokenise("help 😱", {}, {"😱": ("alarm",)}).words == ("help", "😱")


def test_a_short_spelling_is_written_out() -> None:
    assert tokenise("idk", {"idk": "i dont know"}, {}).words == ("i", "dont", "know")


def test_repeated_letters_are_one() -> None:
    assert collapse("swwollllen") == collapse("swollen")


@pytest.mark.parametrize("wrong", ["swollne", "swolen", "swollenn", "swellen"])
def test_one_mistake_is_forgiven(wrong: str) -> None:
    assert one_mistake(wrong, "swollen")


def test_two_mistakes_are_not() -> None:
    assert not one_mistake("swlln", "swollen")
