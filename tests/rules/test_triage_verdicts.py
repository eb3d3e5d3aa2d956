"""What triage answers: by day, by what was asked, by keyword, by medicine, by what was said before."""

from datetime import UTC, datetime

import pytest

from assistant.rules.triage import compile_lexicon, triage
from assistant.rules.verdict import Asked, Category, Context, PastReply, SessionContext, Verdict
from messages.lexicon import load_lexicon

LEXICON = compile_lexicon(load_lexicon())
CHECK_IN = Asked.BETTER_SAME_WORSE


def judged(
    text: str,
    *,
    language: str = "en",
    day: int | None = 2,
    swelling_days: int = 5,
    asked: Asked | None = None,
    recent: tuple[PastReply, ...] = (),
    hours_to_next_visit: float | None = None,
    has_image: bool = False,
    opted_out: bool = False,
) -> Verdict:
    sessions = () if day is None else (SessionContext("mesotherapy_face", day, ("face",), swelling_days),)
    context = Context(
        language=language,
        sessions=sessions,
        asked=asked,
        recent=recent,
        hours_to_next_visit=hours_to_next_visit,
        has_image=has_image,
        opted_out=opted_out,
    )
    return triage(text, context, LEXICON)


def earlier(*rules: str) -> tuple[PastReply, ...]:
    return (PastReply(datetime(2026, 11, 20, 9, tzinfo=UTC), "a bit swollen", Category.EXPECTED, rules),)


@pytest.mark.parametrize(
    ("day", "limit", "category"),
    [
        (0, 5, "EXPECTED"),
        (5, 5, "EXPECTED"),
        (6, 5, "URGENT"),
        (9, 5, "URGENT"),
        (9, 21, "EXPECTED"),
        (22, 21, "URGENT"),
    ],
)
def test_swelling_is_normal_until_the_limit_of_the_product(day: int, limit: int, category: str) -> None:
    verdict = judged("my cheeks are swollen", day=day, swelling_days=limit)

    assert verdict.category == category


def test_swelling_that_is_nearly_gone_just_after_the_limit_is_for_today_not_for_now() -> None:
    assert judged("still slightly swollen, almost gone", day=6).category is Category.CONCERN
    assert judged("still slightly swollen, almost gone", day=9).category is Category.URGENT


def test_swelling_that_grows_or_comes_back_is_urgent() -> None:
    assert judged("the swelling is getting bigger", day=4).category is Category.URGENT
    assert judged("the swelling has come back", day=4).category is Category.URGENT


def test_the_oldest_session_decides_about_swelling_and_the_area_picks_the_session() -> None:
    sessions = (
        SessionContext("mesotherapy_face", 9, ("face",)),
        SessionContext("mesotherapy_scalp", 1, ("scalp",)),
    )

    anywhere = triage("a bit swollen today", Context(sessions=sessions), LEXICON)
    scalp = triage("my scalp is a bit swollen", Context(sessions=sessions), LEXICON)

    assert anywhere.category is Category.URGENT
    assert scalp.category is Category.EXPECTED


def test_a_lump_from_day_14_on_is_urgent_painless_or_not() -> None:
    assert judged("I found a hard lump, it doesn't hurt", day=20).category is Category.URGENT


def test_pain_that_rises_after_day_3_is_urgent_and_before_it_at_least_a_concern() -> None:
    assert judged("the pain is getting worse", day=4).category is Category.URGENT
    assert judged("the pain is getting worse", day=1).category.severity >= Category.CONCERN.severity


@pytest.mark.parametrize(
    "text",
    [
        "temp 38.9",
        "my temperature is 38,5",
        "101.5 F",
        "39 degrees fever",
        "pain 9/10",
        "the pain is 9 out of 10",
        "heart rate 130",
    ],
)
def test_a_number_beside_its_unit_is_read(text: str) -> None:
    assert judged(text).category.pages_now


@pytest.mark.parametrize("text", ["my temperature is 36.8, all fine", "pain 2/10", "10/10 would recommend", "day 10"])
def test_an_ordinary_number_does_not_page(text: str) -> None:
    assert not judged(text).category.pages_now


@pytest.mark.parametrize(
    "text", ["no fever, no pus, all fine", "I don't have any pus or fever", "no swelling, no redness, feeling good"]
)
def test_what_is_wholly_denied_is_expected(text: str) -> None:
    assert judged(text).category is Category.EXPECTED


