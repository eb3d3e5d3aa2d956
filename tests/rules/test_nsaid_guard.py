"""May I take it? Every product of the table, today inside the week before a visit or not, prescribed or not."""

from dataclasses import replace

import pytest

from assistant.rules.triage import Compiled, compile_lexicon, triage
from assistant.rules.triage.products import named
from assistant.rules.triage.reading import read
from assistant.rules.verdict import Asked, Category, Context, SessionContext, Verdict
from messages.lexicon import Evidence, load_lexicon
from messages.medicines import COUNTRIES, KINDS, Medicine
from tests.rules.medicine_names import OTHERS, ROWS

WORDS = load_lexicon()
LEXICON = compile_lexicon(WORDS)
# The rules without what is learned from the corpus, which may only raise a verdict.
RULES = compile_lexicon(replace(WORDS, evidence=Evidence()))

IN_WINDOW, NOT_IN_WINDOW, NO_VISIT, PRESCRIBED, THINNER = (
    "in window",
    "not in window",
    "no visit",
    "prescribed",
    "thinner",
)
HOURS_TO_VISIT = {IN_WINDOW: 100.0, NOT_IN_WINDOW: 400.0, NO_VISIT: None, PRESCRIBED: 100.0, THINNER: 400.0}

STAFF = (Category.CONCERN, "concern_medicine")
INFLAMMATION = {
    IN_WINDOW: (Category.QUESTION, "question_painkiller_window"),
    NOT_IN_WINDOW: (Category.QUESTION, "question_painkiller"),
    NO_VISIT: (Category.QUESTION, "question_painkiller"),
    PRESCRIBED: STAFF,
    THINNER: STAFF,
}
EXPECTED = {
    "nsaid": INFLAMMATION,
    "aspirin": INFLAMMATION,
    "combination": INFLAMMATION,
    "paracetamol": {
        **dict.fromkeys((IN_WINDOW, NOT_IN_WINDOW, NO_VISIT), (Category.QUESTION, "question_paracetamol")),
        **dict.fromkeys((PRESCRIBED, THINNER), STAFF),
    },
    "topical": {
        **dict.fromkeys((IN_WINDOW, NOT_IN_WINDOW, NO_VISIT), (Category.QUESTION, "question_pain_gel")),
        **dict.fromkeys((PRESCRIBED, THINNER), STAFF),
    },
    "thinner": dict.fromkeys(HOURS_TO_VISIT, STAFF),
    "ask": dict.fromkeys(HOURS_TO_VISIT, STAFF),
}

LANGUAGE = {
    **dict.fromkeys(("US", "GB", "IN"), "en"),
    **dict.fromkeys(("ES", "MX", "AR", "CL", "CO", "PE"), "es"),
    "FR": "fr",
    "VN": "vi",
}
QUESTION = {
    "en": "Can I take {}?",
    "es": "¿Puedo tomar {}?",
    "fr": "Est-ce que je peux prendre {} ?",
    "vi": "Em uống {} được không ạ?",
}
AND_SAYS = {
    PRESCRIBED: {
        "en": " My doctor prescribed it.",
        "es": " Me lo recetó mi médico.",
        "fr": " C'est mon médecin qui me l'a prescrit.",
        "vi": " Bác sĩ kê cho em.",
    },
    THINNER: {
        "en": " I am on a blood thinner.",
        "es": " Tomo un anticoagulante.",
        "fr": " Je suis sous anticoagulant.",
        "vi": " Em đang uống thuốc chống đông.",
    },
}
ALL_ROWS = [(name, country, kind) for (country, kind), names in ROWS.items() for name in names]


def judged(
    text: str, language: str, hours: float | None = None, asked: Asked | None = None, lexicon: Compiled = RULES
) -> Verdict:
    context = Context(
        language=language,
        sessions=(SessionContext("mesotherapy_face", 4, ("face",)),),
        hours_to_next_visit=hours,
        asked=asked,
    )
    return triage(text, context, lexicon)


