"""How many waiting texts a change of the content is about, counted on real rows."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from assistant.db import snapshot, transaction
from assistant.models import Clinic, Message
from assistant.rules.states import MessageStatus
from assistant.services import content_effect
from assistant.services.content import Content
from messages.catalog import Catalog
from messages.under_way import Effect
from tests import events
from tests.cast import Cast
from tests.events import NOW
from tests.services.enrolling import post, texts
from tests.services.governing import FACE, reworded, with_edition

IN_TWO_WEEKS = "2026-12-07T10:00:00-05:00"


@pytest.fixture
def ann(engine: Engine, clinic: Cast, content: Content) -> Cast:
    """Ann's session is recorded, and her next visit is in two weeks."""
    post(engine, content, events.completed(next_visit=IN_TWO_WEEKS))
    return clinic


def effect(engine: Engine, clinic: Cast, content: Content, new: Catalog, now: datetime = NOW) -> Effect:
    with snapshot(engine) as session:
        return content_effect.effect(
            session, [clinic.clinic_id], old=content.catalog.editions, new=new.editions, now=now
        )


def waiting(engine: Engine, *keys: str) -> tuple[int, ...]:
    rows = texts(engine, Message.status == MessageStatus.QUEUED)
    return tuple(sorted(row.id for row in rows if row.key in keys))


def test_the_same_content_is_about_no_text(engine: Engine, ann: Cast, content: Content) -> None:
    assert effect(engine, ann, content, content.catalog) == Effect((), (), (), (), 0)


def test_other_words_are_about_the_texts_that_wait_with_them(engine: Engine, ann: Cast, content: Content) -> None:
    found = effect(engine, ann, content, reworded(content.catalog, day_5="Other.", visit_reminder="Other."))

    assert found == Effect(waiting(engine, "day_5", "visit_reminder"), (), (), (), 1)


def test_the_first_text_counts_for_the_line_about_opting_out(engine: Engine, ann: Cast, content: Content) -> None:
    found = effect(engine, ann, content, reworded(content.catalog, opt_out_line="STOP ends them."))

    assert found.words == waiting(engine, "day_0")


def test_words_about_the_visit_count_where_the_first_text_carries_them(
    engine: Engine, clinic: Cast, content: Content
) -> None:
    post(engine, content, events.completed(next_visit="2026-11-30T10:00:00-05:00"))
    found = effect(engine, clinic, content, reworded(content.catalog, nsaid="Other.", nsaid_window_open="Other."))

    assert found.words == waiting(engine, "day_0")


def test_a_text_that_has_gone_out_is_not_counted(engine: Engine, ann: Cast, content: Content) -> None:
    with transaction(engine) as session:
        session.exec(select(Message).where(Message.key == "day_5")).one().status = MessageStatus.SENT

    assert effect(engine, ann, content, reworded(content.catalog, day_5="Other.")) == Effect((), (), (), (), 0)


def test_a_moved_step_moves_its_text_and_one_that_is_gone_drops_it(engine: Engine, ann: Cast, content: Content) -> None:
    edition = content.catalog.editions[FACE]
    assert edition.timing is not None
    steps = [
        {**step, "at": "14:00:00"} if step["key"] == "day_3" else step
        for step in edition.timing["steps"]
        if step["key"] != "day_5"
    ]
    steps.append({**steps[2], "key": "day_2", "day": 2})
    changed = with_edition(content.catalog, replace(edition, timing={**edition.timing, "steps": steps}))
    found = effect(engine, ann, content, changed)

    assert (found.moved, found.dropped) == (waiting(engine, "day_3"), waiting(engine, "day_5"))
    assert [key for _, key in found.added] == ["day_2"]


def test_a_patient_who_had_the_treatment_before_waits_for_the_shorter_words(
    engine: Engine, ann: Cast, content: Content
) -> None:
    later = NOW + timedelta(days=10)
    again = {"external_id": "s-2", "performed_at": "2026-12-03T10:00:00-05:00"}
    post(engine, content, events.completed("evt_2", session=again), later)
    with transaction(engine) as session:  # what was for the first session's hours has gone out by now
        for row in session.exec(select(Message).where(Message.due_at < later)):  # type: ignore[operator]
            row.status = MessageStatus.SENT
    found = effect(engine, ann, content, reworded(content.catalog, day_0_again="Other."), later)

    assert found.words == waiting(engine, "day_0")


def test_another_clinics_texts_are_not_counted(engine: Engine, ann: Cast, content: Content) -> None:
    with transaction(engine) as session:
        first = session.get_one(Clinic, ann.clinic_id)
        north = Clinic(**(first.model_dump(exclude={"id"}) | {"slug": "north", "phone": "+12025550101"}))
        session.add(north)
        session.flush()
        new = reworded(content.catalog, day_5="Other.").editions
        found = content_effect.effect(session, [north.id], old=content.catalog.editions, new=new, now=NOW)

    assert found == Effect((), (), (), (), 0)
