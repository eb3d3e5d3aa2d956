"""What a session would send to this patient, word for word, before anything is written."""

from dataclasses import dataclass
from datetime import datetime, time

from sqlmodel import Session, select

from assistant.models import Conversation, Patient, Visit
from assistant.services import (
    event_checks,
    patient_records,
    planned_texts,
    remarks,
    session_plans,
    visits,
)
from assistant.services.content import Content
from assistant.services.event_checks import Checked
from assistant.services.planned_texts import Recipient
from assistant.services.session_events import SessionCompleted
from messages.plan import PlannedMessage
from messages.quiet import QuietHours
from messages.segments import segments

_NEVER_QUIET = QuietHours(time(0), time(0))


@dataclass(frozen=True)
class Text:
    """One text. ``due`` and ``due_but_for_quiet`` are on the patient's clock; ``skipped`` says why it is not sent.

    ``costly`` are the characters that make the whole text cost about twice as much.
    """

    key: str
    body: str
    due: datetime
    due_but_for_quiet: datetime | None
    segments: int
    costly: tuple[str, ...]
    skipped: str | None


@dataclass(frozen=True)
class DryRun:
    """``texts`` are in the order of their moments; ``remarks`` are what staff should know."""

    checked: Checked
    language: str
    texts: list[Text]
    remarks: list[str]

    @property
    def sent(self) -> list[Text]:
        return [text for text in self.texts if text.skipped is None]

    @property
    def segments(self) -> int:
        """How many segments are billed in all."""
        return sum(text.segments for text in self.sent)


def dry_run(session: Session, content: Content, event: SessionCompleted, now: datetime) -> DryRun:
    """Return what ``event`` would bring. Raises Invalid with every problem of it; writes nothing."""
    checked = event_checks.completed(session, content, event, now)
    said = remarks.about(session, content, checked)
    to = _recipient(session, checked, now)
    if checked.recorded is not None:
        return DryRun(checked, to.patient.language, [], said)
    visit = visits.find(session, checked.clinic, event.next_visit.external_id) if event.next_visit else None
    merged = session_plans.merged(session, content, checked, to, visit, now)
    planned = [*merged.plan, *_of_moved_visit(checked, to, visit, now)]
    free = session_plans.alone(session, checked, to, visit, _NEVER_QUIET, now)
    texts = [_text(content, checked, to, one, free) for one in sorted(planned, key=lambda one: one.due_at)]
    return DryRun(checked, to.patient.language, texts, said + remarks.superseded(len(merged.superseded)))


def _recipient(session: Session, checked: Checked, now: datetime) -> Recipient:
    """Return whom the texts would be for, as they would be recorded."""
    record, number = checked.event.patient, checked.phone.e164
    patient = Patient(
        clinic_id=checked.clinic.id,
        external_id=record.external_id,
        name=record.name,
        phone=number,
        language=patient_records.spoken(session, checked),
        timezone=checked.timezone.key,
        created_at=now,
    )
    if checked.known is not None:
        patient.id = checked.known.id
    conversation = session.exec(
        select(Conversation).where(Conversation.clinic_id == checked.clinic.id, Conversation.phone == number)
    ).first()
    others = patient_records.others_with(session, checked.clinic.id, number, record.external_id)
    return Recipient(
        checked.clinic,
        patient,
        conversation or Conversation(clinic_id=checked.clinic.id, phone=number, last_at=now),
        shares_phone=bool(others),
    )


def _of_moved_visit(checked: Checked, to: Recipient, visit: Visit | None, now: datetime) -> list[PlannedMessage]:
    """Return the texts of a visit that was known before, if this event gives it another time."""
    wanted = checked.event.next_visit
    if visit is None or wanted is None or visits.stands(visit, wanted.starts_at):
        return []
    return visits.planned(
        to,
        checked.protocol,
        performed_at=checked.event.session.performed_at,
        starts_at=wanted.starts_at,
        nsaid_told_at=visit.nsaid_told_at,
        now=now,
    )


def _text(content: Content, checked: Checked, to: Recipient, one: PlannedMessage, free: list[PlannedMessage]) -> Text:
    event, zone = checked.event, checked.timezone
    body = planned_texts.words(
        content,
        to,
        protocol=checked.protocol.id,
        parts=one.parts,
        areas=event.session.areas,
        visit_at=event.next_visit.starts_at if event.next_visit is not None else None,
    )
    cost = segments(body)
    opted_out = planned_texts.OPTED_OUT if to.conversation.opted_out_at is not None else None
    wanted = next((other.due_at for other in free if other.key == one.key), one.due_at)
    return Text(
        key=one.key,
        body=body,
        due=one.due_at.astimezone(zone),
        due_but_for_quiet=wanted.astimezone(zone) if wanted != one.due_at and one.skip_reason is None else None,
        segments=cost.count,
        costly=cost.costly,
        skipped=one.skip_reason or opted_out,
    )
