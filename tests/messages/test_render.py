"""Words and values become one text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.render import RenderError, clean_name, render
from messages.segments import segments


def test_every_placeholder_gets_its_value() -> None:
    assert render("{clinic}: hi {first_name}, {clinic}", {"clinic": "C", "first_name": "Ana"}) == "C: hi Ana, C"


def test_a_placeholder_without_a_value_is_named() -> None:
    with pytest.raises(RenderError, match=r"no value for \{first_name\}"):
        render("hi {first_name}", {"clinic": "C"})


@pytest.mark.parametrize("template", ["{clinic.name}", "{clinic!r}", "{0}", "{}", "{ clinic }", "{clinic", "clinic}"])
def test_braces_that_are_no_placeholder_are_refused(template: str) -> None:
    with pytest.raises(RenderError):
        render(template, {"clinic": "C"})


@given(st.text())
def test_whatever_a_value_holds_arrives_as_it_is(value: str) -> None:
    assert render("<{words}>", {"words": value}) == f"<{value}>"


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("Ana Diaz", "Ana"),
        ("  Ana   Diaz ", "Ana"),
        ("María José", "Maria"),
        ("José", "José"),
        ("Chloé", "Chloé"),
        ("Zoë", "Zoe"),
        ("Đức", "Duc"),
        ("Łukasz", "Lukasz"),
        ("Anne-Marie", "Anne-Marie"),
        ("D’Arcy", "D'Arcy"),
        ("Ana{clinic}", "Anaclinic"),
        ("李 明", "李"),
        ("", ""),
        ("A" * 50, "A" * 20),
    ],
)
def test_a_name_is_the_first_one_in_letters_that_cost_nothing_extra(name: str, cleaned: str) -> None:
    assert clean_name(name, "en") == cleaned


@given(st.text())
def test_a_cleaned_name_is_short_and_one_word(name: str) -> None:
    cleaned = clean_name(name, "en")

    assert len(cleaned) <= 20
    assert not any(letter.isspace() or letter in "{}" for letter in cleaned)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzáéíóúüñçëœđăâêôơưàèìòù", min_size=1))
def test_a_name_in_latin_letters_never_makes_a_text_cost_double(name: str) -> None:
    assert segments(clean_name(name, "en")).encoding == "GSM-7"


@pytest.mark.parametrize(
    ("name", "language", "given"),
    [
        ("Nguyễn Thị Lan", "vi", "Lan"),
        ("Đặng Hà", "vi", "Hà"),
        ("Vũ Ngọc", "vi", "Ngọc"),
        ("Trần Văn Đức", "vi", "Đức"),
        ("Vũ Ngọc", "en", "Vu"),
        ("Lan Nguyen", "vi", "Lan"),
        ("Lan", "vi", "Lan"),
        ("Le Anne", "en", "Le"),
    ],
)
def test_a_vietnamese_patient_is_greeted_by_the_given_name(name: str, language: str, given: str) -> None:
    assert clean_name(name, language) == given
