"""Each check of the content stops a set of files that is wrong in one place, and names the place."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from messages import catalog
from messages.errors import ContentError

PACKAGE = Path(catalog.__file__).parent
FACE = "text/en/mesotherapy_face.toml"
REPLIES = "text/en/replies.toml"
STEPS = "protocols/mesotherapy_face.toml"

Change = Callable[[str, str, str], None]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A copy of the content that may be spoilt."""
    ignored = shutil.ignore_patterns("*.py", "__pycache__")
    return Path(shutil.copytree(PACKAGE, tmp_path / "content", ignore=ignored))


@pytest.fixture
def change(content: Path) -> Change:
    def replace(file: str, old: str, new: str) -> None:
        text = (content / file).read_text(encoding="utf-8")
        assert old in text, f"{file} no longer holds {old!r}"
        (content / file).write_text(text.replace(old, new), encoding="utf-8")

    return replace


def problems(content: Path) -> tuple[str, ...]:
    with pytest.raises(ContentError) as caught:
        catalog.load(content)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def add(content: Path, file: str, line: str) -> None:
    with (content / file).open("a", encoding="utf-8") as opened:
        opened.write(f"\n{line}\n")


def test_an_unspoilt_copy_loads(content: Path) -> None:
    assert catalog.load(content) == catalog.load()


def test_all_problems_are_told_at_once(content: Path, change: Change) -> None:
    change(REPLIES, "thanks = ", "thank_you = ")
    change("text/es/areas.toml", 'face = "cara"', "")

    assert problems(content) == (
        "text/en/replies.toml: thanks: missing: add the text",
        "text/en/replies.toml: thank_you: nothing sends it: remove it or correct the key",
        "text/es/areas.toml: face: missing: add the text",
    )


def test_a_file_that_is_not_toml(content: Path, change: Change) -> None:
    change(REPLIES, 'thanks = "', "thanks = ")

    assert any(line.startswith("text/en/replies.toml: file: not valid TOML") for line in problems(content))


def test_a_language_without_one_of_its_files(content: Path) -> None:
    (content / "text/es/patch_test.toml").unlink()

    assert any(line.startswith("text/es/patch_test.toml: file: missing: add it with") for line in problems(content))


def test_a_half_finished_language(content: Path) -> None:
    (content / "text/de").mkdir()
    shutil.copy(content / "keywords/en.toml", content / "keywords/de.toml")
    (content / "keywords/de.toml").write_text(
        'nurse = ["PFLEGE"]\nvisit = ["TERMIN"]\nphoto = ["BILD"]\nlanguage = ["DEUTSCH"]', encoding="utf-8"
    )

    found = problems(content)

    files = ("replies", "areas", "dates", "wording", *catalog.load().protocols)
    assert {line.split(":")[0] for line in found} == {f"text/de/{name}.toml" for name in files}


def test_no_english_to_compare_with(content: Path) -> None:
    shutil.rmtree(content / "text/en")

    assert "text/en: folder: missing: every language is compared with it, add it" in problems(content)


def test_a_text_for_no_protocol(content: Path) -> None:
    add(content, "text/en/botox.toml", 'title = "x"')

    assert "text/en/botox.toml: file: no protocol of that name: remove it or add protocols/botox.toml" in problems(
        content
    )


def test_a_missing_key(content: Path, change: Change) -> None:
    change("text/es/mesotherapy_face.toml", "day_28 = ", "day_29 = ")

    assert "text/es/mesotherapy_face.toml: day_28: missing: add the text" in problems(content)


def test_a_text_that_is_not_text(content: Path, change: Change) -> None:
    change("text/en/areas.toml", 'face = "face"', "face = 5")

    assert problems(content) == ("text/en/areas.toml: face: not a text: write it in quotation marks",)


def test_an_unknown_placeholder(content: Path, change: Change) -> None:
    change(REPLIES, "{clinic}: you are welcome.", "{clinic}: you are welcome, {nickname}.")

    assert problems(content)[0] == (
        "text/en/replies.toml: thanks: unknown placeholder {nickname}: "
        "it can use clinic, clinic_phone, crisis_line, emergency_number, first_name"
    )


def test_a_date_of_a_visit_in_a_text_that_has_no_visit(content: Path, change: Change) -> None:
    change(FACE, "{clinic}: swelling of", "{clinic}: before {visit_date} swelling of")

    assert any("day_5: unknown placeholder {visit_date}" in line for line in problems(content))


