"""Engines and transactions; the whole difference between SQLite and PostgreSQL."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

import pysqlite3
from sqlalchemy import URL, Connection, Engine, Insert, MetaData, create_engine, event, inspect, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlmodel import Session, SQLModel

from assistant.errors import SettingsError
from assistant.prepared import Prepared, on_driver

# Before this version a WAL database with two connections can lose committed writes
# (sqlite.org/wal.html, "WAL-reset bug"; fixed in 3.51.3).
OLDEST_SAFE_SQLITE = (3, 51, 3)

# A deadlock ends one of two transactions; a third meeting of the same two is bad luck beyond planning for.
TRIES = 3

# How long a writer waits for SQLite's single write lock: longer than any transaction of ours, and three
# tries of it shorter than the 15 s in which Twilio wants its webhook answered.
LOCK_WAIT_SECONDS = 4

# SQLite's own wait for its write lock is a sleep of up to 100 ms at a time, in no order: the threads of one process
# queue here instead, and only processes compete for it.
_sqlite_turns: dict[URL, RLock] = {}

R = TypeVar("R")

_log = logging.getLogger(__name__)

# Set before the first table is declared: constraints without a name cannot be migrated on SQLite.
SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention


def make_engine(url: str) -> Engine:
    """Return an engine for ``url``; a SQLite file's folder is created. Raises SettingsError if it cannot be."""
    if url.startswith("postgres://"):  # what several hosts still hand out
        url = url.replace("postgres://", "postgresql://", 1)
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError):
        backend = ""
    if backend not in ("sqlite", "postgresql"):
        raise SettingsError("DATABASE_URL must be like sqlite:///instance/aftercare.db or postgresql://user@host/name")
    if backend != "sqlite":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            hide_parameters=True,  # they are names, numbers and what patients wrote
            pool_size=8,
            connect_args={"connect_timeout": 10},
        )
    if parsed.database and parsed.database != ":memory:":
        folder = Path(parsed.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"DATABASE_URL: the folder {folder} cannot be made: {error.strerror}") from None
    engine = create_engine(
        parsed,
        module=pysqlite3.dbapi2,
        hide_parameters=True,
        # Writers take turns, so each gets the connection of the one before: another connection's cache of the file
        # would be of no use after a write.
        pool_use_lifo=True,
        connect_args={"timeout": LOCK_WAIT_SECONDS},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session that commits when the block ends, and rolls back if it raises.

    Rows that will be changed because of what was read must be read with ``with_for_update``:
    PostgreSQL locks them, and SQLite, which ignores the clause, already holds its single write lock
    from BEGIN IMMEDIATE.
    """
    with _turn(engine), Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


def unit_of_work(engine: Engine, work: Callable[[Session], R]) -> R:
    """Return what ``work`` returns, done in one transaction.

    Where the database gives up (a deadlock, a lost connection, a lock that did not come free in time) the
    whole work is done again, twice at most; it must therefore be safe to repeat. Raises what the last try raised.
    """
    for _ in range(TRIES - 1):
        try:
            with transaction(engine) as session:
                return work(session)
        except DBAPIError as error:
            _log.warning("the work is done again: %s", type(error.orig).__name__)
    with transaction(engine) as session:
        return work(session)


@contextmanager
def snapshot(engine: Engine) -> Iterator[Session]:
    """A read-only session. Never waits for a writer; a write inside it is refused by the database."""
    readonly = engine.execution_options(read_only=True, postgresql_readonly=True)
    with Session(readonly, expire_on_commit=False) as session, session.begin():
        yield session


def insert_new(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert the rows that break no unique constraint; return the primary keys of those that were new."""
    if not rows:
        return []
    dialect_name = session.get_bind().dialect.name
    if len(rows) == 1:
        return _insert_one_new(dialect_name, table, tuple(rows[0])).run(session, **rows[0])
    # Read from RETURNING: with psycopg, rowcount is -1 here.
    return [row[0] for row in session.execute(_insert_new(dialect_name, table), list(rows)).all()]


@cache
def _insert_one_new(dialect_name: str, table: type[SQLModel], columns: tuple[str, ...]) -> Prepared[int]:
    return Prepared(_insert_new(dialect_name, table), lambda key: key, columns=columns)


@cache
def _insert_new(dialect_name: str, table: type[SQLModel]) -> Insert:
    """The statement is on the bare table and without VALUES: else it would be compiled anew for each set of rows."""
    dialect = sqlite if dialect_name == "sqlite" else postgresql
    insert: Insert = (
        dialect.insert(inspect(table).local_table).on_conflict_do_nothing().returning(*inspect(table).primary_key)
    )
    return insert


def _turn(engine: Engine) -> AbstractContextManager[object]:
    return _sqlite_turns.setdefault(engine.url, RLock()) if engine.dialect.name == "sqlite" else nullcontext()


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # we emit BEGIN ourselves, below
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    # Set where it changes, not for each transaction: SQLite forgets all its prepared statements over it.
    if connection.info.get("query_only", False) != read_only:
        on_driver(connection, f"PRAGMA query_only = {int(read_only)}")
        connection.info["query_only"] = read_only
    on_driver(connection, "BEGIN" if read_only else "BEGIN IMMEDIATE")
