"""What the clinic knows about one patient: treatments, visits, consent, and the texts still to come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from assistant.models import (
    Clinic,
    Concern,
    Consent,
    ConsentKind,
    Conversation,
    Message,
    Patient,
    SessionStatus,
    Staff,
    TreatmentSession,
    Visit,
    VisitStatus,
)
from assistant.rules.states import ConcernStatus, MessageStatus
from assistant.rules.verdict import Category
from assistant.services import drafts
from assistant.services.content import Content
from assistant.services.drafts import Drafts
from assistant.services.texts import STAFF_LANGUAGE
from messages.errors import ContentError


@dataclass(frozen=True)
class Treatment:
    """One session: ``day`` is whole days since, in the patient's zone; ``draft``: no clinician signed its texts."""

    name: str
    draft: bool
    day: int
    areas: str
    products: tuple[str, ...]
    practitioner: str | None
    performed_at: datetime
    cancelled: bool


@dataclass(frozen=True)
class VisitLine:
    starts_at: datetime
    moves: int
    cancelled: bool
    nsaid_told_at: datetime | None


@dataclass(frozen=True)
class ConsentLine:
    at: datetime
    kind: ConsentKind
    method: str
    wording_version: str | None
    verbatim: str | None
    taken_by: str | None


@dataclass(frozen=True)
class ConcernLine:
    id: int
    severity: Category
    status: ConcernStatus
    words: str
    opened_at: datetime
    outcome: str | None


@dataclass(frozen=True)
class NextText:
    """A text in the outbox. ``due_at`` may still move with the visit or to the end of the quiet hours."""

    id: int
    key: str
    body: str
    due_at: datetime
    send_by: datetime | None
    draft: bool  # no clinician signed its words


@dataclass(frozen=True)
class PatientFile:
    patient: Patient
    clinic: Clinic
    conversation: Conversation | None
    treatments: tuple[Treatment, ...]  # newest first
    visits: tuple[VisitLine, ...]  # newest first
    consents: tuple[ConsentLine, ...]  # newest first
    concerns: tuple[ConcernLine, ...]  # newest first


def patient_file(session: Session, content: Content, patient: Patient, now: datetime) -> PatientFile:
    """Return everything but the thread, which belongs to the phone number."""
    sessions = session.exec(
        select(TreatmentSession)
        .where(TreatmentSession.patient_id == patient.id)
        .order_by(col(TreatmentSession.performed_at).desc())
    )
    visits = session.exec(select(Visit).where(Visit.patient_id == patient.id).order_by(col(Visit.starts_at).desc()))
    consents = session.exec(
        select(Consent, Staff.name)
        .outerjoin(Staff, col(Staff.id) == Consent.staff_id)
        .where(Consent.clinic_id == patient.clinic_id, Consent.phone == patient.phone)
        .where((col(Consent.patient_id) == patient.id) | col(Consent.patient_id).is_(None))
        .order_by(col(Consent.at).desc(), col(Consent.id).desc())
    )
    concerns = session.exec(
        select(Concern).where(Concern.patient_id == patient.id).order_by(col(Concern.opened_at).desc()).limit(20)
    )
    unsigned = drafts.at(session, content.catalog, [patient.clinic_id])
    return PatientFile(
        patient=patient,
        clinic=session.get_one(Clinic, patient.clinic_id),
        conversation=session.exec(
            select(Conversation).where(Conversation.clinic_id == patient.clinic_id, Conversation.phone == patient.phone)
        ).first(),
        treatments=tuple(_treatment(content, unsigned, patient, row, now) for row in sessions),
        visits=tuple(
            VisitLine(row.starts_at, row.version - 1, row.status is VisitStatus.CANCELLED, row.nsaid_told_at)
            for row in visits
        ),
        consents=tuple(
            ConsentLine(row.at, row.kind, row.method, row.wording_version, row.verbatim, taken_by)
            for row, taken_by in consents
        ),
        concerns=tuple(
            ConcernLine(row.id, row.severity, row.status, row.words, row.opened_at, row.outcome) for row in concerns
        ),
    )


def newest_treatments(
    session: Session, content: Content, patients: Sequence[Patient], now: datetime
) -> dict[int, Treatment]:
    """Return each patient's last session that was not reported by mistake, by patient id."""
    by_id = {patient.id: patient for patient in patients}
    rows = session.exec(
        select(TreatmentSession)
        .where(col(TreatmentSession.patient_id).in_(by_id), TreatmentSession.status == SessionStatus.COMPLETED)
        .order_by(col(TreatmentSession.performed_at))
    )
    newest = {row.patient_id: row for row in rows}
    unsigned = drafts.at(session, content.catalog, list({patient.clinic_id for patient in patients}))
    return {
        patient_id: _treatment(content, unsigned, by_id[patient_id], row, now) for patient_id, row in newest.items()
    }


def treated(
    sharing: Sequence[Patient], treatments: Mapping[int, Treatment], patient_id: int | None
) -> tuple[tuple[str, Treatment], ...]:
    """Return the first name and last session of the patient; of everybody who has the number if it is not known who."""
    return tuple(
        (patient.first_name, treatments[patient.id])
        for patient in sharing
        if patient_id in (None, patient.id) and patient.id in treatments
    )


def next_up(session: Session, content: Content, patient_ids: Sequence[int], now: datetime) -> tuple[NextText, ...]:
    """Return the texts that are queued for later, soonest first; one that is due is in the thread already."""
    of_session = func.coalesce(col(Message.session_id), col(Visit.session_id))
    rows = session.exec(
        select(Message, TreatmentSession.protocol)
        .outerjoin(Visit, col(Visit.id) == Message.visit_id)
        .outerjoin(TreatmentSession, col(TreatmentSession.id) == of_session)
        .where(col(Message.patient_id).in_(patient_ids), Message.status == MessageStatus.QUEUED)
        .where(col(Message.due_at) > now)
        .order_by(col(Message.due_at), col(Message.id))
        .limit(50)
    ).all()
    unsigned = drafts.at(session, content.catalog, list({row.clinic_id for row, _ in rows}))
    return tuple(
        NextText(
            id=row.id,
            key=row.key or "",
            body=row.body,
            due_at=row.due_at or row.created_at,
            send_by=row.send_by,
            draft=row.staff_id is None and unsigned.is_draft(row.clinic_id, protocol or "replies", row.language or ""),
        )
        for row, protocol in rows
    )


def _treatment(content: Content, unsigned: Drafts, patient: Patient, row: TreatmentSession, now: datetime) -> Treatment:
    protocol, zone = content.catalog.protocols.get(row.protocol), ZoneInfo(patient.timezone)
    return Treatment(
        name=content.catalog.title(row.protocol, STAFF_LANGUAGE) if protocol else row.protocol,
        draft=unsigned.is_draft(patient.clinic_id, row.protocol, patient.language),
        day=(now.astimezone(zone).date() - row.performed_at.astimezone(zone).date()).days,
        areas=", ".join(_area(content, area) for area in row.areas),
        products=tuple(
            f"{product.get('name', '')} (lot {product['lot']})" if product.get("lot") else product.get("name", "")
            for product in row.products
        ),
        practitioner=row.practitioner,
        performed_at=row.performed_at,
        cancelled=row.status is SessionStatus.CANCELLED,
    )


def _area(content: Content, area: str) -> str:
    """The area's name; a session may name one that has left the content files since."""
    try:
        return content.catalog.area(area, STAFF_LANGUAGE)
    except ContentError:
        return area
