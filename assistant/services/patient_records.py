"""The patient of an event: found or made, brought up to date, and reached at the phone they have now."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, or_, select, update

from assistant.db import insert_new
from assistant.models import AuditEvent, Clinic, Consent, ConsentKind, Conversation, Message, Patient, Task
from assistant.rules.states import MessageStatus
from assistant.services import audit, waiting_texts
from assistant.services.content import Content
from assistant.services.event_checks import ADULT_YEARS, Checked, age_on
from assistant.services.planned_texts import OPTED_OUT

# The text that confirms a language the patient asked for: the booking system does not know better.
LANGUAGE_CHOSEN = "language_changed"

UNDER_AGE = "patient.under_age"


@dataclass(frozen=True)
class Recorded:
    """The patient and the conversation, both locked for change."""

    patient: Patient
    conversation: Conversation


def record(session: Session, content: Content, checked: Checked, now: datetime) -> Recorded:
    """Return the event's patient as the event describes them, made if they are new.

    The conversation is locked before the patient, as an arriving text does it.
    """
    conversation = _conversation(session, checked.clinic, checked.phone.e164, now)
    record = checked.event.patient
    language = spoken(session, checked)
    new = insert_new(
        session,
        Patient,
        [
            {
                "clinic_id": checked.clinic.id,
                "external_id": record.external_id,
                "name": record.name,
                "phone": checked.phone.e164,
                "language": language,
                "timezone": checked.timezone.key,
                "date_of_birth": record.date_of_birth,
                "created_at": now,
            }
        ],
    )
    patient = session.exec(
        select(Patient)
        .where(Patient.clinic_id == checked.clinic.id, Patient.external_id == record.external_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    done = Recorded(patient, conversation)
    if new:
        _rewrite_for(session, content, checked.clinic, sharing(session, patient))
    else:
        _bring_up_to_date(session, content, checked, done, language, now)
    _consent(session, checked, patient, now)
    _under_age(session, checked, patient, now)
    return done


def sharing(session: Session, patient: Patient) -> list[Patient]:
    """Return the other patients of the clinic who have this patient's phone."""
    return others_with(session, patient.clinic_id, patient.phone, patient.external_id)


def others_with(session: Session, clinic_id: int, number: str, external_id: str) -> list[Patient]:
    """Return the patients with this number, but for the one with this id, oldest first."""
    return list(
        session.exec(
            select(Patient)
            .where(Patient.clinic_id == clinic_id, Patient.phone == number, Patient.external_id != external_id)
            .order_by(col(Patient.id))
        )
    )


def spoken(session: Session, checked: Checked) -> str:
    """Return the language to write in: the one the patient asked for by text, else the event's."""
    known = checked.known
    if known is None or known.language == checked.language:
        return checked.language
    conversation = select(Conversation.id).where(
        Conversation.clinic_id == known.clinic_id, Conversation.phone == known.phone
    )
    asked = session.exec(
        select(Message.id).where(
            Message.key == LANGUAGE_CHOSEN,
            or_(Message.patient_id == known.id, col(Message.conversation_id).in_(conversation.scalar_subquery())),
        )
    ).first()
    return checked.language if asked is None else known.language


def _bring_up_to_date(
    session: Session, content: Content, checked: Checked, done: Recorded, language: str, now: datetime
) -> None:
    patient, record = done.patient, checked.event.patient
    old = (patient.name, patient.phone, patient.language, patient.timezone)
    patient.name, patient.language, patient.timezone = record.name, language, checked.timezone.key
    patient.date_of_birth = record.date_of_birth or patient.date_of_birth
    left_behind = sharing(session, patient)
    if patient.phone != checked.phone.e164:
        _change_phone(session, checked, done, now)
        session.add(patient)
        session.flush()
        _rewrite_for(session, content, checked.clinic, [*left_behind, *sharing(session, patient)])
    session.add(patient)
    session.flush()
    if old != (patient.name, patient.phone, patient.language, patient.timezone):
        waiting_texts.rewrite(session, content, checked.clinic, patient)


