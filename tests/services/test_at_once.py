"""People and texts that act on one patient at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from assistant.db import snapshot, transaction, unit_of_work
from assistant.models import Clinic, Message
from assistant.services import concerns, inbound
from assistant.services.content import Content
from assistant.services.inbound import InboundText
from tests import cast
from tests.cast import ANN, CLINIC_PHONE, DANA, Cast
from tests.services.texting import text_in, the_concern

DAY_0 = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
NOW = DAY_0 + timedelta(days=3)
PUS = "its hot and theres pus coming out"


def together(*acts: Callable[[], object]) -> list[BaseException]:
    """Do the acts at once, each in a thread; return what was raised."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        start.wait()
        act()

    with ThreadPoolExecutor(len(acts)) as pool:
        done = [pool.submit(run, act) for act in acts]
    return [error for error in (one.exception() for one in done) if error is not None]


def deliver(engine: Engine, content: Content, sender: str, body: str, number: int) -> Callable[[], object]:
    text = InboundText(sid=f"SM{number:032x}", sender=sender, to=CLINIC_PHONE, body=body)
    return lambda: unit_of_work(engine, lambda session: inbound.receive(session, content, text, NOW))


@pytest.fixture
def ann(engine: Engine, clinic: Cast) -> int:
    with transaction(engine) as session:
        return cast.add_patient(session, clinic, performed_at=DAY_0).id


def test_texts_and_acknowledgements_at_the_same_moment_lose_nothing(engine: Engine, content: Content, ann: int) -> None:
    text_in(engine, content, ANN, PUS, NOW)
    code = the_concern(engine).code

    raised = together(
        *(deliver(engine, content, ANN, f"{PUS} {number}", number) for number in range(0xA00, 0xA04)),
        *(deliver(engine, content, DANA, f"{code}a", number) for number in range(0xB00, 0xB02)),
        deliver(engine, content, DANA, f"{code}r coming", 0xC00),
    )

    assert raised == []
    with snapshot(engine) as session:
        assert len(session.exec(select(Message.id).where(Message.direction == "inbound")).all()) == 8


def test_the_same_text_twenty_times_at_once_is_one_row_and_one_concern(
    engine: Engine, content: Content, ann: int
) -> None:
    raised = together(*(deliver(engine, content, ANN, PUS, 0xD00) for _ in range(20)))

    assert raised == []
    assert the_concern(engine).pages == 1


def test_closing_and_opting_out_at_once_end_one_way_or_the_other(engine: Engine, content: Content, ann: int) -> None:
    text_in(engine, content, ANN, "please stop texting me. there is pus and it is hot", NOW)
    concern_id = the_concern(engine).id

    def close() -> None:
        from assistant.models import Staff

        def work(session):  # type: ignore[no-untyped-def]
            dana = session.exec(select(Staff).where(Staff.phone == DANA)).one()
            concern = concerns.find(session, concern_id)
            assert concern is not None
            concerns.resolve(session, content, concern, dana, NOW, note="called")

        unit_of_work(engine, work)

    raised = together(close, deliver(engine, content, ANN, "STOP", 0xE00), deliver(engine, content, ANN, PUS, 0xE01))

    assert raised == []


def test_work_that_the_database_gave_up_on_is_done_again(engine: Engine, clinic: Cast) -> None:
    from sqlalchemy.exc import OperationalError

    tries = []

    def work(session):  # type: ignore[no-untyped-def]
        tries.append(1)
        row = session.exec(select(Clinic)).one()
        row.name = f"Lumen {len(tries)}"
        session.add(row)
        session.flush()
        if len(tries) == 1:
            raise OperationalError("UPDATE", {}, Exception("deadlock detected"))
        return row.name

    assert unit_of_work(engine, work) == "Lumen 2"
