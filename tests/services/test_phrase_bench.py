"""Phrases are tried, and their effect on the clinic's past texts is seen, before anything is saved."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import func, select

from assistant.db import snapshot, transaction
from assistant.errors import Invalid
from assistant.models import Clinic, ClinicPhrase, Role, Staff
from assistant.rules.clinic_phrases import Phrase
from assistant.rules.verdict import Category
from assistant.services import phrase_bench, phrase_changes
from assistant.services.content import Content
from assistant.services.phrase_bench import Effect, Tried
from tests import cast
from tests.cast import ANN, DANA, STRANGER, Cast
from tests.services.governing import add_staff
from tests.services.texting import text_in

DAY_0 = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
DAY_3, DAY_9 = DAY_0 + timedelta(days=3), DAY_0 + timedelta(days=9)
NOW = DAY_0 + timedelta(days=10)
DOLPHIN = Phrase("en", "dolphin skin", Category.URGENT)


@pytest.fixture
def admin(engine: Engine, clinic: Cast) -> int:
    with transaction(engine) as session:
        cast.add_patient(session, clinic, performed_at=DAY_0)
        return add_staff(session, Role.ADMIN, clinic.clinic_id)


def effect(engine: Engine, content: Content, draft: Phrase, now: datetime = NOW) -> Effect:
    with snapshot(engine) as session:
        clinic = session.exec(select(Clinic).where(Clinic.slug == "main")).one()
        return phrase_bench.effect_of(session, content, clinic, draft, now)


def effect_of_dropping(engine: Engine, content: Content, phrase_id: int) -> Effect:
    with snapshot(engine) as session:
        clinic = session.exec(select(Clinic).where(Clinic.slug == "main")).one()
        return phrase_bench.effect_of_dropping(session, content, clinic, phrase_id, NOW)


def live(engine: Engine, content: Content, staff_id: int, phrase: Phrase = DOLPHIN) -> int:
    with transaction(engine) as session:
        clinic, staff = session.exec(select(Clinic)).one(), session.get_one(Staff, staff_id)
        row = phrase_changes.write(session, content, clinic, staff, phrase, DAY_0)
        phrase_changes.make_live(session, content, row.id, staff, DAY_0)
        return row.id


def wrote(engine: Engine, content: Content, body: str, at: datetime = DAY_3, sender: str = ANN) -> int:
    message_id = text_in(engine, content, sender, body, at).message_id
    assert message_id is not None
    return message_id


def tried(engine: Engine, content: Content, *texts: str, draft: Phrase | None = None, day: int = 3) -> list[Tried]:
    with snapshot(engine) as session:
        clinic = session.exec(select(Clinic)).one()
        return phrase_bench.try_phrases(session, content, clinic, texts, day=day, language="en", draft=draft)


# --- trying -----------------------------------------------------------------------------------------------------


def test_each_text_gets_its_verdict_and_why(engine: Engine, content: Content, admin: int) -> None:
    worst, calm = tried(engine, content, "I cannot breathe", "thank you")

    assert (worst.verdict.category, calm.verdict.category) == (Category.EMERGENCY, Category.ADMIN)
    assert worst.verdict.findings[0].why == "trouble breathing"
    assert worst.verdict is worst.shipped


def test_a_draft_is_tried_beside_what_is_live_without_being_saved(engine: Engine, content: Content, admin: int) -> None:
    live(engine, content, admin)
    with_live, with_draft = tried(
        engine, content, "dolphin skin", "crunching noise", draft=Phrase("en", "crunching noise", Category.EMERGENCY)
    )

    assert (with_live.verdict.category, with_draft.verdict.category) == (Category.URGENT, Category.EMERGENCY)
    assert with_draft.shipped.category is not Category.EMERGENCY
    with snapshot(engine) as session:
        assert session.exec(select(func.count()).select_from(ClinicPhrase)).one() == 1


def test_the_day_counts(engine: Engine, content: Content, admin: int) -> None:
    (early,) = tried(engine, content, "still swollen", day=2)
    (late,) = tried(engine, content, "still swollen", day=9)

    assert early.verdict.category is Category.EXPECTED
    assert late.verdict.category is Category.URGENT


def test_too_many_or_too_long_texts_are_refused(engine: Engine, content: Content, admin: int) -> None:
    with pytest.raises(Invalid, match="texts: try 200 at most"):
        tried(engine, content, *["a"] * 201)
    with pytest.raises(Invalid, match="texts: make each 1600"):
        tried(engine, content, "a" * 1601)


# --- the effect on past texts -----------------------------------------------------------------------------------


def test_past_texts_that_would_be_raised_are_named_with_both_verdicts(
    engine: Engine, content: Content, admin: int
) -> None:
    wrote(engine, content, "thank you")
    raised = wrote(engine, content, "thanks, dolphin skin")
    found = effect(engine, content, DOLPHIN)

    assert (found.looked_at, found.matched, found.down) == (2, 1, ())
    (change,) = found.up
    assert (change.message_id, change.text, change.at) == (raised, "thanks, dolphin skin", DAY_3)
    assert change.before.category is not Category.URGENT
    assert (change.after.category, change.after.findings[0].why) == (Category.URGENT, 'your own phrase "dolphin skin"')


def test_past_texts_that_were_worse_already_match_and_do_not_change(
    engine: Engine, content: Content, admin: int
) -> None:
    wrote(engine, content, "i cant breathe, dolphin skin")
    wrote(engine, content, "no dolphin skin")

    assert effect(engine, content, DOLPHIN) == Effect(2, 2, (), ())


def test_a_concept_is_judged_by_the_day_that_each_text_came(engine: Engine, content: Content, admin: int) -> None:
    wrote(engine, content, "my zebra is fine", DAY_3)
    late = wrote(engine, content, "my zebra is fine", DAY_9)
    found = effect(engine, content, Phrase("en", "zebra", concept="swell"))

    assert found.matched == 2
    assert [change.message_id for change in found.up if change.after.category is Category.URGENT] == [late]


def test_a_stranger_has_no_day_and_is_judged_with_more_caution(engine: Engine, content: Content, admin: int) -> None:
    wrote(engine, content, "my zebra is fine", DAY_3, STRANGER)
    found = effect(engine, content, Phrase("en", "zebra", concept="swell"))

    assert [change.after.category for change in found.up] == [Category.CONCERN]


def test_newest_first_and_only_texts_of_patients_of_this_clinic_in_180_days(
    engine: Engine, content: Content, admin: int
) -> None:
    wrote(engine, content, "dolphin skin", NOW - timedelta(days=181))
    first, second = wrote(engine, content, "dolphin skin a", DAY_3), wrote(engine, content, "dolphin skin b", DAY_9)
    text_in(engine, content, DANA, "dolphin skin", DAY_9)
    with transaction(engine) as session:
        main = session.exec(select(Clinic)).one()
        session.add(Clinic(**(main.model_dump(exclude={"id"}) | {"slug": "north", "phone": "+12025550101"})))
    found = effect(engine, content, DOLPHIN)

    assert (found.looked_at, [change.message_id for change in found.up]) == (2, [second, first])
    with snapshot(engine) as session:
        north = session.exec(select(Clinic).where(Clinic.slug == "north")).one()
        assert phrase_bench.effect_of(session, content, north, DOLPHIN, NOW) == Effect(0, 0, (), ())


def test_dropping_a_live_phrase_shows_what_would_go_down_again(engine: Engine, content: Content, admin: int) -> None:
    before = wrote(engine, content, "dolphin skin, from before it was live")
    phrase_id = live(engine, content, admin)
    after = wrote(engine, content, "dolphin skin", DAY_9)
    found = effect_of_dropping(engine, content, phrase_id)

    assert [change.message_id for change in found.down] == [after, before]
    assert found.up == ()
    assert {change.before.category for change in found.down} == {Category.URGENT}
    assert Category.URGENT not in {change.after.category for change in found.down}


def test_another_live_phrase_keeps_a_text_up(engine: Engine, content: Content, admin: int) -> None:
    phrase_id = live(engine, content, admin)
    live(engine, content, admin, Phrase("en", "crunching noise", Category.URGENT))
    wrote(engine, content, "dolphin skin and a crunching noise")

    assert effect_of_dropping(engine, content, phrase_id) == Effect(1, 1, (), ())
    assert effect(engine, content, Phrase("en", "a crunching", Category.URGENT)) == Effect(1, 1, (), ())


def test_only_a_live_phrase_can_be_seen_dropped(engine: Engine, content: Content, admin: int) -> None:
    with pytest.raises(Invalid, match="phrase: it is not live"):
        effect_of_dropping(engine, content, 99)
