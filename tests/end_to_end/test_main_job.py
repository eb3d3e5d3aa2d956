"""The whole job with the real commands: from a session to a delivered text, from an urgent reply to a nurse."""

from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from assistant import clock
from assistant.db import snapshot, transaction
from assistant.models import Concern, Direction, Message
from assistant.rules.states import ConcernStatus, MessageStatus
from tests import cast
from tests.cast import ANN, CLINIC_PHONE, DANA, Cast
from tests.end_to_end.events import session_completed
from tests.end_to_end.processes import Installation

pytestmark = pytest.mark.process

NEW_YORK = ZoneInfo("America/New_York")
URGENT = "there is pus coming out of my cheek, it is hot and I have a fever"

# Day 0's advice is due an hour after the session, and the text after it five minutes later.
AN_HOUR_AND_A_LITTLE = timedelta(minutes=61)


def test_a_session_becomes_a_delivered_text_and_an_urgent_reply_a_nurse_who_calls(
    installed: Installation, engine: Engine
) -> None:
    installed.add_clinic()
    web, scheduler = installed.start_web(), installed.start("scheduler")

    answer = installed.post_event(session_completed(clock.now(), performed_ago=AN_HOUR_AND_A_LITTLE))
    assert answer.status == 201, answer.body
    assert answer.json()["messages"][0]["key"] == "day_0"
    first = installed.text_to(ANN)
    assert "Lumen Clinic" in first.body
    assert installed.twilio.webhooks.wait_until_reported()
    with snapshot(engine) as session:
        sent = session.exec(select(Message).where(Message.provider_sid == first.sid)).one()
    assert (sent.key, sent.status) == ("day_0", MessageStatus.DELIVERED)

    assert [a.status for a in installed.twilio.text_in(ANN, CLINIC_PHONE, URGENT)] == [200]
    page = installed.text_to(DANA)
    assert page.body.startswith("URGENT Ann L. day 0")
    assert "pus" in page.body
    assert "trying to reach our nurse now" in installed.text_to(ANN, 1).body
    assert "a nurse's phone has been messaged" in installed.text_to(ANN, 2).body

    assert [a.status for a in installed.twilio.text_in(DANA, CLINIC_PHONE, "a")] == [200]
    told = installed.text_to(ANN, 3)
    taken = installed.text_to(DANA, 1)
    with snapshot(engine) as session:
        concern = session.exec(select(Concern)).one()
    assert concern.status is ConcernStatus.ACKNOWLEDGED
    assert concern.call_by is not None
    by = f"{concern.call_by.astimezone(NEW_YORK):%H:%M}"
    assert told.body.startswith(f"Dana has read your message and will call you by {by}.")
    assert taken.body == f"Yours. Ann L. is told you will call by {by}."

    assert [web.stop(), scheduler.stop()] == [0, 0]
    assert Counter(message.to for message in installed.twilio.accepted) == {ANN: 4, DANA: 2}


def test_an_urgent_text_that_is_delivered_three_times_is_one_row_one_concern_and_one_page(
    installed: Installation, engine: Engine, clinic: Cast
) -> None:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=clock.now() - timedelta(days=2))
    installed.start_web(workers=2)

    answers = installed.twilio.text_in(ANN, CLINIC_PHONE, URGENT, copies=3, at_once=True)
    assert [(answer.status, answer.content_type) for answer in answers] == [(200, "text/xml; charset=utf-8")] * 3
    assert installed.tick() == 0

    with snapshot(engine) as session:
        texts = session.exec(select(Message.body).where(Message.direction == Direction.INBOUND)).all()
        concerns = session.exec(select(Concern.pages)).all()
    assert (texts, concerns) == ([URGENT], [1])
    assert [message.to for message in installed.twilio.accepted].count(DANA) == 1
