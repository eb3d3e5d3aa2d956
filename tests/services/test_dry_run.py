"""What is shown before enrolling is what enrolling then queues."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from assistant.db import snapshot, transaction
from assistant.models import Message
from assistant.rules.states import MessageStatus
from assistant.services import dry_run as dry_runs
from assistant.services import session_events
from assistant.services.content import Content
from assistant.services.dry_run import DryRun
from assistant.services.session_events import SessionCompleted
from tests import cast, events
from tests.cast import Cast
from tests.events import NOW
from tests.services.enrolling import post, texts

IN_A_WEEK = "2026-11-30T10:00:00-05:00"
SISTER = {"external_id": "p-ana", "name": "Ana Lee", "language": "es"}


def look(engine: Engine, content: Content, event: dict[str, Any]) -> DryRun:
    with snapshot(engine) as session:
        read = session_events.event_of(event)
        assert isinstance(read, SessionCompleted)
        return dry_runs.dry_run(session, content, read, NOW)


@pytest.mark.parametrize(
    "event",
    [
        events.completed("evt_2", session={"external_id": "s-2"}),
        events.completed("evt_2", session={"external_id": "s-2"}, next_visit=IN_A_WEEK),
        events.completed("evt_2", session={"external_id": "s-2"}, patient=SISTER, next_visit=IN_A_WEEK),
        events.completed("evt_2", session={"external_id": "s-2"}, patient={"timezone": "Asia/Tokyo", "name": "Ann"}),
        events.completed("evt_2", session={"external_id": "s-2", "performed_at": "2026-11-20T08:00:00Z", "areas": []}),
    ],
)
def test_what_is_shown_is_what_is_queued(engine: Engine, content: Content, clinic: Cast, event: dict[str, Any]) -> None:
    earlier = {"external_id": "s-1", "performed_at": (NOW - timedelta(days=1)).isoformat()}
    post(engine, content, events.completed(session=earlier))
    shown = look(engine, content, event)
    before = {row.id for row in texts(engine)}
    answer = post(engine, content, event).answer

    rows = [row for row in texts(engine) if row.id not in before]
    assert [(text.key, text.due, text.body, text.skipped) for text in shown.texts] == [
        (row.key, row.due_at, row.body, row.reason) for row in rows
    ]
    assert shown.remarks == answer["warnings"]


def test_looking_at_a_moved_visit_shows_its_new_texts(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed(next_visit="2026-12-23T10:00:00-05:00"))
    moved = events.completed("evt_2", session={"external_id": "s-2"}, next_visit="2026-12-15T10:00:00-05:00")
    shown = [text for text in look(engine, content, moved).sent if text.key in ("nsaid", "visit_reminder")]

    assert [text.key for text in shown] == ["nsaid", "visit_reminder"]
    assert all("15 Dec" in text.body for text in shown)


def test_a_number_that_opted_out_would_get_nothing(engine: Engine, content: Content, clinic: Cast) -> None:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, opted_out_at=NOW)
    shown = look(engine, content, events.completed())
    assert shown.sent == []
    assert shown.segments == 0
    assert any("opted out" in remark for remark in shown.remarks)


def test_a_session_that_is_recorded_brings_nothing_more(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed())
    shown = look(engine, content, events.completed("evt_2"))
    assert shown.texts == []
    assert "recorded already" in shown.remarks[0]


def test_the_characters_that_double_a_price_are_named(engine: Engine, content: Content, clinic: Cast) -> None:
    on_a_saturday = "2026-12-05T10:00:00-05:00"  # "sáb"
    shown = look(engine, content, events.completed(patient={"language": "es"}, next_visit=on_a_saturday))
    dear = [text for text in shown.texts if text.costly]
    assert dear
    assert all(set(text.costly) <= set("áíóú") for text in dear)
    assert not texts(engine, Message.status == MessageStatus.QUEUED)