def test_a_name_in_a_text_to_a_stranger(content: Path, change: Change) -> None:
    change(REPLIES, "we do not know this number", "{first_name}, we do not know this number")

    assert any("unknown_number: unknown placeholder {first_name}" in line for line in problems(content))


def test_a_stray_brace(content: Path, change: Change) -> None:
    change(REPLIES, "{clinic}: you are welcome.", "{clinic: you are welcome.")

    assert any(line.startswith("text/en/replies.toml: thanks: a '{' that is not part of") for line in problems(content))


def test_placeholders_that_differ_between_languages(content: Path, change: Change) -> None:
    change("text/es/replies.toml", "{clinic}: de nada.", "De nada.")

    assert problems(content) == (
        "text/es/replies.toml: thanks: placeholder mismatch with en, {clinic}: use the same in every language",
    )


def test_an_over_long_text(content: Path, change: Change) -> None:
    change(REPLIES, "you are welcome.", "you are welcome. " * 60)

    assert any(
        line.startswith("text/en/replies.toml: thanks: over-long, 8 segments: make it 5") for line in problems(content)
    )


def test_an_over_long_text_because_of_one_letter(content: Path, change: Change) -> None:
    change(FACE, "These signs are NOT normal.", "These signs are NOT normal — none of them.")

    assert problems(content) == (
        f"{FACE}: day_0_warning: over-long, 7 segments (UCS-2, because of —): make it 5 or fewer",
    )


def test_words_that_are_too_long_only_together(content: Path, change: Change) -> None:
    change("text/en/wording.toml", "max_segments = 5", "max_segments = 50")
    change(FACE, "Bruises can take", "Wash gently. " * 60 + "Bruises can take")

    assert any("day_0: over-long" in line and "with nsaid_window_open" in line for line in problems(content))


def test_words_for_a_patient_of_two_treatments_name_no_area(content: Path, change: Change) -> None:
    change(FACE, "Your face was treated too", "Your {area} was treated too")

    assert any("day_0_also: unknown placeholder {area}" in line for line in problems(content))


@pytest.mark.parametrize(
    "invitation",
    [
        "Reply STOP.",
        "Reply YES to confirm.",
        "Reply 1, 2 or CANCEL.",
        "Text help if you need us.",
        "Reply with 'quit'.",
        "Answer END.",
        "Send us the word info.",
        "START again any time.",
    ],
)
def test_an_invitation_to_a_carrier_word(content: Path, change: Change, invitation: str) -> None:
    change(REPLIES, "you are welcome.", f"you are welcome. {invitation}")

    (line,) = problems(content)
    assert line.startswith("text/en/replies.toml: thanks: invites '")


# How "you are welcome" is said, for spoiling it.
WELCOME = {"es": "de nada.", "fr": "avec plaisir.", "vi": "không có gì."}


@pytest.mark.parametrize(
    ("language", "invitation"),
    [
        ("es", "Responda con cancel."),
        ("fr", "Répondez par cancel."),
        ("fr", "Envoyez ARRET."),
        ("vi", "Trả lời bằng chữ cancel."),
        ("vi", "Nhắn YES."),
    ],
)
def test_an_invitation_to_a_carrier_word_in_another_language(
    content: Path, change: Change, language: str, invitation: str
) -> None:
    change(f"text/{language}/replies.toml", WELCOME[language], f"{WELCOME[language]} {invitation}")

    (line,) = problems(content)
    assert line.startswith(f"text/{language}/replies.toml: thanks: invites '")
    assert line.endswith("on which the carrier acts: use 1, 2, 3 or NURSE")


def test_an_invitation_to_a_carrier_word_in_a_text_to_staff(content: Path, change: Change) -> None:
    change("text/en/staff.toml", "Add people to it in the staff pages.", "Reply YES.")

    assert any(line.startswith("text/en/staff.toml: nobody_else: invites 'YES'") for line in problems(content))


def test_words_that_only_look_like_an_invitation_are_fine(content: Path, change: Change) -> None:
    change(
        REPLIES, "you are welcome.", "you are welcome. We can help. Ask in the end, info is free, do not stop asking."
    )

    catalog.load(content)


def test_a_first_text_that_does_not_say_how_to_opt_out(content: Path, change: Change) -> None:
    change(FACE, "Reply STOP to opt out.", "Tell us if you want no texts.")

    assert problems(content) == (f"{FACE}: opt_out_line: does not say how to opt out: name the word STOP",)


