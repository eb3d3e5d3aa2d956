"""What the texts of this repository say, and what they cost."""

import re

import pytest

from messages import catalog, expected
from messages.render import render
from messages.segments import is_gsm, segments

CONTENT = catalog.load()
PATIENT_FILES = ["replies", *CONTENT.protocols]

# Words in capitals that are no invitation, and the carrier's words in the texts that may name them.
NOT_COMMANDS = {"NOT", "NO", "NON", "PAS", "KHÔNG", "SPF", "UVA", "UV", "SMS", "STOP", "START"}
# How a person is called, as the texts write it; in Vietnamese two words.
NURSE = {"en": "NURSE", "es": "ENFERMERA", "fr": "INFIRMIERE", "vi": "Y TA"}


def patient_texts(language: str) -> dict[str, str]:
    return {f"{name}: {key}": text for name in PATIENT_FILES for key, text in CONTENT._texts[language, name].items()}


@pytest.mark.parametrize("language", CONTENT.languages)
def test_every_word_that_a_text_asks_for_is_a_command(language: str) -> None:
    for where, text in patient_texts(language).items():
        words = set(re.findall(r"\b[^\W\d_]{2,}\b", text.replace(NURSE[language], "")))
        asked = {word for word in words if word.isupper()} - NOT_COMMANDS
        assert {word for word in asked if CONTENT.keyword(word) is None} == set(), where


def test_english_texts_use_the_cheap_alphabet_and_three_segments_at_most() -> None:
    for where, text in patient_texts("en").items():
        cost = segments(render(text, expected.SAMPLES))
        assert (cost.encoding, cost.count <= 3) == ("GSM-7", True), where


@pytest.mark.parametrize("language", CONTENT.languages)
def test_the_word_that_calls_a_person_is_a_command(language: str) -> None:
    assert CONTENT.keyword(NURSE[language]) == ("nurse", None)


def test_french_texts_use_the_cheap_alphabet_but_for_the_name_of_the_language() -> None:
    costly = {where for where, text in patient_texts("fr").items() if not is_gsm(text)}

    assert costly == {"replies: language_changed"}


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
            "caliente dura oscura brillante dolor hincharse pus ampollas fiebre blanca gris red respirar tragar labios "
            "lengua marea vista {emergency_number} ENFERMERA",
        ),
        (
            "fr",
            "chaude dure foncée brillante douleur augmente pus cloques fièvre blanche grise filet respirer avaler "
            "lèvres langue malaise vue {emergency_number} INFIRMIERE",
        ),
        (
            "vi",
            "nóng cứng sẫm bóng đau tăng mủ phồng sốt trắng xám lưới thở nuốt môi lưỡi ngất mắt {emergency_number} "
            "Y TA",
        ),
    ],
)
def test_the_warning_text_names_every_danger_sign(language: str, signs: str) -> None:
    text = CONTENT.text(language, "day_0_warning", "mesotherapy_face")

    assert [sign for sign in signs.split() if sign not in text] == []


@pytest.mark.parametrize(
    ("protocol", "language", "signs"),
    [
        ("mesotherapy_scalp", "en", "leaking bleeding eyelid"),
        ("mesotherapy_scalp", "es", "supura sangrando ojo"),
        ("mesotherapy_scalp", "fr", "coule saigne paupière"),
        ("mesotherapy_scalp", "vi", "rỉ máu mí"),
        ("mesotherapy_body", "en", "hot pus fever darker pain bruise heart calf chest"),
        ("mesotherapy_body", "es", "caliente pus fiebre oscura dolor hematoma pulso pantorrilla pecho"),
        ("mesotherapy_body", "fr", "chaude pus fièvre foncée douleur bleu pouls mollet poitrine"),
        ("mesotherapy_body", "vi", "nóng mủ sốt sẫm đau bầm tim chân ngực"),
        ("mesotherapy_hands_neck", "en", "bend line breathing swallowing"),
        ("mesotherapy_hands_neck", "es", "doblar raya respirar tragar"),
        ("mesotherapy_hands_neck", "fr", "plient ligne respirer avaler"),
        ("mesotherapy_hands_neck", "vi", "gập vệt thở nuốt"),
    ],
)
def test_the_warning_text_names_the_danger_signs_of_its_area(protocol: str, language: str, signs: str) -> None:
    text = CONTENT.text(language, "day_0_warning", protocol)

    assert [sign for sign in signs.split() if sign not in text] == []


