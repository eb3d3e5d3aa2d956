"""Two characters take a page; nothing else does."""

import pytest

from assistant.rules.staff_commands import StaffCommand, Verb, parse


@pytest.mark.parametrize("text", ["7a", "7A", " 7 a ", "#7a", "7a.", "7a!", "7-a", "7a thanks"])
def test_the_code_and_a_take_that_page(text: str) -> None:
    command = parse(text)

    assert command is not None
    assert (command.verb, command.code) == (Verb.ACKNOWLEDGE, 7)


@pytest.mark.parametrize("text", ["a", "A", "ok", "OK.", "ack", "Okay!", "mine"])
def test_a_bare_word_takes_the_latest_page(text: str) -> None:
    assert parse(text) == StaffCommand(Verb.ACKNOWLEDGE, None)


@pytest.mark.parametrize("text", ["7r please send a photo", "7R: please send a photo", "#7r please send a photo"])
def test_r_carries_the_words_for_the_patient(text: str) -> None:
    assert parse(text) == StaffCommand(Verb.REPLY, 7, "please send a photo")


def test_words_for_the_patient_keep_their_line_breaks() -> None:
    assert parse("7r first\nsecond") == StaffCommand(Verb.REPLY, 7, "first\nsecond")


def test_c_closes_with_its_note() -> None:
    assert parse("12c seen, ice") == StaffCommand(Verb.CLOSE, 12, "seen, ice")


def test_n_passes_it_on() -> None:
    assert parse("7n") == StaffCommand(Verb.NEXT, 7)
    assert parse("n") == StaffCommand(Verb.NEXT, None)


@pytest.mark.parametrize(
    "text",
    [
        *("", "7", "hello", "a lot of people", "okay but who is it", "7 apples", "call 7 a", "c done", "r hello"),
        *("7x", "7 a.m. is fine", "2 c u soon", "7a and 8a"),
    ],
)
def test_anything_else_is_no_command(text: str) -> None:
    assert parse(text) is None
