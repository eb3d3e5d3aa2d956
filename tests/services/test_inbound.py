"""A text arrives: what is stored, who is told, and what the patient reads."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from assistant.db import snapshot, transaction
from assistant.models import Clinic, Consent, ConsentKind, Conversation, Message, Patient
from assistant.rules.states import ConcernStatus, MessageStatus
from assistant.rules.verdict import Asked, Category
from assistant.services import inbound
from assistant.services.content import Content
from tests import cast
from tests.cast import ANN, BEN, DANA, STRANGER, Cast
from tests.services.texting import concerns, keys, outgoing, text_in, the_concern

PUS = "its hot and theres pus coming out"
DAY_0 = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
DAY_3 = DAY_0 + timedelta(days=3)


@pytest.fixture
def ann(engine: Engine, clinic: Cast) -> int:
    with transaction(engine) as session:
        return cast.add_patient(session, clinic, performed_at=DAY_0, next_visit_at=DAY_0 + timedelta(days=10)).id


def test_an_urgent_text_opens_one_concern_and_pages_the_first_rung(engine: Engine, content: Content, ann: int) -> None:
    text_in(engine, content, ANN, PUS, DAY_3)

    concern = the_concern(engine)
    assert (concern.severity, concern.status, concern.patient_id) == (Category.URGENT, ConcernStatus.OPEN, ann)
    assert keys(engine, DANA) == ["page"]
    page = outgoing(engine, DANA)[0].body
    assert page.startswith("URGENT Ann L. day 3 ")
    assert f"{concern.code}a=mine" in page
    assert PUS in page


def test_an_urgent_text_is_answered_without_claiming_that_anybody_was_told(
    engine: Engine, content: Content, ann: int
) -> None:
    text_in(engine, content, ANN, PUS, DAY_3)

    answers = outgoing(engine, ANN)
    assert [answer.key for answer in answers] == ["urgent"]
    assert "trying to reach" in answers[0].body
    assert "911" in answers[0].body


def test_three_deliveries_of_one_urgent_text_make_one_row_one_concern_and_one_page(
    engine: Engine, content: Content, ann: int
) -> None:
    for _ in range(3):
        text_in(engine, content, ANN, PUS, DAY_3, sid="SM" + "a" * 32)

    assert len(concerns(engine)) == 1
    assert keys(engine, DANA) == ["page"]
    assert keys(engine, ANN) == ["urgent"]


def test_a_second_urgent_text_joins_the_open_concern_instead_of_opening_another(
    engine: Engine, content: Content, ann: int
) -> None:
    text_in(engine, content, ANN, PUS, DAY_3)
    text_in(engine, content, ANN, "and now i have a fever of 39", DAY_3 + timedelta(minutes=1))

    assert len(concerns(engine)) == 1
    assert "fever" in the_concern(engine).words


def test_a_text_that_is_worse_raises_the_concern_and_pages_at_once(engine: Engine, content: Content, ann: int) -> None:
    text_in(engine, content, ANN, PUS, DAY_3)
    text_in(engine, content, ANN, "I cant breathe", DAY_3 + timedelta(minutes=1))

    assert the_concern(engine).severity is Category.EMERGENCY
    assert len(outgoing(engine)) == 4  # two answers, two pages
    assert "call 911" in outgoing(engine, ANN)[-1].body


def test_an_emergency_is_answered_even_at_night_and_pages_at_once(engine: Engine, content: Content, ann: int) -> None:
    night = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)  # 2 a.m. in New York

    text_in(engine, content, ANN, "my throat is closing up", night)

    assert [message.due_at for message in outgoing(engine)] == [night, night]
    assert keys(engine, ANN) == ["emergency"]


def test_a_stranger_in_danger_pages_staff_and_is_answered(engine: Engine, content: Content, clinic: Cast) -> None:
    text_in(engine, content, STRANGER, "I can't breathe, my tongue is swelling", DAY_3)

    assert the_concern(engine).severity is Category.EMERGENCY
    assert f"unknown number {STRANGER}" in outgoing(engine, DANA)[0].body
    assert keys(engine, STRANGER) == ["emergency"]


def test_an_unknown_number_is_kept_and_told_once_a_day_whom_it_reached(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    for minutes in (0, 5):
        text_in(engine, content, STRANGER, "hello who is this", DAY_3 + timedelta(minutes=minutes))

    assert keys(engine, STRANGER) == ["unknown_number"]
    with snapshot(engine) as session:
        assert len(session.exec(select(Message).where(Message.phone == STRANGER)).all()) == 3


def test_gibberish_goes_to_a_human_and_is_never_reassured(engine: Engine, content: Content, ann: int) -> None:
    text_in(engine, content, ANN, "zxcv qwpo lkjh", DAY_3)

    assert the_concern(engine).severity is Category.UNCLEAR
    assert keys(engine, ANN) == ["unclear"]


def test_a_picture_alone_is_kept_and_shown_to_a_human(engine: Engine, content: Content, ann: int) -> None:
    received = text_in(engine, content, ANN, "", DAY_3, pictures=2)

    with snapshot(engine) as session:
        assert len(session.get_one(Message, received.message_id).media) == 2
    assert the_concern(engine).words == "(a picture)"
    assert keys(engine, ANN) == ["photo_received"]


def test_stop_opts_out_withdraws_what_is_queued_and_keeps_the_words(engine: Engine, content: Content, ann: int) -> None:
    with transaction(engine) as session:
        session.add(_queued(session, ann))
    text_in(engine, content, ANN, "STOP", DAY_3)

    with snapshot(engine) as session:
        assert session.exec(select(Conversation.opted_out_at)).one() == DAY_3
        consent = session.exec(select(Consent)).one()
        assert (consent.kind, consent.verbatim) == (ConsentKind.REVOKED, "STOP")
    assert [message.status for message in outgoing(engine, ANN)] == [MessageStatus.CANCELED]


def test_an_opt_out_in_other_words_gets_one_confirmation(engine: Engine, content: Content, ann: int) -> None:
    text_in(engine, content, ANN, "please stop texting me", DAY_3)

    assert keys(engine, ANN) == ["opt_out"]


def test_a_question_with_the_word_stop_does_not_opt_out(engine: Engine, content: Content, ann: int) -> None:
    text_in(engine, content, ANN, "Stop taking arnica?", DAY_3)

    with snapshot(engine) as session:
        assert session.exec(select(Conversation.opted_out_at)).one() is None


def test_danger_beats_an_opt_out(engine: Engine, content: Content, ann: int) -> None:
    text_in(engine, content, ANN, "stop. I cant breathe", DAY_3)

    assert the_concern(engine).severity is Category.EMERGENCY


def test_somebody_who_opted_out_and_is_in_danger_is_paged_as_one_to_phone(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, name="Ben Okafor", phone=BEN, performed_at=DAY_0, opted_out_at=DAY_0)
    text_in(engine, content, BEN, PUS, DAY_3)

    assert keys(engine, DANA) == ["page_optout"]
    assert BEN in outgoing(engine, DANA)[0].body
    assert keys(engine, BEN) == []


def test_an_opt_out_while_a_concern_is_open_pages_staff_to_phone(engine: Engine, content: Content, ann: int) -> None:
    text_in(engine, content, ANN, PUS, DAY_3)
    text_in(engine, content, ANN, "STOP", DAY_3 + timedelta(minutes=1))

    assert keys(engine, DANA)[-1] == "page_optout"
    assert the_concern(engine).status is ConcernStatus.OPEN


def test_start_after_an_opt_out_is_kept_as_consent(engine: Engine, content: Content, ann: int) -> None:
    text_in(engine, content, ANN, "STOP", DAY_3)
    text_in(engine, content, ANN, "START", DAY_3 + timedelta(hours=1))

    with snapshot(engine) as session:
        assert session.exec(select(Conversation.opted_out_at)).one() is None
        assert [row.kind for row in session.exec(select(Consent))] == [ConsentKind.REVOKED, ConsentKind.RESUMED]


def test_help_opens_a_concern(engine: Engine, content: Content, ann: int) -> None:
    text_in(engine, content, ANN, "HELP", DAY_3)

    assert the_concern(engine).severity is Category.CONCERN


def test_nurse_pages_at_once_even_when_the_clinic_is_closed(engine: Engine, content: Content, ann: int) -> None:
    with transaction(engine) as session:
        clinic = session.exec(select(Clinic)).one()
        clinic.hours = {"0": ["09:00", "10:00"]}
        session.add(clinic)
    text_in(engine, content, ANN, "NURSE", DAY_3)

    assert keys(engine, DANA) == ["page"]
    assert keys(engine, ANN) == ["nurse_called"]


def test_what_can_wait_waits_for_opening_hours_and_the_patient_is_told_so(
    engine: Engine, content: Content, ann: int
) -> None:
    with transaction(engine) as session:
        clinic = session.exec(select(Clinic)).one()
        clinic.hours = {"0": ["09:00", "10:00"]}
        session.add(clinic)
    text_in(engine, content, ANN, "I'm pregnant, I forgot to tell you", DAY_3)

    assert the_concern(engine).severity is Category.CONCERN
    assert keys(engine, DANA) == []
    assert keys(engine, ANN) == ["concern_closed"]


@pytest.mark.parametrize(("digit", "answer"), [("1", "check_better"), ("2", "check_same"), ("3", "check_worse")])
def test_a_digit_after_a_check_in_is_its_answer(
    engine: Engine, content: Content, ann: int, digit: str, answer: str
) -> None:
    _ask(engine, ann, DAY_3)
    text_in(engine, content, ANN, digit, DAY_3 + timedelta(hours=1))

    assert keys(engine, ANN)[-1] == answer
    assert len(concerns(engine)) == (1 if digit == "3" else 0)


def test_a_digit_when_nothing_was_asked_goes_to_a_human(engine: Engine, content: Content, ann: int) -> None:
    text_in(engine, content, ANN, "1", DAY_3)

    assert the_concern(engine).severity is Category.UNCLEAR


def test_a_digit_long_after_the_question_goes_to_a_human(engine: Engine, content: Content, ann: int) -> None:
    _ask(engine, ann, DAY_3)
    text_in(engine, content, ANN, "1", DAY_3 + timedelta(hours=73))

    assert the_concern(engine).severity is Category.UNCLEAR


def test_visit_answers_with_the_date_and_what_not_to_take(engine: Engine, content: Content, ann: int) -> None:
    text_in(engine, content, ANN, "visit", DAY_3)

    answer = outgoing(engine, ANN)[0]
    assert "10:00" in answer.body  # 15:00 UTC at the clinic
    assert "ibuprofen" in answer.body
    assert concerns(engine) == []


def test_a_language_word_changes_everything_that_follows(engine: Engine, content: Content, ann: int) -> None:
    text_in(engine, content, ANN, "Español", DAY_3)
    text_in(engine, content, ANN, "me duele y sale pus", DAY_3 + timedelta(minutes=1))

    assert [message.language for message in outgoing(engine, ANN)] == ["es", "es"]
    with snapshot(engine) as session:
        assert session.exec(select(Patient.language)).one() == "es"


def test_two_patients_on_one_phone_are_both_named_to_staff(engine: Engine, content: Content, clinic: Cast) -> None:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=DAY_0)
        cast.add_patient(session, clinic, name="Eva Lee", performed_at=DAY_0)
    text_in(engine, content, ANN, PUS, DAY_3)

    assert the_concern(engine).patient_id is None
    assert "Ann L. or Eva L." in outgoing(engine, DANA)[0].body


def test_a_painkiller_question_inside_the_window_is_answered_for_the_window(
    engine: Engine, content: Content, ann: int
) -> None:
    text_in(engine, content, ANN, "can i take ibuprofen for the pain?", DAY_0 + timedelta(days=5))

    assert keys(engine, ANN) == ["question_painkiller_window"]


def test_a_machine_that_answers_us_is_not_answered_for_ever(engine: Engine, content: Content, ann: int) -> None:
    for minute in range(30):
        text_in(engine, content, ANN, "ok thanks", DAY_3 + timedelta(minutes=minute))

    assert len(outgoing(engine, ANN)) == 12


@pytest.mark.parametrize("body", ["x" * 1600, "🤒" * 700, "a\u0000b", "\u202e", "   ", "'; DROP TABLE message; --"])
def test_no_text_breaks_the_reading_of_texts(engine: Engine, content: Content, ann: int, body: str) -> None:
    received = text_in(engine, content, ANN, body.replace("\u0000", ""), DAY_3)

    assert received.message_id is not None


def _queued(session: object, patient_id: int) -> Message:
    from assistant.models import Direction

    conversation = session.exec(select(Conversation)).one()  # type: ignore[attr-defined]
    return Message(
        clinic_id=conversation.clinic_id,
        conversation_id=conversation.id,
        patient_id=patient_id,
        direction=Direction.OUTBOUND,
        status=MessageStatus.QUEUED,
        phone=ANN,
        body="later",
        created_at=DAY_0,
        due_at=DAY_3 + timedelta(days=1),
        dedupe_key="later",
    )


def _ask(engine: Engine, patient_id: int, at: datetime) -> None:
    with transaction(engine) as session:
        conversation = session.exec(select(Conversation)).one()
        question = _queued(session, patient_id)
        question.status = MessageStatus.DELIVERED
        session.add(question)
        session.flush()
        conversation.asked, conversation.asked_at = Asked.BETTER_SAME_WORSE, at
        conversation.asked_message_id = question.id
        session.add(conversation)


def test_a_text_that_breaks_a_rule_is_kept_and_reaches_a_human(engine: Engine, content: Content, ann: int) -> None:
    broken = replace(content, lexicon=None)  # type: ignore[arg-type]  (every rule fails on it)

    text_in(engine, broken, ANN, "theres pus", DAY_3)

    assert the_concern(engine).severity is Category.UNCLEAR
    assert keys(engine, ANN) == ["unclear"]


@pytest.mark.parametrize("word", ["Y TA", "ENFERMERA", "infirmière!", "nurse"])
def test_the_word_for_a_nurse_works_in_every_language(engine: Engine, content: Content, ann: int, word: str) -> None:
    text_in(engine, content, ANN, word, DAY_3)

    assert keys(engine, ANN) == ["nurse_called"]
    assert keys(engine, DANA) == ["page"]


def test_a_language_that_the_clinic_does_not_have_reaches_a_person(engine: Engine, content: Content, ann: int) -> None:
    text_in(engine, content, ANN, "FRANCAIS", DAY_3)

    assert the_concern(engine).severity is Category.UNCLEAR


def test_a_text_to_a_number_that_no_clinic_names_finds_the_clinic_of_its_sender(
    engine: Engine, content: Content, ann: int
) -> None:
    with transaction(engine) as session:
        inbound.receive(session, content, inbound.InboundText("SM" + "e" * 32, ANN, "+12025550177", "pus"), DAY_3)

    assert the_concern(engine).patient_id == ann
