"""What a text costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.segments import segments


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("à" * 70, 1),
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("á" * 134, 2),
        ("á" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("a" * 1600, 11),
        ("á" * 1600, 24),
    ],
)
def test_segments_change_at_the_limits_of_the_network(text: str, count: int) -> None:
    assert segments(text).count == count


def test_an_escaped_character_is_not_cut_in_two() -> None:
    assert segments("a" * 152 + "€" + "b" * 152).count == 3  # 306 would fit two parts


def test_an_emoji_is_not_cut_in_two() -> None:
    assert segments("á" * 66 + "😀" + "á" * 66).count == 3


@pytest.mark.parametrize("free", ["é", "è", "ñ", "ü", "à", "¿", "¡", "Ç", "£", "€", "\n", "@"])
def test_letters_of_the_phone_alphabet_cost_nothing_extra(free: str) -> None:
    assert segments(free).encoding == "GSM-7"


@pytest.mark.parametrize("costly", ["á", "í", "ó", "ú", "ç", "ë", "’", "“", "—", "…", "°", "\u00a0", "đ", "ạ"])
def test_other_letters_are_named_as_costly(costly: str) -> None:
    counted = segments(f"a{costly}b{costly}")

    assert counted.encoding == "UCS-2"
    assert counted.costly == (costly,)


def test_costly_letters_come_in_order_and_once() -> None:
    assert segments("más día más").costly == ("á", "í")


def test_characters_are_counted_as_the_network_does() -> None:
    assert segments("a€").characters == 3
    assert segments("á😀").characters == 3


@given(st.text(), st.text())
def test_a_longer_text_never_costs_less(text: str, more: str) -> None:
    assert segments(text + more).count >= segments(text).count
