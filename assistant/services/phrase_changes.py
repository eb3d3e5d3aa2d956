"""A phrase of a clinic is written as a draft, made live, and dropped; each step is kept with who and when."""

import uuid
from datetime import datetime

from sqlmodel import Session, col, select

from assistant.errors import Invalid, Problem
from assistant.models import Clinic, ClinicPhrase, PhraseState, Role, Staff
from assistant.rules import phrase_checks
from assistant.rules.clinic_phrases import Phrase
from assistant.services import audit, clinic_phrases, phrase_bench
from assistant.services.content import Content

MAY_WRITE = (Role.ADMIN, Role.CLINICIAN, Role.STAFF)

# A phrase that would have raised more of the clinic's texts than this is a common word, not a sign.
MOST_RAISED = 0.25
ENOUGH_TEXTS = 20  # fewer past texts say nothing about how common a word is

# Every reply is compared with each of them.
MOST_PHRASES = 200

_IN_USE = (PhraseState.DRAFT, PhraseState.LIVE)


def write(
    session: Session, content: Content, clinic: Clinic, staff: Staff, phrase: Phrase, now: datetime
) -> ClinicPhrase:
    """Keep a phrase as a draft, which raises nothing yet. Raises Invalid with every problem, each with its field."""
    phrase = Phrase(phrase.language, " ".join(phrase.text.split()), phrase.category, phrase.concept)
    problems = [*_of_person(staff, clinic, MAY_WRITE), *_of_phrase(session, content, clinic, phrase, now)]
    if problems:
        raise Invalid(problems)
    row = ClinicPhrase(
        clinic_id=clinic.id,
        language=phrase.language,
        phrase=phrase.text,
        category=phrase.category,
        concept=phrase.concept,
        author_id=staff.id,
        created_at=now,
    )
    session.add(row)
    session.flush()
    _record(session, "phrase.written", row, staff, now)
    return row


def make_live(session: Session, content: Content, phrase_id: int, staff: Staff, now: datetime) -> ClinicPhrase:
    """Let a draft raise verdicts at its clinic, in every process, from the next text on. Twice changes nothing.

    Raises Invalid if the person is no admin of this clinic, the draft was dropped, or by now the phrase
    would raise too many of the clinic's texts.
    """
    clinic, row = _locked(session, phrase_id)
    problems = _of_person(staff, clinic, (Role.ADMIN,))
    if row.state is PhraseState.DROPPED:
        problems.append(Problem("phrase", "it was dropped: write it again as a draft"))
    if row.state is PhraseState.DRAFT and not problems:
        problems += _of_frequency(session, content, clinic, clinic_phrases.as_phrase(row), now)
    if problems:
        raise Invalid(problems)
    if row.state is PhraseState.DRAFT:
        row.state, row.live_at, row.live_by_id = PhraseState.LIVE, now, staff.id
        _tell_everybody(session, clinic)
        _record(session, "phrase.live", row, staff, now)
    return row


def drop(session: Session, phrase_id: int, staff: Staff, now: datetime) -> ClinicPhrase:
    """End a draft, or a live phrase: verdicts are the shipped rules' again from the next text on.

    A draft may be dropped by whoever may write one, a live phrase by an admin. Twice changes nothing.
    """
    clinic, row = _locked(session, phrase_id)
    problems = _of_person(staff, clinic, (Role.ADMIN,) if row.state is PhraseState.LIVE else MAY_WRITE)
    if problems:
        raise Invalid(problems)
    if row.state is not PhraseState.DROPPED:
        was_live = row.state is PhraseState.LIVE
        row.state, row.dropped_at, row.dropped_by_id = PhraseState.DROPPED, now, staff.id
        session.flush()
        if was_live:
            _tell_everybody(session, clinic)
        _record(session, "phrase.dropped", row, staff, now)
    return row


def _locked(session: Session, phrase_id: int) -> tuple[Clinic, ClinicPhrase]:
    row = session.get(ClinicPhrase, phrase_id)
    if row is None:
        raise Invalid([Problem("phrase", "there is none of this number")])
    mine = select(Clinic).where(Clinic.id == row.clinic_id).with_for_update(key_share=True)
    clinic = session.exec(mine.execution_options(populate_existing=True)).one()
    session.refresh(row, with_for_update=True)
    return clinic, row


def _tell_everybody(session: Session, clinic: Clinic) -> None:
    """Give the clinic's row a tag that it never had: a process that meets it reads the phrases anew."""
    session.flush()
    clinic.phrases_tag = uuid.uuid4().hex if clinic_phrases.live_phrases(session, clinic.id) else None
    session.add(clinic)


def _of_person(staff: Staff, clinic: Clinic, roles: tuple[Role, ...]) -> list[Problem]:
    if staff.clinic_id not in (None, clinic.id) or not staff.active:
        return [Problem("staff", f"{staff.name} does not work at {clinic.name}: ask somebody who does")]
    if staff.role not in roles:
        return [Problem("staff", f"{staff.name} is {staff.role}: this takes one of {', '.join(roles)}")]
    return []


def _of_phrase(session: Session, content: Content, clinic: Clinic, phrase: Phrase, now: datetime) -> list[Problem]:
    wrong = phrase_checks.problems(phrase, content.lexicon, content.catalog.keyword)
    if wrong:
        return [Problem(field, fix) for field, fix in wrong]
    in_use = select(ClinicPhrase).where(ClinicPhrase.clinic_id == clinic.id, col(ClinicPhrase.state).in_(_IN_USE))
    others = session.exec(in_use).all()
    written = (phrase.language, phrase.text.casefold())
    for other in others:
        if (other.language, other.phrase.casefold()) == written:
            return [Problem("phrase", f"it is there already ({other.state}): drop that one first")]
    if len(others) >= MOST_PHRASES:
        return [Problem("phrase", f"there are {MOST_PHRASES} already: drop some that never matched")]
    return _of_frequency(session, content, clinic, phrase, now)


def _of_frequency(session: Session, content: Content, clinic: Clinic, phrase: Phrase, now: datetime) -> list[Problem]:
    found = phrase_bench.effect_of(session, content, clinic, phrase, now)
    if found.looked_at < ENOUGH_TEXTS or len(found.up) <= MOST_RAISED * found.looked_at:
        return []
    share = f"{len(found.up)} of the last {found.looked_at} texts"
    return [Problem("phrase", f"it is too common, {share} would be raised: add the word that makes it worth a page")]


def _record(session: Session, action: str, row: ClinicPhrase, staff: Staff, now: datetime) -> None:
    text = f"{row.id} {row.category or row.concept}"
    audit.record(session, action=action, now=now, staff=staff, clinic_id=row.clinic_id, text=text)
