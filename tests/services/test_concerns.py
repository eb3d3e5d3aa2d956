"""Taking, passing on, answering and closing a concern, and what everybody is told."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from assistant.db import snapshot, transaction
from assistant.models import (
    Clinic,
    Concern,
    ConcernEvent,
    ConcernEventKind,
    Conversation,
    EscalationStep,
    Message,
    Role,
    Staff,
    TreatmentSession,
)
from assistant.rules.states import ConcernStatus, MessageStatus
from assistant.services import settling
from assistant.services.content import Content
from scheduler.escalate import escalate_due
from tests import cast
from tests.cast import ANN, DANA, EVANS, Cast
from tests.services.texting import keys, outgoing, text_in, the_concern

PUS = "its hot and theres pus coming out"
DAY_0 = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
NOW = DAY_0 + timedelta(days=3)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.fixture
def code(engine: Engine, content: Content, clinic: Cast) -> int:
    """Ann has texted about pus; Dana is paged. The code of the concern."""
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=DAY_0)
    text_in(engine, content, ANN, PUS, NOW)
    return the_concern(engine).code


def test_two_characters_take_the_page_and_the_patient_reads_who_calls_by_when(
    engine: Engine, content: Content, code: int
) -> None:
    text_in(engine, content, DANA, f"{code}a", at(2))

    concern = the_concern(engine)
    assert concern.status is ConcernStatus.ACKNOWLEDGED
    assert outgoing(engine, DANA)[-1].body.startswith("Yours. Ann L. is told you will call by 10:32")
    told = outgoing(engine, ANN)[-1]
    assert told.key == "acknowledged"
    assert told.body.startswith("Dana has read your message and will call you by 10:32")


def test_a_bare_a_takes_the_latest_page_to_that_phone(engine: Engine, content: Content, code: int) -> None:
    text_in(engine, content, DANA, "a", at(2))

    assert the_concern(engine).status is ConcernStatus.ACKNOWLEDGED


def test_the_next_rung_is_paged_when_nobody_answers_and_the_last_for_ever(
    engine: Engine, content: Content, code: int
) -> None:
    for minute in range(0, 61):
        escalate_due(engine, content, at(minute))

    assert keys(engine, DANA) == ["page"]
    assert keys(engine, EVANS) == ["page_again"] * 12  # at 5, 10, ... 60 minutes


def test_the_patient_is_told_when_nobody_has_read_it(engine: Engine, content: Content, code: int) -> None:
    for minute in range(0, 40):
        escalate_due(engine, content, at(minute))

    told = [message for message in outgoing(engine, ANN) if message.key == "nobody_yet"]
    assert [message.due_at for message in told] == [at(15)]


def test_who_was_paged_and_did_not_take_it_is_told_once_who_has_it(engine: Engine, content: Content, code: int) -> None:
    escalate_due(engine, content, at(5))  # Dr Evans is paged too
    text_in(engine, content, EVANS, f"{code}a", at(6))
    text_in(engine, content, EVANS, f"{code}a", at(7))

    assert keys(engine, DANA) == ["page", "taken_by"]
    assert "Dr Evans has Ann L." in outgoing(engine, DANA)[-1].body


def test_a_page_that_has_not_left_is_withdrawn_when_somebody_takes_the_concern(
    engine: Engine, content: Content, code: int
) -> None:
    escalate_due(engine, content, at(5))
    text_in(engine, content, DANA, f"{code}a", at(6))

    page = next(message for message in outgoing(engine, EVANS) if message.key == "page_again")
    assert page.status is MessageStatus.CANCELED


def test_who_comes_second_is_told_whose_it_is_since_when(engine: Engine, content: Content, code: int) -> None:
    text_in(engine, content, DANA, f"{code}a", at(2))
    text_in(engine, content, EVANS, f"{code}a", at(4))

    assert outgoing(engine, EVANS)[-1].body == "Already Dana Reyes's since 10:02."


def test_an_acknowledgement_that_nothing_followed_pages_again_and_the_patient_is_told(
    engine: Engine, content: Content, code: int
) -> None:
    text_in(engine, content, DANA, f"{code}a", at(0))
    escalate_due(engine, content, at(29))
    assert keys(engine, DANA) == ["page", "ack_yours"]

    escalate_due(engine, content, at(30))

    assert keys(engine, DANA)[-1] == "overdue"
    assert keys(engine, ANN)[-1] == "call_overdue"
    assert the_concern(engine).status is ConcernStatus.OPEN


def test_passing_it_on_pages_the_next_person_at_once(engine: Engine, content: Content, code: int) -> None:
    text_in(engine, content, DANA, f"{code}n", at(1))

    assert keys(engine, EVANS) == ["passed_to_you"]
    assert outgoing(engine, EVANS)[-1].due_at == at(1)
    assert keys(engine, DANA)[-1] == "passed_on"


def test_the_last_person_passes_it_back_to_the_first(engine: Engine, content: Content, code: int) -> None:
    text_in(engine, content, DANA, f"{code}n", at(1))
    text_in(engine, content, EVANS, f"{code}n", at(2))

    assert keys(engine, DANA)[-1] == "passed_to_you"


def test_words_after_r_reach_the_patient_and_take_the_concern(engine: Engine, content: Content, code: int) -> None:
    text_in(engine, content, DANA, f"{code}r please send a photo", at(1))

    assert outgoing(engine, ANN)[-1].body == "please send a photo"
    assert the_concern(engine).status is ConcernStatus.ACKNOWLEDGED
    assert keys(engine, DANA)[-1] == "relayed"


def test_closing_needs_words(engine: Engine, content: Content, code: int) -> None:
    text_in(engine, content, DANA, f"{code}c", at(1))

    assert the_concern(engine).status is ConcernStatus.OPEN
    assert keys(engine, DANA)[-1] == "needs_text"


def test_closing_tells_the_patient_and_asks_again_the_next_day(engine: Engine, content: Content, code: int) -> None:
    text_in(engine, content, DANA, f"{code}c seen, ice", at(20))

    concern = the_concern(engine)
    assert (concern.status, concern.note) == (ConcernStatus.RESOLVED, "seen, ice")
    recheck = outgoing(engine, ANN)[-1]
    assert recheck.key == "recheck"
    assert recheck.due_at is not None
    assert timedelta(hours=12) <= recheck.due_at - at(20) <= timedelta(hours=24)


def test_worse_at_the_recheck_is_urgent(engine: Engine, content: Content, code: int) -> None:
    text_in(engine, content, DANA, f"{code}c seen, ice", at(20))
    recheck = outgoing(engine, ANN)[-1]
    with transaction(engine) as session:
        message = session.get_one(Message, recheck.id)
        message.status = MessageStatus.SENDING
        settling.accepted(session, content, message, "SM" + "b" * 32, at(16 * 60))

    text_in(engine, content, ANN, "3", at(17 * 60))

    assert keys(engine, DANA)[-1] == "page"
    assert keys(engine, ANN)[-1] == "urgent"


def test_a_code_lives_until_its_concern_is_closed_and_then_says_by_whom(
    engine: Engine, content: Content, code: int
) -> None:
    text_in(engine, content, EVANS, f"{code}c seen", at(20))
    text_in(engine, content, DANA, f"{code}a", at(21))

    assert outgoing(engine, DANA)[-1].body == f"{code} was closed by Dr Evans at 10:20."


def test_a_code_is_never_used_for_a_second_concern(engine: Engine, content: Content, code: int) -> None:
    text_in(engine, content, DANA, f"{code}c seen", at(20))
    text_in(engine, content, ANN, PUS, at(60))

    with snapshot(engine) as session:
        assert sorted(session.exec(select(Concern.code))) == [code, code + 1]


def test_a_code_nobody_has_is_said_to_be_unknown(engine: Engine, content: Content, code: int) -> None:
    text_in(engine, content, DANA, "99a", at(1))

    assert "99" in outgoing(engine, DANA)[-1].body
    assert keys(engine, DANA)[-1] == "unknown_code"


def test_anything_else_from_a_staff_phone_gets_a_line_of_help_and_never_reaches_a_patient(
    engine: Engine, content: Content, code: int
) -> None:
    before = len(outgoing(engine, ANN))
    text_in(engine, content, DANA, "who is this about?", at(1))

    assert keys(engine, DANA)[-1] == "help_line"
    assert len(outgoing(engine, ANN)) == before
    with snapshot(engine) as session:
        assert session.exec(select(Conversation).where(Conversation.phone == DANA)).all() == []


def test_the_patient_is_told_of_a_page_only_after_the_provider_took_it(
    engine: Engine, content: Content, code: int
) -> None:
    assert "page_accepted" not in keys(engine, ANN)
    with transaction(engine) as session:
        page = session.exec(select(Message).where(Message.key == "page")).one()
        page.status = MessageStatus.SENDING
        settling.accepted(session, content, page, "SM" + "c" * 32, at(1))

    assert keys(engine, ANN)[-1] == "page_accepted"


def test_a_page_that_fails_moves_the_ladder_on_at_once(engine: Engine, content: Content, code: int) -> None:
    with transaction(engine) as session:
        page = session.exec(select(Message).where(Message.key == "page")).one()
        page.status = MessageStatus.ACCEPTED
        page.provider_sid = "SM" + "d" * 32
        session.add(page)
    with transaction(engine) as session:
        settling.reported(
            session, content, oid=None, sid="SM" + "d" * 32, status="undelivered", error_code="30005", now=at(1)
        )

    assert keys(engine, EVANS) == ["page_again"]
    assert outgoing(engine, EVANS)[0].due_at == at(1)


def test_a_dead_phone_that_is_the_whole_ladder_is_not_paged_in_a_loop(
    engine: Engine, content: Content, code: int
) -> None:
    with transaction(engine) as session:
        session.delete(session.exec(select(EscalationStep).order_by(col(EscalationStep.position).desc())).first())
        page = session.exec(select(Message).where(Message.key == "page")).one()
        page.status = MessageStatus.SENDING
        session.add(page)
        settling.refused(session, content, page, "21614", "permanent", at(1))

    assert keys(engine, DANA) == ["page"]


def test_every_turn_stands_in_the_history(engine: Engine, content: Content, code: int) -> None:
    text_in(engine, content, DANA, f"{code}a", at(2))
    text_in(engine, content, DANA, f"{code}c called, fine", at(9))

    with snapshot(engine) as session:
        kinds = session.exec(select(ConcernEvent.kind).order_by(col(ConcernEvent.id))).all()
    assert kinds == [
        ConcernEventKind.OPENED,
        ConcernEventKind.PAGED,
        ConcernEventKind.ACKNOWLEDGED,
        ConcernEventKind.TOLD,
        ConcernEventKind.RESOLVED,
        ConcernEventKind.TOLD,
    ]


def test_danger_with_a_wish_for_silence_is_paged_as_one_to_phone_and_opted_out_when_closed(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=DAY_0)
    text_in(engine, content, ANN, "please stop texting me. there is pus and it is hot", NOW)
    assert keys(engine, DANA) == ["page_optout"]

    text_in(engine, content, DANA, f"{the_concern(engine).code}c called", at(9))

    with snapshot(engine) as session:
        assert session.exec(select(Conversation.opted_out_at)).one() == at(9)
    assert all(
        message.status is not MessageStatus.QUEUED
        for message in outgoing(engine, ANN)
        if message.key in ("recheck", "resolved")
    )


def test_an_emergency_after_an_acknowledgement_starts_the_ladder_again_at_once(
    engine: Engine, content: Content, code: int
) -> None:
    text_in(engine, content, DANA, f"{code}a", at(1))
    text_in(engine, content, ANN, "I cant breathe and my lips swell", at(3))

    assert the_concern(engine).status is ConcernStatus.OPEN
    assert keys(engine, DANA)[-1] == "page_again"
    for minute in range(3, 10):
        escalate_due(engine, content, at(minute))
    assert keys(engine, EVANS)[-1] == "page_again"


def test_nurse_while_somebody_holds_the_concern_pages_that_person(engine: Engine, content: Content, code: int) -> None:
    text_in(engine, content, DANA, f"{code}a", at(1))
    text_in(engine, content, ANN, "NURSE", at(5))

    assert keys(engine, DANA)[-1] == "page_again"


def test_after_it_is_passed_on_the_patient_is_told_again_when_nobody_reads_it(
    engine: Engine, content: Content, code: int
) -> None:
    text_in(engine, content, DANA, f"{code}a", at(1))
    text_in(engine, content, DANA, f"{code}n", at(2))
    for minute in range(3, 20):
        escalate_due(engine, content, at(minute))

    assert "nobody_yet" in keys(engine, ANN)


def test_what_can_wait_is_never_paged_again_outside_opening_hours(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=DAY_0)
        row = session.exec(select(Clinic)).one()
        row.hours = {str(day): ["09:00", "18:00"] for day in range(5)}
        session.add(row)
    friday_evening = datetime(2026, 11, 27, 22, 55, tzinfo=UTC)  # Friday 17:55 in New York
    text_in(engine, content, ANN, "blorp zz", friday_evening)
    for half_hour in range(1, 120):
        escalate_due(engine, content, friday_evening + timedelta(minutes=30 * half_hour))

    assert keys(engine, DANA) == ["page"]
    assert keys(engine, EVANS) == []


def test_ten_urgent_texts_in_a_minute_are_one_alarm(engine: Engine, content: Content, code: int) -> None:
    text_in(engine, content, DANA, f"{code}a", at(1))
    for second in range(10):
        text_in(engine, content, ANN, f"{PUS} {second}", at(2) + timedelta(seconds=second))

    assert keys(engine, DANA).count("page_again") == 1


def test_what_was_true_of_an_earlier_turn_is_withdrawn_before_it_is_sent(
    engine: Engine, content: Content, code: int
) -> None:
    escalate_due(engine, content, at(15))
    text_in(engine, content, DANA, f"{code}a", at(16))

    waiting = [message.key for message in outgoing(engine, ANN) if message.status is MessageStatus.QUEUED]
    assert waiting == ["urgent", "acknowledged"]


def test_nothing_is_called_normal_while_somebody_is_on_their_way(engine: Engine, content: Content, code: int) -> None:
    text_in(engine, content, ANN, "ok thanks", at(3))

    assert keys(engine, ANN)[-1] == "added"


def test_a_concern_about_a_protocol_that_was_taken_away_is_paged_all_the_same(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    with transaction(engine) as session:
        patient = cast.add_patient(session, clinic, performed_at=DAY_0, protocol="old_protocol")
        treatment = session.exec(select(TreatmentSession).where(TreatmentSession.patient_id == patient.id)).one()
        treatment.areas = []
        session.add(treatment)
    text_in(engine, content, ANN, PUS, NOW)

    assert "old_protocol" in outgoing(engine, DANA)[0].body


def test_somebody_who_may_only_look_cannot_act_by_text(engine: Engine, content: Content, code: int) -> None:
    with transaction(engine) as session:
        evans = session.exec(select(Staff).where(Staff.phone == EVANS)).one()
        evans.role = Role.VIEWER
        session.add(evans)
    text_in(engine, content, EVANS, f"{code}c done", at(1))

    assert the_concern(engine).status is ConcernStatus.OPEN
    assert keys(engine, EVANS) == ["help_line"]


def test_a_holder_who_left_does_not_keep_a_concern(engine: Engine, content: Content, code: int) -> None:
    text_in(engine, content, DANA, f"{code}a", at(1))
    with transaction(engine) as session:
        dana = session.exec(select(Staff).where(Staff.phone == DANA)).one()
        dana.active = False
        session.add(dana)
    text_in(engine, content, EVANS, f"{code}a", at(3))

    assert keys(engine, EVANS) == ["ack_yours"]
