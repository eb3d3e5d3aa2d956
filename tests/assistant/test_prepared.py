"""Statements that run on the driver itself mean what they mean to SQLAlchemy, on both databases."""

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session, col

from assistant.db import insert_new, snapshot, transaction, unit_of_work
from assistant.models import Clinic, Concern, Conversation, Message
from assistant.prepared import Prepared
from assistant.rules.verdict import Asked
from tests import cast
from tests.cast import ANN, Cast

NOON_IN_NEW_YORK = datetime(2026, 11, 22, 12, 0, tzinfo=timezone(timedelta(hours=-5)))

ASK = Prepared(
    update(Conversation)
    .where(col(Conversation.phone) == bindparam("number"))
    .values(asked=bindparam("what"), asked_at=bindparam("when"), unread=Conversation.unread + 1),
    tuple,
)
ASKED = Prepared(
    select(col(Conversation.asked), col(Conversation.asked_at), col(Conversation.unread)).where(
        col(Conversation.phone) == bindparam("number")
    ),
    lambda *columns: columns,
)
HOURS = Prepared(select(col(Clinic.hours), col(Clinic.languages)), lambda *columns: columns)


@pytest.fixture
def ann(engine: Engine, clinic: Cast) -> int:
    with transaction(engine) as session:
        return cast.add_patient(session, clinic).id


def test_what_is_written_is_read_again_in_the_types_of_its_columns(engine: Engine, ann: int) -> None:
    with transaction(engine) as session:
        ASK.run(session, number=ANN, what=Asked.BETTER_SAME_WORSE, when=NOON_IN_NEW_YORK)
        asked, at, unread = ASKED.first(session, number=ANN) or ()

    assert (type(asked), asked, at, unread) == (Asked, Asked.BETTER_SAME_WORSE, NOON_IN_NEW_YORK, 1)


def test_it_writes_what_the_tables_read(engine: Engine, ann: int) -> None:
    with transaction(engine) as session:
        ASK.run(session, number=ANN, what=None, when=NOON_IN_NEW_YORK)

    with snapshot(engine) as session:
        conversation = session.get_one(Conversation, 1)
        assert (conversation.asked, conversation.asked_at) == (None, NOON_IN_NEW_YORK)


def test_json_comes_back_as_it_was(engine: Engine, clinic: Cast) -> None:
    with snapshot(engine) as session:
        assert HOURS.run(session) == [({}, ["en", "es"])]


def test_what_the_session_holds_back_is_written_first(engine: Engine, ann: int) -> None:
    with transaction(engine) as session:
        session.get_one(Conversation, 1).unread = 7

        _, _, unread = ASKED.first(session, number=ANN) or ()

    assert unread == 7


def test_nothing_found_is_none(engine: Engine, clinic: Cast) -> None:
    with snapshot(engine) as session:
        assert ASKED.first(session, number="+12025550000") is None


def test_an_error_of_the_driver_is_raised_as_sqlalchemy_does(engine: Engine, ann: int) -> None:
    columns = ("clinic_id", "phone", "last_at", "last_text", "unread")
    twice = Prepared(insert(Conversation.__table__), tuple, columns=columns)  # type: ignore[attr-defined]

    with pytest.raises(IntegrityError), transaction(engine) as session:
        twice.run(session, clinic_id=1, phone=ANN, last_at=NOON_IN_NEW_YORK, last_text="", unread=0)


def test_work_whose_connection_is_lost_is_done_again(engine: Engine, ann: int) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("there is no connection to lose")
    tries = []

    def work(session: Session) -> None:
        tries.append(session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
        if len(tries) == 1:
            with engine.connect() as other:
                other.exec_driver_sql(f"SELECT pg_terminate_backend({tries[0]})")
        ASK.run(session, number=ANN, what=None, when=None)

    unit_of_work(engine, work)

    with snapshot(engine) as session:
        assert session.get_one(Conversation, 1).unread == 1


def test_a_snapshot_refuses_a_write_and_the_next_transaction_does_not(engine: Engine, ann: int) -> None:
    for _ in range(2):
        with pytest.raises(DBAPIError), snapshot(engine) as session:
            ASK.run(session, number=ANN, what=None, when=None)
        with transaction(engine) as session:
            ASK.run(session, number=ANN, what=None, when=None)

    with snapshot(engine) as session:
        assert session.get_one(Conversation, 1).unread == 2


def test_a_row_gets_the_defaults_of_its_table(engine: Engine, ann: int) -> None:
    row = {
        "clinic_id": 1,
        "code": 1,
        "conversation_id": 1,
        "severity": "URGENT",
        "words": "pus",
        "findings": [],
        "opened_at": NOON_IN_NEW_YORK,
    }
    with transaction(engine) as session:
        (concern_id,) = insert_new(session, Concern, [row])

    with snapshot(engine) as session:
        concern = session.get_one(Concern, concern_id)
        assert (concern.status, concern.rung, concern.wants_no_texts) == ("open", 0, False)


def test_a_row_that_is_there_is_not_inserted_again(engine: Engine, ann: int) -> None:
    row = {"clinic_id": 1, "phone": ANN, "last_at": NOON_IN_NEW_YORK, "last_text": "", "unread": 0}
    with transaction(engine) as session:
        assert insert_new(session, Conversation, [row]) == []


def test_a_default_that_must_be_computed_is_refused(engine: Engine, ann: int) -> None:
    with pytest.raises(TypeError, match=r"message\.findings"), transaction(engine) as session:
        insert_new(session, Message, [{"clinic_id": 1}])
