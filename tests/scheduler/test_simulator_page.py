"""The simulator's page, as a browser without JavaScript uses it."""

import re

from flask.testing import FlaskClient
from sqlmodel import col, select

from assistant.db import snapshot, transaction
from assistant.models import Concern, Direction, Message, Patient, Staff
from scheduler.simulator.demo import Demo
from tests.cast import ANN, DANA, STRANGER

HOT = "its hot and theres pus coming out"


def press(visitor: FlaskClient, path: str, **form: str) -> str:
    """Post a form of the page as a browser without JavaScript does, and return the page that follows."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get("/").get_data(as_text=True))
    assert token is not None
    return visitor.post(path, data=form | {"csrf_token": token[1]}, follow_redirects=True).get_data(as_text=True)


def test_the_whole_story_can_be_played_without_javascript(demo: Demo, visitor: FlaskClient) -> None:
    assert "Nobody is enrolled yet" in visitor.get("/").get_data(as_text=True)
    press(visitor, "/simulator/enrol", sample="ann")
    for _ in range(3):
        press(visitor, "/simulator/clock", move="next")
    page = press(visitor, "/simulator/texts", **{"from": ANN, "body": HOT})
    assert "read as urgent" in page
    assert "1a=mine" in page
    page = press(visitor, "/simulator/texts", **{"from": DANA, "body": "a"})
    assert "Dana has read your message and will call you by" in page


def test_every_part_of_the_page_comes_with_the_live_answer(demo: Demo, visitor: FlaskClient, ann: str) -> None:
    parts = set(re.findall(r'data-part="(\w+)"', visitor.get("/").get_data(as_text=True)))
    answer = visitor.get("/simulator/live").get_json()
    assert parts
    assert set(answer["fragments"]) == parts


def test_a_browser_that_was_signed_out_is_told_to_load_the_page_again(demo: Demo, visitor: FlaskClient) -> None:
    assert visitor.get("/simulator/live").get_json() == {"reload": True}


def test_a_button_pressed_from_another_site_does_nothing(demo: Demo, visitor: FlaskClient) -> None:
    assert visitor.post("/simulator/enrol", data={"sample": "ann"}).status_code == 400
    with snapshot(demo.engine) as session:
        assert session.exec(select(Patient)).all() == []


def test_only_the_phones_on_the_screen_can_send(demo: Demo, visitor: FlaskClient) -> None:
    press(visitor, "/simulator/texts", **{"from": STRANGER, "body": "hello"})
    with snapshot(demo.engine) as session:
        assert session.exec(select(Message)).all() == []


def test_what_a_patient_types_is_shown_as_text(demo: Demo, visitor: FlaskClient, ann: str) -> None:
    page = press(visitor, "/simulator/texts", **{"from": ann, "body": "<script>alert(1)</script>"})
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_start_over_leaves_an_empty_clinic_with_its_staff(demo: Demo, visitor: FlaskClient, ann: str) -> None:
    press(visitor, "/simulator/texts", **{"from": ann, "body": HOT})
    assert "Nobody is enrolled yet" in press(visitor, "/simulator/restart")
    with snapshot(demo.engine) as session:
        assert session.exec(select(Concern)).all() == []
        assert session.exec(select(Staff.name).order_by(col(Staff.id))).all() == [
            "Dana Reyes",
            "Dr Evans",
            "Robin Park",
        ]


def test_a_text_that_was_not_sent_says_why_on_the_phone(demo: Demo, visitor: FlaskClient, ann: str) -> None:
    with transaction(demo.engine) as session:
        queued = session.exec(select(Message).where(Message.direction == Direction.OUTBOUND, Message.key == "day_0"))
        message = queued.one()
        message.send_by = message.due_at
        session.add(message)
    assert "Not sent: too late" in press(visitor, "/simulator/clock", move="next")


def test_the_page_allows_no_script_but_its_own_and_no_frame_but_the_staff_screen(visitor: FlaskClient) -> None:
    policy = visitor.get("/").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "frame-src 'self'" in policy
    assert "unsafe" not in policy
