"""A clinic's own phrases: who may write and use them, and what they do to the next text in every process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlmodel import select

from assistant.db import snapshot, transaction
from assistant.errors import Invalid
from assistant.models import AuditEvent, Clinic, ClinicPhrase, Message, PhraseState, Role, Staff
from assistant.rules.clinic_phrases import Phrase
from assistant.rules.verdict import Category
from assistant.services import clinic_phrases, phrase_changes
from assistant.services.content import Content
from tests import cast
from tests.cast import ANN, DANA, STRANGER, Cast
from tests.services.governing import add_staff
from tests.services.texting import concerns, keys, text_in, the_concern

DAY_0 = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
NOW = DAY_0 + timedelta(days=3)
DOLPHIN = Phrase("en", "dolphin skin", Category.URGENT)
SAID = "thanks, all good, only dolphin skin"


@pytest.fixture
def admin(engine: Engine, clinic: Cast) -> int:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=DAY_0)
        return add_staff(session, Role.ADMIN, clinic.clinic_id)


@pytest.fixture
def elsewhere(content: Content) -> Content:
    """The same content in another process, which remembers nothing of this one."""
    return replace(content, own_phrases={})


def write(engine: Engine, content: Content, staff_id: int, phrase: Phrase = DOLPHIN, now: datetime = NOW) -> int:
    with transaction(engine) as session:
        staff, clinic = session.get_one(Staff, staff_id), session.exec(select(Clinic).order_by(Clinic.id)).first()  # type: ignore[arg-type]
        assert clinic is not None
        return phrase_changes.write(session, content, clinic, staff, phrase, now).id


def make_live(engine: Engine, content: Content, phrase_id: int, staff_id: int, now: datetime = NOW) -> None:
    with transaction(engine) as session:
        phrase_changes.make_live(session, content, phrase_id, session.get_one(Staff, staff_id), now)


def drop(engine: Engine, phrase_id: int, staff_id: int, now: datetime = NOW) -> None:
    with transaction(engine) as session:
        phrase_changes.drop(session, phrase_id, session.get_one(Staff, staff_id), now)


def live(engine: Engine, content: Content, staff_id: int, phrase: Phrase = DOLPHIN) -> int:
    phrase_id = write(engine, content, staff_id, phrase)
    make_live(engine, content, phrase_id, staff_id)
    return phrase_id


def refused(act: Any, *arguments: Any) -> list[str]:
    with pytest.raises(Invalid) as caught:
        act(*arguments)
    return [problem.field for problem in caught.value.problems]


def category(engine: Engine, content: Content, body: str, sender: str = ANN) -> Category | None:
    verdict = text_in(engine, content, sender, body, NOW).verdict
    return verdict.category if verdict is not None else None


def one(engine: Engine, phrase_id: int) -> ClinicPhrase:
    with snapshot(engine) as session:
        return session.get_one(ClinicPhrase, phrase_id)


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The statements that are sent to the database meanwhile."""
    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


# --- what a live phrase does ------------------------------------------------------------------------------------


def test_a_draft_raises_nothing(engine: Engine, content: Content, admin: int) -> None:
    before = category(engine, content, SAID)
    write(engine, content, admin)

    assert category(engine, content, SAID) is before
    assert before is not Category.URGENT


def test_a_live_phrase_pages_and_staff_see_why(engine: Engine, content: Content, admin: int) -> None:
    live(engine, content, admin)

    assert category(engine, content, SAID) is Category.URGENT
    assert keys(engine, DANA) == ["page"]
    assert keys(engine, ANN) == ["urgent"]
    assert the_concern(engine).findings[0]["why"] == 'your own phrase "dolphin skin"'
    with snapshot(engine) as session:
        assert session.exec(select(Message.category).where(Message.phone == ANN)).first() is Category.URGENT


def test_another_process_uses_it_from_the_next_text_on(
    engine: Engine, content: Content, elsewhere: Content, admin: int
) -> None:
    category(engine, elsewhere, "hello")
    phrase_id = live(engine, content, admin)
    assert category(engine, elsewhere, SAID) is Category.URGENT

    live(engine, content, admin, Phrase("en", "crunching noise", Category.EMERGENCY))
    assert category(engine, elsewhere, "a crunching noise") is Category.EMERGENCY

    drop(engine, phrase_id, admin)
    text_in(engine, elsewhere, STRANGER, "dolphin skin", NOW)
    assert category(engine, elsewhere, "dolphin skin", STRANGER) is not Category.URGENT


