"""Whatever is posted is either an event or a list of problems; nothing else comes out of reading it."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session

from assistant.errors import Conflict, Invalid
from assistant.services import enrolment, session_events
from assistant.services.content import Content
from tests import events
from tests.cast import Cast
from tests.events import NOW

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT
ANYTHING = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4), max_leaves=8
)
ALMOST = st.sampled_from(
    [
        *(
            "",
            " ",
            "0",
            "en",
            "es-MX",
            "America",
            "UTC",
            "+1",
            "+12025550111",
            "2026-11-23T10:00:00-05:00",
            "1990-04-12",
        ),
        *("2026-11-23T24:00:00Z", "2026-11-23T10:00:60Z", "2026-11-23T10:00:00+23:59", "9999-99-99", "s" * 10_000, "İ"),
    ]
)


def all_paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *(deeper for name, one in inner for deeper in all_paths(one, (*path, name)))]


EVENTS = [
    events.completed(next_visit="2026-12-23T10:00:00-05:00"),
    events.visit("visit.moved", "evt_2", starts_at="2026-12-23T10:00:00-05:00"),
    events.visit("visit.cancelled", "evt_3", starts_at=None),
    events.session_cancelled("evt_4"),
]
PLACES = [(number, path) for number, event in enumerate(EVENTS) for path in all_paths(event) if path]


def with_value_at(event: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    changed: Any = json.loads(json.dumps(event))
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return dict(changed)


@given(st.binary(max_size=300) | ANY_TEXT.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_refused_in_words(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        session_events.read_event(body)
    assert all(one.field and one.problem for one in refused.value.problems)


@given(ANYTHING)
def test_any_json_is_refused_in_words(value: Any) -> None:
    with pytest.raises(Invalid):
        session_events.read_event(json.dumps(value).encode())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(place=st.sampled_from(PLACES), value=ANYTHING | ALMOST)
def test_an_event_with_anything_in_one_place_is_done_or_refused(
    engine: Engine, content: Content, clinic: Cast, place: tuple[int, tuple[str | int, ...]], value: Any
) -> None:
    number, path = place
    body = json.dumps(with_value_at(EVENTS[number], path, value)).encode()
    with Session(engine) as session, session.begin() as begun:
        if number > 0:
            enrolment.receive(session, content, events.body(EVENTS[0]), NOW)
        problems = []
        try:
            enrolment.receive(session, content, body, NOW)
        except Invalid as refused:
            problems = refused.problems
        except Conflict:
            assert value == "evt_1"
        begun.rollback()
    assert all(one.field and one.problem for one in problems)
