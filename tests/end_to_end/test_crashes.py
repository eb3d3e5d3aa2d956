"""The process is killed at each fault point and started again: nothing is lost, and nothing is done twice."""

import re
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel, func, select

from assistant import clock
from assistant.db import snapshot, transaction
from assistant.gateway import TwilioGateway
from assistant.models import Concern, Direction, Message, Patient, ProviderEvent, TreatmentSession
from assistant.rules.states import MessageStatus
from assistant.services import inbound
from assistant.services.content import Content
from assistant.services.inbound import InboundText
from messages.protocol import MessageClass
from scheduler.dispatch import Dispatcher
from scheduler.reconcile import settle_doubt
from tests import cast
from tests.cast import ANN, CLINIC_PHONE, DANA, EVANS, Cast
from tests.end_to_end.events import session_completed
from tests.end_to_end.processes import ROOT, Installation
from tests.fakes.twilio_server import ACCOUNT_SID, AUTH_TOKEN

pytestmark = pytest.mark.process

KILLED = -9
URGENT = "there is pus coming out of my cheek, it is hot and I have a fever"

# What a kill at each point leaves behind: the row's state, and how many texts Twilio has.
WHILE_SENDING = {
    "send.claimed": (MessageStatus.QUEUED, 0),
    "send.pre_post": (MessageStatus.SENDING, 0),
    "send.post_accept": (MessageStatus.SENDING, 1),
    "send.pre_mark": (MessageStatus.SENDING, 1),
}
WHILE_ESCALATING = "esc.pre_commit"
WHILE_REPORTED_TO = "cb.pre_commit"

# How many rows a kill at each point leaves behind.
WHILE_RECEIVING = {"in.pre_commit": 0, "in.post_commit": 1}
WHILE_ENROLLING = {"enrol.pre_commit": 0, "enrol.post_commit": 1}


def test_every_fault_point_is_killed_at() -> None:
    named = {
        name
        for folder in ("assistant", "scheduler")
        for path in (ROOT / folder).rglob("*.py")
        for name in re.findall(r'\breach\("([^"]+)"\)', path.read_text())
    }
    assert named == {*WHILE_SENDING, WHILE_ESCALATING, WHILE_REPORTED_TO, *WHILE_RECEIVING, *WHILE_ENROLLING}


@pytest.mark.parametrize("point", WHILE_SENDING)
def test_a_text_whose_sender_is_killed_is_sent_exactly_once_in_the_end(
    installed: Installation, engine: Engine, clinic: Cast, content: Content, point: str
) -> None:
    left_behind, accepted = WHILE_SENDING[point]
    queue_text(engine, clinic, clock.now())

    assert installed.tick(fault=point) == KILLED
    assert (only_text(engine).status, len(installed.twilio.accepted)) == (left_behind, accepted)

    # Started again, the scheduler sends what was never claimed, and leaves alone what may have gone out.
    assert installed.tick() == 0
    if left_behind is MessageStatus.QUEUED:
        accepted = 1
        left_behind = MessageStatus.ACCEPTED
    assert (only_text(engine).status, len(installed.twilio.accepted)) == (left_behind, accepted)

    settle_in_doubt(installed, engine, content)
    row = only_text(engine)
    assert [(m.sid, m.body) for m in installed.twilio.accepted] == [(row.provider_sid, row.body)]
    assert row.status is MessageStatus.ACCEPTED


def test_a_page_whose_escalation_is_killed_goes_out_once_when_it_runs_again(
    installed: Installation, engine: Engine, clinic: Cast, content: Content
) -> None:
    now = clock.now()
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=now - timedelta(days=2))
    with transaction(engine) as session:  # six minutes ago: Dana's five minutes are over
        text = InboundText(sid="SM" + "1" * 32, sender=ANN, to=CLINIC_PHONE, body=URGENT)
        inbound.receive(session, content, text, now - timedelta(minutes=6))

    assert installed.tick(fault=WHILE_ESCALATING) == KILLED
    assert (installed.twilio.accepted, count(engine, Message, Message.staff_id == clinic.evans_id)) == ([], 0)
    assert installed.tick() == 0
    assert Counter(message.to for message in installed.twilio.accepted if message.to != ANN) == {DANA: 1, EVANS: 1}


