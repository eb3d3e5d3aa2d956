"""The processes that speak write down what they say when they start, and it can be signed on the command line."""

import pytest
from sqlalchemy import Engine
from sqlmodel import func, select

from assistant.db import snapshot
from assistant.models import ContentVersion
from tests.end_to_end.processes import Installation

pytestmark = pytest.mark.process


def test_web_and_scheduler_write_down_once_what_is_live(installed: Installation, engine: Engine) -> None:
    installed.add_clinic()
    assert "(not live yet)" in installed.run("content", "status")

    installed.start_web(workers=2)
    installed.tick()

    shown = installed.run("content", "status").splitlines()
    assert [line for line in shown if "not live yet" in line] == []
    with snapshot(engine) as session:
        assert session.exec(select(func.count()).select_from(ContentVersion)).one() == len(shown)


def test_a_clinician_signs_on_the_command_line(installed: Installation) -> None:
    installed.add_clinic()
    installed.run(
        *("staff", "add", "Dr Evans", "--phone", "+12025550122", "--email", "evans@example.com"),
        *("--role", "clinician"),
    )
    installed.run("content", "sign", "patch_test", "--by", "evans@example.com")

    shown = installed.run("content", "status")
    assert shown.count("patch_test") == shown.count("signed by Dr Evans, clinician on ") == 4
