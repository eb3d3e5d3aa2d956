"""The first page: what waits, most urgent first; who wrote; what is wrong with the clinic; what has changed."""

import re
from datetime import timedelta

from flask import Flask
from freezegun.api import FrozenDateTimeFactory
from sqlalchemy import Engine, event
from sqlmodel import Session, select, update

from assistant.db import transaction
from assistant.models import Clinic, Conversation, EscalationStep, Message, Staff, Task
from assistant.rules.states import MessageStatus
from assistant.services.content import Content
from tests import cast
from tests.web.conftest import NOW, Browser, signed_in, text_in

SPREADING = "my cheek is hot and the redness is spreading"
BREATHE = "I cannot breathe and my tongue is swelling"
GIBBERISH = "qzx wvut 77 plok"


def enrolled(engine: Engine, clinic: cast.Cast, *people: tuple[str, str]) -> None:
    with transaction(engine) as session:
        for name, phone in people:
            cast.add_patient(session, clinic, name=name, phone=phone, performed_at=NOW - timedelta(days=6))


def names(page: str) -> list[str]:
    board = page.partition('<section class="conversations"')[0]
    return re.findall(r'data-key="concern-\d+">([^<]+)<', board)


def cards(page: str) -> dict[str, int]:
    found = re.findall(r'class="count (\w+)[^"]*".*?<span class="figure">(\d+)</span>', page, re.S)
    return {name: int(count) for name, count in found}


def test_the_address_of_the_site_leads_to_the_inbox(dana: Browser) -> None:
    assert dana.get("/").location == "/inbox"


def test_an_empty_board_says_so(dana: Browser) -> None:
    page = dana.get("/inbox").text

    assert "No patient is waiting." in page
    assert cards(page) == {"waiting": 0, "acknowledged": 0, "tasks": 0, "unread": 0}
    assert "<title>Inbox · Aftercare</title>" in page


def test_the_most_urgent_comes_first_then_the_oldest(
    engine: Engine, clinic: cast.Cast, content: Content, dana: Browser
) -> None:
    enrolled(
        engine,
        clinic,
        ("Ann Lee", cast.ANN),
        ("Bo Chen", cast.BEN),
        ("Cy Dee", "+12025550113"),
        ("Di Fox", "+12025550114"),
    )
    text_in(engine, content, cast.ANN, SPREADING, timedelta(minutes=5))
    text_in(engine, content, cast.BEN, GIBBERISH, timedelta(minutes=50))
    text_in(engine, content, "+12025550113", SPREADING, timedelta(minutes=9))
    text_in(engine, content, "+12025550114", BREATHE, timedelta(minutes=1))

    page = dana.get("/inbox").text
    assert names(page) == ["Di Fox", "Cy Dee", "Ann Lee", "Bo Chen"]
    assert cards(page) == {"waiting": 4, "acknowledged": 0, "tasks": 0, "unread": 4}
    assert "<title>(4) Inbox · Aftercare</title>" in page


def test_a_row_says_who_which_day_what_why_and_how_long(
    engine: Engine, clinic: cast.Cast, content: Content, dana: Browser
) -> None:
    enrolled(engine, clinic, ("Ann Lee", cast.ANN))
    text_in(engine, content, cast.ANN, SPREADING, timedelta(minutes=12))

    page = dana.get("/inbox").text
    for said in ("Ann Lee", "•••• 0111", "Day 6", "Urgent", SPREADING, "12 min", "Nobody yet", "hot skin"):
        assert said in page, said
    assert "+12025550111" not in page


def test_a_treatment_whose_texts_nobody_signed_is_called_a_draft(
    engine: Engine, clinic: cast.Cast, content: Content, dana: Browser
) -> None:
    enrolled(engine, clinic, ("Ann Lee", cast.ANN))
    text_in(engine, content, cast.ANN, SPREADING)

    for path in ("/inbox", "/concerns/1", "/patients/1"):
        assert "Draft: not signed by a clinician" in dana.get(path).text, path


def test_a_shared_phone_names_everybody_it_may_be(
    engine: Engine, clinic: cast.Cast, content: Content, dana: Browser
) -> None:
    enrolled(engine, clinic, ("Ann Lee", cast.ANN), ("Ana Lee", cast.ANN))
    text_in(engine, content, cast.ANN, SPREADING)

    assert names(dana.get("/inbox").text) == ["Ann Lee or Ana Lee"]


def test_a_strangers_text_is_shown_and_harmless(engine: Engine, content: Content, dana: Browser) -> None:
    text_in(engine, content, cast.STRANGER, "<script>alert(1)</script><img src=x onerror=alert(2)>")

    for path in ("/inbox", "/inbox?show=unread", "/concerns/1", "/conversations/1"):
        page = dana.get(path).text
        assert "&lt;script&gt;" in page, path
        assert "<script>alert" not in page, path
        assert "<img" not in page, path


