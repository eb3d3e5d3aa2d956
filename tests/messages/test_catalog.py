"""What the catalog hands out, and what it says when something is not there."""

from datetime import date
from pathlib import Path

import pytest

from messages import catalog, keywords
from messages.errors import ContentError

CONTENT = catalog.load()


def test_languages_are_the_folders_of_texts() -> None:
    assert CONTENT.languages == ("en", "es", "fr", "vi")


def test_a_protocol_text_is_found_by_language_and_key() -> None:
    assert CONTENT.text("es", "day_1", "mesotherapy_face").startswith("{clinic}: hola {first_name}")


def test_a_reply_needs_no_protocol() -> None:
    assert "{emergency_number}" in CONTENT.text("en", "emergency")


def test_texts_to_staff_are_english_only() -> None:
    assert "{code}a=mine" in CONTENT.text("en", "page")
    with pytest.raises(ContentError, match=r"text/es/replies.toml: page: missing"):
        CONTENT.text("es", "page")


def test_no_other_language_is_used_in_place_of_a_missing_one() -> None:
    with pytest.raises(ContentError, match=r"text/xx: no such language: add the folder or use one of en, es"):
        CONTENT.text("xx", "emergency")


def test_a_missing_key_is_named_with_its_file() -> None:
    with pytest.raises(ContentError, match=r"text/en/mesotherapy_face.toml: day_2: missing"):
        CONTENT.text("en", "day_2", "mesotherapy_face")


def test_a_missing_protocol_is_named_with_its_file() -> None:
    with pytest.raises(ContentError, match=r"text/en/botox.toml: no such file"):
        CONTENT.text("en", "day_1", "botox")


def test_the_parts_of_a_message_become_one_text_in_order() -> None:
    joined = CONTENT.joined("en", ("day_0", "mesotherapy_scalp.day_0_also", "opt_out_line"), "mesotherapy_face")

    assert joined.splitlines() == [
        CONTENT.text("en", "day_0", "mesotherapy_face"),
        CONTENT.text("en", "day_0_also", "mesotherapy_scalp"),
        CONTENT.text("en", "opt_out_line", "mesotherapy_face"),
    ]


@pytest.mark.parametrize(
    ("language", "second"),
    [
        ("en", "Your next visit is {visit_date} at"),
        ("es", "Su siguiente cita es el {visit_date} a"),
        ("fr", "Votre prochain rendez-vous est le {visit_date} à"),
        ("vi", "Lần hẹn tới là {visit_date} lúc"),
    ],
)
def test_a_text_of_several_parts_names_the_clinic_once(language: str, second: str) -> None:
    joined = CONTENT.joined(language, ("day_0", "nsaid"), "mesotherapy_face")

    assert joined.count("{clinic}") == 1
    assert joined.splitlines()[1].startswith(second)


def test_titles_areas_and_dates_are_in_the_patients_language() -> None:
    assert CONTENT.title("mesotherapy_face", "es") == "mesoterapia facial"
    assert CONTENT.area("face", "es") == "cara"
    assert CONTENT.date(date(2026, 11, 29), "en") == "Sun 29 Nov"
    assert CONTENT.date(date(2026, 11, 28), "es") == "sáb 28 nov"
    assert CONTENT.date(date(2026, 11, 28), "fr") == "sam. 28 nov."
    assert CONTENT.date(date(2026, 11, 29), "vi") == "CN 29/11"


@pytest.mark.parametrize(
    ("word", "means"),
    [
        ("NURSE", ("nurse", None)),
        (" nurse! ", ("nurse", None)),
        ("Enfermera", ("nurse", None)),
        ("INFIRMIÈRE", ("nurse", None)),
        ("y tá", ("nurse", None)),
        ("visita.", ("visit", None)),
        ("FOTO", ("photo", None)),
        ("ESPANOL", ("language", "es")),
        ("español", ("language", "es")),
        ("english", ("language", "en")),
        ("FRANÇAIS", ("language", "fr")),
        ("Tiếng Việt", ("language", "vi")),
        ("my nurse was rude", None),
        ("", None),
    ],
)
def test_a_command_is_a_whole_reply_in_any_case(word: str, means: tuple[str, str | None] | None) -> None:
    assert CONTENT.keyword(word) == means


def test_the_keywords_read_by_themselves_are_those_of_the_whole_content() -> None:
    alone = keywords.load()

    assert [alone.meaning(word) for word in ("NURSE", "y tá", "español", "hello")] == [
        CONTENT.keyword(word) for word in ("NURSE", "y tá", "español", "hello")
    ]


def test_a_keyword_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "keywords").mkdir()
    (tmp_path / "keywords" / "en.toml").write_text("nurse = [", encoding="utf-8")

    with pytest.raises(ContentError, match=r"keywords/en.toml: "):
        keywords.load(tmp_path)


@pytest.mark.parametrize(
    ("country", "number", "crisis"),
    [
        ("US", "911", "988"),
        ("GB", "999", "116 123"),
        ("FR", "15", "3114"),
        ("ES", "112", "024"),
        ("IN", "112", "14416"),
        ("VN", "115", "115"),
    ],
)
def test_each_country_has_the_numbers_that_reach_help_there(country: str, number: str, crisis: str) -> None:
    assert CONTENT.emergency_number(country) == number
    assert CONTENT.crisis_line(country) == crisis


def test_no_number_is_guessed_for_a_country_we_do_not_know() -> None:
    assert CONTENT.emergency_number("AQ") == "your local emergency number"
    assert CONTENT.crisis_line("AQ", "es") == "servicio local de emergencias"
