"""The planned texts that wait in the outbox: withdrawn, skipped, or written anew when what they say has changed."""

from collections.abc import Iterable, Mapping

from sqlmodel import Session, col, select, update

from assistant.models import Clinic, Conversation, Message, Patient, TreatmentSession, Visit
from assistant.rules.states import MessageStatus
from assistant.rules.verdict import Asked
from assistant.services import overlaps, planned_texts
from assistant.services.content import Content
from messages.plan import OPT_OUT_LINE, PlannedMessage, plan, plan_visit
from messages.protocol import Protocol


def withdraw(session: Session, rows: Iterable[Message], reason: str) -> None:
    """Take queued rows back; one that a dispatcher has claimed meanwhile is on its way and stays."""
    _settle(session, [row.id for row in rows], MessageStatus.CANCELED, reason)


def skip(session: Session, reasons: Mapping[int, str]) -> None:
    """Mark queued rows (by id) as not to be sent, each with its reason."""
    for message_id, reason in reasons.items():
        _settle(session, [message_id], MessageStatus.SKIPPED, reason)


def queued(session: Session, *conditions: object) -> list[Message]:
    """Return the planned texts that wait in the outbox, locked for change, earliest first."""
    return list(
        session.exec(
            select(Message)
            .where(
                Message.status == MessageStatus.QUEUED,
                col(Message.session_id).is_not(None) | col(Message.visit_id).is_not(None),
                *conditions,  # type: ignore[arg-type]
            )
            .order_by(col(Message.due_at), col(Message.id))
            .with_for_update(key_share=True)
        )
    )


def rewrite(session: Session, content: Content, clinic: Clinic, patient: Patient) -> None:
    """Write the waiting texts of a patient anew, as they would be written now.

    To be called when something changed that they say: language, name, phone, who shares it, the visit. Which
    words a row is made of is found by planning again as of the day it was planned.
    """
    conversation = session.exec(
        select(Conversation).where(Conversation.clinic_id == clinic.id, Conversation.phone == patient.phone)
    ).one()
    to = planned_texts.recipient(session, clinic, patient, conversation)
    for row in queued(session, Message.patient_id == patient.id):
        visit = session.get(Visit, row.visit_id) if row.visit_id is not None else None
        of_session = row.session_id or (visit.session_id if visit is not None else None)
        treatment = session.get(TreatmentSession, of_session) if of_session is not None else None
        protocol = content.catalog.protocols.get(treatment.protocol) if treatment is not None else None
        if treatment is None or protocol is None:
            continue  # the clinic no longer has this protocol: the row keeps the words it was planned with
        one = _planned_again(session, to, protocol, treatment, visit, row)
        if one is None:
            continue
        parts = [part for part in one.parts if part != OPT_OUT_LINE]
        if row.session_id is not None:
            parts += overlaps.carried(session, content, row, treatment, to.timezone)
        if overlaps.says_how_to_opt_out(row):
            parts.append(OPT_OUT_LINE)
        row.body = planned_texts.words(
            content,
            to,
            protocol=protocol.id,
            parts=tuple(parts),
            areas=treatment.areas,
            visit_at=visit.starts_at if visit is not None else None,
        )
        row.language, row.asks = patient.language, Asked(one.asks) if one.asks else None
        session.add(row)
    session.flush()


def _planned_again(
    session: Session,
    to: planned_texts.Recipient,
    protocol: Protocol,
    treatment: TreatmentSession,
    visit: Visit | None,
    row: Message,
) -> PlannedMessage | None:
    if row.session_id is not None:
        made = plan(
            protocol,
            session_at=treatment.performed_at,
            next_visit_at=visit.starts_at if visit is not None else None,
            timezone=to.timezone,
            quiet=to.quiet,
            now=row.created_at,
            first_time=False,
            again=overlaps.had_before(session, to.patient.id, protocol.id, treatment.performed_at),
        )
    else:
        assert visit is not None
        made = plan_visit(
            protocol,
            session_at=treatment.performed_at,
            next_visit_at=visit.starts_at,
            timezone=to.timezone,
            quiet=to.quiet,
            now=row.created_at,
            nsaid_told_at=None,
        )
    return next((one for one in made if one.key == row.key), None)


def _settle(session: Session, ids: list[int], status: MessageStatus, reason: str) -> None:
    if ids:
        session.execute(
            update(Message)
            .where(col(Message.id).in_(ids), col(Message.status) == MessageStatus.QUEUED)
            .values(status=status, reason=reason[:200])
        )