@pytest.mark.parametrize(
    "text", ["no fever but there's pus", "not sure if it's pus", "it's not getting better, it's hot and spreading"]
)
def test_a_denied_neighbour_does_not_excuse_a_danger(text: str) -> None:
    assert judged(text, day=4).category.pages_now


def test_a_danger_that_is_only_supposed_does_not_page_and_is_not_reassured() -> None:
    verdict = judged("What should I do if it gets infected?")

    assert not verdict.category.pages_now
    assert verdict.category.severity >= Category.UNCLEAR.severity


def test_an_idiom_does_not_page() -> None:
    assert not judged("I'm dying to see the results!").category.pages_now


@pytest.mark.parametrize(
    "word", ["STOP", "stop", "Unsubscribe", "CANCEL", "end", "QUIT", "revoke", "OPTOUT", "opt out"]
)
def test_a_bare_word_of_the_carriers_opts_out(word: str) -> None:
    verdict = judged(f" {word}. ")

    assert (verdict.category, verdict.reply) == (Category.OPT_OUT, "opt_out")


@pytest.mark.parametrize("text", ["please stop texting me", "Take me off your list", "no me envíen más mensajes"])
def test_a_wish_for_silence_in_other_words_opts_out(text: str) -> None:
    assert judged(text).category is Category.OPT_OUT


@pytest.mark.parametrize("text", ["Stop taking arnica?", "cancel my appointment", "end of the month suits me"])
def test_a_sentence_that_only_holds_the_word_does_not_opt_out(text: str) -> None:
    assert judged(text).category is not Category.OPT_OUT


def test_a_danger_beats_an_opt_out_which_is_kept_in_the_details() -> None:
    verdict = judged("please stop texting me, I can't breathe")

    assert verdict.category is Category.EMERGENCY
    assert verdict.details["also"] == "opt_out"


def test_start_and_yes_and_help_are_read_by_themselves_only() -> None:
    assert judged("START", opted_out=True).category is Category.OPT_IN
    assert judged("YES", opted_out=True).category is Category.OPT_IN
    assert judged("YES").category is Category.UNCLEAR
    assert judged("HELP").category is Category.HELP


@pytest.mark.parametrize(
    ("text", "category", "reply"),
    [
        ("1", "EXPECTED", "check_better"),
        ("2", "EXPECTED", "check_same"),
        ("3", "CONCERN", "check_worse"),
        ("better", "EXPECTED", "check_better"),
        ("worse", "CONCERN", "check_worse"),
    ],
)
def test_the_check_in_is_answered_by_number_or_word(text: str, category: str, reply: str) -> None:
    verdict = judged(text, asked=CHECK_IN)

    assert (verdict.category, verdict.reply) == (category, reply)


def test_a_danger_beside_a_check_in_answer_wins() -> None:
    assert judged("1 but there is pus coming out", asked=CHECK_IN).category is Category.URGENT


def test_a_bare_number_with_nothing_asked_goes_to_a_human() -> None:
    assert judged("2").category is Category.UNCLEAR


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("when can I wear make up?", "make_up"),
        ("can I wash my hair today?", "hair"),
        ("can I go to the gym tomorrow?", "exercise"),
        ("can I drink wine tonight?", "alcohol"),
        ("is sauna ok?", "sauna"),
        ("can I go swimming?", "swimming"),
    ],
)
def test_a_how_to_gets_the_answer_of_its_topic(text: str, topic: str) -> None:
    verdict = judged(text)

    assert (verdict.category, verdict.reply) == (Category.QUESTION, f"question_{topic}")


def test_a_question_about_a_painkiller_names_the_product() -> None:
    verdict = judged("can I take nurofen?")

    assert (verdict.category, verdict.reply) == (Category.QUESTION, "question_painkiller")
    assert verdict.details["product"] == "nurofen"


def test_an_anti_inflammatory_taken_in_the_week_before_a_visit_is_a_concern() -> None:
    assert judged("I took ibuprofen last night", hours_to_next_visit=100).category is Category.CONCERN
    assert judged("I took ibuprofen last night", hours_to_next_visit=400).category is not Category.CONCERN


@pytest.mark.parametrize(
    "text", ["should I stop my warfarin?", "I am on Xarelto", "can I keep taking my prescribed tablets?"]
)
def test_a_blood_thinner_or_a_prescribed_medicine_goes_to_a_human(text: str) -> None:
    assert judged(text).category is Category.CONCERN


def test_a_word_for_a_person_calls_one() -> None:
    verdict = judged("NURSE")

    assert (verdict.category, verdict.reply) == (Category.CONCERN, "nurse_called")
    assert verdict.findings[0].rule == "asked_for_nurse"


