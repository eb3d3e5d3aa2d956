"""Texts from staff phones: take, pass on, answer or close a concern. Never a patient's message."""

from datetime import datetime

from sqlmodel import Session, col, select

from assistant.models import Clinic, Concern, ConcernEvent, ConcernEventKind, Conversation, Role, Staff
from assistant.rules.staff_commands import StaffCommand, Verb, parse
from assistant.services import concerns, page_words, texts
from assistant.services.concerns import Answer, Outcome
from assistant.services.content import Content

# A viewer may look, in the browser as by text.
MAY_ACT = (Role.ADMIN, Role.CLINICIAN, Role.STAFF)


def answer(
    session: Session,
    content: Content,
    *,
    clinic: Clinic,
    staff: Staff,
    body: str,
    message_id: int,
    now: datetime,
) -> int | None:
    """Do what the text asks and queue one text back; return the concern's id if there was one."""
    command = parse(body) if staff.role in MAY_ACT else None
    concern = _meant(session, clinic, staff, command) if command else None
    if command is None:
        key, values = "help_line", {}
    elif concern is None:
        key = "unknown_code"
        values = {"code": str(command.code) if command.code else ""}
    else:
        key, values = _act(session, content, clinic, staff, concern, command, now)
    texts.to_staff(
        session,
        content,
        clinic=clinic,
        staff=staff,
        key=key,
        values=values,
        dedupe_key=f"answer:{message_id}",
        now=now,
        concern_id=concern.id if concern else None,
    )
    return concern.id if concern else None


def _act(
    session: Session,
    content: Content,
    clinic: Clinic,
    staff: Staff,
    concern: Concern,
    command: StaffCommand,
    now: datetime,
) -> tuple[str, dict[str, str]]:
    if command.verb in (Verb.REPLY, Verb.CLOSE) and not command.text:
        return "needs_text", {"code": str(concern.code), "letter": command.verb.value}
    match command.verb:
        case Verb.ACKNOWLEDGE:
            outcome, done = concerns.acknowledge(session, content, concern, staff, now), "ack_yours"
        case Verb.NEXT:
            outcome, done = concerns.pass_on(session, content, concern, staff, now), "passed_on"
        case Verb.REPLY:
            outcome, done = concerns.reply(session, content, concern, staff, command.text, now), "relayed"
        case Verb.CLOSE:
            outcome = concerns.resolve(session, content, concern, staff, now, note=command.text)
            done = "closed"
    return _words(session, clinic, outcome, done)


def _words(session: Session, clinic: Clinic, outcome: Outcome, done: str) -> tuple[str, dict[str, str]]:
    concern = outcome.concern
    conversation = session.get_one(Conversation, concern.conversation_id)
    moment = {
        Answer.TAKEN: concern.acknowledged_at,
        Answer.CLOSED: concern.resolved_at,
    }.get(outcome.answer, concern.call_by)
    values = {
        "code": str(concern.code),
        "patient": page_words.who(session, concern, conversation),
        "staff": outcome.staff.name if outcome.staff else "somebody",
        "time": texts.clock_time(moment, clinic.timezone) if moment else "",
        "phone": conversation.phone,
    }
    key = {
        Answer.DONE: done,
        Answer.TAKEN: "ack_taken",
        Answer.CLOSED: "already_closed",
        Answer.NOBODY_ELSE: "nobody_else",
        Answer.OPTED_OUT: "relay_refused",
    }[outcome.answer]
    if key == "ack_yours" and (conversation.opted_out_at is not None or concern.wants_no_texts):
        key = "ack_yours_no_text"
    return key, values


def _meant(session: Session, clinic: Clinic, staff: Staff, command: StaffCommand) -> Concern | None:
    """The concern of that code, or without one the latest that this person was paged about."""
    query = select(Concern).where(Concern.clinic_id == clinic.id)
    if command.code is not None:
        query = query.where(Concern.code == command.code)
    else:
        latest = _latest_paged(session, clinic, staff)
        query = query.where(Concern.id == latest)
    return session.exec(query.with_for_update(key_share=True)).first()


def _latest_paged(session: Session, clinic: Clinic, staff: Staff) -> int | None:
    return session.exec(
        select(ConcernEvent.concern_id)
        .join(Concern, col(Concern.id) == ConcernEvent.concern_id)
        .where(
            ConcernEvent.kind == ConcernEventKind.PAGED,
            ConcernEvent.staff_id == staff.id,
            Concern.clinic_id == clinic.id,
        )
        .order_by(col(ConcernEvent.at).desc(), col(ConcernEvent.id).desc())
        .limit(1)
    ).first()
