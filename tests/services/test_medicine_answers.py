"""The question what was taken before a visit, and its answer: who is told, and what the patient reads."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from assistant.db import snapshot, transaction
from assistant.models import Conversation
from assistant.rules.verdict import Asked, Category
from assistant.services.content import Content
from tests import cast
from tests.cast import ANN, Cast
from tests.services.texting import concerns, keys, outgoing, text_in, the_concern

DAY_0 = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
ASKED_AT = DAY_0 + timedelta(days=5)  # the visit is in 5 days
NIGHT = ASKED_AT + timedelta(hours=13)


@pytest.fixture
def asked(engine: Engine, clinic: Cast) -> None:
    """Ann, who has a visit in five days, was asked what she took."""
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=DAY_0, next_visit_at=DAY_0 + timedelta(days=10))
        conversation = session.exec(select(Conversation)).one()
        conversation.asked, conversation.asked_at = Asked.MEDICINES_TAKEN, ASKED_AT
        session.add(conversation)


def still_asked(engine: Engine) -> Asked | None:
    with snapshot(engine) as session:
        return session.exec(select(Conversation.asked)).one()


@pytest.mark.usefixtures("asked")
def test_nothing_taken_is_noted_and_nobody_is_called(engine: Engine, content: Content) -> None:
    text_in(engine, content, ANN, "NO", ASKED_AT)

    assert keys(engine, ANN) == ["medicines_none"]
    assert concerns(engine) == []
    assert still_asked(engine) is None


@pytest.mark.usefixtures("asked")
def test_an_anti_inflammatory_taken_is_told_to_staff_and_the_patient_keeps_what_is_prescribed(
    engine: Engine, content: Content
) -> None:
    text_in(engine, content, ANN, "ibuprofen on Monday", ASKED_AT)

    assert the_concern(engine).severity is Category.CONCERN
    (answer,) = outgoing(engine, ANN)
    assert answer.key == "concern_medicine"
    assert "Never stop a medicine that a doctor prescribed" in answer.body
    assert still_asked(engine) is None


@pytest.mark.usefixtures("asked")
def test_what_is_said_about_a_blood_thinner_is_as_true_at_night(engine: Engine, content: Content) -> None:
    text_in(engine, content, ANN, "no but should I stop my warfarin?", NIGHT)

    assert keys(engine, ANN) == ["concern_medicine"]
    assert "today" not in outgoing(engine, ANN)[0].body


@pytest.mark.usefixtures("asked")
def test_an_answer_that_nobody_understands_leaves_the_question_open(engine: Engine, content: Content) -> None:
    text_in(engine, content, ANN, "Zandrux on monday", ASKED_AT)

    assert len(concerns(engine)) == 1
    assert still_asked(engine) is Asked.MEDICINES_TAKEN