def test_who_acknowledged_and_by_when_is_on_the_board(
    engine: Engine, clinic: cast.Cast, content: Content, dana: Browser, frozen: FrozenDateTimeFactory
) -> None:
    enrolled(engine, clinic, ("Ann Lee", cast.ANN))
    text_in(engine, content, cast.ANN, SPREADING)
    dana.get("/inbox")
    dana.post("/concerns/1/acknowledge")

    page = dana.get("/inbox").text
    assert cards(page)["acknowledged"] == 1
    assert "11:30" in page
    assert "30 min left" in page
    frozen.tick(timedelta(minutes=14))
    assert "16 min left" in dana.get("/inbox").text


def test_the_cards_filter_the_board(engine: Engine, clinic: cast.Cast, content: Content, dana: Browser) -> None:
    enrolled(engine, clinic, ("Ann Lee", cast.ANN), ("Bo Chen", cast.BEN))
    text_in(engine, content, cast.ANN, SPREADING)
    text_in(engine, content, cast.BEN, SPREADING)
    dana.get("/inbox")
    dana.post("/concerns/1/acknowledge")

    assert names(dana.get("/inbox?show=waiting").text) == ["Bo Chen"]
    assert names(dana.get("/inbox?show=acknowledged").text) == ["Ann Lee"]
    assert names(dana.get("/inbox?show=nonsense").text) == ["Ann Lee", "Bo Chen"]


def test_reading_a_conversation_takes_it_off_the_unread(
    engine: Engine, clinic: cast.Cast, content: Content, dana: Browser
) -> None:
    enrolled(engine, clinic, ("Ann Lee", cast.ANN), ("Bo Chen", cast.BEN))
    text_in(engine, content, cast.BEN, GIBBERISH)
    assert cards(dana.get("/inbox").text)["unread"] == 1
    assert "/conversations/1" not in dana.get("/inbox?show=unread").text

    dana.get("/conversations/2")
    assert cards(dana.get("/inbox").text)["unread"] == 0