def _change_phone(session: Session, checked: Checked, done: Recorded, now: datetime) -> None:
    """Send what waits to the new number; the old one hears nothing, it may be a stranger's by now."""
    patient = done.patient
    for row in waiting_texts.queued(session, Message.patient_id == patient.id):
        row.phone, row.conversation_id = done.conversation.phone, done.conversation.id
        if done.conversation.opted_out_at is not None:
            row.status, row.reason = MessageStatus.SKIPPED, OPTED_OUT
        session.add(row)
    # What answers an older text, or what a person wrote, was meant for whoever holds the old number.
    session.execute(
        update(Message)
        .where(col(Message.patient_id) == patient.id, col(Message.phone) == patient.phone)
        .where(col(Message.status) == MessageStatus.QUEUED)
        .values(status=MessageStatus.CANCELED, reason="the patient has another number now")
    )
    audit.record(
        session,
        action="patient.phone",
        now=now,
        staff=checked.staff,
        clinic_id=patient.clinic_id,
        patient_id=patient.id,
        text=f"…{patient.phone[-4:]} became …{checked.phone.e164[-4:]}",
    )
    patient.phone = checked.phone.e164


def _rewrite_for(session: Session, content: Content, clinic: Clinic, patients: list[Patient]) -> None:
    """Begin the texts of those who share a phone with a name, and of those who no longer do without it."""
    for patient in patients:
        waiting_texts.rewrite(session, content, clinic, patient)


def _conversation(session: Session, clinic: Clinic, number: str, now: datetime) -> Conversation:
    insert_new(
        session,
        Conversation,
        [{"clinic_id": clinic.id, "phone": number, "last_at": now, "last_text": "", "unread": 0}],
    )
    return _locked(session, clinic, number)


def lock(session: Session, clinic: Clinic, patient: Patient) -> Conversation:
    """Lock the patient for change and return their conversation, locked before it, as an arriving text does it."""
    conversation = _locked(session, clinic, patient.phone)
    session.refresh(patient, with_for_update={"key_share": True})
    # Another event may have changed the phone while we waited.
    return conversation if conversation.phone == patient.phone else _locked(session, clinic, patient.phone)


def _locked(session: Session, clinic: Clinic, number: str) -> Conversation:
    return session.exec(
        select(Conversation)
        .where(Conversation.clinic_id == clinic.id, Conversation.phone == number)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def _consent(session: Session, checked: Checked, patient: Patient, now: datetime) -> None:
    consent = checked.event.consent
    told = session.exec(
        select(Consent.id).where(
            Consent.patient_id == patient.id,
            Consent.phone == patient.phone,
            Consent.kind == ConsentKind.GRANTED,
            Consent.at == consent.at,
        )
    ).first()
    if told is None:
        session.add(
            Consent(
                clinic_id=checked.clinic.id,
                patient_id=patient.id,
                phone=patient.phone,
                kind=ConsentKind.GRANTED,
                at=consent.at,
                recorded_at=now,
                method=consent.method,
                wording_version=consent.wording_version,
                staff_id=checked.staff.id if checked.staff else None,
            )
        )


def _under_age(session: Session, checked: Checked, patient: Patient, now: datetime) -> None:
    """A child who was treated needs the danger signs more, not less: recorded, and put before a person once."""
    if patient.date_of_birth is None:
        return
    age = age_on(checked.event.session.performed_at.date(), patient.date_of_birth)
    if age >= ADULT_YEARS:
        return
    known = session.exec(
        select(AuditEvent.id).where(AuditEvent.patient_id == patient.id, AuditEvent.action == UNDER_AGE)
    ).first()
    if known is None:
        audit.record(
            session,
            action=UNDER_AGE,
            now=now,
            staff=checked.staff,
            clinic_id=patient.clinic_id,
            patient_id=patient.id,
            text=f"{age} years on the day of the session",
        )
        text = (
            f"{patient.short_name} is {age} years old: check that a parent or guardian agreed to treatment and texts."
        )
        session.add(Task(clinic_id=patient.clinic_id, patient_id=patient.id, opened_at=now, text=text))