def test_a_clinic_without_phrases_pays_no_statement_and_one_with_them_pays_once(
    engine: Engine, content: Content, elsewhere: Content, admin: int
) -> None:
    text_in(engine, elsewhere, ANN, "hello there", NOW)
    with statements(engine) as before:
        text_in(engine, elsewhere, ANN, "hello again", NOW)
    phrase_id = live(engine, content, admin)
    text_in(engine, elsewhere, ANN, "hello you", NOW)
    with statements(engine) as known:
        text_in(engine, elsewhere, ANN, "hello all", NOW)
    drop(engine, phrase_id, admin)
    with statements(engine) as without:
        text_in(engine, elsewhere, ANN, "hello both", NOW)

    for sent in (before, known, without):
        assert [statement for statement in sent if "clinic_phrase" in statement] == []


def test_another_clinics_texts_are_judged_by_the_shipped_rules_alone(
    engine: Engine, content: Content, admin: int
) -> None:
    live(engine, content, admin)
    with transaction(engine) as session:
        first = session.exec(select(Clinic)).one()
        other = {"slug": "north", "phone": "+12025550101", "phrases_tag": None}
        north = Clinic(**(first.model_dump(exclude={"id"}) | other))
        session.add(north)
        session.flush()
        assert clinic_phrases.of(session, content, north) is None


def test_a_shipped_danger_stays_one_whatever_the_clinic_writes(engine: Engine, content: Content, admin: int) -> None:
    live(engine, content, admin, Phrase("en", "cant breathe", Category.CONCERN))

    assert category(engine, content, "i cant breathe") is Category.EMERGENCY


def test_an_opt_out_beside_a_live_phrase_is_phoned_and_not_forgotten(
    engine: Engine, content: Content, admin: int
) -> None:
    live(engine, content, admin)
    category(engine, content, "please stop texting me. dolphin skin")

    assert the_concern(engine).wants_no_texts


def test_the_exact_word_still_opts_out(engine: Engine, content: Content, admin: int) -> None:
    live(engine, content, admin)

    assert category(engine, content, "STOP") is Category.OPT_OUT
    assert concerns(engine) == []


# --- who may, and what is kept ----------------------------------------------------------------------------------


def test_each_step_is_kept_with_who_and_when(engine: Engine, clinic: Cast, content: Content, admin: int) -> None:
    phrase_id = write(engine, content, clinic.dana_id)
    make_live(engine, content, phrase_id, admin, NOW + timedelta(hours=1))
    drop(engine, phrase_id, admin, NOW + timedelta(hours=2))

    row = one(engine, phrase_id)
    assert (row.state, row.author_id, row.created_at) == (PhraseState.DROPPED, clinic.dana_id, NOW)
    assert (row.live_by_id, row.live_at) == (admin, NOW + timedelta(hours=1))
    assert (row.dropped_by_id, row.dropped_at) == (admin, NOW + timedelta(hours=2))
    with snapshot(engine) as session:
        told = session.exec(select(AuditEvent).where(AuditEvent.clinic_id == clinic.clinic_id)).all()
        assert [(one.action, one.staff_id, one.text) for one in told if one.action.startswith("phrase.")] == [
            ("phrase.written", clinic.dana_id, f"{phrase_id} URGENT"),
            ("phrase.live", admin, f"{phrase_id} URGENT"),
            ("phrase.dropped", admin, f"{phrase_id} URGENT"),
        ]
        assert session.get_one(Clinic, clinic.clinic_id).phrases_tag is None


def test_the_history_has_every_phrase_newest_first(engine: Engine, clinic: Cast, content: Content, admin: int) -> None:
    first = live(engine, content, admin)
    drop(engine, first, admin)
    second = write(engine, content, admin)

    with snapshot(engine) as session:
        rows = clinic_phrases.history(session, clinic.clinic_id)
    assert [(row.id, row.state) for row in rows] == [(second, PhraseState.DRAFT), (first, PhraseState.DROPPED)]


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.STAFF, Role.VIEWER])
def test_only_an_admin_makes_a_phrase_live_or_drops_a_live_one(
    engine: Engine, clinic: Cast, content: Content, admin: int, role: Role
) -> None:
    phrase_id = write(engine, content, admin)
    with transaction(engine) as session:
        other = add_staff(session, role, clinic.clinic_id, name="Jo Tan")

    assert refused(make_live, engine, content, phrase_id, other) == ["staff"]
    make_live(engine, content, phrase_id, admin)
    assert refused(drop, engine, phrase_id, other) == ["staff"]
    assert one(engine, phrase_id).state is PhraseState.LIVE


