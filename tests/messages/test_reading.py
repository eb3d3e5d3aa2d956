"""How hard a text is to read."""

import pytest

from messages.reading import lix

EASY = "Wash it now. " * 10


def test_easy_words_in_short_sentences_score_their_length() -> None:
    assert lix(EASY) == 3


def test_long_words_add_their_percentage() -> None:
    assert lix(EASY.replace("it", "yourself")) == pytest.approx(3 + 100 / 3)


def test_a_word_of_seven_letters_is_long_and_one_of_six_is_not() -> None:
    assert lix(EASY.replace("it", "sevenly")) == pytest.approx(3 + 100 / 3)
    assert lix(EASY.replace("it", "sixsix")) == 3


def test_one_sentence_of_thirty_words_is_harder_than_ten_of_three() -> None:
    assert lix(EASY.replace(".", "")) == 30


@pytest.mark.parametrize("end", [":", ";", "!", "?", "..."])
def test_a_part_of_a_sentence_counts_as_one(end: str) -> None:
    assert lix(EASY.replace(".", end)) == 3


def test_a_decimal_point_ends_no_sentence() -> None:
    assert lix(EASY.replace(".", "").replace("it now", "it 3.5 now")) == 30


def test_a_placeholder_is_one_short_word() -> None:
    assert lix(EASY.replace("it", "{emergency_number}")) == 3


def test_a_french_article_does_not_make_a_word_long() -> None:
    assert lix("L'eau d'ici est l'amie. " * 5) == 7


def test_few_words_have_no_figure() -> None:
    assert lix("Wash it now. " * 8) is None
