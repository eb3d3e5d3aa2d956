"""Many processes do the same work at the same time, and it is done once."""

import uuid
from collections import Counter
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine
from sqlmodel import func, select

from assistant import clock
from assistant.db import insert_new, snapshot, transaction
from assistant.models import Clinic, Concern, Direction, Message, Patient, TreatmentSession
from assistant.rules.states import MessageStatus
from assistant.signatures import twilio_signature
from messages.protocol import MessageClass
from scheduler.dispatch import THREADS
from tests import cast
from tests.cast import CLINIC_PHONE, Cast
from tests.end_to_end.deliver import deliver_from_many_processes
from tests.end_to_end.events import session_completed
from tests.end_to_end.processes import Installation, signed_event
from tests.fakes.twilio_server import ACCOUNT_SID, AUTH_TOKEN

pytestmark = pytest.mark.process

DUE = 600
REPEATED = 40
DELIVERERS = 8


def phone(number: int) -> str:
    return f"+1202556{number:04}"


def test_two_schedulers_at_once_send_each_of_600_due_texts_once(
    installed: Installation, engine: Engine, clinic: Cast
) -> None:
    # Slow enough that one scheduler alone could not finish before the other's next tick.
    installed.twilio.behave(latency_ms=200, outcome="silent")
    schedulers = [installed.start("scheduler"), installed.start("scheduler")]
    installed.wait_for_connections(len(schedulers))  # both run: each has asked for texts that came in meanwhile
    queue_due_texts(engine, clinic)

    assert installed.twilio.wait_for_accepted(DUE, seconds=30), [one.output() for one in schedulers]
    assert [one.stop() for one in schedulers] == [0, 0]
    accepted = installed.twilio.accepted
    assert len(accepted) == DUE
    assert {(message.to, message.body) for message in accepted} == {(phone(n), f"text {n}") for n in range(DUE)}
    with snapshot(engine) as session:
        rows = session.exec(select(Message.status, Message.provider_sid, Message.attempts)).all()
    assert Counter((status, attempts) for status, _, attempts in rows) == {(MessageStatus.ACCEPTED, 1): DUE}
    assert {sid for _, sid, _ in rows} == {message.sid for message in accepted}
    # One process opens no more connections than it has threads, so both have sent.
    assert installed.twilio.connections > THREADS + len(schedulers)


def test_a_scheduler_that_is_stopped_in_a_burst_leaves_nothing_in_doubt(
    installed: Installation, engine: Engine, clinic: Cast
) -> None:
    installed.twilio.behave(latency_ms=200, outcome="silent")
    queue_due_texts(engine, clinic)
    scheduler = installed.start("scheduler")
    assert installed.twilio.wait_for_accepted(THREADS, seconds=30), scheduler.output()
    assert scheduler.stop() == 0

    sent = len(installed.twilio.accepted)
    with snapshot(engine) as session:
        statuses = Counter(session.exec(select(Message.status)).all())
    assert statuses == {MessageStatus.ACCEPTED: sent, MessageStatus.QUEUED: DUE - sent}
    assert installed.tick() == 0
    assert len({message.to for message in installed.twilio.accepted}) == len(installed.twilio.accepted) == DUE


def test_eight_processes_delivering_the_same_40_texts_make_40_rows(
    installed: Installation, engine: Engine, clinic: Cast
) -> None:
    with transaction(engine) as session:
        for number in range(REPEATED):
            cast.add_patient(session, clinic, name=f"Pat {number}", phone=phone(number))
    installed.start_web(workers=2)
    requests = [inbound_text(installed, number) for number in range(REPEATED)]

    answers = deliver_from_many_processes(requests, DELIVERERS)
    assert Counter(answer.status for each in answers for answer in each) == {200: REPEATED * DELIVERERS}
    with snapshot(engine) as session:
        texts = session.exec(select(Message.phone).where(Message.direction == Direction.INBOUND)).all()
        concerns = session.exec(select(func.count()).select_from(Concern)).one()
        codes = session.exec(select(Clinic.last_code)).one()
    assert sorted(texts) == [phone(number) for number in range(REPEATED)]
    assert (concerns, codes) == (REPEATED, REPEATED)


def test_eight_processes_delivering_the_same_40_events_make_40_sessions(
    installed: Installation, engine: Engine, clinic: Cast
) -> None:
    installed.start_web(workers=2)
    now = clock.now()
    requests = [
        signed_event(
            installed.url,
            session_completed(
                now, number=number, name=f"Pat {number}", phone=phone(number), performed_ago=timedelta(minutes=5)
            ),
        )
        for number in range(REPEATED)
    ]

    answers = deliver_from_many_processes(requests, DELIVERERS)
    for to_one_event in zip(*answers, strict=True):
        assert Counter(answer.status for answer in to_one_event) == {201: 1, 200: DELIVERERS - 1}
        assert len({answer.body for answer in to_one_event}) == 1
    planned = sum(len(answer.json()["messages"]) for answer in answers[0])
    with snapshot(engine) as session:
        counts = [
            session.exec(select(func.count()).select_from(table)).one()
            for table in (Patient, TreatmentSession, Message)
        ]
    assert counts == [REPEATED, REPEATED, planned]


def inbound_text(installed: Installation, number: int) -> dict[str, object]:
    """A signed request as Twilio posts it: an urgent text of patient ``number``."""
    url = installed.twilio.inbound_url
    form = {
        "MessageSid": f"SM{number:032x}",
        "AccountSid": ACCOUNT_SID,
        "From": phone(number),
        "To": CLINIC_PHONE,
        "Body": "there is pus coming out of my cheek",
        "NumMedia": "0",
    }
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": twilio_signature(url, form, AUTH_TOKEN),
    }
    return {"url": url, "headers": headers, "body": urlencode(form)}


def queue_due_texts(engine: Engine, clinic: Cast) -> None:
    """Write 600 texts that are due, to as many phones."""
    now = clock.now()
    with transaction(engine) as session:
        insert_new(
            session,
            Message,
            [
                {
                    "clinic_id": clinic.clinic_id,
                    "direction": Direction.OUTBOUND,
                    "status": MessageStatus.QUEUED,
                    "phone": phone(number),
                    "body": f"text {number}",
                    "created_at": now,
                    "dedupe_key": f"step:{number}",
                    "key": "day_1",
                    "message_class": MessageClass.GUIDANCE,
                    "lane": 2,
                    "due_at": now,
                    "send_by": now + timedelta(hours=10),
                    "any_hour": True,
                    "safety": False,
                    "oid": uuid.uuid4().hex,
                    "attempts": 0,
                    "not_found": 0,
                    "findings": [],
                    "media": [],
                }
                for number in range(DUE)
            ],
        )