@pytest.mark.parametrize("point", WHILE_RECEIVING)
def test_a_text_whose_webhook_is_killed_is_read_once_and_pages_once(
    installed: Installation, engine: Engine, clinic: Cast, point: str
) -> None:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=clock.now() - timedelta(days=2))
    sid = "SM" + "2" * 32
    web = installed.start_web(fault=point)
    unanswered = installed.twilio.text_in(
        ANN, CLINIC_PHONE, URGENT, sid=sid, url=f"{installed.twilio.inbound_url}#rc=0"
    )
    assert [answer.status for answer in unanswered] == [0]
    assert count(engine, Message, Message.direction == Direction.INBOUND) == WHILE_RECEIVING[point]
    installed.stop_web(web)

    assert installed.tick() == 0  # what we did not answer for is fetched from Twilio's log
    installed.start_web()
    assert [answer.status for answer in installed.twilio.text_in(ANN, CLINIC_PHONE, URGENT, sid=sid)] == [200]
    assert count(engine, Message, Message.direction == Direction.INBOUND) == 1
    assert count(engine, Concern) == 1
    assert count(engine, Message, Message.staff_id == clinic.dana_id) == 1
    assert [message.to for message in installed.twilio.accepted].count(DANA) == 1


def test_a_report_whose_webhook_is_killed_leaves_the_text_accepted_until_twilio_reports_again(
    installed: Installation, engine: Engine, clinic: Cast
) -> None:
    queue_text(engine, clinic, clock.now())
    installed.twilio.behave(outcome="silent")
    assert installed.tick() == 0
    web = installed.start_web(fault=WHILE_REPORTED_TO)
    report = installed.twilio.accepted[0]
    # One call only: each further one would kill another worker.
    report.status_callback = report.status_callback.partition("#")[0] + "#rc=0"
    installed.twilio.behave(outcome="sent")
    installed.twilio.webhooks.report_later(report)
    assert installed.twilio.webhooks.wait_until_reported(30)
    assert [answer.status for answer in installed.twilio.webhooks.report_answers] == [0]
    assert (only_text(engine).status, count(engine, ProviderEvent)) == (MessageStatus.ACCEPTED, 0)
    installed.stop_web(web)

    installed.start_web()
    installed.twilio.webhooks.report_later(report)
    assert installed.twilio.webhooks.wait_until_reported(30)
    assert (only_text(engine).status, count(engine, ProviderEvent)) == (MessageStatus.SENT, 1)


@pytest.mark.parametrize("point", WHILE_ENROLLING)
def test_an_enrolment_that_is_killed_is_whole_when_the_booking_system_tries_again(
    installed: Installation, engine: Engine, clinic: Cast, point: str
) -> None:
    event = session_completed(clock.now(), performed_ago=timedelta(minutes=5))
    web = installed.start_web(fault=point)
    assert installed.post_event(event).status == 0
    assert count(engine, TreatmentSession) == WHILE_ENROLLING[point]
    installed.stop_web(web)

    installed.start_web()
    again, repeated = installed.post_event(event), installed.post_event(event)
    assert (again.status, repeated.status) == (200 if WHILE_ENROLLING[point] else 201, 200)
    assert again.json() == repeated.json()
    assert (count(engine, Patient), count(engine, TreatmentSession)) == (1, 1)
    assert count(engine, Message) == len(again.json()["messages"]) > 0


def settle_in_doubt(installed: Installation, engine: Engine, content: Content) -> None:
    """Let the scheduler's functions run as they would in the next quarter of an hour."""
    gateway = TwilioGateway(ACCOUNT_SID, AUTH_TOKEN, base_url=installed.twilio.url)
    start = clock.now()
    for minutes in range(2, 16):
        later = start + timedelta(minutes=minutes)
        settle_doubt(engine, gateway, content, later)
        dispatcher = Dispatcher(engine, gateway, content, callback_url=installed.url, now=lambda at=later: at)
        dispatcher.run()
        dispatcher.close()


def queue_text(engine: Engine, clinic: Cast, now: datetime) -> None:
    """Write one check-in that is due."""
    with transaction(engine) as session:
        patient = cast.add_patient(session, clinic)
        session.add(
            Message(
                clinic_id=clinic.clinic_id,
                patient_id=patient.id,
                direction=Direction.OUTBOUND,
                status=MessageStatus.QUEUED,
                phone=patient.phone,
                body="Lumen Clinic: how is it today, compared with yesterday?",
                created_at=now,
                dedupe_key="step:1",
                key="day_1",
                message_class=MessageClass.GUIDANCE,
                due_at=now,
                send_by=now + timedelta(hours=10),
                oid="1" * 32,
            )
        )


def only_text(engine: Engine) -> Message:
    with snapshot(engine) as session:
        return session.exec(select(Message).where(Message.direction == Direction.OUTBOUND)).one()


def count(engine: Engine, table: type[SQLModel], *where: bool) -> int:
    with snapshot(engine) as session:
        return session.exec(select(func.count()).select_from(table).where(*where)).one()
