"""A clinic's own phrases raise a verdict, and never lower one."""

import pytest

from assistant.rules.clinic_phrases import RULE, OwnPhrases, Phrase, without
from assistant.rules.phrase_checks import concepts, problems
from assistant.rules.triage import triage
from assistant.rules.verdict import Category, Context, Finding, SessionContext, Verdict
from assistant.services.content import Content

DAY_3 = Context(sessions=(SessionContext("mesotherapy_face", 3),))
DAY_9 = Context(sessions=(SessionContext("mesotherapy_face", 9),))
DOLPHIN = Phrase("en", "dolphin skin", Category.URGENT)


# What the shipped rules are taken to have said: what they really say about each text is not the subject here.
SHIPPED = Verdict(Category.EXPECTED, (Finding("redness", Category.EXPECTED, ("red",), "redness on day 3"),), "expected")


def judged(
    content: Content, text: str, *phrases: Phrase, context: Context = DAY_3, shipped: Verdict = SHIPPED
) -> Verdict:
    return OwnPhrases(phrases, content.lexicon).raised(shipped, text, context)


# --- where a phrase is found -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "i have dolphin skin",
        "DOLPHIN SKIN!!",
        "its like dolphin, skin since noon",
        "dolphiin skin",
        "dolphim skin",
        "thanks for everything. dolphin skin though",
        "what if it is dolphin skin?",
        "I had dolphin skin last year",
        "no dolphin skin in the morning. now dolphin skin",
    ],
)
def test_a_phrase_is_found_however_it_is_written(content: Content, text: str) -> None:
    assert judged(content, text, DOLPHIN).category is Category.URGENT


@pytest.mark.parametrize(
    "text",
    [
        "my skin is fine, saw a dolphin today",
        "we saw a dolphin. skin is fine",
        "dolphin tattoo, skin is fine",
        "no dolphin skin",
        "no fever or dolphin skin today",
        "",
    ],
)
def test_other_words_and_words_that_are_denied_raise_nothing(content: Content, text: str) -> None:
    assert judged(content, text, DOLPHIN) is SHIPPED


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("crunch* noise", "a crunching noise when i press", True),
        ("crunch* noise", "a noise when i crunch", False),
        ("glue _ eyelashes", "glue in my eyelashes", True),
        ("glue _ eyelashes", "glue eyelashes", True),
        ("glue _ eyelashes", "glue all over all of my eyelashes", False),
        ("glue _ eyelashes", "glue. eyelashes", False),
        ("no blinking", "there is no blinking on the left", True),
        ("🤒", "today 🤒", True),
    ],
)
def test_endings_gaps_and_negators_of_a_phrase(content: Content, phrase: str, text: str, found: bool) -> None:
    assert OwnPhrases([Phrase("en", phrase, Category.CONCERN)], content.lexicon).said(text) is found


@pytest.mark.parametrize(
    ("language", "phrase", "text", "found"),
    [
        ("es", "piel de delfín", "tengo la piel de delfin", True),
        ("fr", "peau de dauphin", "j'ai la peau de dauphin", True),
        ("vi", "da cá heo", "em bị da cá heo", True),
        ("vi", "da cá heo", "em bi da ca heo", True),
        ("vi", "da cá heo", "em bị da cà héo", False),
    ],
)
def test_accents_may_be_left_out_and_are_other_words_in_vietnamese(
    content: Content, language: str, phrase: str, text: str, found: bool
) -> None:
    assert OwnPhrases([Phrase(language, phrase, Category.URGENT)], content.lexicon).said(text) is found


def test_a_phrase_of_another_language_than_the_patients_counts_too(content: Content) -> None:
    spanish = Phrase("es", "piel de delfín", Category.URGENT)

    assert judged(content, "hi, tengo piel de delfin", spanish).category is Category.URGENT


# --- what it does to the verdict --------------------------------------------------------------------------------


def test_a_raised_verdict_says_which_phrase_it_was_and_keeps_what_the_shipped_rules_found(content: Content) -> None:
    verdict = judged(content, "dolphin skin", DOLPHIN)

    first = Finding(RULE, Category.URGENT, ("dolphin skin",), 'your own phrase "dolphin skin"')
    assert verdict == Verdict(Category.URGENT, (first, *SHIPPED.findings), "urgent")
    assert without(verdict) == Verdict(Category.EXPECTED, SHIPPED.findings)


@pytest.mark.parametrize("category", [Category.CONCERN, Category.URGENT, Category.EMERGENCY])
def test_the_patient_is_answered_as_for_the_category(content: Content, category: Category) -> None:
    verdict = judged(content, "dolphin skin", Phrase("en", "dolphin skin", category))

    assert (verdict.category, verdict.reply) == (category, category.value.lower())


def test_a_phrase_never_lowers_a_verdict(content: Content) -> None:
    text = "I cant breathe and my throat is closing, dolphin skin"
    shipped = triage(text, DAY_3, content.lexicon)

    assert judged(content, text, Phrase("en", "dolphin skin", Category.CONCERN), shipped=shipped) is shipped


def test_the_worst_of_several_phrases_decides(content: Content) -> None:
    verdict = judged(
        content, "dolphin skin and a crunching noise", DOLPHIN, Phrase("en", "crunching noise", Category.EMERGENCY)
    )

    assert [finding.category for finding in verdict.findings[:2]] == [Category.EMERGENCY, Category.URGENT]