@pytest.mark.parametrize(
    ("file", "old"),
    [
        (FACE, "Never stop a medicine that a doctor prescribed"),
        (REPLIES, "Never stop a medicine that a doctor prescribed"),
        ("text/es/replies.toml", "Nunca deje un medicamento recetado"),
        ("text/fr/replies.toml", "Ne cessez jamais de prendre un médicament prescrit"),
        ("text/vi/replies.toml", "Không bao giờ tự bỏ thuốc bác sĩ kê"),
    ],
)
def test_medicine_advice_without_its_caveat(content: Path, change: Change, file: str, old: str) -> None:
    text = (content / file).read_text(encoding="utf-8").replace("\\\n", "")
    (content / file).write_text(text, encoding="utf-8")
    change(file, old, "Maybe")

    found = problems(content)

    assert all(line.startswith(f"{file}: ") and "without the caveat: add" in line for line in found)


def test_a_safety_text_without_the_emergency_number(content: Path, change: Change) -> None:
    change(FACE, "{emergency_number} for trouble", "somebody for trouble")

    assert f"{FACE}: day_0_warning: a safety text without {{emergency_number}}: add it" in problems(content)


def test_a_reply_to_somebody_in_danger_without_the_emergency_number(content: Path, change: Change) -> None:
    change(REPLIES, "{clinic}: call {emergency_number} now", "{clinic}: call for help now")

    assert "text/en/replies.toml: emergency: a safety text without {emergency_number}: add it" in problems(content)


@pytest.mark.parametrize(
    "promise",
    [
        "A nurse has been told.",
        "Our doctor was informed.",
        "We have alerted our team.",
        "We've already notified someone.",
        "The nurse knows.",
        "A nurse is on her way.",
        "Our team will read your message.",
        "A nurse will call you soon.",
    ],
)
def test_a_promise_that_the_system_does_not_keep(content: Path, change: Change, promise: str) -> None:
    change(REPLIES, "you are welcome.", f"you are welcome. {promise}")

    assert all(line.startswith("text/en/replies.toml: thanks: promises ") for line in problems(content))


@pytest.mark.parametrize(
    ("language", "promise"),
    [
        ("es", "Ya avisamos al equipo."),
        ("es", "Una enfermera ha sido informada."),
        ("es", "Hemos avisado."),
        ("es", "Le llamaremos pronto."),
        ("fr", "Une infirmière a été prévenue."),
        ("fr", "Nous avons déjà alerté l'équipe."),
        ("fr", "Le médecin est au courant."),
        ("fr", "Une infirmière arrive."),
        ("fr", "Nous vous rappellerons."),
        ("vi", "Y tá đã được báo."),
        ("vi", "Chúng tôi đã thông báo bác sĩ."),
        ("vi", "Bác sĩ đang trên đường."),
        ("vi", "Y tá sẽ gọi lại cho bạn."),
    ],
)
def test_a_promise_in_another_language(content: Path, change: Change, language: str, promise: str) -> None:
    change(f"text/{language}/replies.toml", WELCOME[language], f"{WELCOME[language]} {promise}")

    (line,) = problems(content)
    assert line.startswith(f"text/{language}/replies.toml: thanks: promises ")


@pytest.mark.parametrize(
    ("language", "advice"),
    [
        ("en", "Stop taking your blood pressure tablets."),
        ("en", "Please pause your blood thinner for a week."),
        ("en", "Do not take your tablets today."),
        ("es", "Deje de tomar su anticoagulante."),
        ("es", "Suspenda la medicación una semana."),
        ("fr", "Arrêtez votre traitement."),
        ("fr", "Cessez de prendre l'aspirine."),
        ("vi", "Hãy ngừng uống thuốc."),
        ("vi", "Bạn bỏ thuốc một tuần."),
    ],
)
def test_a_text_that_tells_to_stop_a_medicine(content: Path, change: Change, language: str, advice: str) -> None:
    welcome = {"en": "you are welcome.", **WELCOME}[language]
    change(f"text/{language}/replies.toml", welcome, f"{welcome} {advice}")

    assert any(
        line.startswith(f"text/{language}/replies.toml: thanks: tells to stop a medicine, '")
        for line in problems(content)
    )


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "en",
            "Notwithstanding aforementioned recommendations, individuals experiencing considerable discomfort "
            "following treatment should immediately communicate any significant deterioration observed throughout "
            "subsequent recovery periods",
        ),
        (
            "es",
            "Independientemente de las recomendaciones anteriormente mencionadas, cualquier persona que experimente "
            "molestias considerables posteriormente debe comunicar inmediatamente cualquier empeoramiento observado",
        ),
        (
            "fr",
            "Nonobstant les recommandations mentionnées précédemment, toute personne ressentant ultérieurement une "
            "douleur importante devrait communiquer immédiatement toute aggravation significative constatée",
        ),
        (
            "vi",
            "mặc dù đã có những lời khuyên nêu trên nhưng nếu người bệnh sau khi làm mà cảm thấy khó chịu nhiều hơn "
            "bình thường thì cần phải báo lại ngay lập tức cho phòng khám biết về mọi thay đổi mà mình thấy được "
            "trong suốt thời gian da hồi phục để được hướng dẫn thêm về những việc nên làm và không nên làm tiếp theo",
        ),
    ],
)
def test_a_text_that_is_hard_to_read(content: Path, change: Change, language: str, sentence: str) -> None:
    welcome = {"en": "you are welcome.", **WELCOME}[language]
    change(f"text/{language}/replies.toml", welcome, f"{welcome} {sentence}. {sentence}.")

    (line,) = (line for line in problems(content) if "over-long" not in line)
    assert line.startswith(f"text/{language}/replies.toml: thanks: hard to read, LIX ")
    assert line.endswith("with shorter sentences and words")