def test_commands_say_what_they_ask_for() -> None:
    assert judged("VISIT").details == {"command": "visit"}
    assert judged("Español").details == {"command": "language", "language": "es"}


def test_a_picture_alone_is_unclear() -> None:
    verdict = judged("", has_image=True)

    assert (verdict.category, verdict.findings[0].rule) == (Category.UNCLEAR, "image_only")


def test_the_same_symptom_told_again_rises_one_level() -> None:
    assert judged("still a bit swollen", recent=earlier("swelling")).category is Category.CONCERN


def test_a_crisis_gets_its_own_answer() -> None:
    verdict = judged("I want to end my life")

    assert (verdict.category, verdict.reply, verdict.details["kind"]) == (
        Category.EMERGENCY,
        "emergency_crisis",
        "crisis",
    )


def test_the_verdict_quotes_the_patients_own_words() -> None:
    assert "PUS" in " ".join(judged("There is PUS in one spot").matched)


def test_fear_that_no_rule_explains_is_not_reassured() -> None:
    assert judged("I'm really scared").category.severity >= Category.UNCLEAR.severity


@pytest.mark.parametrize("text", ["thanks!", "ok, thank you", "👍"])
def test_thanks_are_answered_with_thanks(text: str) -> None:
    verdict = judged(text)

    assert (verdict.category, verdict.reply) == (Category.ADMIN, "thanks")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("2 paracetamol every two hours since this morning", "en"),
        ("I took 5 ibuprofen 600 today", "en"),
        ("me he tomado nueve nurofen", "es"),
        ("du doliprane toutes les trois heures", "fr"),
        ("cứ 3 tiếng uống 2 viên ibuprofen", "vi"),
    ],
)
def test_too_many_too_strong_or_too_often_is_an_overdose(text: str, language: str) -> None:
    verdict = judged(text, language=language)

    assert (verdict.category, verdict.reply) == (Category.EMERGENCY, "emergency_crisis")


@pytest.mark.parametrize("text", ["change the cold pack every 2 hours?", "can I take paracetamol every 6 hours?"])
def test_often_is_no_overdose_without_tablets_taken(text: str) -> None:
    assert judged(text).category is Category.QUESTION


def test_an_upset_stomach_after_an_anti_inflammatory_pages() -> None:
    assert judged("took some ibuprofen and now I keep vomiting").category.pages_now
    assert not judged("I feel a bit sick").category.pages_now


def test_an_animals_illness_moves_a_visit_and_pages_nobody() -> None:
    assert not judged("my dog is breathing badly so I have to cancel tomorrow's appointment").category.pages_now
    assert judged("my breathing is bad so I have to cancel tomorrow's appointment").category.pages_now


def test_what_is_coming_back_is_not_past() -> None:
    assert judged("the itchy throat I had in the chair is coming back").category is Category.EMERGENCY


@pytest.mark.parametrize("text", ["Dear nurse, all fine here", "thank you doctor", "the nurse said it would be pink"])
def test_greeting_or_quoting_a_nurse_calls_none(text: str) -> None:
    assert not judged(text).category.opens_concern


def test_a_nurse_who_is_greeted_and_asked_for_is_called() -> None:
    assert judged("hello doctor can a nurse call me please").reply == "nurse_called"


def test_a_symptom_that_has_gone_is_not_late() -> None:
    assert not judged(
        "all the swelling went on Tuesday, only a green bruise by the ear left, very happy", day=6
    ).category.pages_now
    assert judged("my face is still puffy, same as at first", day=7).category.pages_now


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("is 39 a high fever? thats what mine says", "en"),
        ("¿puede volver la hinchazón? es lo que me está pasando", "es"),
        ("c'est possible que ça regonfle ? c'est ce qui m'arrive", "fr"),
        ("xẹp rồi có sưng lại được không chị, em đang bị vậy", "vi"),
    ],
)
def test_what_is_asked_about_and_then_said_to_be_so_is_no_mere_question(text: str, language: str) -> None:
    assert judged(text, language=language, day=7).category.pages_now


def test_a_child_that_ate_the_tablets_is_an_emergency() -> None:
    assert judged("my toddler got into my tylenol").category is Category.EMERGENCY
    assert not judged("I ate my dinner and took one paracetamol").category.pages_now


def test_a_painkiller_that_no_longer_does_is_rising_pain() -> None:
    assert judged("tylenol was enough yesterday, now it doesnt do it", day=5).category is Category.URGENT
