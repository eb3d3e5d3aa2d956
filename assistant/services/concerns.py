"""The life of a concern: opened, taken, passed on, resolved. Each act is one row lock and one truth told."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from assistant.models import (
    Clinic,
    Concern,
    ConcernEvent,
    ConcernEventKind,
    Conversation,
    Patient,
    Staff,
)
from assistant.rules.escalation import call_by, recheck_at, tell_nobody_at
from assistant.rules.states import ConcernStatus
from assistant.rules.verdict import Asked
from assistant.services import consents, ladder, on_call, page_words, texts
from assistant.services.content import Content
from assistant.services.live_concerns import IS_LIVE
from messages.protocol import MessageClass
from messages.quiet import QuietHours


class Answer(StrEnum):
    """What became of a staff member's act."""

    DONE = "done"
    TAKEN = "taken"  # somebody else has it
    CLOSED = "closed"  # it was resolved before
    NOBODY_ELSE = "nobody_else"  # no other person on the ladder to pass it to
    OPTED_OUT = "opted_out"  # the patient cannot be texted


@dataclass(frozen=True)
class Outcome:
    """The answer and the concern as it stands now, with who holds or closed it."""

    answer: Answer
    concern: Concern
    staff: Staff | None = None


def find(session: Session, concern_id: int) -> Concern | None:
    """The concern, locked for change."""
    return session.exec(select(Concern).where(Concern.id == concern_id).with_for_update(key_share=True)).first()


def live(session: Session, conversation_id: int) -> Concern | None:
    """The one concern of this number that is not resolved, locked for change."""
    found = select(Concern).where(Concern.conversation_id == conversation_id, IS_LIVE)
    return session.exec(found.with_for_update(key_share=True)).first()


def acknowledge(session: Session, content: Content, concern: Concern, staff: Staff, now: datetime) -> Outcome:
    """Give the concern to ``staff``: the ladder stops, everyone paged is told, and so is the patient.

    Doing it twice changes nothing. The caller read the concern with ``find``.
    """
    refused = _refused(session, concern, staff)
    if refused:
        return refused
    if concern.status is ConcernStatus.ACKNOWLEDGED and concern.holder_id == staff.id:
        return Outcome(Answer.DONE, concern, staff)
    _take(session, content, concern, staff, now)
    clinic = session.get_one(Clinic, concern.clinic_id)
    ladder.tell_patient(session, content, concern, clinic, "acknowledged", now, staff=staff, at=concern.call_by)
    return Outcome(Answer.DONE, concern, staff)


def pass_on(session: Session, content: Content, concern: Concern, staff: Staff, now: datetime) -> Outcome:
    """Hand the concern to the next rung, which is paged at once."""
    refused = _refused(session, concern, staff)
    if refused:
        return refused
    rungs = [person.id for person in on_call.ladder(session, concern.clinic_id)]
    others = [person for person in rungs if person != staff.id]
    if not others:
        return Outcome(Answer.NOBODY_ELSE, concern, staff)
    was_held = concern.status is ConcernStatus.ACKNOWLEDGED
    after = rungs.index(staff.id) + 1 if staff.id in rungs else concern.rung
    following = next(person for person in rungs[after:] + rungs[:after] if person != staff.id)
    concern.status, concern.rung, concern.next_page_at = ConcernStatus.OPEN, rungs.index(following), now
    concern.holder_id = concern.acknowledged_at = concern.call_by = None
    concern.tell_nobody_at = concern.tell_nobody_at or tell_nobody_at(concern.severity, now)
    ladder.withdraw_pages(session, concern, "passed on")
    ladder.record(session, concern, ConcernEventKind.PASSED_ON, now, staff_id=staff.id)
    clinic = session.get_one(Clinic, concern.clinic_id)
    receiver = session.get_one(Staff, following)
    ladder.climb(session, content, concern, clinic, now, passed_by=staff)
    if was_held:
        ladder.tell_patient(session, content, concern, clinic, "handed_over", now, staff=receiver)
    return Outcome(Answer.DONE, concern, receiver)


def reply(session: Session, content: Content, concern: Concern, staff: Staff, text: str, now: datetime) -> Outcome:
    """Send a person's words to the patient. Whoever answers an open concern has taken it."""
    refused = _refused(session, concern, staff, held_by_other=False)
    if refused:
        return refused
    conversation = session.get_one(Conversation, concern.conversation_id)
    patient = session.get(Patient, concern.patient_id) if concern.patient_id else None
    message_id = texts.from_person(
        session,
        conversation=conversation,
        patient=patient,
        staff=staff,
        body=text,
        now=now,
        concern_id=concern.id,
    )
    if message_id is None:
        return Outcome(Answer.OPTED_OUT, concern, staff)
    ladder.record(session, concern, ConcernEventKind.REPLIED, now, staff_id=staff.id, message_id=message_id, text=text)
    if concern.status is ConcernStatus.OPEN:
        _take(session, content, concern, staff, now)
    return Outcome(Answer.DONE, concern, staff)