def question(name: str, language: str, situation: str) -> str:
    return QUESTION[language].format(name) + AND_SAYS.get(situation, {}).get(language, "")


def answers(name: str, language: str) -> dict[str, tuple[Category, str | None]]:
    """Return the category and the reply to the question about ``name`` in each situation."""
    verdicts = {
        situation: judged(question(name, language, situation), language, hours)
        for situation, hours in HOURS_TO_VISIT.items()
    }
    return {situation: (verdict.category, verdict.reply) for situation, verdict in verdicts.items()}


def test_the_table_of_names_covers_every_country_and_kind() -> None:
    assert len(ALL_ROWS) >= 120
    assert {country for _, country, _ in ALL_ROWS} == COUNTRIES
    assert {kind for _, _, kind in ALL_ROWS} == KINDS
    assert len(WORDS.medicines) >= 120


@pytest.mark.parametrize(("name", "country", "kind"), ALL_ROWS)
def test_a_name_as_patients_write_it_is_of_its_kind_and_country(name: str, country: str, kind: str) -> None:
    language = LANGUAGE[country]
    reading = read(QUESTION[language].format(name), LEXICON, language)

    found = [one.medicine for one in named(reading, LEXICON)]

    assert [medicine.kind for medicine in found] == [kind]
    assert country in found[0].countries


@pytest.mark.parametrize(("name", "country", "kind"), ALL_ROWS)
def test_may_i_take_it_is_answered_by_kind_and_situation(name: str, country: str, kind: str) -> None:
    assert answers(name, LANGUAGE[country]) == EXPECTED[kind]


@pytest.mark.parametrize("medicine", WORDS.medicines, ids=lambda medicine: medicine.product)
def test_every_product_of_the_table_is_answered_by_kind_and_situation(medicine: Medicine) -> None:
    languages = {LANGUAGE[country] for country in medicine.countries}
    plain = [name for name in medicine.names if not set("|?_*") & set(name)]

    wrong = {
        (name, language): found
        for language in languages
        for name in plain
        if (found := answers(name, language)) != EXPECTED[medicine.kind]
    }

    assert wrong == {}


def test_what_is_learned_from_the_corpus_lowers_no_answer_and_raises_few() -> None:
    raised = []
    for name, country, kind in ALL_ROWS:
        for situation, hours in HOURS_TO_VISIT.items():
            language = LANGUAGE[country]
            category = judged(question(name, language, situation), language, hours, lexicon=LEXICON).category
            expected = EXPECTED[kind][situation][0]
            assert category.severity >= expected.severity, (name, situation)
            if category is not expected:
                raised.append((name, situation))

    assert len(raised) <= 0.03 * len(ALL_ROWS) * len(HOURS_TO_VISIT), raised


@pytest.mark.parametrize(
    ("language", "word"), [(language, word) for language, words in OTHERS.items() for word in words]
)
def test_a_word_that_only_looks_like_a_product_is_none(language: str, word: str) -> None:
    for text in (word, word.upper(), f"{word}.", QUESTION[language].format(word)):
        assert named(read(text, LEXICON, language), LEXICON) == []


@pytest.mark.parametrize("text", ["xadvilx", "advilometro", "myaleve", "enurofena", "tylenolix99"])
def test_a_product_inside_another_word_is_none(text: str) -> None:
    assert named(read(text, LEXICON, "en"), LEXICON) == []


@pytest.mark.parametrize(
    ("text", "language", "kind"),
    [
        ("tylenol or advil, which one?", "en", "question_painkiller_window"),
        ("paracetamol o ibuprofeno, ¿cuál?", "es", "question_painkiller_window"),
        ("voltarol gel or nurofen?", "en", "question_painkiller_window"),
        ("voltarol gel or panadol?", "en", "question_pain_gel"),
        ("paracetamol or an anti-inflammatory?", "en", "question_painkiller_window"),
        ("Can I take Advil or co-codamol?", "en", "concern_medicine"),
        ("can I take an anti-inflammatory?", "en", "question_painkiller_window"),
    ],
)
def test_of_several_products_the_one_with_the_most_care_decides(text: str, language: str, kind: str) -> None:
    assert judged(text, language, 100.0).reply == kind


