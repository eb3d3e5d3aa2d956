"""What triage and the answer are told about a reply: everything that its number has at the clinic, and nothing else."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import select

from assistant.db import transaction
from assistant.models import Concern, SessionStatus, TreatmentSession, Visit, VisitStatus
from assistant.rules.states import ConcernStatus
from assistant.services import reply_context, senders
from assistant.services.content import Content
from assistant.services.reply_context import Standing
from assistant.services.senders import FromNumber, FromStaff
from tests import cast
from tests.cast import ANN, CLINIC_PHONE, DANA, STRANGER, Cast
from tests.services.texting import outgoing, text_in

DAY_0 = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
DAY_3 = DAY_0 + timedelta(days=3)
PUS = "its hot and theres pus coming out"


def standing(engine: Engine, content: Content, phone: str, now: datetime) -> Standing:
    with transaction(engine) as session:
        sender = senders.find(session, CLINIC_PHONE, phone, now)
        assert isinstance(sender, FromNumber)
        return reply_context.gather(
            session, content, clinic=sender.clinic, conversation=sender.conversation, has_image=False, now=now
        )


def test_two_patients_on_one_phone_bring_the_sessions_and_the_next_visit_of_both(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    with transaction(engine) as session:
        ann = cast.add_patient(
            session, clinic, performed_at=DAY_0, next_visit_at=DAY_3 + timedelta(hours=60), language="es"
        ).id
        eva = cast.add_patient(
            session,
            clinic,
            name="Eva Lee",
            performed_at=DAY_0 - timedelta(days=7),
            next_visit_at=DAY_3 + timedelta(hours=12),
        ).id
        session.add(_another_session(session.get_one(TreatmentSession, 1), DAY_0 - timedelta(days=20)))

    known = standing(engine, content, ANN, DAY_3)

    assert [person.id for person in known.patients] == [eva, ann]
    assert [one.day for one in known.context.sessions] == [23, 10, 3]
    assert known.context.hours_to_next_visit == 12
    assert known.context.language == "en"  # of who came last


def test_what_was_cancelled_or_is_over_does_not_count(engine: Engine, content: Content, clinic: Cast) -> None:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=DAY_0, next_visit_at=DAY_3 + timedelta(days=1))
        cast.add_patient(session, clinic, name="Eva Lee", performed_at=DAY_0, next_visit_at=DAY_3 - timedelta(hours=1))
        first, visit = session.get_one(TreatmentSession, 1), session.get_one(Visit, 1)
        first.status, visit.status = SessionStatus.CANCELLED, VisitStatus.CANCELLED

    known = standing(engine, content, ANN, DAY_3)

    assert len(known.context.sessions) == 1
    assert known.context.hours_to_next_visit is None


def test_an_unknown_number_brings_nothing(engine: Engine, content: Content, clinic: Cast) -> None:
    known = standing(engine, content, STRANGER, DAY_3)

    assert (known.patients, known.context.known, known.context.sessions) == ((), False, ())
    assert known.context.hours_to_next_visit is None


def test_what_was_written_within_a_week_is_told_oldest_first(engine: Engine, content: Content, clinic: Cast) -> None:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=DAY_0)
    text_in(engine, content, ANN, "ok thanks", DAY_0)
    text_in(engine, content, ANN, PUS, DAY_3)
    text_in(engine, content, ANN, "1", DAY_3 + timedelta(hours=1))

    def recent(now: datetime) -> list[str]:
        return [reply.text for reply in standing(engine, content, ANN, now).context.recent]

    assert recent(DAY_3 + timedelta(hours=2)) == ["ok thanks", PUS, "1"]
    assert recent(DAY_3 + timedelta(days=6)) == [PUS, "1"]
    assert recent(DAY_3 + timedelta(days=8)) == []


def test_only_a_concern_that_is_not_closed_is_live(engine: Engine, content: Content, clinic: Cast) -> None:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=DAY_0)
    before = standing(engine, content, ANN, DAY_3).has_live_concern
    text_in(engine, content, ANN, PUS, DAY_3)
    during = standing(engine, content, ANN, DAY_3).has_live_concern
    with transaction(engine) as session:
        session.exec(select(Concern)).one().status = ConcernStatus.RESOLVED

    assert (before, during, standing(engine, content, ANN, DAY_3).has_live_concern) == (False, True, False)


def test_automatic_answers_of_the_last_hour_are_counted(engine: Engine, content: Content, clinic: Cast) -> None:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=DAY_0)
    for minute in (0, 50, 55):
        text_in(engine, content, ANN, "ok thanks", DAY_3 + timedelta(minutes=minute))

    assert len(outgoing(engine, ANN)) == 3
    assert standing(engine, content, ANN, DAY_3 + timedelta(minutes=70)).answers == 2


def test_a_number_of_the_staff_is_not_a_patients(engine: Engine, clinic: Cast) -> None:
    with transaction(engine) as session:
        sender = senders.find(session, CLINIC_PHONE, DANA, DAY_3)

        assert isinstance(sender, FromStaff)
        assert sender.staff.id == clinic.dana_id


def _another_session(like: TreatmentSession, performed_at: datetime) -> TreatmentSession:
    return TreatmentSession(
        clinic_id=like.clinic_id,
        patient_id=like.patient_id,
        course_id=like.course_id,
        external_id="s-before",
        protocol=like.protocol,
        performed_at=performed_at,
        areas=["face"],
        created_at=performed_at,
    )
