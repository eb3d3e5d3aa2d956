"""Visits booked, moved and cancelled, sessions that overlap, and sessions reported by mistake."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select, update

from assistant.db import transaction
from assistant.errors import Invalid
from assistant.models import Message, Task, Visit, VisitStatus
from assistant.rules.states import MessageStatus
from assistant.services.content import Content
from tests import cast, events
from tests.cast import Cast
from tests.events import NOW
from tests.services.enrolling import count, post, queued, texts

IN_A_WEEK = "2026-11-30T10:00:00-05:00"
IN_TWO_WEEKS = "2026-12-07T10:00:00-05:00"
IN_A_MONTH = "2026-12-23T10:00:00-05:00"
AFTERCARE = ["day_0", "day_0_warning", "day_1", "day_3", "day_5", "day_14", "day_28", "day_56", "day_84"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def told(engine: Engine, when: datetime) -> None:
    """The advice about anti-inflammatories was sent, as the dispatcher records it."""
    with transaction(engine) as session:
        session.execute(update(Message).where(col(Message.key) == "nsaid").values(status=MessageStatus.SENT))
        session.execute(update(Visit).values(nsaid_told_at=when))


def of_visit(engine: Engine, status: MessageStatus) -> list[tuple[str, str]]:
    rows = texts(engine, col(Message.dedupe_key).startswith("visit:"), Message.status == status)
    return [(row.dedupe_key.split(":", 2)[2], row.body) for row in rows]


def test_a_moved_visit_withdraws_what_names_the_old_date(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed(next_visit=IN_TWO_WEEKS))
    answer = post(engine, content, events.visit("visit.moved", "evt_2", starts_at=IN_A_MONTH)).answer

    withdrawn = texts(engine, Message.status == MessageStatus.CANCELED)
    assert [row.key for row in withdrawn] == ["nsaid", "visit_reminder"]
    assert {row.reason for row in withdrawn} == {"the visit was moved"}
    waiting = of_visit(engine, MessageStatus.QUEUED)
    assert [key for key, _ in waiting] == ["2:nsaid", "2:visit_reminder"]
    assert all("23 Dec" in body and "7 Dec" not in body for _, body in waiting)
    assert [one["key"] for one in answer["messages"]] == ["nsaid", "visit_reminder"]
    assert queued(engine)[: len(AFTERCARE) - 3] == AFTERCARE[:-3]


def test_a_visit_moved_into_the_open_window_is_told_of_once_and_at_once(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, events.completed(next_visit=IN_A_MONTH))
    now = NOW + timedelta(days=3)
    post(engine, content, events.visit("visit.moved", "evt_2", starts_at="2026-12-01T10:00:00-05:00"), now)

    row = next(row for row in texts(engine, Message.status == MessageStatus.QUEUED) if row.key == "nsaid")
    assert row.due_at == now
    assert "In the last 7 days, did you take" in row.body
    assert row.asks == "medicines_taken"


def test_what_is_due_at_once_waits_for_the_end_of_the_quiet_hours(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, events.completed(next_visit=IN_A_MONTH))
    night = at("2026-11-26T22:30:00-05:00")
    post(engine, content, events.visit("visit.moved", "evt_2", starts_at="2026-12-01T10:00:00-05:00"), night)

    row = next(row for row in texts(engine, Message.status == MessageStatus.QUEUED) if row.key == "nsaid")
    assert row.due_at == at("2026-11-27T09:00:00-05:00")


def test_a_visit_less_than_48_hours_away_is_also_a_task_for_staff(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, events.completed(next_visit=IN_A_MONTH))
    now = NOW + timedelta(days=7)
    post(engine, content, events.visit("visit.moved", "evt_2", starts_at="2026-12-02T09:00:00-05:00"), now)

    with transaction(engine) as session:
        task = session.exec(select(Task.text)).one()
    assert task.startswith("Ann L.: the visit on 2026-12-02 at 09:00 was entered less than 48 hours before.")


def test_a_visit_moved_later_is_told_again_in_its_own_window_only(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, events.completed(next_visit=IN_TWO_WEEKS))
    now = at("2026-12-01T10:00:00-05:00")  # the day after the window opened and the advice went out
    told(engine, at("2026-11-30T10:00:00-05:00"))
    post(engine, content, events.visit("visit.moved", "evt_2", starts_at=IN_A_MONTH), now)

    row = next(row for row in texts(engine, Message.status == MessageStatus.QUEUED) if row.key == "nsaid")
    assert row.due_at == at("2026-12-16T10:00:00-05:00")
    assert "23 Dec" in row.body


def test_a_visit_moved_by_a_day_inside_its_window_does_not_repeat_the_advice(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, events.completed(next_visit=IN_TWO_WEEKS))
    told(engine, at("2026-12-02T10:00:00-05:00"))
    now = at("2026-12-03T10:00:00-05:00")
    answer = post(
        engine, content, events.visit("visit.moved", "evt_2", starts_at="2026-12-08T10:00:00-05:00"), now
    ).answer

    assert [one["key"] for one in answer["messages"]] == ["visit_reminder"]
    assert answer["skipped"][0]["reason"].startswith("already told")


def test_a_moved_visit_leaves_the_first_text_without_the_old_date(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, events.completed(next_visit=IN_A_WEEK))
    post(engine, content, events.visit("visit.moved", "evt_2", starts_at=IN_A_MONTH))

    first = next(row for row in texts(engine) if row.key == "day_0")
    assert "30 Nov" not in first.body
    assert "ibuprofen" not in first.body
    assert first.body.endswith("Reply STOP to opt out.")
    assert first.visit_id is None
    assert "nsaid" in queued(engine)


def test_the_same_move_twice_changes_nothing(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed(next_visit=IN_TWO_WEEKS))
    post(engine, content, events.visit("visit.moved", "evt_2", starts_at=IN_A_MONTH))
    before = [(row.id, row.status) for row in texts(engine)]
    post(engine, content, events.visit("visit.moved", "evt_3", starts_at=IN_A_MONTH))

    assert [(row.id, row.status) for row in texts(engine)] == before


def test_a_cancelled_visit_keeps_the_aftercare_and_the_late_checks(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, events.completed(next_visit=IN_TWO_WEEKS))
    post(engine, content, events.visit("visit.cancelled", "evt_2", starts_at=None))

    assert queued(engine) == AFTERCARE
    assert {row.reason for row in texts(engine, Message.status == MessageStatus.CANCELED)} == {
        "the visit was cancelled"
    }
    with transaction(engine) as session:
        assert session.exec(select(Visit.status)).one() is VisitStatus.CANCELLED


def test_a_visit_that_was_cancelled_can_be_booked_again(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed(next_visit=IN_TWO_WEEKS))
    post(engine, content, events.visit("visit.cancelled", "evt_2", starts_at=None))
    post(engine, content, events.visit("visit.booked", "evt_3", starts_at=IN_TWO_WEEKS))

    assert [key for key, _ in of_visit(engine, MessageStatus.QUEUED)] == ["3:nsaid", "3:visit_reminder"]


def test_a_visit_can_be_booked_after_the_session(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed())
    by_phone = events.visit("visit.booked", "evt_2", starts_at=IN_A_MONTH) | {"patient": {"phone": "(202) 555-0111"}}
    post(engine, content, by_phone)

    assert [key for key, _ in of_visit(engine, MessageStatus.QUEUED)] == ["1:nsaid", "1:visit_reminder"]


def test_a_session_with_the_visit_that_is_booked_already_says_nothing_twice(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, events.completed())
    post(engine, content, events.visit("visit.booked", "evt_2", starts_at=IN_A_MONTH))
    later = NOW + timedelta(days=7)
    second = {"external_id": "s-2", "performed_at": later.isoformat()}
    post(engine, content, events.completed("evt_3", session=second, next_visit=IN_A_MONTH), later)

    with transaction(engine) as session:
        assert count(session, Visit) == 1
    assert queued(engine).count("nsaid") == 1


def test_a_session_reported_by_mistake_withdraws_its_own_texts_only(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, events.completed(next_visit=IN_A_WEEK))
    answer = post(engine, content, events.session_cancelled("evt_2")).answer

    assert answer["messages"] == []
    # The visit still stands, and what the withdrawn first text said about it is said on its own.
    assert queued(engine) == ["nsaid", "visit_reminder"]
    again = post(engine, content, events.session_cancelled("evt_3")).answer
    assert "cancelled before" in " ".join(again["warnings"])
    assert queued(engine) == ["nsaid", "visit_reminder"]


def test_a_later_session_ends_the_check_ins_of_the_earlier_one(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed())
    later = NOW + timedelta(days=2)
    scalp = {"external_id": "s-2", "performed_at": later.isoformat(), "areas": ["scalp"]}
    answer = post(engine, content, events.completed("evt_2", session=scalp), later).answer

    skipped = texts(engine, Message.status == MessageStatus.SKIPPED)
    assert [row.key for row in skipped] == ["day_3", "day_5"]
    assert all(str(row.reason).startswith("merged:") for row in skipped)
    assert "2 waiting texts of an earlier session" in " ".join(answer["warnings"])
    assert queued(engine).count("day_14") == 2  # each session keeps the clock of its own late checks


def test_a_session_entered_late_does_not_take_over_from_a_newer_one(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, events.completed())
    late = {"external_id": "s-0", "performed_at": "2026-11-22T10:00:00-05:00"}
    answer = post(engine, content, events.completed("evt_2", session=late)).answer

    assert not texts(engine, Message.status == MessageStatus.SKIPPED, Message.session_id == 1)
    assert any(one["reason"].startswith("merged:") for one in answer["skipped"])


def test_what_a_mistaken_session_replaced_is_said_after_all(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed())
    before = [(row.id, row.body) for row in texts(engine, Message.status == MessageStatus.QUEUED)]
    later = NOW + timedelta(hours=2)
    scalp = {"external_id": "s-2", "performed_at": later.isoformat(), "areas": ["scalp"]}
    post(engine, content, events.completed("evt_2", session=scalp), later)
    post(engine, content, events.session_cancelled("evt_3", "s-2"), later)

    assert [(row.id, row.body) for row in texts(engine, Message.status == MessageStatus.QUEUED)] == before


@pytest.mark.parametrize(
    ("event", "field", "said"),
    [
        (
            events.visit("visit.moved", "e", starts_at="2026-11-01T10:00:00-05:00"),
            "next_visit.starts_at",
            "in the past",
        ),
        (events.visit("visit.moved", "e", starts_at="2036-11-01T10:00:00-05:00"), "next_visit.starts_at", "year"),
        (events.visit("visit.cancelled", "e", starts_at=None), "next_visit.external_id", "no visit of this clinic"),
        (events.session_cancelled("e", "s-99"), "session.external_id", "no session of this clinic"),
        (
            events.visit("visit.moved", "e", starts_at=IN_A_MONTH) | {"patient": {"external_id": "p-99"}},
            "patient.external_id",
            "no patient of this clinic",
        ),
        (
            events.visit("visit.moved", "e", starts_at=IN_A_MONTH) | {"patient": {"phone": "+1 202 555 0177"}},
            "patient.phone",
            "no patient's phone",
        ),
        (events.visit("visit.moved", "e", starts_at=IN_A_MONTH) | {"patient": {}}, "patient", "names nobody"),
    ],
)
def test_an_amendment_of_what_is_not_there_is_refused_with_the_field(
    engine: Engine, content: Content, clinic: Cast, event: dict[str, object], field: str, said: str
) -> None:
    post(engine, content, events.completed())
    with pytest.raises(Invalid) as refused:
        post(engine, content, event)
    assert [(one.field, said in one.problem) for one in refused.value.problems] == [(field, True)]


def test_a_shared_phone_does_not_name_one_patient(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed())
    sister = {"external_id": "p-ana", "name": "Ana Lee"}
    post(engine, content, events.completed("evt_2", patient=sister, session={"external_id": "s-2"}))
    by_phone = events.visit("visit.booked", "evt_3", starts_at=IN_A_MONTH) | {"patient": {"phone": cast.ANN}}

    with pytest.raises(Invalid, match="phone of 2 patients"):
        post(engine, content, by_phone)


def test_another_patients_visit_is_refused(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed(next_visit=IN_A_MONTH))
    ben = {"external_id": "p-ben", "name": "Ben", "phone": cast.BEN}
    event = events.completed("evt_2", patient=ben, session={"external_id": "s-2"}, next_visit=IN_A_MONTH)

    with pytest.raises(Invalid, match="another patient's visit"):
        post(engine, content, event)


def scalp(event_id: str, at_: datetime, **parts: dict[str, object]) -> dict[str, object]:
    session = {"external_id": "s-2", "protocol": "mesotherapy_scalp", "areas": ["scalp"]}
    return events.completed(event_id, session=session | {"performed_at": at_.isoformat()}, **parts)


def first_words(engine: Engine) -> list[tuple[int | None, str]]:
    waiting = texts(engine, Message.status == MessageStatus.QUEUED, Message.key == "day_0")
    return [(row.session_id, row.body) for row in waiting]


def test_two_treatments_on_one_day_begin_with_one_text_that_speaks_of_both(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, events.completed())
    also = content.catalog.text("en", "day_0_also", "mesotherapy_face")
    post(engine, content, scalp("evt_2", NOW))

    ((session_id, body),) = first_words(engine)
    assert session_id == 2
    assert also in body
    assert body.endswith("Reply STOP to opt out.")
    in_spanish = scalp("evt_3", NOW, patient={"language": "es"})
    post(engine, content, in_spanish)
    ((_, body),) = first_words(engine)
    assert content.catalog.text("es", "day_0_also", "mesotherapy_face") in body
    assert "Responda STOP" in body


def test_a_treatment_that_is_entered_late_is_added_to_the_text_of_the_later_one(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, scalp("evt_1", NOW))
    post(engine, content, events.completed("evt_2"))

    ((session_id, body),) = first_words(engine)
    assert session_id == 1
    assert content.catalog.text("en", "day_0_also", "mesotherapy_face") in body


def test_a_cancelled_session_gives_the_first_words_back(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed())
    before = first_words(engine)
    post(engine, content, scalp("evt_2", NOW))
    post(engine, content, events.session_cancelled("evt_3", "s-2"))

    assert first_words(engine) == before


def test_who_had_the_treatment_before_gets_the_shorter_first_words(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, events.completed())
    later = NOW + timedelta(days=14)
    again = {"external_id": "s-2", "performed_at": later.isoformat()}
    post(engine, content, events.completed("evt_2", session=again), later)

    bodies = dict(first_words(engine))
    assert "As last time" in bodies[2]
