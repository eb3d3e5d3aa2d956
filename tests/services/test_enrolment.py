"""A completed session becomes a patient, a consent, a session, a visit and the texts they bring."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from assistant.db import transaction
from assistant.errors import Conflict, Invalid
from assistant.models import (
    AuditEvent,
    Clinic,
    Consent,
    ConsentKind,
    Conversation,
    Course,
    Message,
    Patient,
    Staff,
    Task,
    TreatmentSession,
    Visit,
    WebhookEvent,
)
from assistant.rules.states import MessageStatus
from assistant.services.content import Content
from assistant.services.enrolment import Applied
from tests import cast, events
from tests.cast import Cast
from tests.events import NOW
from tests.services.enrolling import count, post, queued, texts

WEEK_LATER = "2026-11-30T10:00:00-05:00"
MONTH_LATER = "2026-12-23T10:00:00-05:00"


def test_a_session_becomes_a_patient_a_consent_a_course_a_visit_and_queued_texts(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    applied = post(engine, content, events.completed(next_visit=MONTH_LATER))

    assert applied.created
    with transaction(engine) as session:
        ann = session.exec(select(Patient)).one()
        assert (ann.name, ann.phone, ann.language, ann.external_id) == ("Ann Lee", cast.ANN, "en", "p-ann")
        consent = session.exec(select(Consent)).one()
        assert (consent.kind, consent.method, consent.phone) == (ConsentKind.GRANTED, "paper", cast.ANN)
        treatment = session.exec(select(TreatmentSession)).one()
        assert treatment.areas == ["face"]
        assert treatment.products == [{"name": "NCTF 135", "lot": "A12"}]
        visit = session.exec(select(Visit)).one()
        assert (visit.session_id, visit.version) == (treatment.id, 1)
        assert count(session, Course) == 1
    steps = [step.key for step in content.catalog.protocols["mesotherapy_face"].steps]
    assert sorted(queued(engine)) == sorted(steps)


def test_the_answer_lists_every_text_with_its_instants(engine: Engine, content: Content, clinic: Cast) -> None:
    answer = post(engine, content, events.completed()).answer

    assert answer["messages"][0] == {
        "key": "day_0",
        "due_at": "2026-11-23T16:00:00Z",
        "send_by": "2026-11-24T16:00:00Z",
    }
    assert [one["key"] for one in answer["messages"]] == queued(engine)


def test_a_text_is_written_out_with_the_patients_own_values(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed(patient={"language": "es", "name": "José Ruiz"}))

    first = texts(engine)[0]
    assert "Lumen Clinic: hola José." in first.body
    assert "911" in first.body
    assert first.language == "es"
    assert "STOP" in first.body
    assert "{" not in first.body


def test_only_the_first_text_a_number_ever_gets_says_how_to_opt_out(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, events.completed())
    later = NOW + timedelta(days=30)
    again = {"external_id": "s-2", "performed_at": later.isoformat()}
    post(engine, content, events.completed("evt_2", session=again, consent={"at": later.isoformat()}), later)

    assert [row.key for row in texts(engine) if "STOP" in row.body] == ["day_0"]
    assert texts(engine)[0].session_id == 1


def test_safety_and_hours_come_from_the_step(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed())

    rows = {str(row.key): row for row in texts(engine)}
    assert rows["day_0_warning"].any_hour
    assert rows["day_0_warning"].safety
    assert not rows["day_1"].any_hour
    assert not rows["day_1"].safety
    assert rows["day_1"].asks == "better_same_worse"
    assert {row.lane for row in rows.values()} == {2}


def test_a_visit_in_a_week_is_named_in_the_first_text_in_the_clinics_hour(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    west = {"timezone": "America/Los_Angeles"}
    post(engine, content, events.completed(next_visit=WEEK_LATER, patient=west))

    first = next(row for row in texts(engine) if row.key == "day_0")
    assert "Mon 30 Nov at 10:00" in first.body
    assert "ibuprofen" in first.body
    assert first.visit_id is not None
    assert "nsaid" not in queued(engine)


def test_the_same_event_again_changes_nothing_and_is_answered_alike(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    first = post(engine, content, events.completed(next_visit=WEEK_LATER))
    # A year later nothing in it would be accepted any more, and it still gets its answer.
    second = post(engine, content, events.completed(next_visit=WEEK_LATER), NOW + timedelta(days=365))

    assert second == Applied(first.answer, created=False)
    with transaction(engine) as session:
        assert count(session, Message) == len(first.answer["messages"])


def test_the_same_event_id_with_another_body_is_a_conflict(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed())
    with pytest.raises(Conflict):
        post(engine, content, events.completed(patient={"name": "Ann Li"}))


def test_the_same_session_under_another_event_id_doubles_nothing(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, events.completed(next_visit=MONTH_LATER))
    before = len(texts(engine))
    again = post(engine, content, events.completed("evt_2", next_visit=MONTH_LATER))

    assert again.created
    assert "recorded already" in " ".join(again.answer["warnings"])
    with transaction(engine) as session:
        assert (count(session, Patient), count(session, TreatmentSession), count(session, Visit)) == (1, 1, 1)
        assert (count(session, Consent), count(session, Course)) == (1, 1)
        assert count(session, Message) == before


def test_what_is_wrong_leaves_nothing_behind(engine: Engine, content: Content, clinic: Cast) -> None:
    with pytest.raises(Invalid):
        post(engine, content, events.completed(session={"protocol": "botox"}))
    with transaction(engine) as session:
        for table in (Patient, Conversation, Consent, Course, TreatmentSession, Visit, Message, WebhookEvent):
            assert count(session, table) == 0


def test_a_text_that_is_already_too_late_is_a_row_with_its_reason(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    late = {"performed_at": "2026-11-20T10:00:00-05:00"}
    answer = post(engine, content, events.completed(session=late)).answer

    reasons = {one["key"]: one["reason"] for one in answer["skipped"]}
    assert reasons["day_1"].startswith("too late")
    skipped = texts(engine, Message.status == MessageStatus.SKIPPED)
    assert {str(row.key) for row in skipped} == set(reasons)
    assert "day_0_warning" in queued(engine)


def test_a_number_that_opted_out_gets_rows_but_no_texts(engine: Engine, content: Content, clinic: Cast) -> None:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, opted_out_at=NOW - timedelta(days=10))
    answer = post(engine, content, events.completed(next_visit=WEEK_LATER)).answer

    assert answer["messages"] == []
    assert "opted out" in " ".join(answer["warnings"])
    assert {row.reason for row in texts(engine)} == {"the patient has opted out of texts"}
    with transaction(engine) as session:
        assert count(session, TreatmentSession) == 1


def test_two_patients_on_one_phone_are_told_apart_by_their_first_name(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, events.completed())
    sister = {"external_id": "p-ana", "name": "Ana Lee"}
    answer = post(engine, content, events.completed("evt_2", patient=sister, session={"external_id": "s-2"})).answer

    assert "Ann Lee has this phone too" in " ".join(answer["warnings"])
    with transaction(engine) as session:
        assert count(session, Conversation) == 1
        names = {row.id: row.first_name for row in session.exec(select(Patient))}
    for row in texts(engine):
        assert row.patient_id is not None
        assert row.body.startswith(f"{names[row.patient_id]}: ")


def test_a_new_phone_takes_the_waiting_texts_along(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed())
    new = {"phone": "+1 202 555 0133"}
    post(engine, content, events.completed("evt_2", patient=new, session={"external_id": "s-2"}))

    assert {row.phone for row in texts(engine, Message.status == MessageStatus.QUEUED)} == {"+12025550133"}
    with transaction(engine) as session:
        consents = session.exec(select(Consent.phone).order_by(col(Consent.id))).all()
        assert consents == [cast.ANN, "+12025550133"]
        changed = session.exec(select(AuditEvent.text).where(AuditEvent.action == "patient.phone")).one()
    assert changed == "…0111 became …0133"


def test_a_phone_that_is_no_longer_shared_needs_no_first_names(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed())
    sister = {"external_id": "p-ana", "name": "Ana Lee"}
    post(engine, content, events.completed("evt_2", patient=sister, session={"external_id": "s-2"}))
    moved = sister | {"phone": "+1 202 555 0133"}
    post(engine, content, events.completed("evt_3", patient=moved, session={"external_id": "s-2"}))

    waiting = texts(engine, Message.status == MessageStatus.QUEUED)
    assert {row.phone for row in waiting} == {cast.ANN, "+12025550133"}
    assert not any(row.body.startswith(("Ann: ", "Ana: ")) for row in waiting)
    assert sum("STOP" in row.body for row in waiting if row.phone == cast.ANN) == 1


def test_a_language_that_the_patient_chose_by_text_stays(engine: Engine, content: Content, clinic: Cast) -> None:
    post(engine, content, events.completed(patient={"language": "es"}))
    with transaction(engine) as session:
        ann = session.exec(select(Patient)).one()
        ann.language = "es"
        confirmed = session.exec(select(Message).where(Message.key == "day_1")).one()
        confirmed.key = "language_changed"
        session.add_all([ann, confirmed])
    answer = post(engine, content, events.completed("evt_2", session={"external_id": "s-2"})).answer

    assert "chose es by text" in " ".join(answer["warnings"])
    assert {row.language for row in texts(engine)} == {"es"}


def test_a_changed_language_is_the_language_of_everything_that_waits(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    post(engine, content, events.completed(next_visit=WEEK_LATER))
    post(engine, content, events.completed("evt_2", next_visit=WEEK_LATER, patient={"language": "es-MX"}))

    waiting = texts(engine, Message.status == MessageStatus.QUEUED)
    assert {row.language for row in waiting} == {"es"}
    first = next(row for row in waiting if row.key == "day_0")
    assert "Responda STOP" in first.body
    assert "ibuprofeno" in first.body


def test_a_child_is_recorded_and_put_before_a_person(engine: Engine, content: Content, clinic: Cast) -> None:
    child = {"date_of_birth": "2010-01-01"}
    answer = post(engine, content, events.completed(patient=child)).answer
    post(engine, content, events.completed("evt_2", patient=child, session={"external_id": "s-2"}))

    assert "16 on the day" in " ".join(answer["warnings"])
    assert answer["messages"]
    with transaction(engine) as session:
        assert len(session.exec(select(AuditEvent).where(AuditEvent.action == "patient.under_age")).all()) == 1
        assert "guardian" in session.exec(select(Task.text)).one()


def test_a_draft_protocol_is_said_to_be_one(engine: Engine, content: Content, clinic: Cast) -> None:
    answer = post(engine, content, events.completed()).answer
    assert "is a draft" in " ".join(answer["warnings"])


def test_the_only_clinic_need_not_be_named_and_one_of_two_must_be(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    event = events.completed()
    del event["clinic"]
    assert post(engine, content, event).created
    with transaction(engine) as session:
        first = session.get_one(Clinic, clinic.clinic_id)
        other = first.model_dump(exclude={"id"}) | {"slug": "north", "phone": "+12025550101"}
        session.add(Clinic(**other))
    event["event_id"] = "evt_2"
    with pytest.raises(Invalid) as refused:
        post(engine, content, event)
    assert [one.field for one in refused.value.problems] == ["clinic"]
    assert "north" in refused.value.problems[0].problem


def test_a_staff_members_number_is_refused_until_they_leave(engine: Engine, content: Content, clinic: Cast) -> None:
    event = events.completed(patient={"phone": cast.DANA})
    with pytest.raises(Invalid, match="staff member"):
        post(engine, content, event)
    with transaction(engine) as session:
        dana = session.get_one(Staff, clinic.dana_id)
        dana.active = False
        session.add(dana)
    assert post(engine, content, event).created
