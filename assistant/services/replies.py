"""What follows from a verdict: opt-outs and commands are obeyed, a concern is opened, the patient is answered."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from assistant.models import Clinic, Conversation, Message, Patient, Visit, VisitStatus
from assistant.prepared import Prepared
from assistant.rules.escalation import next_open
from assistant.rules.triage.keywords import STOP_WORDS
from assistant.rules.verdict import Category, Context, Finding, Verdict
from assistant.services import concern_opening, consents, live_concerns, texts, waiting_texts
from assistant.services.content import Content
from assistant.services.reply_context import Person, Standing
from assistant.services.senders import AtClinic, Thread
from assistant.services.shapes import Number

# An unknown number is told once in this time whom it reached; more would be a conversation with a machine.
UNKNOWN_TOLD_EVERY = timedelta(hours=24)

# Answers that say when somebody will look; out of hours they would not be true.
TRUE_IN_HOURS = ("concern", "unclear")

# More answers than this in an hour to one number means that a machine is answering a machine.
MAX_ANSWERS_PER_HOUR = 12

# What would be answered by reassurance, advice or thanks.
ORDINARY = (Category.EXPECTED, Category.QUESTION, Category.ADMIN)

_HEARD = Prepared(
    update(Conversation)
    .where(col(Conversation.id) == bindparam("conversation_id"))
    .values(
        last_at=bindparam("now"),
        last_text=bindparam("text"),
        unread=Conversation.unread + 1,
        asked=bindparam("still_asked"),
        asked_at=bindparam("still_asked_at"),
        asked_message_id=bindparam("still_asked_by"),
    ),
    tuple,
)


@dataclass(frozen=True)
class Arrived:
    """A stored reply and what is known about it. ``patient`` is None if the number is unknown, or shared."""

    clinic: AtClinic
    conversation: Thread
    standing: Standing
    patient: Person | None
    text: str
    has_image: bool
    message_id: int
    now: datetime

    @property
    def patients(self) -> tuple[Person, ...]:
        return self.standing.patients

    @property
    def context(self) -> Context:
        return self.standing.context

    @property
    def patient_id(self) -> int | None:
        return self.patient.id if self.patient else None


@dataclass(frozen=True)
class _Answer:
    key: str
    also: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    language: str | None = None


def act(session: Session, content: Content, reply: Arrived, verdict: Verdict) -> None:
    """Obey, escalate and answer, in that order. Called once per stored reply."""
    now = reply.now
    verdict = _raised_by_recheck(session, reply, _possible(reply, verdict))
    _heard(session, reply, verdict)
    number = _obeyed(session, reply, verdict)
    live = None
    if reply.standing.has_live_concern:
        live = live_concerns.locked(session, reply.conversation.id)
    if verdict.category is Category.OPT_OUT:
        if live is not None:
            concern_opening.phone_instead(session, content, live, reply.clinic, now)
            live_concerns.save(session, live)
    elif verdict.category.opens_concern:
        concern_opening.open_or_add(
            session,
            content,
            clinic=reply.clinic,
            conversation_id=reply.conversation.id,
            live=live,
            patient_id=reply.patient_id,
            message_id=reply.message_id,
            verdict=verdict,
            words=reply.text.strip() or "(a picture)",
            now=now,
        )
    elif live is not None and verdict.category is not Category.OPT_IN:
        concern_opening.add_remark(session, live, message_id=reply.message_id, words=reply.text, now=now)
    answer = _answer(session, content, reply, verdict)
    if answer is not None and live is not None and live.severity.pages_now and _is_ordinary(verdict):
        answer = _Answer("added")  # nothing is "common in the first days" while somebody is on their way
    severe = verdict.category.pages_now
    if answer is None or (not severe and reply.standing.answers >= MAX_ANSWERS_PER_HOUR):
        return
    texts.to_patient(
        session,
        content,
        clinic=reply.clinic,
        conversation=number,
        patient=reply.patient,
        key=answer.key,
        also=answer.also,
        dedupe_key=f"reply:{reply.message_id}",
        now=now,
        values=dict(answer.values),
        language=answer.language or (reply.patients[0].language if reply.patients else None),
        lane=texts.LANE_ALERT if severe else texts.LANE_ANSWER,
        safety=severe,
    )


def _heard(session: Session, reply: Arrived, verdict: Verdict) -> None:
    """Show the reply in the list of conversations; a question that it answers is no longer open."""
    conversation = reply.conversation
    answered = reply.context.asked is not None and verdict.category is not Category.UNCLEAR
    _HEARD.run(
        session,
        conversation_id=conversation.id,
        now=reply.now,
        text=reply.text[:160] or "(picture)",
        still_asked=None if answered else conversation.asked,
        still_asked_at=None if answered else conversation.asked_at,
        still_asked_by=None if answered else conversation.asked_message_id,
    )


def _obeyed(session: Session, reply: Arrived, verdict: Verdict) -> Number:
    """Do what the number asks about texts as such; return the number as it is then."""
    if verdict.category not in (Category.OPT_OUT, Category.OPT_IN):
        return reply.conversation
    change = consents.opt_out if verdict.category is Category.OPT_OUT else consents.opt_in
    conversation = session.get_one(Conversation, reply.conversation.id)
    change(session, conversation, reply.patient_id, verbatim=reply.text, message_id=reply.message_id, now=reply.now)
    return conversation


def _answer(session: Session, content: Content, reply: Arrived, verdict: Verdict) -> _Answer | None:
    if reply.text.strip().casefold() in STOP_WORDS and verdict.category is Category.OPT_OUT:
        return None  # the carrier answered the word itself, and lets nothing of ours through any more
    if not reply.patients and not verdict.category.pages_now:
        return _Answer("opt_out") if verdict.category is Category.OPT_OUT else _unknown_number(session, reply)
    match verdict.details.get("command"):
        case "visit":
            return _visit(session, content, reply)
        case "language":
            return _language(session, content, reply, verdict.details["language"])
    key = verdict.reply
    if key is None:
        return None
    if reply.has_image and not reply.text.strip():
        return _Answer("photo_received")
    clinic = reply.clinic
    if key in TRUE_IN_HOURS and next_open(clinic.hours, ZoneInfo(clinic.timezone), reply.now) > reply.now:
        return _Answer("concern_closed")
    return _Answer(key)


def _visit(session: Session, content: Content, reply: Arrived) -> _Answer:
    ids = [reply.patient.id] if reply.patient else [patient.id for patient in reply.patients]
    visit = session.exec(
        select(Visit)
        .where(col(Visit.patient_id).in_(ids), Visit.status == VisitStatus.BOOKED, col(Visit.starts_at) > reply.now)
        .order_by(col(Visit.starts_at))
        .limit(1)
    ).first()
    if visit is None:
        return _Answer("visit_none")
    # The visit takes place at the clinic, so its hour is the clinic's.
    local = visit.starts_at.astimezone(ZoneInfo(reply.clinic.timezone))
    date = content.catalog.date(local.date(), reply.patients[0].language)
    return _Answer("visit_info", ("nsaid_note",), (("visit_date", date), ("visit_time", f"{local:%H:%M}")))


def _language(session: Session, content: Content, reply: Arrived, language: str) -> _Answer:
    for person in reply.patients:
        patient = session.get_one(Patient, person.id)
        patient.language = language
        session.add(patient)
        session.flush()
        waiting_texts.rewrite(session, content, session.get_one(Clinic, reply.clinic.id), patient)
    return _Answer("language_changed", language=language)


def _is_ordinary(verdict: Verdict) -> bool:
    return verdict.category in ORDINARY and "command" not in verdict.details


def _possible(reply: Arrived, verdict: Verdict) -> Verdict:
    """A language that the clinic does not have cannot be obeyed: a person must know of it."""
    language = verdict.details.get("language")
    if verdict.details.get("command") != "language" or language in reply.clinic.languages:
        return verdict
    why = f"asks for texts in {language}, which this clinic does not have"
    return Verdict(Category.UNCLEAR, (Finding("language_missing", Category.UNCLEAR, verdict.matched, why),), "unclear")


def _raised_by_recheck(session: Session, reply: Arrived, verdict: Verdict) -> Verdict:
    """Worse after a concern was closed is more than worse at a check-in: somebody is paged at once."""
    asked_by = reply.conversation.asked_message_id
    if verdict.reply != "check_worse" or reply.context.asked is None or asked_by is None:
        return verdict
    question = session.get(Message, asked_by)
    if question is None or question.key != "recheck":
        return verdict
    why = "feels worse after a concern was closed"
    finding = Finding("worse_after_closing", Category.URGENT, verdict.matched, why)
    return replace(verdict, category=Category.URGENT, findings=(finding, *verdict.findings), reply="urgent")


def _unknown_number(session: Session, reply: Arrived) -> _Answer | None:
    told = session.exec(
        select(Message.id).where(
            Message.conversation_id == reply.conversation.id,
            Message.key == "unknown_number",
            col(Message.created_at) > reply.now - UNKNOWN_TOLD_EVERY,
        )
    ).first()
    return None if told else _Answer("unknown_number")
