"""One concern on the screen: what it shows, and what each button does and says."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from freezegun.api import FrozenDateTimeFactory
from sqlalchemy import Engine
from sqlmodel import col, select

from assistant.db import snapshot, transaction
from assistant.models import AuditEvent, Concern, Conversation, EscalationStep, Message
from assistant.rules.states import ConcernStatus, MessageStatus
from assistant.services.content import Content
from tests import cast
from tests.web.conftest import NOW, Browser, signed_in, text_in

SPREADING = "my cheek is hot and the redness is spreading"


@pytest.fixture(autouse=True)
def concern(engine: Engine, clinic: cast.Cast, content: Content, app: Flask) -> None:
    """Ann, six days after her session, has written that it spreads. Dana was paged."""
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=NOW - timedelta(days=6), next_visit_at=NOW + timedelta(days=8))
    text_in(engine, content, cast.ANN, SPREADING)


@pytest.fixture
def evans(app: Flask, engine: Engine, clinic: cast.Cast) -> Browser:
    return signed_in(app, engine, clinic.evans_id)


def stored(engine: Engine) -> Concern:
    with snapshot(engine) as session:
        return session.get_one(Concern, 1)


def to_ann(engine: Engine, key: str) -> list[str]:
    with snapshot(engine) as session:
        found = session.exec(
            select(Message.body).where(Message.phone == cast.ANN, Message.key == key).order_by(col(Message.id))
        )
        return list(found)


def said(page: str) -> str:
    found = re.search(r'class="flash \w+" role="status">([^<]*)<', page)
    return found.group(1) if found else ""


def opt_out(engine: Engine) -> None:
    with transaction(engine) as session:
        conversation = session.get_one(Conversation, 1)
        conversation.opted_out_at = NOW
        session.add(conversation)


def test_the_page_shows_what_a_nurse_needs_to_judge(dana: Browser) -> None:
    page = dana.get("/concerns/1").text

    for shown in (
        "Ann Lee",
        "Day 6",
        "Urgent",
        "Nobody has it yet",
        "you promise to call by 11:30",
        'href="tel:+12025550111"',
    ):
        assert shown in page, shown
    assert re.search(r"<li>hot skin: <mark>[^<]*hot", page)
    assert "<mark>" in page.partition('<ol class="thread">')[2]
    assert "Page to Dana Reyes: waiting to be sent" in page


def test_acknowledging_says_by_when_and_tells_the_patient_the_same(dana: Browser, engine: Engine) -> None:
    answer = dana.post("/concerns/1/acknowledge", follow=True)

    assert said(answer.text) == "Yours. The patient is told that you will call by 11:30."
    assert "You have it" in answer.text
    assert "11:30" in to_ann(engine, "acknowledged")[0]
    assert stored(engine).status is ConcernStatus.ACKNOWLEDGED


def test_acknowledging_for_a_patient_who_opted_out_says_that_nothing_was_told(dana: Browser, engine: Engine) -> None:
    opt_out(engine)
    answer = dana.post("/concerns/1/acknowledge", follow=True)

    assert said(answer.text) == "Yours. The patient has opted out of texts and was told nothing: phone them by 11:30."
    assert to_ann(engine, "acknowledged") == []


def test_whoever_comes_second_is_told_who_has_it_and_changes_nothing(
    dana: Browser, evans: Browser, engine: Engine, clinic: cast.Cast, frozen: FrozenDateTimeFactory
) -> None:
    dana.post("/concerns/1/acknowledge")
    frozen.tick(timedelta(minutes=3))
    answer = evans.post("/concerns/1/acknowledge", follow=True)

    assert said(answer.text) == "Dana Reyes has it already, since 11:00. Nothing was changed."
    assert stored(engine).holder_id == clinic.dana_id


def test_acknowledging_twice_is_acknowledging_once(dana: Browser, engine: Engine) -> None:
    dana.post("/concerns/1/acknowledge")
    dana.post("/concerns/1/acknowledge")

    assert len(to_ann(engine, "acknowledged")) == 1


def test_passing_on_names_who_is_paged_now(dana: Browser, engine: Engine) -> None:
    answer = dana.post("/concerns/1/pass-on", follow=True)

    assert said(answer.text) == "Passed on: Dr Evans is paged now."
    assert stored(engine).status is ConcernStatus.OPEN


def test_passing_on_with_nobody_else_on_the_ladder_says_so(dana: Browser, engine: Engine, clinic: cast.Cast) -> None:
    with transaction(engine) as session:
        for step in session.exec(select(EscalationStep).where(EscalationStep.staff_id == clinic.evans_id)):
            session.delete(step)
    answer = dana.post("/concerns/1/pass-on", follow=True)

    assert said(answer.text).startswith("There is nobody else on the ladder")


def test_a_reply_goes_to_the_patient_with_the_persons_name_beside_it_and_takes_the_concern(
    dana: Browser, engine: Engine, clinic: cast.Cast
) -> None:
    answer = dana.post("/concerns/1/reply", text="Please send a photo.\r\nBoth cheeks.", follow=True)

    assert to_ann(engine, "from_person") == ["Please send a photo.\nBoth cheeks."]
    assert stored(engine).holder_id == clinic.dana_id
    line = answer.text.partition('<li class="person')[2].partition("</li>")[0]
    assert "Dana Reyes" in line
    assert "waiting to be sent" in line


def test_a_second_click_on_send_is_not_a_second_text(
    dana: Browser, engine: Engine, frozen: FrozenDateTimeFactory
) -> None:
    dana.post("/concerns/1/reply", text="Please send a photo.")
    dana.post("/concerns/1/reply", text="Please send a photo.")
    dana.post("/conversations/1/reply", text="Please send a photo.")
    assert len(to_ann(engine, "from_person")) == 1

    frozen.tick(timedelta(minutes=2))
    dana.post("/concerns/1/reply", text="Please send a photo.")
    assert len(to_ann(engine, "from_person")) == 2


@pytest.mark.parametrize(
    ("text", "problem"), [(" \r\n ", "Write the text first."), ("x" * 1601, "That is 1601 characters")]
)
def test_a_reply_that_cannot_be_a_text_stays_in_the_box(dana: Browser, engine: Engine, text: str, problem: str) -> None:
    answer = dana.post("/concerns/1/reply", text=text)

    assert answer.status_code == 422
    assert problem in answer.text
    assert f">{text.strip()}</textarea>" in answer.text
    assert to_ann(engine, "from_person") == []


@pytest.mark.parametrize("path", ["/concerns/1/reply", "/conversations/1/reply"])
def test_a_reply_to_somebody_who_opted_out_is_not_sent_and_says_to_phone(
    dana: Browser, engine: Engine, path: str
) -> None:
    opt_out(engine)
    answer = dana.post(path, text="Please send a photo.")

    assert answer.status_code == 409
    assert "opted out of texts, so it was not sent" in answer.text
    assert to_ann(engine, "from_person") == []


def test_what_was_typed_survives_somebody_else_closing_the_concern(dana: Browser, evans: Browser) -> None:
    evans.post("/concerns/1/resolve", outcome="reassured", note="")
    answer = dana.post("/concerns/1/reply", text="Please send a photo.")

    assert answer.status_code == 409
    assert "Dr Evans closed it at 11:00. Nothing was changed." in answer.text


def test_resolving_keeps_what_was_done_and_leaves_the_board(dana: Browser, engine: Engine) -> None:
    answer = dana.post("/concerns/1/resolve", outcome="seen", note="Cellulitis, started treatment", follow=True)

    assert said(answer.text) == "Closed. The patient is told."
    assert "No patient is waiting." in answer.text
    kept = stored(engine)
    assert (kept.status, kept.outcome, kept.note) == (ConcernStatus.RESOLVED, "seen", "Cellulitis, started treatment")
    page = dana.get("/concerns/1").text
    assert "Seen in clinic" in page
    assert "Cellulitis, started treatment" in page
    assert "<textarea" not in page.partition('id="history"')[0]


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"outcome": "", "note": "typed"}, "Choose what was done."),
        ({"outcome": "no such", "note": "typed"}, "Choose what was done."),
        ({"outcome": "other", "note": " "}, "Say in the note what was done."),
    ],
)
def test_resolving_needs_to_know_what_was_done(
    dana: Browser, engine: Engine, form: dict[str, str], problem: str
) -> None:
    answer = dana.post("/concerns/1/resolve", **form)

    assert answer.status_code == 422
    assert problem in answer.text
    assert form["note"].strip() in answer.text
    assert stored(engine).status is ConcernStatus.OPEN


def test_resolving_for_a_patient_who_opted_out_does_not_claim_that_they_were_told(
    dana: Browser, engine: Engine
) -> None:
    opt_out(engine)
    answer = dana.post("/concerns/1/resolve", outcome="reassured", follow=True)

    assert said(answer.text) == "Closed. The patient has opted out of texts and was told nothing."


def test_a_call_without_an_answer_is_noted_and_the_concern_stays_open(dana: Browser, engine: Engine) -> None:
    answer = dana.post("/concerns/1/note", no_answer="1", follow=True)

    assert "Phoned the patient: no answer" in answer.text
    assert stored(engine).status is ConcernStatus.OPEN


def test_a_note_is_for_the_team_and_never_becomes_a_text(dana: Browser, engine: Engine) -> None:
    with snapshot(engine) as session:
        before = len(session.exec(select(Message.id)).all())
    answer = dana.post("/concerns/1/note", note="Ask about <b>aspirin</b>", follow=True)

    assert "Note by Dana Reyes" in answer.text
    assert "Ask about &lt;b&gt;aspirin&lt;/b&gt;" in answer.text
    with snapshot(engine) as session:
        assert len(session.exec(select(Message.id)).all()) == before


def test_a_promise_that_ran_out_shows_how_late_it_is(dana: Browser, frozen: FrozenDateTimeFactory) -> None:
    dana.post("/concerns/1/acknowledge")
    frozen.tick(timedelta(minutes=14))
    dana.get("/tasks")
    frozen.tick(timedelta(minutes=14))
    assert "2 min left" in dana.get("/concerns/1").text
    frozen.tick(timedelta(minutes=5))

    page = dana.get("/concerns/1").text
    assert "3 min late" in page
    assert 'class="state late acknowledged"' in page


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (MessageStatus.ACCEPTED, "taken by the text provider"),
        (MessageStatus.DELIVERED, "reached the phone"),
        (MessageStatus.IN_DOUBT, "not known whether it went out"),
        (MessageStatus.FAILED, "could not be sent: The number does not exist."),
    ],
)
def test_what_became_of_a_text_is_said_in_words_that_claim_no_more_than_is_known(
    dana: Browser, engine: Engine, status: MessageStatus, words: str
) -> None:
    dana.post("/concerns/1/reply", text="Please send a photo.")
    with transaction(engine) as session:
        message = session.exec(select(Message).where(Message.key == "from_person")).one()
        message.status, message.reason = status, "The number does not exist."
        session.add(message)

    line = dana.get("/concerns/1").text.partition('<li class="person')[2].partition("</li>")[0]
    assert words in line


def test_the_page_learns_of_what_others_do_but_never_touches_what_is_being_typed(dana: Browser, evans: Browser) -> None:
    since = re.search(r'data-since="([^"]+)"', dana.get("/concerns/1").text)
    assert since
    assert dana.get(f"/concerns/1/live?since={since.group(1)}").status_code == 204
    evans.post("/concerns/1/acknowledge")

    news = dana.get(f"/concerns/1/live?since={since.group(1)}").json
    assert news is not None
    assert "Dr Evans has it" in news["parts"]["state"]
    assert not any("<textarea" in part or "<select" in part for part in news["parts"].values())


def test_every_act_is_in_the_audit(dana: Browser, engine: Engine, clinic: cast.Cast) -> None:
    dana.get("/concerns/1")
    dana.post("/concerns/1/acknowledge")
    dana.post("/concerns/1/reply", text="Please send a photo.")
    dana.post("/concerns/1/note", note="seen")
    dana.post("/concerns/1/resolve", outcome="reassured")

    with snapshot(engine) as session:
        found = session.exec(
            select(AuditEvent.action, AuditEvent.text)
            .where(AuditEvent.staff_id == clinic.dana_id, col(AuditEvent.action).startswith("concern."))
            .order_by(col(AuditEvent.id))
        ).all()
    assert [action for action, _ in found] == [
        "concern.seen",
        "concern.acknowledge",
        "concern.reply",
        "concern.note",
        "concern.resolve",
    ]
    assert {text for _, text in found} == {"1"}


def test_the_patients_file_shows_what_was_done_and_what_comes_next(
    dana: Browser, engine: Engine, clinic: cast.Cast
) -> None:
    with transaction(engine) as session:
        conversation = session.get_one(Conversation, 1)
        shared = {
            "clinic_id": clinic.clinic_id,
            "conversation_id": conversation.id,
            "patient_id": 1,
            "direction": "outbound",
            "status": MessageStatus.QUEUED,
            "phone": cast.ANN,
            "created_at": NOW,
        }
        later, sooner = NOW + timedelta(days=7), NOW + timedelta(days=1)
        session.add(Message(body="SECOND", dedupe_key="b", due_at=later, send_by=later, **shared))
        session.add(Message(body="FIRST", dedupe_key="a", due_at=sooner, send_by=sooner, **shared))

    page = dana.get("/patients/1").text
    next_up = page.partition('<ol class="coming">')[2].partition("</ol>")[0]
    assert next_up.index("FIRST") < next_up.index("SECOND")
    assert "Wed 11 Mar 11:00" in next_up
    assert "FIRST" not in page.partition('<ol class="thread">')[2].partition("</ol>")[0]
    assert "Wed 18 Mar 11:00" in page  # the next visit
    assert "A concern is open." in page


def test_a_long_thread_comes_in_pages_from_the_newest_back(dana: Browser, engine: Engine, content: Content) -> None:
    for number in range(70):
        text_in(engine, content, cast.ANN, f"text number {number:03}", timedelta(minutes=100 - number))

    def texts(page: str) -> set[str]:
        return set(re.findall(r"text number \d{3}", re.sub(r"</?mark>", "", page)))

    page = dana.get("/conversations/1").text
    assert "text number 069" in texts(page)
    assert "text number 000" not in texts(page)
    shown = texts(page)
    while earlier := re.search(r'href="(/conversations/1\?before=\d+)"', page):
        page = dana.get(earlier.group(1)).text
        shown |= texts(page)
    assert len(shown) == 70
