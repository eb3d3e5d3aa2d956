"""The simulator: its clock, its carrier, and that production knows nothing of it."""

import ast
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask
from sqlmodel import col, select

import assistant
from assistant import clock
from assistant.app import create_app
from assistant.db import snapshot, transaction
from assistant.errors import SendError, SettingsError
from assistant.gateway import OutgoingText
from assistant.models import Conversation, Message, ProviderEvent
from assistant.services import accounts
from scheduler.simulator import carrier as carriers
from scheduler.simulator import people, serve
from scheduler.simulator.demo import Demo, settings_for
from scheduler.simulator.time_machine import MOST_STOPS
from tests.cast import ANN, CLINIC_PHONE, DANA, EVANS
from tests.scheduler.conftest import ADDRESS

HOT = "its hot and theres pus coming out"


def sent_to(demo: Demo, phone: str) -> list[Message]:
    with snapshot(demo.engine) as session:
        mine = (Message.phone == phone, col(Message.sent_at).is_not(None))
        return list(session.exec(select(Message).where(*mine).order_by(col(Message.sent_at), col(Message.id))))


def text(demo: Demo, body: str, sender: str = ANN) -> None:
    demo.carrier.carry(sender=sender, to=CLINIC_PHONE, body=body)
    demo.machine.tick()


# --- the clock --------------------------------------------------------------------------------------------


def test_a_move_over_three_days_sends_each_text_at_its_own_minute(demo: Demo, ann: str) -> None:
    began = clock.now()
    demo.machine.move_by(timedelta(days=3))
    with snapshot(demo.engine) as session:
        planned = session.exec(select(Message).where(Message.phone == ann, col(Message.due_at) <= clock.now())).all()
    assert {"day_0", "day_1", "day_3"} <= {message.key for message in planned}
    assert [message for message in planned if message.sent_at is None] == []
    assert [message.sent_at - message.due_at < timedelta(minutes=1) for message in planned] == [True] * len(planned)
    assert min(message.sent_at for message in planned) > began


def test_next_text_moves_to_the_next_planned_text_and_no_further(demo: Demo, ann: str) -> None:
    moved = demo.machine.move_to_next_text()
    assert [message.key for message in sent_to(demo, ann)] == ["day_0"]
    assert moved.patient_id == sent_to(demo, ann)[0].patient_id


def test_next_text_moves_nothing_when_none_is_planned(demo: Demo) -> None:
    assert demo.machine.move_to_next_text() is None


def test_pages_repeat_up_the_ladder_on_the_way_while_nobody_answers(demo: Demo, ann: str) -> None:
    text(demo, HOT)
    demo.machine.move_by(timedelta(minutes=21))
    pages = sorted(sent_to(demo, DANA) + sent_to(demo, EVANS), key=lambda message: message.sent_at)
    assert [page.phone for page in pages] == [DANA, EVANS, EVANS, EVANS, EVANS]
    assert [later.due_at - sooner.due_at >= timedelta(minutes=5) for sooner, later in pairwise(pages)] == [True] * 4


def test_the_patient_is_told_between_two_pages_that_nobody_has_read_it(demo: Demo, ann: str) -> None:
    text(demo, HOT)
    demo.machine.move_by(timedelta(minutes=21))
    told = next(message for message in sent_to(demo, ann) if message.key == "nobody_yet")
    pages = [page.sent_at for page in sent_to(demo, EVANS)]
    assert [page < told.sent_at for page in pages] == [True, True, False, False]


def test_a_promise_that_runs_out_on_the_way_pages_again(demo: Demo, ann: str) -> None:
    text(demo, HOT)
    text(demo, "a", sender=DANA)
    demo.machine.move_by(timedelta(minutes=31))
    assert [message.key for message in sent_to(demo, DANA)] == ["page", "ack_yours", "overdue"]
    assert "call_overdue" in [message.key for message in sent_to(demo, ann)]


def test_a_move_through_endless_pages_stops_and_says_so(demo: Demo, ann: str) -> None:
    text(demo, HOT)
    moved = demo.machine.move_by(timedelta(days=2))
    assert moved.unfinished
    assert moved.stops == MOST_STOPS


def test_the_clock_only_goes_forwards(demo: Demo) -> None:
    before = clock.now()
    demo.machine.move_by(timedelta(days=-1))
    assert clock.now() >= before


def test_whoever_moves_the_clock_stays_signed_in(demo: Demo) -> None:
    with transaction(demo.engine) as session:
        token = people.sign_in_admin(session, "127.0.0.1", clock.now())
    demo.machine.move_by(timedelta(days=1))
    with snapshot(demo.engine) as session:
        assert accounts.who(session, token, clock.now()) is not None


