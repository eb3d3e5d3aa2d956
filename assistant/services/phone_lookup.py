"""What a phone number tells before anybody is enrolled with it: whose it is, and whether it wants texts."""

from sqlmodel import Session, col, select

from assistant.models import Clinic, Conversation, Patient
from assistant.phone import PhoneNumber, country_name


def patients(session: Session, clinic: Clinic, number: PhoneNumber) -> list[Patient]:
    """Return the clinic's patients with this number, oldest first."""
    return list(
        session.exec(
            select(Patient)
            .where(Patient.clinic_id == clinic.id, Patient.phone == number.e164)
            .order_by(col(Patient.id))
        )
    )


def sentences(session: Session, clinic: Clinic, number: PhoneNumber) -> list[str]:
    """Return what staff should read of this number, most basic first."""
    kind = "mobile" if number.kind == "mobile" else "mobile or landline"
    said = [f"{country_name(number.region)}, {kind}: {number.national_display}."]
    having = patients(session, clinic, number)
    if having:
        names = " and ".join(patient.name for patient in having)
        said.append(f"{names} {'has' if len(having) == 1 else 'have'} this phone already.")
    opted_out_at = session.exec(
        select(Conversation.opted_out_at).where(Conversation.clinic_id == clinic.id, Conversation.phone == number.e164)
    ).first()
    if opted_out_at is not None:
        said.append("This number has opted out of texts: the session can be recorded, and nothing will be sent.")
    if number.fictional:
        said.append("It is for demonstrations: nobody's phone will ring.")
    return said