def test_a_call_is_promised_only_with_who_and_by_when(content: Path, change: Change) -> None:
    change("text/es/replies.toml", "va a llamarle antes de las {time}", "le llamaremos pronto")

    assert any("acknowledged: promises a call, 'le llamaremos'" in line for line in problems(content))


def test_an_answer_that_names_no_way_to_reach_a_person(content: Path, change: Change) -> None:
    change(REPLIES, "sore, hot or leaking, needs to be seen: reply NURSE.", "sore, hot or leaking, needs to be seen.")

    assert problems(content) == (
        "text/en/replies.toml: question_lumps: no way to reach a person: end it with the word NURSE",
    )


def test_rules_of_wording_that_are_incomplete(content: Path, change: Change) -> None:
    change("text/en/wording.toml", "max_segments = 5", "")

    assert problems(content) == ("text/en/wording.toml: max_segments: Field required: correct it",)


def test_a_rule_of_wording_that_is_no_pattern(content: Path, change: Change) -> None:
    change("text/en/wording.toml", "calls = ['(will", "calls = ['((will")

    assert problems(content) == ("text/en/wording.toml: calls: Input should be a valid regular expression: correct it",)


def test_dates_with_a_month_too_few(content: Path, change: Change) -> None:
    change("text/en/dates.toml", " Dec", "")

    assert problems(content) == ("text/en/dates.toml: months: must be 12 words: write them with spaces between",)


# --- protocols ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("send_by_hours = 10 ", "send_by_hours = -1 ", "puts send_by before due"),
        ("send_by_hours = 22 ", "send_by_hours = 25 ", "send_by would be after the visit"),
        ('merge_into = "day_0"', 'merge_into = "day_zero"', "merge_into names 'day_zero', which is no session step"),
        ('key = "day_3"', 'key = "day_1"', "two steps are called 'day_1'"),
        ("at = 10:00:00", "", "'day' and 'at' belong together"),
        ("after_hours = 1\n", "", "give exactly one of after_hours, day with at, before_hours"),
        ("before_hours = 24", "after_hours = 24", "before_hours goes with anchor 'next_visit'"),
        ('late = "send"', 'late = "later"', "Input should be 'drop' or 'send'"),
        ("version = 1", "version = 1\ncolour = 1", "Extra inputs are not permitted"),
        ('again_key = "day_0_again"', 'again_key = "day_0"', "two steps are called 'day_0'"),
        ('late_key = "nsaid_window_open"', 'also_key = "more"', "again_key and also_key are for a session's texts"),
    ],
)
def test_a_protocol_that_does_not_fit_together(content: Path, change: Change, old: str, new: str, line: str) -> None:
    change(STEPS, old, new)

    found = problems(content)

    assert all(one.startswith(f"{STEPS}: ") for one in found)
    assert any(line in one for one in found)


def test_content_without_a_protocol(content: Path) -> None:
    shutil.rmtree(content / "protocols")

    assert "protocols: folder: no protocol that can be used: add one" in problems(content)


def test_a_protocol_under_another_name(content: Path, change: Change) -> None:
    change(STEPS, 'id = "mesotherapy_face"', 'id = "mesotherapy"')

    assert any(line.startswith(f"{STEPS}: id: is 'mesotherapy'") for line in problems(content))


