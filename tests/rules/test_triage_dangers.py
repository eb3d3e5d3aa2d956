"""A danger is paged however it is dressed: mistakes, politeness, denial, an opt-out beside it."""

import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.rules.triage import compile_lexicon, triage
from assistant.rules.verdict import Category, Context, SessionContext, Verdict
from messages.lexicon import load_lexicon
from tests.corpus.cases import SEVERE, cases
from tests.rules.triage_texts import DANGER

LEXICON = compile_lexicon(load_lexicon())
SENTENCES = [(language, text) for language, texts in DANGER.items() for text in texts]
POLITE = {
    "en": ("Thanks for everything! ", "Hi, hope you are well. ", "no, ", "STOP. ", "Sorry to bother you, but ", "1. "),
    "es": ("¡Gracias por todo! ", "Hola, buenas tardes. ", "no, ", "STOP. ", "Perdone la molestia, pero ", "1. "),
    "fr": ("Merci pour tout ! ", "Bonjour, j'espère que vous allez bien. ", "non, ", "STOP. ", "Désolée, mais ", "1. "),
    "vi": ("Cảm ơn chị nhiều. ", "Chào bác sĩ. ", "không, ", "STOP. ", "Xin lỗi làm phiền nhưng ", "1. "),
}
AFTER = (" thanks", " stop", " STOP", " 😊", " 😭", " ok?", " lol", " merci", " gracias")
CALM = (
    "All good here, thank you!",
    "Can I move my appointment to Friday?",
    "Todo bien, muchas gracias.",
    "Tout va bien, merci.",
    "Em ổn, cảm ơn chị.",
    "STOP",
    "please stop texting me",
    "1",
    "asdf qwer",
)


def judged(text: str, language: str = "en", day: int | None = 4) -> Verdict:
    sessions = () if day is None else (SessionContext("mesotherapy_face", day, ("face",)),)
    return triage(text, Context(language=language, sessions=sessions), LEXICON)


@pytest.mark.parametrize(("language", "text"), SENTENCES)
def test_a_danger_is_paged(language: str, text: str) -> None:
    assert judged(text, language).category.pages_now


@pytest.mark.parametrize(("language", "text"), SENTENCES)
def test_a_danger_is_paged_when_the_day_is_not_known(language: str, text: str) -> None:
    assert judged(text, language, day=None).category.pages_now


@pytest.mark.parametrize("day", [0, 1, 2, 7, 20, 80])
@pytest.mark.parametrize("language", list(DANGER))
def test_an_airway_sign_is_an_emergency_on_every_day(language: str, day: int) -> None:
    for text in DANGER[language][:3]:
        assert judged(text, language, day).category is Category.EMERGENCY


@pytest.mark.parametrize(("language", "text"), SENTENCES)
def test_a_danger_is_paged_in_capitals_and_without_accents(language: str, text: str) -> None:
    bare = "".join(
        char for char in unicodedata.normalize("NFKD", text.replace("đ", "d")) if not unicodedata.combining(char)
    )
    assert judged(text.upper(), language).category.pages_now
    assert judged(bare, language).category.pages_now


@pytest.mark.parametrize(("language", "text"), SENTENCES)
def test_politeness_and_a_stop_beside_a_danger_never_lower_it(language: str, text: str) -> None:
    for frame in POLITE[language]:
        assert judged(frame + text, language).category.pages_now, frame
    for tail in AFTER:
        assert judged(text + tail, language).category.pages_now, tail


@pytest.mark.parametrize(("language", "text"), SENTENCES)
def test_a_danger_sentence_raises_any_text(language: str, text: str) -> None:
    for calm in CALM:
        assert judged(f"{calm} {text}", language).category.pages_now, calm
        assert judged(f"{text}. {calm}", language).category.pages_now, calm


@pytest.mark.parametrize("language", list(DANGER))
def test_a_danger_sentence_raises_whatever_patients_write_around_it(language: str) -> None:
    ordinary = [case.text.rstrip(". ") for case in cases("train", {language}) if case.label not in SEVERE][::97]
    assert len(ordinary) >= 20
    missed = [
        both
        for danger in DANGER[language]
        for other in ordinary
        for both in (f"{other}. {danger}", f"{danger}. {other}")
        if not judged(both, language).category.pages_now
    ]
    assert missed == []


def mistakes(word: str) -> Iterator[str]:
    """A letter doubled, left out or swapped with the next, anywhere but at the ends of the word."""
    for at in range(2, len(word) - 1):
        yield word[:at] + word[at] + word[at:]
        yield word[:at] + word[at + 1 :]
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]


@pytest.mark.parametrize(("language", "text"), SENTENCES)
def test_one_mistake_in_a_long_word_or_a_doubled_letter_does_not_hide_a_danger(language: str, text: str) -> None:
    words = text.split()
    for place, word in enumerate(words):
        slips = list(mistakes(word)) if len(word) >= 7 and word.isalpha() else []
        slips += [word[:at] + word[at] + word[at:] for at in range(len(word)) if word.isalpha() and len(word) >= 4]
        for slip in slips:
            written = " ".join([*words[:place], slip, *words[place + 1 :]])
            assert judged(written, language).category.pages_now, written


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=300))
def test_no_text_breaks_triage_and_the_same_text_gets_the_same_verdict(text: str) -> None:
    assert judged(text) == judged(text)


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet="bcdfghjklmnpqrstvwxz ", min_size=4, max_size=40))
def test_what_nobody_understands_is_never_reassured(text: str) -> None:
    if len(text.split()) and max(len(word) for word in text.split()) >= 6:
        assert judged(text).category.severity >= Category.UNCLEAR.severity