@pytest.mark.parametrize(
    ("language", "signs"),
    [
        ("en", "heat pus fever pain"),
        ("es", "calor pus fiebre dolor"),
        ("fr", "chaleur pus fièvre douleur"),
        ("vi", "nóng mủ sốt đau"),
    ],
)
@pytest.mark.parametrize("key", ["day_1", "day_7"])
def test_three_weeks_of_swelling_excuse_no_danger_sign(key: str, language: str, signs: str) -> None:
    text = CONTENT.text(language, key, "mesotherapy_body").casefold()

    assert [sign for sign in signs.split() if sign not in text] == []


@pytest.mark.parametrize("key", ["day_0_warning", "day_1", "day_3"])
@pytest.mark.parametrize(
    ("language", "signs"),
    [("en", "breathing swallowing"), ("es", "respirar tragar"), ("fr", "respirer avaler"), ("vi", "thở nuốt")],
)
def test_trouble_breathing_or_swallowing_after_the_neck_is_an_emergency(key: str, language: str, signs: str) -> None:
    text = CONTENT.text(language, key, "mesotherapy_hands_neck")

    assert [sign for sign in signs.split() if sign not in text] == []
    assert "{emergency_number}" in text


def test_a_number_that_does_not_reach_an_ambulance_is_in_no_text() -> None:
    wrong = {"fr": "115", "vi": "112"}

    assert [
        where for language, number in wrong.items() for where, text in patient_texts(language).items() if number in text
    ] == []


@pytest.mark.parametrize("language", CONTENT.languages)
@pytest.mark.parametrize("key", ["nsaid", "nsaid_window_open", "opt_out_line"])
def test_what_not_to_take_before_a_visit_is_the_same_after_every_treatment(key: str, language: str) -> None:
    assert len({CONTENT.text(language, key, protocol) for protocol in CONTENT.protocols}) == 1


@pytest.mark.parametrize("language", CONTENT.languages)
def test_the_first_text_is_shorter_for_a_patient_who_has_had_the_treatment_before(language: str) -> None:
    for protocol in CONTENT.protocols.values():
        for step in protocol.steps:
            if step.again_key is not None:
                full, shorter = (CONTENT.text(language, key, protocol.id) for key in (step.key, step.again_key))
                assert len(shorter) < len(full), protocol.id


@pytest.mark.parametrize("language", CONTENT.languages)
def test_every_text_after_a_session_says_how_to_reach_a_person_or_an_ambulance(language: str) -> None:
    for protocol in CONTENT.protocols.values():
        for step in protocol.steps:
            for key in step.text_keys:
                text = CONTENT.text(language, key, protocol.id)
                assert any(way in text for way in ("{emergency_number}", "{clinic_phone}", NURSE[language])), key


@pytest.mark.parametrize(
    ("language", "answers"),
    [
        ("en", "1 better, 2 same, 3 worse."),
        ("es", "1 mejor, 2 igual, 3 peor."),
        ("fr", "1 mieux, 2 pareil, 3 pire."),
        ("vi", "1 đỡ hơn, 2 như cũ, 3 nặng hơn."),
    ],
)
def test_check_ins_and_no_other_texts_ask_for_1_2_or_3(language: str, answers: str) -> None:
    for protocol in CONTENT.protocols.values():
        for step in protocol.steps:
            asks = answers in CONTENT.text(language, step.key, protocol.id)
            assert asks == (step.asks == "better_same_worse"), step.key


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


def test_no_file_claims_a_reviewer_it_has_not_had() -> None:
    assert {edition.about.reviewer for edition in CONTENT.editions.values()} == {""}