# --- who stands behind a file ----------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [STEPS, FACE, REPLIES, "text/en/areas.toml", "text/en/wording.toml"])
@pytest.mark.parametrize(
    ("old", "key", "fix"),
    [
        ("about.version = ", "version", "write about.version = 1 and count it up with every change"),
        ('about.author = "the Aftercare project"\n', "author", 'write about.author = "who wrote it"'),
        ('about.reviewer = ""\n', "reviewer", 'write about.reviewer = "name and role", or "" while nobody has'),
        ("about.date = 2026-11-22\n", "date", "write about.date = 2026-11-22, the day of this version"),
        ("about.source = ", "source", 'write about.source = "where it comes from"'),
    ],
)
def test_a_file_that_does_not_say_where_it_comes_from(
    content: Path, change: Change, file: str, old: str, key: str, fix: str
) -> None:
    change(file, old, "about.x = " if old.endswith(" = ") else "")

    assert any(line.startswith(f"{file}: about.{key}: missing: {fix}") for line in problems(content))


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("about.version = ", "about.version = 0  # ", "about.version: cannot be used: write about.version = 1"),
        ("about.version = ", 'about.version = "1"  # ', "about.version: cannot be used: write about.version = 1"),
        ('"the Aftercare project"', '" "', 'about.author: cannot be used: write about.author = "who wrote it"'),
        ("about.date = 2026-11-22", 'about.date = "soon"', "about.date: cannot be used: write about.date = 2026-11-22"),
        ("about.version = ", "about.colour = 1\nabout.version = ", "about.colour: no such entry: remove it or use"),
    ],
)
def test_what_a_file_says_about_itself_and_cannot_be_used(
    content: Path, change: Change, old: str, new: str, line: str
) -> None:
    change(FACE, old, new)

    assert [one for one in problems(content) if one.startswith(f"{FACE}: {line}")] != []


def test_a_file_whose_about_is_no_table(content: Path) -> None:
    file = "text/en/areas.toml"
    lines = [line for line in (content / file).read_text(encoding="utf-8").splitlines() if "about." not in line]
    (content / file).write_text("\n".join([*lines, 'about = "mine"']), encoding="utf-8")

    assert problems(content) == (
        f"{file}: about: not a table: write about.version, about.author and so on, a line each",
    )


# --- keywords and numbers -----------------------------------------------------------------------------------


def test_a_language_without_keywords(content: Path) -> None:
    (content / "keywords/es.toml").unlink()

    assert "keywords/es.toml: file: missing: add nurse, visit, photo, language" in problems(content)


def test_a_command_without_words(content: Path, change: Change) -> None:
    change("keywords/es.toml", "photo = ", "picture = ")

    assert problems(content) == (
        "keywords/es.toml: photo: missing: list its words",
        "keywords/es.toml: picture: no such command: use nurse, visit, photo, language",
    )


def test_a_command_that_is_no_list(content: Path, change: Change) -> None:
    change("keywords/es.toml", 'photo = ["FOTO", "FOTOGRAFIA", "IMAGEN"]', 'photo = "FOTO"')

    assert problems(content) == ('keywords/es.toml: photo: not a list of words: write it like ["NURSE"]',)


def test_a_word_with_two_meanings(content: Path, change: Change) -> None:
    change("keywords/es.toml", '"VISITA"', '"VISITA", "photo"')

    assert any("'photo' also means" in line for line in problems(content))


@pytest.mark.parametrize("word", ["HELP", "yes", "Stop", "opt out"])
def test_a_keyword_on_which_the_carrier_acts(content: Path, change: Change, word: str) -> None:
    change("keywords/en.toml", '"A NURSE"', f'"{word}"')

    assert problems(content) == (
        f"keywords/en.toml: nurse: '{word}' is a carrier's word: the patient would be opted out or in",
    )


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('emergency = "115"', 'emergency = "112"', "VN.emergency: 112 does not reach an ambulance there: see 'never'"),
        ('emergency = "15"', 'emergency = "115"', "FR.emergency: 115 does not reach an ambulance there: see 'never'"),
        ('emergency = "999"', 'emergency = "nine"', "GB.emergency: not a number to dial: use digits and spaces"),
        ('emergency = "000"', "", 'AU: no emergency number: add emergency = "..."'),
    ],
)
def test_an_emergency_number_that_does_not_help(content: Path, change: Change, old: str, new: str, line: str) -> None:
    change("emergency.toml", old, new)

    assert any(one.startswith(f"emergency.toml: {line}") for one in problems(content))
