"""What a completed session brings to its patient: its plan, merged with the sessions that still run."""

from datetime import datetime

from sqlmodel import Session, col, select

from assistant.models import Direction, Message, Visit
from assistant.rules.states import MessageStatus
from assistant.services import overlaps
from assistant.services.content import Content
from assistant.services.event_checks import Checked
from assistant.services.planned_texts import Recipient
from messages.plan import PlannedMessage, QuietHours, plan

_NOT_SENT = (MessageStatus.SKIPPED, MessageStatus.CANCELED)


def merged(
    session: Session, content: Content, checked: Checked, to: Recipient, visit: Visit | None, now: datetime
) -> overlaps.Merged:
    """Return the texts of a session that has none yet, and which waiting texts they replace. Writes nothing.

    ``visit`` is the next visit if it was known before: what is said about it has been planned already.
    """
    made = alone(session, checked, to, visit, to.quiet, now)
    return overlaps.merge(
        session,
        content,
        patient_id=to.patient.id,
        performed_at=checked.event.session.performed_at,
        plan=made,
        timezone=checked.timezone,
    )


def alone(
    session: Session, checked: Checked, to: Recipient, visit: Visit | None, quiet: QuietHours, now: datetime
) -> list[PlannedMessage]:
    """Return the texts of the session as if the patient had no other, with these quiet hours."""
    event = checked.event
    return plan(
        checked.protocol,
        session_at=event.session.performed_at,
        next_visit_at=event.next_visit.starts_at if event.next_visit is not None and visit is None else None,
        timezone=checked.timezone,
        quiet=quiet,
        now=now,
        first_time=not _was_told_how_to_opt_out(session, to),
        again=overlaps.had_before(session, to.patient.id, checked.protocol.id, event.session.performed_at),
    )


def _was_told_how_to_opt_out(session: Session, to: Recipient) -> bool:
    """Whether a plan was made for this number before: its first text says so, or will."""
    if to.conversation.id is None:  # a dry run for a number that nobody has texted
        return False
    row = session.exec(
        select(Message.id)
        .where(
            Message.conversation_id == to.conversation.id,
            Message.direction == Direction.OUTBOUND,
            col(Message.session_id).is_not(None),
            col(Message.status).not_in(_NOT_SENT),
        )
        .limit(1)
    ).first()
    return row is not None
