"""A demo clinic for the tests of the simulator."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from assistant import clock
from scheduler.simulator import people, views
from scheduler.simulator.demo import Demo, open_demo
from tests.cast import ANN

ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = open_demo(ADDRESS, tmp_path_factory.mktemp("demo") / "demo.db")
    yield demo
    demo.engine.dispose()


@pytest.fixture
def demo(opened: Demo) -> Iterator[Demo]:
    """A demo clinic at the beginning of its story, whose clock nobody but the test moves."""
    opened.begin()
    yield opened
    clock.run_ahead(timedelta(0))


@pytest.fixture
def ann(demo: Demo) -> str:
    """Ann is enrolled; returns her number."""
    demo.outside.session_event(people.session_event("ann", clock.now()))
    demo.machine.tick()
    return ANN


@pytest.fixture
def visitor(demo: Demo) -> FlaskClient:
    """A browser without JavaScript."""
    return views.create_page(demo).test_client()