@pytest.mark.parametrize(("hours", "reply"), [(0.5, "_window"), (167.9, "_window"), (168.0, "_window"), (168.1, "")])
def test_the_window_is_seven_times_24_hours(hours: float, reply: str) -> None:
    assert judged("Can I take Advil?", "en", hours).reply == f"question_painkiller{reply}"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Should I stop my aspirin before the visit? My cardiologist prescribed it", "en"),
        ("I take aspirin every day, is that a problem", "en"),
        ("my aspirin as always", "en"),
        ("is naproxen ok if I am on blood thinners?", "en"),
        ("Can I take paracetamol? I have liver disease", "en"),
        ("tomo aspirina cada día, ¿la dejo?", "es"),
        ("¿puedo tomar paracetamol? tengo hepatitis", "es"),
        ("je prends de l'aspirine chaque jour, j'arrête ?", "fr"),
        ("em uống aspirin hàng ngày có phải ngưng không", "vi"),
        ("em bị viêm gan, uống panadol được không", "vi"),
    ],
)
def test_what_is_taken_regularly_or_in_doubt_goes_to_a_human_with_the_caveat(text: str, language: str) -> None:
    verdict = judged(text, language, 100.0)

    assert (verdict.category, verdict.reply) == STAFF


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I took two Advil last night", "en"),
        ("I took one Aleve this morning, can I take another?", "en"),
        ("had nurofen plus yesterday", "en"),
        ("ayer tomé ibuprofeno", "es"),
        ("me tomé un enantyum anoche", "es"),
        ("j'ai pris un Nurofen hier", "fr"),
        ("hôm qua em lỡ uống Gofen", "vi"),
        ("em đã uống Alaxan rồi", "vi"),
    ],
)
def test_one_taken_inside_the_window_is_told_to_staff_and_outside_it_is_not(text: str, language: str) -> None:
    inside, outside = judged(text, language, 100.0), judged(text, language, 400.0)

    assert (inside.category, inside.reply) == STAFF
    assert "4.2 days before the next visit" in inside.findings[0].why
    assert (outside.category, outside.reply) == (Category.QUESTION, "question_painkiller")


@pytest.mark.parametrize("text", ["I took two Tylenol last night", "what if I took Advil before the visit?"])
def test_paracetamol_or_only_the_thought_of_another_is_not_told_to_staff(text: str) -> None:
    assert judged(text, "en", 100.0).category is not Category.CONCERN