def test_a_viewer_writes_no_draft_and_a_nurse_may_drop_one(
    engine: Engine, clinic: Cast, content: Content, admin: int
) -> None:
    with transaction(engine) as session:
        viewer = add_staff(session, Role.VIEWER, clinic.clinic_id, name="Jo Tan")
    assert refused(write, engine, content, viewer) == ["staff"]

    phrase_id = write(engine, content, admin)
    drop(engine, phrase_id, clinic.dana_id)
    assert one(engine, phrase_id).state is PhraseState.DROPPED


def test_an_admin_of_another_location_may_not(engine: Engine, clinic: Cast, content: Content, admin: int) -> None:
    with transaction(engine) as session:
        first = session.exec(select(Clinic)).one()
        north = Clinic(**(first.model_dump(exclude={"id"}) | {"slug": "north", "phone": "+12025550101"}))
        session.add(north)
        session.flush()
        stranger = add_staff(session, Role.ADMIN, north.id, name="Jo Tan")
        owner = add_staff(session, Role.ADMIN, None, name="Al Poe")
    phrase_id = write(engine, content, admin)

    assert refused(make_live, engine, content, phrase_id, stranger) == ["staff"]
    make_live(engine, content, phrase_id, owner)
    assert one(engine, phrase_id).state is PhraseState.LIVE


def test_making_live_and_dropping_twice_change_nothing(engine: Engine, content: Content, admin: int) -> None:
    phrase_id = live(engine, content, admin)
    make_live(engine, content, phrase_id, admin, NOW + timedelta(days=1))
    assert one(engine, phrase_id).live_at == NOW
    drop(engine, phrase_id, admin)
    drop(engine, phrase_id, admin, NOW + timedelta(days=1))
    assert one(engine, phrase_id).dropped_at == NOW


def test_what_was_dropped_is_written_anew_and_not_revived(engine: Engine, content: Content, admin: int) -> None:
    phrase_id = live(engine, content, admin)
    drop(engine, phrase_id, admin)

    assert refused(make_live, engine, content, phrase_id, admin) == ["phrase"]
    assert live(engine, content, admin) != phrase_id


def test_a_phrase_that_is_there_already_is_refused(engine: Engine, content: Content, admin: int) -> None:
    write(engine, content, admin)

    assert refused(write, engine, content, admin, Phrase("en", " Dolphin  SKIN ", concept="swell")) == ["phrase"]
    write(engine, content, admin, Phrase("es", "dolphin skin", Category.URGENT))


def test_a_phrase_of_no_such_number_is_refused(engine: Engine, content: Content, admin: int) -> None:
    assert refused(make_live, engine, content, 99, admin) == ["phrase"]


@pytest.mark.parametrize(
    ("phrase", "fields"),
    [
        (Phrase("en", "  ", Category.URGENT), ["phrase"]),
        (Phrase("en", "the", Category.URGENT), ["phrase"]),
        (Phrase("en", "dolphin skin", concept="dolphin"), ["concept"]),
        (Phrase("xx", "", Category.EXPECTED), ["language", "category", "phrase"]),
    ],
)
def test_a_bad_phrase_is_refused_with_its_fields(
    engine: Engine, content: Content, admin: int, phrase: Phrase, fields: list[str]
) -> None:
    assert refused(write, engine, content, admin, phrase) == fields


def test_a_word_of_more_than_a_quarter_of_past_texts_is_refused(
    engine: Engine, clinic: Cast, content: Content, admin: int
) -> None:
    for number in range(20):
        text_in(engine, content, f"+1202555{1000 + number}", "my zebra is ok" if number < 6 else "ok", NOW)
    with pytest.raises(Invalid, match="too common, 6 of the last 20 texts would be raised"):
        write(engine, content, admin, Phrase("en", "zebra", Category.URGENT))

    text_in(engine, content, "+12025551099", "ok", NOW)
    for number in range(4):
        text_in(engine, content, f"+1202555{1100 + number}", "ok", NOW)
    write(engine, content, admin, Phrase("en", "zebra", Category.URGENT))


def test_a_draft_that_has_become_common_is_not_made_live(engine: Engine, content: Content, admin: int) -> None:
    phrase_id = write(engine, content, admin, Phrase("en", "zebra", Category.URGENT))
    for number in range(20):
        text_in(engine, content, f"+1202555{1000 + number}", "my zebra is ok", NOW)

    assert refused(make_live, engine, content, phrase_id, admin) == ["phrase"]
