"""A plan becomes texts: its words with this patient's values, and its rows in the outbox.

A row belongs to a session, to a visit, or to both: then the session's text also carries the visit's words.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from assistant.db import insert_new
from assistant.models import Clinic, Conversation, Direction, Message, Patient, TreatmentSession, Visit
from assistant.rules.states import MessageStatus
from assistant.rules.verdict import Asked
from assistant.services import texts
from assistant.services.content import Content
from messages.plan import PlannedMessage
from messages.protocol import Anchor, Protocol, Quiet
from messages.quiet import QuietHours
from messages.render import clean_name, render

OPTED_OUT = "the patient has opted out of texts"


@dataclass(frozen=True)
class Recipient:
    """Whom a text is for, and what it is about: all that its words depend on."""

    clinic: Clinic
    patient: Patient
    conversation: Conversation
    shares_phone: bool

    @property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.patient.timezone)

    @property
    def quiet(self) -> QuietHours:
        return QuietHours(self.clinic.quiet_from, self.clinic.quiet_until)


def recipient(session: Session, clinic: Clinic, patient: Patient, conversation: Conversation) -> Recipient:
    """Return the patient as texts address them now."""
    return Recipient(clinic, patient, conversation, texts.shares_phone(session, clinic.id, patient.phone))


def words(
    content: Content,
    to: Recipient,
    *,
    protocol: str,
    parts: tuple[str, ...],
    areas: Iterable[str],
    visit_at: datetime | None,
) -> str:
    """Return the text as the patient will read it.

    The visit's day and hour are the clinic's, where it takes place. Where two patients share a phone, the
    text begins with the first name of the one it is for.
    """
    catalog, language = content.catalog, to.patient.language
    area = ", ".join(catalog.area(one, language) for one in dict.fromkeys(areas)) or catalog.area("body", language)
    values = texts.standing_values(content, to.clinic, to.patient, language) | {"area": area}
    if visit_at is not None:
        local = visit_at.astimezone(ZoneInfo(to.clinic.timezone))
        values |= {"visit_date": catalog.date(local.date(), language), "visit_time": f"{local:%H:%M}"}
    body = render(catalog.joined(language, parts, protocol), values)
    return f"{clean_name(to.patient.name, to.patient.language)}: {body}" if to.shares_phone else body


def queue(
    session: Session,
    content: Content,
    to: Recipient,
    protocol: Protocol,
    planned: Iterable[PlannedMessage],
    *,
    treatment: TreatmentSession,
    visit: Visit | None,
    now: datetime,
    suffix: str = "",
) -> list[int]:
    """Write a row for every planned text that has none yet; return their ids.

    What is not to be sent gets a row too, with the reason. For a number that has opted out that is all.
    """
    ignores_quiet = {step.key for step in protocol.steps if step.quiet is Quiet.IGNORE}
    rows: list[Mapping[str, object]] = []
    for one in planned:
        of_visit = one.anchor is Anchor.NEXT_VISIT
        with_visit_words = visit is not None and carries_visit_words(protocol, one)
        if of_visit:
            assert visit is not None
            dedupe_key = f"visit:{visit.id}:{visit.version}:{one.key}{suffix}"
        else:
            dedupe_key = f"session:{treatment.id}:{one.key}{suffix}"
        reason = one.skip_reason or (OPTED_OUT if to.conversation.opted_out_at is not None else None)
        rows.append(
            {
                "clinic_id": to.clinic.id,
                "conversation_id": to.conversation.id,
                "patient_id": to.patient.id,
                "session_id": None if of_visit else treatment.id,
                "visit_id": visit.id if visit is not None and (of_visit or with_visit_words) else None,
                "direction": Direction.OUTBOUND,
                "status": MessageStatus.SKIPPED if reason else MessageStatus.QUEUED,
                "reason": reason[:200] if reason else None,
                "phone": to.conversation.phone,
                "body": words(
                    content,
                    to,
                    protocol=protocol.id,
                    parts=one.parts,
                    areas=treatment.areas,
                    visit_at=visit.starts_at if visit is not None else None,
                ),
                "created_at": now,
                "dedupe_key": dedupe_key,
                "key": one.key,
                "message_class": one.message_class,
                "lane": texts.LANE_GUIDANCE,
                "language": to.patient.language,
                "due_at": one.due_at,
                "send_by": one.send_by,
                "any_hour": one.key in ignores_quiet,
                "safety": one.safety,
                "asks": Asked(one.asks) if one.asks else None,
                "oid": uuid.uuid4().hex,
                "attempts": 0,
                "not_found": 0,
                "findings": [],
                "media": [],
            }
        )
    return insert_new(session, Message, rows)


def carries_visit_words(protocol: Protocol, planned: PlannedMessage) -> bool:
    """Whether a text of the session also says what belongs to the next visit."""
    of_visit = {key for step in protocol.steps if step.anchor is Anchor.NEXT_VISIT for key in step.text_keys}
    return planned.anchor is Anchor.SESSION and any(part in of_visit for part in planned.parts)