NOTHING = (Category.EXPECTED, "medicines_none")
ANSWERS = {
    "en": {
        "NO": NOTHING,
        "No.": NOTHING,
        "none": NOTHING,
        "Nope, nothing": NOTHING,
        "no thanks": NOTHING,
        "none in the last 7 days": NOTHING,
        "I haven't taken any": NOTHING,
        "I have not taken any ibuprofen or aspirin": NOTHING,
        "just paracetamol": NOTHING,
        "nothing but tylenol": NOTHING,
        "no ibuprofen, only paracetamol": NOTHING,
        "ibuprofen on Monday": STAFF,
        "2 aleve sunday": STAFF,
        "Advil yesterday": STAFF,
        "no, only ibuprofen": STAFF,
        "no only an aspirin": STAFF,
        "nothing except advil": STAFF,
        "no ibuprofen since monday": STAFF,
        "my aspirin as always": STAFF,
        "no but I am on warfarin": STAFF,
        "yeah": STAFF,
        "yes ibuprofen": STAFF,
        "voltarol gel on my knee": STAFF,
        "co-codamol on Tuesday": STAFF,
        "an anti-inflammatory on Tuesday": STAFF,
        "can i take advil?": (Category.QUESTION, "question_painkiller_window"),
        "not since monday": (Category.UNCLEAR, "unclear"),
        "Zandrux on monday": (Category.UNCLEAR, "unclear"),
        "YES": (Category.UNCLEAR, "unclear"),
    },
    "es": {
        "NO": NOTHING,
        "no, ninguno": NOTHING,
        "nada": NOTHING,
        "no he tomado nada": NOTHING,
        "no tomé nada": NOTHING,
        "solo paracetamol": NOTHING,
        "gelocatil nada más": NOTHING,
        "ibuprofeno el lunes": STAFF,
        "no, solo un enantyum el martes": STAFF,
        "nada más que un ibuprofeno": STAFF,
        "mi aspirina de siempre": STAFF,
        "tomo adiro": STAFF,
        "sí": STAFF,
        "¿puedo tomar ibuprofeno?": (Category.QUESTION, "question_painkiller_window"),
    },
    "fr": {
        "NON": NOTHING,
        "non rien": NOTHING,
        "aucun": NOTHING,
        "rien du tout": NOTHING,
        "je n'ai rien pris": NOTHING,
        "je n'ai pas pris d'ibuprofène": NOTHING,
        "juste du doliprane": NOTHING,
        "ibuprofène lundi": STAFF,
        "non, juste un advil": STAFF,
        "rien à part un nurofen": STAFF,
        "mon aspirine comme d'habitude": STAFF,
        "kardegic tous les jours": STAFF,
        "oui": STAFF,
        "je peux prendre de l'advil ?": (Category.QUESTION, "question_painkiller_window"),
    },
    "vi": {
        "KHÔNG": NOTHING,
        "khong": NOTHING,
        "dạ không": NOTHING,
        "em không uống gì": NOTHING,
        "chưa uống gì": NOTHING,
        "chỉ uống panadol": NOTHING,
        "em chi uong panadol": NOTHING,
        "ibuprofen thứ hai": STAFF,
        "em uống ibuprofen hôm thứ hai": STAFF,
        "không, chỉ một viên gofen": STAFF,
        "aspirin như mọi khi": STAFF,
        "vẫn uống aspirin 81 hàng ngày": STAFF,
        "dạ có": STAFF,
        "uống ibuprofen được không ạ": (Category.QUESTION, "question_painkiller_window"),
    },
}


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [(language, text, expected) for language, rows in ANSWERS.items() for text, expected in rows.items()],
)
def test_an_answer_to_what_was_taken_before_the_visit_is_read_rightly(
    language: str, text: str, expected: tuple[Category, str]
) -> None:
    verdict = judged(text, language, 100.0, Asked.MEDICINES_TAKEN)

    assert (verdict.category, verdict.reply) == expected


@pytest.mark.parametrize(
    "text", ["no, and there is pus coming out", "none, but I can't breathe", "just paracetamol, 30 tablets"]
)
def test_a_danger_beside_such_an_answer_wins(text: str) -> None:
    assert judged(text, "en", 100.0, Asked.MEDICINES_TAKEN, LEXICON).category.pages_now


def test_a_bare_no_is_only_such_an_answer_where_it_was_asked() -> None:
    assert judged("NO", "en", 100.0).category is Category.UNCLEAR


@pytest.mark.parametrize("text", ["can I take aspirin 81?", "is Panadol Extra ok?", "I take aspirin 100 every morning"])
def test_the_strength_in_a_name_is_not_a_number_of_tablets(text: str) -> None:
    assert not judged(text, "en", 100.0).category.pages_now


@pytest.mark.parametrize(
    "text", ["I took 30 baby aspirin", "took aspirin 81 tablets at once", "I took 20 panadol extra"]
)
def test_too_many_tablets_of_a_product_page_at_once(text: str) -> None:
    assert judged(text, "en", 100.0).category is Category.EMERGENCY


def test_a_text_with_a_product_of_another_language_keeps_its_own_language() -> None:
    verdict = judged("I'm pregnant, uống baby aspirin được không", "vi", 100.0)

    assert verdict.category is Category.CONCERN
