"""Which calm verdict a text gets that holds nothing for a human: by its words where no rule knows it."""

import pytest

from assistant.rules.triage import compile_lexicon, triage
from assistant.rules.triage.calm import calmly
from assistant.rules.triage.days import Days
from assistant.rules.triage.evidence import Heard, Weight
from assistant.rules.triage.reading import read
from assistant.rules.verdict import Category, Context, Finding, SessionContext, Verdict
from messages.lexicon import load_lexicon

LEXICON = compile_lexicon(load_lexicon())
NOTHING_HEARD = Heard([], [], {}, (0, 0))
WALK = Finding("exercise", Category.QUESTION, ("walked",), "asks about aftercare")
THANKS = Finding("thanks", Category.ADMIN, ("thanks",), "thanks or a greeting")
WORSE = Finding("feels_worse", Category.CONCERN, ("worse",), "feels worse")


def weight(*, human: float = -5.0, expected: float = -5.0, admin: float = -5.0) -> Weight:
    return Weight(-5.0, -5.0, human, -5.0, expected, admin, NOTHING_HEARD, NOTHING_HEARD)


CONTEXT = Context(language="en", sessions=(SessionContext("mesotherapy_face", 2),))


def settled(text: str, findings: list[Finding], scales: Weight) -> list[str]:
    days = Days(CONTEXT.sessions)
    return [finding.rule for finding in calmly(read(text, LEXICON, "en"), findings, CONTEXT, days, scales)]


def judged(text: str, language: str = "en", day: int | None = 2, *, has_image: bool = False) -> Verdict:
    sessions = () if day is None else (SessionContext("mesotherapy_face", day),)
    return triage(text, Context(language=language, sessions=sessions, has_image=has_image), LEXICON)


def test_what_no_rule_knows_is_what_its_words_are_like() -> None:
    assert settled("nearly there", [], weight(expected=2.0)) == ["like_expected"]
    assert settled("nearly there", [], weight(admin=2.0)) == ["like_admin"]


def test_what_no_rule_knows_and_no_words_tell_stays_unknown() -> None:
    assert settled("nearly there", [], weight(expected=0.2, admin=0.1)) == []


def test_words_that_a_human_should_read_are_not_answered_by_likeness() -> None:
    assert settled("nearly there", [], weight(human=-1.0, expected=5.0)) == []


def test_a_concern_is_not_made_calm_by_the_other_words() -> None:
    assert settled("nearly there but worse", [WORSE], weight(expected=5.0)) == ["feels_worse"]


def test_words_that_nobody_understands_are_not_answered_by_likeness() -> None:
    assert settled("zxqv wqpl nearly", [], weight(expected=5.0)) == []


def test_one_phrase_is_not_what_a_text_is_about_whose_words_are_of_another_kind() -> None:
    assert settled("walked the dog and all settled now", [WALK], weight(expected=3.0)) == ["like_expected"]
    assert settled("looks lovely now thanks", [THANKS], weight(expected=3.0, admin=-4.0)) == ["like_expected"]


def test_a_question_keeps_its_answer_whatever_the_other_words_weigh() -> None:
    assert settled("can I go for a walk, all settled now?", [WALK], weight(expected=3.0)) == [
        "exercise",
        "like_expected",
    ]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hola", "es"),
        ("Buenas tardes", "es"),
        ("bonjour", "fr"),
        ("merci beaucoup", "fr"),
        ("Good morning", "en"),
        ("chào chị", "vi"),
    ],
)
def test_a_greeting_by_itself_troubles_nobody(text: str, language: str) -> None:
    assert judged(text, language).category is Category.ADMIN


def test_what_someone_will_do_is_not_that_they_are_ill() -> None:
    assert judged("I'll be there at 2").category is Category.ADMIN
    assert judged("I feel ill").category.opens_concern


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the farmer's market was lovely, all good", "en"),
        ("escuché su mensaje, todo bien", "es"),
        ("vous êtes fermés à Pâques ?", "fr"),
    ],
)
def test_an_everyday_word_is_not_a_slip_of_a_dangerous_one(text: str, language: str) -> None:
    assert not judged(text, language).category.pages_now
    assert judged(text, language).category in (Category.EXPECTED, Category.ADMIN, Category.QUESTION)


@pytest.mark.parametrize("text", ["hi", "thank you so much", "here is my face today"])
def test_a_picture_that_nobody_has_seen_is_not_answered_for_the_words_beside_it(text: str) -> None:
    assert judged(text, has_image=True).category is Category.UNCLEAR
    assert judged(text).category is not Category.UNCLEAR


def test_likeness_says_what_is_usual_only_where_the_day_is_known() -> None:
    assert judged("skin is glowing omg").category is Category.EXPECTED
    assert judged("skin is glowing omg", day=None).category is Category.UNCLEAR