def test_conversations_come_in_pages_and_none_is_shown_twice_or_left_out(
    engine: Engine, clinic: cast.Cast, dana: Browser
) -> None:
    with transaction(engine) as session:
        for number in range(65):
            cast.add_patient(session, clinic, name=f"Patient {number:02}", phone=f"+1202555{1000 + number}")
        # Pairs of equal instants: the order within them must hold from page to page.
        for conversation in session.exec(select(Conversation)):
            conversation.last_at = NOW - timedelta(minutes=conversation.id // 2, microseconds=7)
            session.add(conversation)

    shown, path = [], "/inbox"
    for _ in range(5):
        page = dana.get(path).text
        shown += re.findall(r'data-key="conversation-(\d+)"', page)
        older = re.search(r'href="([^"]+)"[^>]*data-key="more"', page)
        if older is None:
            break
        path = older.group(1).replace("&amp;", "&")
    assert len(shown) == len(set(shown)) == 65


def test_a_place_in_the_list_that_makes_no_sense_is_the_beginning(dana: Browser) -> None:
    for place in ("x", "1-x", "99999999999999999-1", "-1", "1-99999999999", "٣-1"):
        assert dana.get("/inbox", query_string={"after": place}).status_code == 200, place


def test_a_patient_is_found_by_part_of_the_name_or_number(engine: Engine, clinic: cast.Cast, dana: Browser) -> None:
    enrolled(engine, clinic, ("Chloé Martin", cast.CHLOE), ("Ann 100% Lee", cast.ANN))
    dana.get("/inbox")

    def found(search: str) -> list[str]:
        return re.findall(r'data-key="conversation-\d+">([^<]+)<', dana.post("/inbox/find", q=search).text)

    assert found("mart") == ["Chloé Martin"]
    assert found("612 345") == ["Chloé Martin"]
    assert found("%") == ["Ann 100% Lee"]
    assert found("nobody\x00") == []


def test_sending_that_is_stuck_is_said_at_the_top(
    engine: Engine, clinic: cast.Cast, content: Content, dana: Browser, frozen: FrozenDateTimeFactory
) -> None:
    enrolled(engine, clinic, ("Ann Lee", cast.ANN))
    text_in(engine, content, cast.ANN, SPREADING)
    frozen.tick(timedelta(minutes=5))
    assert "Sending is stuck" not in dana.get("/inbox").text
    frozen.tick(1)
    assert "Sending is stuck since 11:00." in dana.get("/inbox").text


def test_texts_that_the_provider_keeps_refusing_are_said_at_the_top(
    engine: Engine, clinic: cast.Cast, content: Content, dana: Browser
) -> None:
    enrolled(engine, clinic, ("Ann Lee", cast.ANN))
    text_in(engine, content, cast.ANN, SPREADING)
    with transaction(engine) as session:
        session.execute(update(Message).values(attempts=3, reason="The password of the account is wrong."))

    assert "The password of the account is wrong." in dana.get("/inbox").text


def test_a_clinic_with_nobody_on_call_is_said_at_the_top(engine: Engine, clinic: cast.Cast, dana: Browser) -> None:
    assert "Nobody is on call" not in dana.get("/inbox").text
    with transaction(engine) as session:
        for step in session.exec(select(EscalationStep)):
            session.delete(step)

    assert "Nobody is on call for Lumen Clinic." in dana.get("/inbox").text


def test_the_live_answer_is_empty_until_something_changes(
    engine: Engine, clinic: cast.Cast, content: Content, dana: Browser
) -> None:
    enrolled(engine, clinic, ("Ann Lee", cast.ANN))
    since = cursor(dana.get("/inbox").text)
    assert dana.get(f"/inbox/live?since={since}").status_code == 204

    text_in(engine, content, cast.ANN, SPREADING)
    news = dana.get(f"/inbox/live?since={since}").json
    assert news is not None
    assert news["title"] == "(1) Inbox"
    assert news["say"] == "New concern 1, urgent."
    assert "Ann Lee" in news["parts"]["board"]
    assert dana.get(f"/inbox/live?since={news['since']}").status_code == 204


def test_the_live_answer_keeps_the_filter_of_the_page(
    engine: Engine, clinic: cast.Cast, content: Content, dana: Browser
) -> None:
    enrolled(engine, clinic, ("Ann Lee", cast.ANN))
    text_in(engine, content, cast.ANN, SPREADING)
    page = dana.get("/inbox?show=acknowledged").text
    live = re.search(r'data-live="([^"]+)"', page)
    assert live

    news = dana.get(live.group(1).replace("&amp;", "&")).json
    assert news is not None
    assert "Ann Lee" not in news["parts"]["board"]


def test_a_cursor_that_is_not_ours_gets_everything_and_says_nothing(dana: Browser) -> None:
    for since in ("", "x", "99999999999999999999999-1", "-5", "٣-1"):
        news = dana.get("/inbox/live", query_string={"since": since}).json
        assert news is not None
        assert (set(news["parts"]), news["say"]) == ({"board", "conversations"}, ""), since


def test_a_task_is_ticked_off_once_and_keeps_the_first_name(
    app: Flask, engine: Engine, clinic: cast.Cast, dana: Browser
) -> None:
    with transaction(engine) as session:
        session.add(Task(clinic_id=clinic.clinic_id, opened_at=NOW, text="Phone Ann: a text did not arrive."))
    assert cards(dana.get("/inbox").text)["tasks"] == 1
    dana.get("/tasks")
    dana.post("/tasks/1/done")
    evans = signed_in(app, engine, clinic.evans_id)
    evans.post("/tasks/1/done")

    assert "Done by Dana Reyes" in dana.get("/tasks").text
    assert cards(dana.get("/inbox").text)["tasks"] == 0


def test_somebody_of_all_locations_sees_which_clinic_each_row_is_of(
    app: Flask, engine: Engine, clinic: cast.Cast, content: Content
) -> None:
    enrolled(engine, clinic, ("Ann Lee", cast.ANN))
    text_in(engine, content, cast.ANN, SPREADING)
    with transaction(engine) as session:
        session.add(
            Clinic(slug="b", name="Harbour", country="US", timezone="UTC", phone="+12025550101", languages=["en"])
        )
        everywhere(session, clinic)
    page = signed_in(app, engine, clinic.evans_id).get("/inbox").text

    assert "Lumen Clinic" in page
    assert "Nobody is on call for Harbour." in page


def test_the_board_needs_the_same_few_queries_however_many_wait(
    engine: Engine, clinic: cast.Cast, content: Content, dana: Browser
) -> None:
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    def count() -> int:
        statements.clear()
        assert dana.get("/inbox").status_code == 200
        return len(statements)

    enrolled(engine, clinic, ("Ann Lee", cast.ANN))
    text_in(engine, content, cast.ANN, SPREADING)
    one = count()
    for number in range(20):
        enrolled(engine, clinic, (f"P {number}", f"+1202555{2000 + number}"))
        text_in(engine, content, f"+1202555{2000 + number}", SPREADING)
    assert count() == one


def test_a_text_that_failed_is_on_the_board(engine: Engine, clinic: cast.Cast, content: Content, dana: Browser) -> None:
    enrolled(engine, clinic, ("Ann Lee", cast.ANN))
    text_in(engine, content, cast.ANN, SPREADING)
    with transaction(engine) as session:
        page = session.exec(select(Message).where(Message.concern_id == 1)).first()
        assert page is not None
        page.status = MessageStatus.UNDELIVERED
        session.add(page)

    assert "1 text did not arrive" in dana.get("/inbox").text


def cursor(page: str) -> str:
    found = re.search(r'data-since="([^"]+)"', page)
    assert found
    return found.group(1)


def everywhere(session: Session, clinic: cast.Cast) -> None:
    evans = session.get_one(Staff, clinic.evans_id)
    evans.clinic_id = None
    session.add(evans)