def test_an_opt_out_beside_a_phrase_is_kept(content: Content) -> None:
    wish = Finding("opt_out", Category.OPT_OUT, ("stop texting me",), "asks for no more messages")
    shipped = Verdict(Category.OPT_OUT, (wish,), "opt_out")
    verdict = judged(content, "please stop texting me. dolphin skin", DOLPHIN, shipped=shipped)

    assert (verdict.category, verdict.details) == (Category.URGENT, {"also": "opt_out"})


def test_a_command_that_was_raised_is_not_obeyed_any_more(content: Content) -> None:
    shipped = Verdict(Category.ADMIN, (), "admin", {"command": "visit", "product": "advil"})

    assert judged(content, "dolphin skin", DOLPHIN, shipped=shipped).details == {"product": "advil"}


def test_words_for_a_concept_are_judged_by_the_shipped_rules_of_the_day(content: Content) -> None:
    balloon = Phrase("en", "balloonish", concept="swell")
    raised = judged(content, "my cheek is balloonish", balloon, context=DAY_9)

    assert (raised.category, raised.findings[0].matched) == (Category.URGENT, ("balloonish",))
    assert raised.findings[0].why == (
        'swelling on day 9; expected until day 5 (your clinic reads "balloonish" as swell)'
    )
    assert judged(content, "my cheek is balloonish", balloon, context=DAY_3) is SHIPPED


def test_words_for_a_concept_make_a_danger_sign_with_the_words_beside_them(content: Content) -> None:
    gungy = Phrase("en", "gungy stuff", concept="pus")

    assert judged(content, "gungy stuff is coming out", gungy).category.pages_now
    assert judged(content, "no gungy stuff is coming out", gungy) is SHIPPED


def test_a_danger_that_the_shipped_rules_found_themselves_is_not_credited_to_a_phrase(content: Content) -> None:
    """They may have weighed it and thought otherwise; words that add nothing to it do not change that."""
    assert (
        judged(content, "pus is coming out, dolphin skin", Phrase("en", "dolphin skin", concept="hair_word")) is SHIPPED
    )


def test_no_phrase_lowers_any_of_many_texts(content: Content) -> None:
    """Whatever the concept: words of frames and of calm are no concepts that a phrase may name."""
    texts = ["no fever, its fine", "is this normal?", "it is hot and hard with pus", "cant see", "swelling is gone"]
    for text in texts:
        shipped = triage(text, DAY_9, content.lexicon)
        for concept in concepts(content.lexicon):
            for words in text.replace(",", "").replace("?", "").split():
                own = OwnPhrases([Phrase("en", words, concept=concept)], content.lexicon)
                assert own.raised(shipped, text, DAY_9).category.severity >= shipped.category.severity


# --- what is refused --------------------------------------------------------------------------------------------


def refused(content: Content, phrase: Phrase) -> list[str]:
    return [f"{field}: {fix}" for field, fix in problems(phrase, content.lexicon, content.catalog.keyword)]


@pytest.mark.parametrize("text", ["dolphin skin", "crunch* noise", "glue _ eyelashes", "stop bleeding", "🤒"])
def test_a_phrase_of_words_that_say_something_can_be_used(content: Content, text: str) -> None:
    assert refused(content, Phrase("en", text, Category.URGENT)) == []
    assert refused(content, Phrase("en", text, concept="swell")) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "phrase: write the words as a patient would"),
        (" ?! ", "phrase: write the words as a patient would"),
        ("_", "phrase: write the words as a patient would"),
        ("dolphin " * 11, "phrase: make it 80 characters or fewer"),
        ("_ dolphin", "phrase: begin and end it with a word"),
        ("dolphin _", "phrase: begin and end it with a word"),
        ("dol*", "phrase: write at least 4 letters before *"),
        ("it is the", "phrase: these words are in every other text"),
        ("2", "phrase: these words are in every other text"),
        ("stop", "phrase: this is a command or an answer of its own"),
        ("stop*", "phrase: this is a command or an answer of its own"),
        ("Cancel!", "phrase: this is a command or an answer of its own"),
        ("please stop texting me", "phrase: this is a command or an answer of its own"),
        ("nurse", "phrase: this is a command or an answer of its own"),
        ("my visit", "phrase: this is a command or an answer of its own"),
    ],
)
def test_words_that_cannot_be_a_phrase_are_named_with_the_fix(content: Content, text: str, line: str) -> None:
    assert any(one.startswith(line) for one in refused(content, Phrase("en", text, Category.URGENT)))


@pytest.mark.parametrize(
    ("phrase", "line"),
    [
        (Phrase("xx", "dolphin skin", Category.URGENT), "language: use one of en, es, fr,"),
        (Phrase("en", "dolphin skin"), "category: give either a category, or the concept"),
        (Phrase("en", "dolphin skin", Category.URGENT, "swell"), "category: give either a category, or the concept"),
        (Phrase("en", "dolphin skin", Category.EXPECTED), "category: a phrase can only raise: use EMERGENCY, URGENT"),
        (Phrase("en", "dolphin skin", concept="sweling"), "concept: there is none of this name: use swell or"),
        (Phrase("en", "dolphin skin", concept="neg"), "concept: there is none of this name"),
        (Phrase("en", "dolphin skin", concept="relaxed"), "concept: there is none of this name"),
    ],
)
def test_a_meaning_that_cannot_be_given_is_named_with_the_fix(content: Content, phrase: Phrase, line: str) -> None:
    found = refused(content, phrase)

    assert len(found) == 1
    assert found[0].startswith(line)
