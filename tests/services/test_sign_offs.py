"""Who may sign which words, for whom a signature counts, and what ends it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from assistant.db import snapshot, transaction
from assistant.errors import Invalid
from assistant.models import AuditEvent, Clinic, Role, SignOff, Staff
from assistant.services import drafts, sign_offs
from assistant.services.content import Content
from assistant.services.sign_offs import Standing, State
from messages.catalog import Catalog
from tests.cast import Cast
from tests.services.governing import FACE, add_staff, reworded, sign, with_edition

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def state(engine: Engine, catalog: Catalog, clinic_id: int | None, edition: tuple[str, str] = FACE) -> State:
    with snapshot(engine) as session:
        states = sign_offs.states(session, catalog, clinic_id)
    return next(one for one in states if (one.edition.name, one.edition.language) == edition)


def rows(engine: Engine) -> list[SignOff]:
    with snapshot(engine) as session:
        return list(session.exec(select(SignOff).order_by(SignOff.id)))  # type: ignore[arg-type]


def add_clinic(engine: Engine) -> int:
    with transaction(engine) as session:
        first = session.exec(select(Clinic)).one()
        other = Clinic(**(first.model_dump(exclude={"id"}) | {"slug": "north", "phone": "+12025550101"}))
        session.add(other)
        session.flush()
        return other.id


def test_what_nobody_signed_is_a_draft(engine: Engine, clinic: Cast, content: Content) -> None:
    with snapshot(engine) as session:
        states = sign_offs.states(session, content.catalog, clinic.clinic_id)

    assert [one.edition for one in states] == list(content.catalog.editions.values())
    assert {(one.standing, one.signed_as) for one in states} == {(Standing.DRAFT, None)}


def test_a_clinician_signs_and_it_is_known_who_when_and_what(engine: Engine, clinic: Cast, content: Content) -> None:
    with transaction(engine) as session:
        sign(session, content.catalog, clinic.evans_id, NOW, note="as printed on our leaflet")

    found = state(engine, content.catalog, clinic.clinic_id)
    assert (found.standing, found.signed_as, found.signed_at) == (Standing.SIGNED, "Dr Evans, clinician", NOW)
    (row,) = rows(engine)
    edition = content.catalog.editions[FACE]
    assert (row.sha256, row.version, row.note) == (edition.sha256, edition.version, "as printed on our leaflet")
    assert row.content == edition.as_json()
    with snapshot(engine) as session:
        event = session.exec(select(AuditEvent).where(AuditEvent.action == "content.signed")).one()
    assert (event.staff_id, event.clinic_id) == (clinic.evans_id, clinic.clinic_id)
    assert event.text == f"mesotherapy_face en {edition.version} {edition.sha256}"


def test_one_language_is_signed_without_the_others(engine: Engine, clinic: Cast, content: Content) -> None:
    with transaction(engine) as session:
        sign(session, content.catalog, clinic.evans_id, NOW)

    assert state(engine, content.catalog, clinic.clinic_id, ("mesotherapy_face", "es")).standing is Standing.DRAFT


@pytest.mark.parametrize("role", [Role.STAFF, Role.VIEWER])
def test_staff_and_viewers_may_not_sign(engine: Engine, clinic: Cast, content: Content, role: Role) -> None:
    with transaction(engine) as session:
        staff_id = add_staff(session, role, clinic.clinic_id)
    with pytest.raises(Invalid, match=f"staff: Mo Okafor is {role}: ask a clinician"), transaction(engine) as session:
        sign(session, content.catalog, staff_id, NOW)

    assert rows(engine) == []


def test_an_admin_may_sign(engine: Engine, clinic: Cast, content: Content) -> None:
    with transaction(engine) as session:
        sign(session, content.catalog, add_staff(session, Role.ADMIN, clinic.clinic_id), NOW)

    assert state(engine, content.catalog, clinic.clinic_id).signed_as == "Mo Okafor, admin"


def test_a_clinician_who_has_left_may_not_sign(engine: Engine, clinic: Cast, content: Content) -> None:
    with transaction(engine) as session:
        session.get_one(Staff, clinic.evans_id).active = False
    with pytest.raises(Invalid, match="staff"), transaction(engine) as session:
        sign(session, content.catalog, clinic.evans_id, NOW)


def test_words_that_changed_after_they_were_read_are_not_signed(engine: Engine, clinic: Cast, content: Content) -> None:
    changed = reworded(content.catalog, day_5="Other words.")
    with pytest.raises(Invalid, match="sha256: it was changed after you read it"), transaction(engine) as session:
        sign_offs.sign(
            session,
            changed,
            staff=session.get_one(Staff, clinic.evans_id),
            name="mesotherapy_face",
            language="en",
            sha256=content.catalog.editions[FACE].sha256,
            now=NOW,
        )

    assert rows(engine) == []


def test_everything_that_is_wrong_with_a_signature_is_told_at_once(
    engine: Engine, clinic: Cast, content: Content
) -> None:
    with transaction(engine) as session:
        dana = session.get_one(Staff, clinic.dana_id)
        wrong = {"name": "botox", "language": "en", "sha256": "", "note": "x" * 321}
        with pytest.raises(Invalid) as refused:
            sign_offs.sign(session, content.catalog, staff=dana, now=NOW, **wrong)

    assert [problem.field for problem in refused.value.problems] == ["staff", "name", "note"]


def test_a_change_of_one_word_makes_the_signature_not_count_any_more(
    engine: Engine, clinic: Cast, content: Content
) -> None:
    with transaction(engine) as session:
        sign(session, content.catalog, clinic.evans_id, NOW)
    found = state(engine, reworded(content.catalog, day_5="Other words."), clinic.clinic_id)

    assert (found.standing, found.signed_as, found.signed_at) == (Standing.CHANGED, "Dr Evans, clinician", NOW)


def test_a_change_of_timing_makes_the_signature_not_count_any_more(
    engine: Engine, clinic: Cast, content: Content
) -> None:
    edition = content.catalog.editions[FACE]
    assert edition.timing is not None
    changed = with_edition(content.catalog, replace(edition, timing={**edition.timing, "swelling_days": 6}))
    with transaction(engine) as session:
        sign(session, content.catalog, clinic.evans_id, NOW)

    assert state(engine, changed, clinic.clinic_id).standing is Standing.CHANGED


def test_a_new_version_number_alone_leaves_the_signature(engine: Engine, clinic: Cast, content: Content) -> None:
    edition = content.catalog.editions[FACE]
    renumbered = replace(edition, about=edition.about.model_copy(update={"version": 2}))
    with transaction(engine) as session:
        sign(session, content.catalog, clinic.evans_id, NOW)

    assert state(engine, with_edition(content.catalog, renumbered), clinic.clinic_id).standing is Standing.SIGNED


def test_words_that_were_signed_and_come_back_are_signed(engine: Engine, clinic: Cast, content: Content) -> None:
    changed = reworded(content.catalog, day_5="Other words.")
    with transaction(engine) as session:
        sign(session, content.catalog, clinic.evans_id, NOW)
        sign(session, changed, clinic.evans_id, LATER)

    assert state(engine, content.catalog, clinic.clinic_id).signed_at == NOW
    assert state(engine, changed, clinic.clinic_id).signed_at == LATER
    with snapshot(engine) as session:
        assert sign_offs.last_signed(session, clinic.clinic_id) == {FACE: changed.editions[FACE]}


def test_signing_twice_is_one_signature_and_the_first_one_stays(engine: Engine, clinic: Cast, content: Content) -> None:
    for now, note in ((NOW, "first"), (LATER, "second")):
        with transaction(engine) as session:
            sign(session, content.catalog, clinic.evans_id, now, note=note)

    assert [(row.at, row.note) for row in rows(engine)] == [(NOW, "first")]


def test_a_second_person_signs_beside_the_first(engine: Engine, clinic: Cast, content: Content) -> None:
    with transaction(engine) as session:
        sign(session, content.catalog, clinic.evans_id, NOW)
        sign(session, content.catalog, add_staff(session, Role.ADMIN, clinic.clinic_id), LATER)

    assert [row.signed_as for row in rows(engine)] == ["Dr Evans, clinician", "Mo Okafor, admin"]
    assert state(engine, content.catalog, clinic.clinic_id).signed_as == "Mo Okafor, admin"


def test_a_signature_counts_at_the_signers_clinic_only(engine: Engine, clinic: Cast, content: Content) -> None:
    north = add_clinic(engine)
    with transaction(engine) as session:
        sign(session, content.catalog, clinic.evans_id, NOW)

    assert state(engine, content.catalog, north).standing is Standing.DRAFT
    with snapshot(engine) as session:
        found = drafts.at(session, content.catalog, [clinic.clinic_id, north])
    assert not found.is_draft(clinic.clinic_id, *FACE)
    assert found.is_draft(north, *FACE)
    assert found.anywhere("mesotherapy_face")


def test_a_signature_for_all_locations_counts_at_each(engine: Engine, clinic: Cast, content: Content) -> None:
    north = add_clinic(engine)
    with transaction(engine) as session:
        sign(session, content.catalog, add_staff(session, Role.CLINICIAN, None), NOW)

    for clinic_id in (clinic.clinic_id, north, None):
        assert state(engine, content.catalog, clinic_id).standing is Standing.SIGNED


def test_drafts_are_titles_of_what_the_clinic_speaks(engine: Engine, clinic: Cast, content: Content) -> None:
    with snapshot(engine) as session:
        before = drafts.at(session, content.catalog, [clinic.clinic_id]).titles()
    with transaction(engine) as session:
        for name, language in (FACE, ("replies", "en"), ("replies", "es"), ("staff", "en")):
            sign(session, content.catalog, clinic.evans_id, NOW, (name, language))
    with snapshot(engine) as session:
        after = drafts.at(session, content.catalog, [clinic.clinic_id]).titles()

    assert {"face mesotherapy", "patch test", "answers to patients", "texts to staff"} <= set(before)
    assert "face mesotherapy (es)" in after
    assert "patch test" in after
    assert [title for title in after if title.startswith(("answers", "texts"))] == []


def test_once_everything_that_a_clinic_says_is_signed_nothing_is_a_draft(
    engine: Engine, clinic: Cast, content: Content
) -> None:
    with transaction(engine) as session:
        for name, language in content.catalog.editions:
            if language in ("en", "es"):
                sign(session, content.catalog, clinic.evans_id, NOW, (name, language))
    with snapshot(engine) as session:
        assert drafts.at(session, content.catalog, [clinic.clinic_id]).titles() == ()
