"""What is due leaves once, in the right order, and what is no longer right to say does not leave."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from assistant.db import snapshot, transaction
from assistant.errors import SendError
from assistant.gateway import Accepted, OutgoingText
from assistant.models import Clinic, Consent, ConsentKind, Conversation, Direction, Message, Task
from assistant.rules.states import MessageStatus
from assistant.services import settling
from assistant.services.content import Content
from messages.protocol import MessageClass
from scheduler.dispatch import Dispatcher
from tests import cast
from tests.cast import ANN, CLINIC_PHONE, DANA, Cast
from tests.fakes.gateway import FakeGateway

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)  # 10:00 in New York
CALLBACK = "http://127.0.0.1:8000/webhooks/twilio/status"


class Queue:
    """Writes due messages to Ann and sends them at chosen moments."""

    def __init__(self, engine: Engine, content: Content, gateway: FakeGateway) -> None:
        self.engine, self.content, self.gateway = engine, content, gateway

    def add(self, body: str, **changes: object) -> int:
        with transaction(self.engine) as session:
            conversation = session.exec(select(Conversation)).one()
            values: dict[str, object] = {
                "clinic_id": conversation.clinic_id,
                "conversation_id": conversation.id,
                "patient_id": 1,
                "direction": Direction.OUTBOUND,
                "status": MessageStatus.QUEUED,
                "phone": ANN,
                "body": body,
                "key": body,
                "created_at": NOW,
                "due_at": NOW,
                "send_by": NOW + timedelta(hours=8),
                "dedupe_key": body,
                "oid": body,
                "message_class": MessageClass.GUIDANCE,
            }
            message = Message(**(values | changes))
            session.add(message)
            session.flush()
            return message.id

    def send(self, now: datetime = NOW) -> int:
        dispatcher = Dispatcher(
            self.engine, self.gateway, self.content, callback_url=CALLBACK, now=lambda: now, threads=4
        )
        sent = dispatcher.run()
        dispatcher.close()
        return sent

    def get(self, message_id: int) -> Message:
        with snapshot(self.engine) as session:
            return session.get_one(Message, message_id)

    def bodies(self) -> list[str]:
        return [text.body for text in self.gateway.sent]


@pytest.fixture
def queue(engine: Engine, content: Content, gateway: FakeGateway, clinic: Cast) -> Queue:
    with transaction(engine) as session:
        cast.add_patient(session, clinic)
    return Queue(engine, content, gateway)


def test_a_message_leaves_once_when_it_is_due(queue: Queue) -> None:
    message_id = queue.add("hello", due_at=NOW)

    assert queue.send(NOW - timedelta(seconds=1)) == 0
    assert queue.send(NOW) == 1
    assert queue.send(NOW) == 0
    assert queue.bodies() == ["hello"]
    assert queue.get(message_id).status is MessageStatus.ACCEPTED


def test_our_id_the_sender_and_the_time_it_is_good_for_go_with_it(queue: Queue) -> None:
    queue.add("hello", send_by=NOW + timedelta(minutes=10))
    queue.send()

    text = queue.gateway.sent[0]
    assert text.callback_url == f"{CALLBACK}?oid=hello#rc=5&rp=all"
    assert (text.sender, text.validity_seconds) == (CLINIC_PHONE, 600)


def test_the_provider_is_never_given_longer_than_it_allows(queue: Queue) -> None:
    queue.add("hello", send_by=NOW + timedelta(days=5))
    queue.send()

    assert queue.gateway.sent[0].validity_seconds == 36_000


def test_pages_leave_before_answers_and_answers_before_guidance(queue: Queue) -> None:
    queue.add("guidance", lane=2)
    queue.add("answer", lane=1, message_class=MessageClass.ONCE)
    queue.add("page", lane=0, message_class=MessageClass.ALERT)
    dispatcher = Dispatcher(
        queue.engine, queue.gateway, queue.content, callback_url=CALLBACK, now=lambda: NOW, threads=1
    )
    dispatcher.run()
    dispatcher.close()

    assert queue.bodies() == ["page", "answer", "guidance"]


def test_what_is_too_late_is_skipped_with_its_reason(queue: Queue) -> None:
    message_id = queue.add("today only", send_by=NOW + timedelta(hours=1))
    queue.send(NOW + timedelta(hours=1))

    message = queue.get(message_id)
    assert queue.bodies() == []
    assert (message.status, message.reason) == (
        MessageStatus.SKIPPED,
        "too late: it was to be sent by 2026-11-25 16:00 UTC",
    )


def test_a_safety_text_that_is_skipped_becomes_a_task(queue: Queue) -> None:
    queue.add("warning signs", send_by=NOW, safety=True)
    queue.send()

    with snapshot(queue.engine) as session:
        assert "too late" in session.exec(select(Task.text)).one()


def test_what_an_outage_moved_into_the_night_waits_for_the_morning(queue: Queue) -> None:
    night = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)  # 21:00 in New York
    message_id = queue.add("routine", any_hour=False, send_by=NOW + timedelta(days=2))

    assert queue.send(night) == 0
    assert queue.get(message_id).due_at == datetime(2026, 11, 26, 14, 0, tzinfo=UTC)  # 09:00
    assert queue.get(message_id).attempts == 0


def test_after_an_outage_a_patient_gets_the_newest_routine_text_only(queue: Queue) -> None:
    queue.add("day 1", due_at=NOW - timedelta(days=2))
    queue.add("day 2", due_at=NOW - timedelta(days=1))
    queue.add("warning signs", due_at=NOW - timedelta(days=2), safety=True)
    queue.send()

    assert sorted(queue.bodies()) == ["day 2", "warning signs"]


def test_nothing_but_the_confirmation_reaches_a_number_that_has_opted_out(queue: Queue) -> None:
    queue.add("guidance")
    queue.add("confirmation", key="opt_out")
    with transaction(queue.engine) as session:
        conversation = session.exec(select(Conversation)).one()
        conversation.opted_out_at = NOW
        session.add(conversation)
    queue.send()

    assert queue.bodies() == ["confirmation"]


def test_a_number_the_carrier_has_blocked_is_noted_as_opted_out(queue: Queue) -> None:
    queue.gateway.fail[ANN] = SendError("21610", "permanent")
    message_id = queue.add("hello", safety=True)
    queue.send()

    assert queue.get(message_id).status is MessageStatus.FAILED
    with snapshot(queue.engine) as session:
        assert session.exec(select(Conversation.opted_out_at)).one() == NOW
        assert session.exec(select(Consent.kind)).one() is ConsentKind.BLOCKED
        assert "opted out" in session.exec(select(Task.text)).one()


def test_what_was_not_accepted_is_tried_again_later_each_time(queue: Queue) -> None:
    queue.gateway.fail[ANN] = SendError("20429", "retry")
    message_id = queue.add("hello")
    queue.send()
    assert queue.get(message_id).due_at == NOW + timedelta(seconds=15)

    queue.send(NOW + timedelta(seconds=15))
    assert queue.get(message_id).due_at == NOW + timedelta(seconds=45)

    del queue.gateway.fail[ANN]
    queue.send(NOW + timedelta(seconds=45))
    assert queue.bodies() == ["hello"]


def test_what_may_have_been_accepted_is_never_tried_again_blindly(queue: Queue) -> None:
    queue.gateway.fail[ANN] = SendError("timeout", "in_doubt")
    message_id = queue.add("hello")
    queue.send()
    del queue.gateway.fail[ANN]
    queue.send(NOW + timedelta(hours=1))

    assert queue.bodies() == []
    assert queue.get(message_id).status is MessageStatus.IN_DOUBT


def test_a_callback_that_overtakes_the_answer_is_not_undone_by_it(queue: Queue) -> None:
    message_id = queue.add("hello")

    class Overtaking(FakeGateway):
        def send(self, text):  # type: ignore[no-untyped-def]
            accepted = super().send(text)
            with transaction(queue.engine) as session:
                settling.reported(
                    session,
                    queue.content,
                    oid=text.oid,
                    sid=accepted.sid,
                    status="delivered",
                    error_code=None,
                    now=NOW,
                )
            return accepted

    queue.gateway = Overtaking()
    queue.send()

    assert queue.get(message_id).status is MessageStatus.DELIVERED


def test_callbacks_in_any_order_and_number_end_delivered(queue: Queue) -> None:
    message_id = queue.add("hello")
    queue.send()
    sid = queue.get(message_id).provider_sid
    assert sid is not None
    for status in ("delivered", "sent", "queued", "delivered", "sent"):
        with transaction(queue.engine) as session:
            settling.reported(session, queue.content, oid="hello", sid=sid, status=status, error_code=None, now=NOW)

    assert queue.get(message_id).status is MessageStatus.DELIVERED


def test_an_undelivered_safety_text_becomes_one_task_that_says_why(queue: Queue) -> None:
    message_id = queue.add("warning signs", safety=True)
    queue.send()
    sid = queue.get(message_id).provider_sid
    assert sid is not None
    for _ in range(2):
        with transaction(queue.engine) as session:
            settling.reported(
                session, queue.content, oid=None, sid=sid, status="undelivered", error_code="30006", now=NOW
            )

    with snapshot(queue.engine) as session:
        assert "andline" in session.exec(select(Task.text)).one()


def test_a_report_about_a_text_that_is_not_ours_is_kept_and_changes_nothing(queue: Queue) -> None:
    with transaction(queue.engine) as session:
        found = settling.reported(
            session, queue.content, oid=None, sid="SM" + "f" * 32, status="sent", error_code=None, now=NOW
        )

    assert found is None


def test_two_dispatchers_at_once_send_each_message_once(queue: Queue) -> None:
    for number in range(60):
        queue.add(f"text {number}")
    threads = [threading.Thread(target=queue.send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(queue.bodies()) == sorted(f"text {number}" for number in range(60))


def test_a_clinic_in_another_quiet_window_is_respected(queue: Queue) -> None:
    with transaction(queue.engine) as session:
        clinic = session.exec(select(Clinic)).one()
        clinic.quiet_from = clinic.quiet_until  # none
        session.add(clinic)
    queue.add("routine", any_hour=False, send_by=NOW + timedelta(days=2))

    assert queue.send(datetime(2026, 11, 26, 2, 0, tzinfo=UTC)) == 1


def test_an_account_that_is_refused_stops_all_sending_for_a_minute(queue: Queue) -> None:
    queue.gateway.fail[ANN] = SendError("20003", "configuration")
    for number in range(40):
        queue.add(f"text {number}", due_at=NOW - timedelta(seconds=40 - number))
    dispatcher = Dispatcher(
        queue.engine, queue.gateway, queue.content, callback_url=CALLBACK, now=lambda: NOW, threads=2
    )
    tried = dispatcher.run()

    assert tried < 40
    assert dispatcher.run() == 0
    dispatcher.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_leaves_its_message_in_doubt_and_not_lost(queue: Queue) -> None:
    class Broken(FakeGateway):
        def send(self, text):  # type: ignore[no-untyped-def]
            raise SystemExit  # ends the thread without a word

    queue.gateway = Broken()
    message_id = queue.add("hello")
    queue.send()

    assert queue.get(message_id).status is MessageStatus.IN_DOUBT


def test_a_page_that_becomes_due_while_a_request_hangs_does_not_wait_for_it(queue: Queue) -> None:
    class Hanging(FakeGateway):
        def __init__(self) -> None:
            super().__init__()
            self.asked, self.answer, self.paged = threading.Event(), threading.Event(), threading.Event()

        def send(self, text: OutgoingText) -> Accepted:
            if text.to == ANN:
                self.asked.set()
                self.answer.wait()
            accepted = super().send(text)
            if text.to == DANA:
                self.paged.set()
            return accepted

    looks = threading.Semaphore(0)

    def now() -> datetime:
        looks.release()
        return NOW

    hanging = Hanging()
    dispatcher = Dispatcher(queue.engine, hanging, queue.content, callback_url=CALLBACK, now=now, threads=4)
    queue.add("hello")
    sending = threading.Thread(target=dispatcher.run)
    sending.start()
    assert hanging.asked.wait(10)
    looked = all(looks.acquire(timeout=10) for _ in range(8))  # by now it has found nothing else, and waits
    queue.add("page", phone=DANA, lane=0)
    paged = looked and hanging.paged.wait(10)
    hanging.answer.set()
    sending.join()
    dispatcher.close()
    assert paged
    assert [text.body for text in hanging.sent] == ["page", "hello"]
