"""What staff should know about an event although it can be done, in words."""

from datetime import datetime

from sqlmodel import Session, col, select

from assistant.models import Conversation, SessionStatus, TreatmentSession
from assistant.services import drafts, patient_records
from assistant.services.content import Content
from assistant.services.event_checks import ADULT_YEARS, Checked, age_on


def about(session: Session, content: Content, checked: Checked) -> list[str]:
    """Return the remarks on a completed session, as things stand before it is recorded."""
    return [
        *_repeat(checked),
        *_opted_out(session, checked),
        *_known(session, checked),
        *_shared_phone(session, checked),
        *_age(checked),
        *_draft(session, content, checked),
        *_fictional(checked),
    ]


def superseded(count: int) -> list[str]:
    """The remark on texts of earlier sessions that the new one replaces."""
    if not count:
        return []
    what = "1 waiting text" if count == 1 else f"{count} waiting texts"
    return [f"{what} of an earlier session will not be sent, because this session has its own."]


def _repeat(checked: Checked) -> list[str]:
    if checked.recorded is None:
        return []
    return ["This session is recorded already. Its texts stay as they are, and none is sent twice."]


def _opted_out(session: Session, checked: Checked) -> list[str]:
    opted_out_at = session.exec(
        select(Conversation.opted_out_at).where(
            Conversation.clinic_id == checked.clinic.id, Conversation.phone == checked.phone.e164
        )
    ).first()
    if opted_out_at is None:
        return []
    return [
        "This number has opted out of texts. The session is recorded, and nothing will be sent. "
        f"Only the patient can change that, by texting START to {checked.clinic.phone}."
    ]


def _known(session: Session, checked: Checked) -> list[str]:
    known, record = checked.known, checked.event.patient
    if known is None:
        return []
    said = []
    if checked.recorded is None:
        dates = session.exec(
            select(TreatmentSession.performed_at)
            .where(TreatmentSession.patient_id == known.id, TreatmentSession.status == SessionStatus.COMPLETED)
            .order_by(col(TreatmentSession.performed_at).desc())
        ).all()
        last = f", the last one on {_day(checked, dates[0])}" if dates else ""
        said.append(f"{known.name} is known here, with {_count(len(dates), 'session')} so far{last}.")
    if known.name != record.name:
        said.append(f"The name changes from {known.name} to {record.name}.")
    if known.phone != checked.phone.e164:
        said.append(f"The phone changes from {known.phone} to {checked.phone.e164}: waiting texts go to the new one.")
    if patient_records.spoken(session, checked) != checked.language:
        said.append(f"The patient chose {known.language} by text, so their texts stay in it.")
    return said


def _shared_phone(session: Session, checked: Checked) -> list[str]:
    others = patient_records.others_with(
        session, checked.clinic.id, checked.phone.e164, checked.event.patient.external_id
    )
    if not others:
        return []
    names = " and ".join(other.name for other in others)
    return [f"{names} {'has' if len(others) == 1 else 'have'} this phone too: each text begins with a first name."]


def _age(checked: Checked) -> list[str]:
    born = checked.event.patient.date_of_birth
    age = age_on(checked.event.session.performed_at.date(), born) if born is not None else ADULT_YEARS
    if age >= ADULT_YEARS:
        return []
    return [f"The patient was {age} on the day: ask whether a parent or guardian agreed to treatment and texts."]


def _draft(session: Session, content: Content, checked: Checked) -> list[str]:
    clinic_id, language = checked.clinic.id, patient_records.spoken(session, checked)
    if not drafts.at(session, content.catalog, [clinic_id]).is_draft(clinic_id, checked.protocol.id, language):
        return []
    return [f"{checked.protocol.id} version {checked.protocol.version} is a draft: no clinician has signed its texts."]


def _fictional(checked: Checked) -> list[str]:
    return ["This number is for demonstrations: nobody's phone will ring."] if checked.phone.fictional else []


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _day(checked: Checked, moment: datetime) -> str:
    return f"{moment.astimezone(checked.timezone):%Y-%m-%d}"
