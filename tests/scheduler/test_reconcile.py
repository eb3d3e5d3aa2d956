"""Messages of which nobody knows whether they left, and texts whose webhook never came."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from assistant.db import snapshot, transaction
from assistant.errors import SendError
from assistant.gateway import LookupFailed, ProviderMessage
from assistant.models import Message, Task
from assistant.rules.states import MessageStatus
from assistant.services import outbox, settling
from messages.protocol import MessageClass
from scheduler.reconcile import CatchUp, settle_doubt
from tests.cast import ANN, CLINIC_PHONE
from tests.fakes.gateway import FakeGateway
from tests.scheduler.test_dispatch import NOW, Queue, queue  # noqa: F401  (the fixture)
from tests.services.texting import keys


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def listed(body: str, created_at: datetime, sid: str = "SM" + "1" * 32) -> ProviderMessage:
    return ProviderMessage(
        sid=sid, to=ANN, from_=CLINIC_PHONE, body=body, status="sent", created_at=created_at, direction="outbound-api"
    )


@pytest.fixture
def doubted(queue: Queue) -> Queue:  # noqa: F811
    """The next send ends in doubt."""
    queue.gateway.fail[ANN] = SendError("timeout", "in_doubt")
    return queue


def look(queue: Queue, seconds: float) -> None:  # noqa: F811
    settle_doubt(queue.engine, queue.gateway, queue.content, at(seconds))


def test_what_the_providers_list_shows_was_sent_and_is_not_sent_again(doubted: Queue) -> None:
    message_id = doubted.add("hello")
    doubted.send()
    doubted.gateway.listed = [listed("hello", at(1))]
    look(doubted, 20)

    message = doubted.get(message_id)
    assert (message.status, message.provider_sid) == (MessageStatus.ACCEPTED, "SM" + "1" * 32)


def test_a_listed_text_that_belongs_to_another_message_proves_nothing(doubted: Queue) -> None:
    doubted.add("hello", status=MessageStatus.DELIVERED, provider_sid="SM" + "1" * 32, dedupe_key="x", oid="x")
    message_id = doubted.add("hello")
    doubted.send()
    doubted.gateway.listed = [listed("hello", at(1))]
    look(doubted, 20)

    assert doubted.get(message_id).status is MessageStatus.IN_DOUBT


def test_guidance_goes_out_again_only_after_two_looks_a_settle_time_apart(doubted: Queue) -> None:
    message_id = doubted.add("hello")
    doubted.send()
    for seconds in (20, 179):
        look(doubted, seconds)
        assert doubted.get(message_id).status is MessageStatus.IN_DOUBT
    look(doubted, 181)
    assert doubted.get(message_id).status is MessageStatus.IN_DOUBT
    look(doubted, 362)

    assert doubted.get(message_id).status is MessageStatus.QUEUED


def test_a_page_in_doubt_goes_out_again_and_says_that_it_is_a_repeat(doubted: Queue) -> None:
    message_id = doubted.add("page", message_class=MessageClass.ALERT, lane=0)
    doubted.send()
    look(doubted, 61)
    look(doubted, 122)

    message = doubted.get(message_id)
    assert (message.status, message.body) == (MessageStatus.QUEUED, "(repeat) page")


def test_a_confirmation_in_doubt_is_never_sent_again(doubted: Queue) -> None:
    message_id = doubted.add("confirmation", message_class=MessageClass.ONCE)
    doubted.send()
    look(doubted, 181)
    look(doubted, 362)

    assert doubted.get(message_id).status is MessageStatus.FAILED


def test_while_the_list_cannot_be_read_nothing_is_sent_again(doubted: Queue) -> None:
    class Blind(FakeGateway):
        def find(self, to: str, since: datetime) -> list[ProviderMessage]:
            raise LookupFailed("503")

    message_id = doubted.add("hello")
    page_id = doubted.add("page", message_class=MessageClass.ALERT)
    doubted.send()
    doubted.gateway = Blind()
    for minute in range(1, 15):
        look(doubted, minute * 60)
    assert doubted.get(message_id).status is MessageStatus.IN_DOUBT
    look(doubted, 15 * 60 + 200)

    assert doubted.get(page_id).status is MessageStatus.QUEUED
    assert doubted.get(message_id).status is MessageStatus.FAILED
    with snapshot(doubted.engine) as session:
        assert "nobody knows" in session.exec(select(Task.text)).one()


def test_a_message_whose_dispatcher_died_is_held_in_doubt_after_its_lease(queue: Queue) -> None:  # noqa: F811
    message_id = queue.add("hello")
    with transaction(queue.engine) as session:
        outbox.claim_due(session, NOW, 10)
    look(queue, 74)
    assert queue.get(message_id).status is MessageStatus.SENDING
    look(queue, 76)

    assert queue.get(message_id).status is MessageStatus.IN_DOUBT


def test_a_dispatcher_that_wakes_after_its_lease_does_not_undo_what_was_settled(queue: Queue) -> None:  # noqa: F811
    message_id = queue.add("hello")
    with transaction(queue.engine) as session:
        first = outbox.claim_due(session, NOW, 10)[0]
    with transaction(queue.engine) as session:
        message = session.get_one(Message, message_id)
        message.status, message.due_at = MessageStatus.QUEUED, NOW
        session.add(message)
    with transaction(queue.engine) as session:
        outbox.claim_due(session, at(400), 10)
    with transaction(queue.engine) as session:
        outbox.settle(
            session, queue.content, [outbox.Sent(first.id, first.attempt, code="x", outcome="permanent")], at(401)
        )

    assert queue.get(message_id).status is MessageStatus.SENDING


def test_a_callback_with_our_id_ends_the_doubt(doubted: Queue) -> None:
    message_id = doubted.add("hello")
    doubted.send()
    with transaction(doubted.engine) as session:
        settling.reported(
            session, doubted.content, oid="hello", sid="SM" + "2" * 32, status="sent", error_code=None, now=at(3)
        )

    message = doubted.get(message_id)
    assert (message.status, message.provider_sid) == (MessageStatus.SENT, "SM" + "2" * 32)


def test_a_text_whose_webhook_never_came_is_fetched_once_and_triaged(queue: Queue) -> None:  # noqa: F811
    queue.gateway.inbound = [
        ProviderMessage(
            sid="SM" + "9" * 32,
            to=CLINIC_PHONE,
            from_=ANN,
            body="there is pus and it is hot",
            status="received",
            created_at=at(-600),
            direction="inbound",
        )
    ]
    catch_up = CatchUp(queue.engine, queue.gateway, queue.content, lambda: NOW)

    assert catch_up.run() == 1
    assert catch_up.run() == 0
    assert keys(queue.engine, ANN) == ["urgent"]
