"""What the texts of this repository say, and what they cost."""

import re

import pytest

from messages import catalog, expected
from messages.render import render
from messages.segments import is_gsm, segments

CONTENT = catalog.load()
PATIENT_FILES = ["replies", *CONTENT.protocols]

# Words in capitals that are no invitation, and the carrier's words in the texts that may name them.
NOT_COMMANDS = {"NOT", "NO", "SPF", "STOP", "START"}


def patient_texts(language: str) -> dict[str, str]:
    return {f"{name}: {key}": text for name in PATIENT_FILES for key, text in CONTENT._texts[language, name].items()}


@pytest.mark.parametrize("language", CONTENT.languages)
def test_every_word_that_a_text_asks_for_is_a_command(language: str) -> None:
    for where, text in patient_texts(language).items():
        words = set(re.findall(r"\b[^\W\d_]{2,}\b", text))
        asked = {word for word in words if word.isupper()} - NOT_COMMANDS - {"UVA"}
        assert {word for word in asked if CONTENT.keyword(word) is None} == set(), where


def test_english_texts_use_the_cheap_alphabet_and_three_segments_at_most() -> None:
    for where, text in patient_texts("en").items():
        cost = segments(render(text, expected.SAMPLES))
        assert (cost.encoding, cost.count <= 3) == ("GSM-7", True), where


def test_spanish_danger_texts_use_the_cheap_alphabet() -> None:
    costly = [key for key in expected.SAFETY_REPLIES if not is_gsm(CONTENT.text("es", key))]

    assert costly == []
    assert is_gsm(CONTENT.text("es", "day_0_warning", "mesotherapy_face"))


@pytest.mark.parametrize(
    ("language", "signs"),
    [
        (
            "en",
            "hot hard darker shiny pain grows pus blisters fever white grey net-like breathing swallowing lips "
            "tongue faint sight {emergency_number} NURSE",
        ),
        (
            "es",
            "caliente dura oscura brillante duele peor pus ampollas fiebre blanca gris red respirar tragar labios "
            "lengua marea vista {emergency_number} ENFERMERA",
        ),
    ],
)
def test_the_warning_text_names_every_danger_sign(language: str, signs: str) -> None:
    text = CONTENT.text(language, "day_0_warning", "mesotherapy_face")

    assert [sign for sign in signs.split() if sign not in text] == []


@pytest.mark.parametrize("language", CONTENT.languages)
def test_every_text_after_a_session_says_how_to_reach_a_person_or_an_ambulance(language: str) -> None:
    for protocol in CONTENT.protocols.values():
        for step in protocol.steps:
            for key in step.text_keys:
                text = CONTENT.text(language, key, protocol.id)
                named = [word for word in ("{emergency_number}", "{clinic_phone}") if word in text]
                assert named or any(CONTENT.keyword(word) == ("nurse", None) for word in text.split()), key


@pytest.mark.parametrize("language", CONTENT.languages)
def test_check_ins_ask_for_1_2_or_3_and_for_nothing_else(language: str) -> None:
    for protocol in CONTENT.protocols.values():
        for step in protocol.steps:
            numbers = re.findall(r"\b[123] \w+", CONTENT.text(language, step.key, protocol.id))
            asks = [
                found for found in numbers if found.split()[1] in ["better", "same", "worse", "mejor", "igual", "peor"]
            ]
            assert len(asks) == (3 if step.asks == "better_same_worse" else 0), step.key


def test_the_page_reads_as_staff_know_it() -> None:
    values = {
        "severity": "URGENT",
        "patient": "Ana D.",
        "day": "6",
        "area": "face",
        "words": "hot, spreading, fever",
        "code": "7",
    }

    assert render(CONTENT.text("en", "page"), values) == (
        'URGENT Ana D. day 6 face: "hot, spreading, fever". 7a=mine 7n=next person 7r text=reply 7c note=close'
    )
    assert render(CONTENT.text("en", "ack_yours"), {"patient": "Ana", "time": "19:15"}) == (
        "Yours. Ana is told you will call by 19:15."
    )
    assert render(CONTENT.text("en", "ack_taken"), {"staff": "Dana", "time": "18:42"}) == (
        "Already Dana's since 18:42."
    )


def test_every_protocol_is_a_draft_until_a_clinician_signs_it() -> None:
    assert all(protocol.is_draft for protocol in CONTENT.protocols.values())
