"""What keeps the whole clinic from being heard: texts that do not leave, nobody to page, unsigned words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from assistant.models import Clinic, EscalationStep, Message, Staff
from assistant.rules.states import MessageStatus
from assistant.services import drafts
from assistant.services.content import Content
from assistant.services.settling import LONGEST_RETRY

# The scheduler sends every few seconds; what has waited this long is stuck.
STUCK_AFTER = timedelta(minutes=5)

# A text that was refused this often, and not for good, will not leave until an operator acts.
REFUSED_TOO_OFTEN = 3


@dataclass(frozen=True)
class Alarms:
    """Empty values mean that all is well."""

    stuck_since: datetime | None
    stuck: int
    refused: str | None  # why texts are refused, in words
    nobody_on_call: tuple[str, ...]  # names of clinics with an empty ladder
    drafts: tuple[str, ...]  # titles of what no clinician signed


def alarms(session: Session, content: Content, clinic_ids: Sequence[int], now: datetime) -> Alarms:
    """Return what is wrong now at these clinics."""
    queued = (Message.status == MessageStatus.QUEUED, col(Message.clinic_id).in_(clinic_ids))
    stuck_since, stuck = session.exec(
        select(func.min(Message.due_at), func.count()).where(*queued, col(Message.due_at) < now - STUCK_AFTER)
    ).one()
    refused = session.exec(
        select(Message.reason)
        .where(*queued, Message.attempts >= REFUSED_TOO_OFTEN, col(Message.due_at) <= now + LONGEST_RETRY)
        .order_by(col(Message.lane), col(Message.due_at))
        .limit(1)
    ).first()
    covered = (
        select(EscalationStep.clinic_id).join(Staff, col(Staff.id) == EscalationStep.staff_id).where(col(Staff.active))
    )
    uncovered = session.exec(
        select(Clinic.name)
        .where(col(Clinic.id).in_(clinic_ids), col(Clinic.id).not_in(covered))
        .order_by(col(Clinic.id))
    )
    return Alarms(
        stuck_since=stuck_since,
        stuck=stuck,
        refused=refused,
        nobody_on_call=tuple(uncovered),
        drafts=drafts.at(session, content.catalog, clinic_ids).titles(),
    )