def resolve(
    session: Session,
    content: Content,
    concern: Concern,
    staff: Staff,
    now: datetime,
    *,
    note: str,
    outcome: str | None = None,
) -> Outcome:
    """Close the concern, tell the patient, and ask them 12 to 24 hours later how it is.

    Anybody of the clinic may close it, with a note of what was done.
    """
    refused = _refused(session, concern, staff, held_by_other=False)
    if refused:
        return refused
    clinic = session.get_one(Clinic, concern.clinic_id)
    conversation = session.get_one(Conversation, concern.conversation_id)
    patient = session.get(Patient, concern.patient_id) if concern.patient_id else None
    concern.status, concern.resolved_at, concern.resolved_by_id = ConcernStatus.RESOLVED, now, staff.id
    concern.note, concern.outcome, concern.next_page_at = note[:1600], outcome, None
    session.add(concern)
    ladder.withdraw_pages(session, concern, "the concern was closed")
    ladder.record(session, concern, ConcernEventKind.RESOLVED, now, staff_id=staff.id, text=note)
    _tell_everyone_paged(session, content, concern, clinic, staff, now, "closed_by")
    if concern.wants_no_texts:
        consents.opt_out(session, conversation, concern.patient_id, verbatim=concern.words, message_id=None, now=now)
    ladder.tell_patient(session, content, concern, clinic, "resolved", now, staff=staff)
    if patient is not None:
        due_at, send_by = recheck_at(now, ZoneInfo(patient.timezone), QuietHours(clinic.quiet_from, clinic.quiet_until))
        texts.to_patient(
            session,
            content,
            clinic=clinic,
            conversation=conversation,
            patient=patient,
            key="recheck",
            dedupe_key=f"recheck:{concern.id}",
            now=now,
            due_at=due_at,
            send_by=send_by,
            asks=Asked.BETTER_SAME_WORSE,
            message_class=MessageClass.GUIDANCE,
            lane=texts.LANE_GUIDANCE,
            concern_id=concern.id,
        )
    return Outcome(Answer.DONE, concern, staff)


def _take(session: Session, content: Content, concern: Concern, staff: Staff, now: datetime) -> None:
    concern.status, concern.holder_id, concern.acknowledged_at = ConcernStatus.ACKNOWLEDGED, staff.id, now
    concern.call_by = concern.next_page_at = call_by(concern.severity, now)
    concern.tell_nobody_at = None
    session.add(concern)
    ladder.withdraw_turns(session, concern)
    clinic = session.get_one(Clinic, concern.clinic_id)
    ladder.withdraw_pages(session, concern, f"{staff.name} has it")
    ladder.record(session, concern, ConcernEventKind.ACKNOWLEDGED, now, staff_id=staff.id)
    _tell_everyone_paged(session, content, concern, clinic, staff, now, "taken_by")


def _tell_everyone_paged(
    session: Session,
    content: Content,
    concern: Concern,
    clinic: Clinic,
    staff: Staff,
    now: datetime,
    key: str,
) -> None:
    paged = session.exec(
        select(ConcernEvent.staff_id)
        .where(ConcernEvent.concern_id == concern.id, ConcernEvent.kind == ConcernEventKind.PAGED)
        .distinct()
    )
    conversation = session.get_one(Conversation, concern.conversation_id)
    values = {
        "staff": staff.name,
        "code": str(concern.code),
        "patient": page_words.who(session, concern, conversation),
        "time": texts.clock_time(now, clinic.timezone),
    }
    for staff_id in paged:
        person = session.get_one(Staff, staff_id)
        if person.id != staff.id and person.active:
            texts.to_staff(
                session,
                content,
                clinic=clinic,
                staff=person,
                key=key,
                values=values,
                # Once per person and holder: a second acknowledgement by the same person is no news.
                dedupe_key=f"{key}:{concern.id}:{staff.id}:{person.id}:{concern.pages}",
                now=now,
                concern_id=concern.id,
            )


def _refused(session: Session, concern: Concern, staff: Staff, *, held_by_other: bool = True) -> Outcome | None:
    if concern.status is ConcernStatus.RESOLVED:
        by = session.get(Staff, concern.resolved_by_id) if concern.resolved_by_id else None
        return Outcome(Answer.CLOSED, concern, by)
    holder = session.get(Staff, concern.holder_id) if concern.holder_id not in (None, staff.id) else None
    if held_by_other and holder is not None and holder.active:
        return Outcome(Answer.TAKEN, concern, holder)
    return None
