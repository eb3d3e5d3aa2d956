"""What was said when is written down at every start, once, whatever else starts at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import select

from assistant.db import snapshot, transaction, unit_of_work
from assistant.models import ContentVersion
from assistant.services import content_history
from assistant.services.content import Content
from messages.catalog import Catalog
from tests.cast import Cast
from tests.services.governing import FACE, reworded, sign

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def record(engine: Engine, catalog: Catalog, now: datetime = NOW) -> int:
    with transaction(engine) as session:
        return content_history.record_live(session, catalog.editions.values(), now)


def versions(engine: Engine) -> list[tuple[int, datetime, str]]:
    with snapshot(engine) as session:
        rows = session.exec(
            select(ContentVersion)
            .where(ContentVersion.name == FACE[0], ContentVersion.language == FACE[1])
            .order_by(ContentVersion.ordinal)  # type: ignore[arg-type]
        )
        return [(row.ordinal, row.first_seen_at, row.sha256) for row in rows]


def test_the_first_start_writes_everything_down(engine: Engine, content: Content) -> None:
    assert record(engine, content.catalog) == len(content.catalog.editions)
    with snapshot(engine) as session:
        assert content_history.live(session) == dict(content.catalog.editions)


def test_a_second_start_with_the_same_words_writes_nothing(engine: Engine, content: Content) -> None:
    record(engine, content.catalog)

    assert record(engine, content.catalog, LATER) == 0


def test_other_words_are_another_version_and_the_earlier_one_stays(engine: Engine, content: Content) -> None:
    changed = reworded(content.catalog, day_5="Other words.")
    record(engine, content.catalog)

    assert record(engine, changed, LATER) == 1
    first, second = content.catalog.editions[FACE].sha256, changed.editions[FACE].sha256
    assert versions(engine) == [(1, NOW, first), (2, LATER, second)]


def test_words_that_come_back_are_live_again(engine: Engine, content: Content) -> None:
    record(engine, content.catalog)
    record(engine, reworded(content.catalog, day_5="Other words."), LATER)
    record(engine, content.catalog, LATER + timedelta(days=1))

    assert [ordinal for ordinal, _, _ in versions(engine)] == [1, 2, 3]
    with snapshot(engine) as session:
        assert content_history.live(session)[FACE] == content.catalog.editions[FACE]


def test_processes_that_start_at_once_write_one_version(engine: Engine, content: Content) -> None:
    start = threading.Barrier(4)

    def begin() -> int:
        start.wait()
        editions = content.catalog.editions.values()
        return unit_of_work(engine, lambda session: content_history.record_live(session, editions, NOW))

    with ThreadPoolExecutor(4) as pool:
        recorded = [done.result() for done in [pool.submit(begin) for _ in range(4)]]

    assert sum(recorded) == len(content.catalog.editions)
    assert len(versions(engine)) == 1


def test_old_and_new_processes_that_start_at_once_end_with_one_of_the_two(engine: Engine, content: Content) -> None:
    record(engine, content.catalog)
    catalogs = [reworded(content.catalog, day_5=f"Words {number}.") for number in range(4)]
    start = threading.Barrier(4)

    def begin(catalog: Catalog) -> None:
        start.wait()
        editions = catalog.editions.values()
        unit_of_work(engine, lambda session: content_history.record_live(session, editions, LATER))

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(begin, catalog) for catalog in catalogs]:
            done.result()

    assert [ordinal for ordinal, _, _ in versions(engine)] == [1, 2, 3, 4, 5]
    assert {sha for _, _, sha in versions(engine)[1:]} == {catalog.editions[FACE].sha256 for catalog in catalogs}


def test_the_history_tells_what_was_live_and_who_signed_it_newest_first(
    engine: Engine, clinic: Cast, content: Content
) -> None:
    changed = reworded(content.catalog, day_5="Other words.")
    record(engine, content.catalog)
    with transaction(engine) as session:
        sign(session, content.catalog, clinic.evans_id, NOW + timedelta(hours=1), note="read aloud")
    record(engine, changed, LATER)

    with snapshot(engine) as session:
        told = content_history.history(session, *FACE)

    first, second = content.catalog.editions[FACE].sha256, changed.editions[FACE].sha256
    assert [(moment.sha256, moment.by, moment.note) for moment in told] == [
        (second, None, ""),
        (first, "Dr Evans, clinician", "read aloud"),
        (first, None, ""),
    ]
    assert {moment.version for moment in told} == {content.catalog.editions[FACE].version}