@pytest.mark.parametrize("day", range(14))
def test_the_story_begins_in_the_morning_early_in_a_week(day: int) -> None:
    now = datetime(2026, 11, 16, 20, 30, tzinfo=UTC) + timedelta(days=day)
    begins = people.begins_at(now).astimezone(people.TIMEZONE)
    assert begins >= now
    assert begins.weekday() in (0, 1, 2)
    assert f"{begins:%H:%M}" == "11:00"


# --- the carrier ------------------------------------------------------------------------------------------


def test_an_accepted_text_is_reported_sent_and_then_delivered(demo: Demo, ann: str) -> None:
    demo.machine.move_to_next_text()
    with snapshot(demo.engine) as session:
        events = session.exec(select(ProviderEvent.status).order_by(col(ProviderEvent.id))).all()
    assert events == ["sent", "delivered"]
    assert [message.status.value for message in sent_to(demo, ann)] == ["delivered"]


def test_stop_is_answered_and_obeyed_by_the_carrier_and_recorded_by_the_program(demo: Demo, ann: str) -> None:
    text(demo, "Stop")
    assert [notice.body for notice in demo.carrier.notices(ann)] == [carriers.STOPPED]
    with pytest.raises(SendError, match="21610"):
        demo.carrier.send(OutgoingText("o", ann, CLINIC_PHONE, "hello", 60, ADDRESS))
    with snapshot(demo.engine) as session:
        assert session.exec(select(Conversation.opted_out_at)).one() is not None


def test_after_start_the_carrier_takes_texts_again(demo: Demo, ann: str) -> None:
    text(demo, "STOP")
    text(demo, "START")
    assert demo.carrier.notices(ann)[-1].body == carriers.STARTED
    assert demo.carrier.send(OutgoingText("o", ann, CLINIC_PHONE, "hello", 60, ADDRESS)).status == "queued"


def test_help_gets_the_carriers_own_answer(demo: Demo, ann: str) -> None:
    text(demo, "HELP")
    assert [notice.body for notice in demo.carrier.notices(ann)] == [carriers.HELPED]


def test_the_carriers_log_holds_what_went_out_and_what_came_in(demo: Demo, ann: str) -> None:
    since = clock.now()
    text(demo, "hello")
    demo.machine.move_to_next_text()
    assert [row.body for row in demo.carrier.received(CLINIC_PHONE, since)] == ["hello"]
    assert {row.sid for row in demo.carrier.find(ann, since)} == {row.provider_sid for row in sent_to(demo, ann)}


# --- apart from production --------------------------------------------------------------------------------


def production(demo: Demo, tmp_path: Path) -> Flask:
    return create_app(settings_for(ADDRESS, tmp_path / "x.db"), demo.engine, demo.content)


def test_the_production_application_has_no_route_of_the_simulator(demo: Demo, tmp_path: Path) -> None:
    assert [rule for rule in production(demo, tmp_path).url_map.iter_rules() if "simulator" in rule.rule] == []


def test_only_the_demo_may_show_the_staff_pages_in_a_frame(demo: Demo, tmp_path: Path) -> None:
    allowed = [
        app.test_client().get("/login").headers["Content-Security-Policy"].rpartition("frame-ancestors ")[2]
        for app in (demo.app, production(demo, tmp_path))
    ]
    assert allowed == ["'self'", "'none'"]


def test_nothing_in_the_assistant_imports_the_scheduler() -> None:
    found = []
    for file in Path(assistant.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [(file.name, name) for name in names if name.partition(".")[0] == "scheduler"]
    assert found == []


def loaded_by(command: str) -> set[str]:
    program = f"import sys; from scheduler.__main__ import cli; cli.get_command(None, {command!r}); print(*sys.modules)"
    return set(subprocess.check_output([sys.executable, "-c", program], text=True).split())


@pytest.mark.parametrize("command", ["web", "scheduler"])
def test_no_command_of_production_loads_the_simulator(command: str) -> None:
    assert {name for name in loaded_by(command) if name.startswith("scheduler.simulator")} == set()


def test_triage_answers_without_the_database_and_the_web() -> None:
    assert {"sqlalchemy", "flask", "twilio", "apscheduler"} & loaded_by("triage") == set()


def test_a_port_in_use_is_one_line_that_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"Port {port} is in use.*PORT={port + 1}"):
            serve(port)
