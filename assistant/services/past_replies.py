"""What patients of a clinic wrote, with what was known when each text came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from assistant.models import Clinic, Direction, Message, Patient, SessionStatus, TreatmentSession
from assistant.rules.verdict import Category, Context, Finding, SessionContext, Verdict
from assistant.services.content import Content

# How far back, and how many: enough to see what a phrase would do, few enough to read while somebody waits.
LOOK_BACK = timedelta(days=180)
MOST = 5_000


@dataclass(frozen=True)
class PastText:
    """One text of a patient, and the verdict that was given then. ``at`` is when it came."""

    id: int
    conversation_id: int | None
    phone: str
    at: datetime
    text: str
    verdict: Verdict


def newest(session: Session, clinic_id: int, now: datetime) -> list[PastText]:
    """Return the texts of the last 180 days, the newest 5,000 at most, newest first."""
    rows = session.execute(
        select(Message)
        .where(Message.clinic_id == clinic_id, Message.direction == Direction.INBOUND)
        .where(col(Message.category).is_not(None), col(Message.created_at) > now - LOOK_BACK)
        .order_by(col(Message.id).desc())
        .limit(MOST)
        .with_only_columns(
            col(Message.id),
            col(Message.conversation_id),
            col(Message.phone),
            col(Message.created_at),
            col(Message.body),
            col(Message.category),
            col(Message.findings),
        )
    )
    return [
        PastText(id, conversation_id, phone, at, body, _verdict(category, findings))
        for id, conversation_id, phone, at, body, category, findings in rows
    ]


def contexts(session: Session, content: Content, clinic: Clinic, texts: Sequence[PastText]) -> dict[int, Context]:
    """Return for each text, by id, the sessions behind it as of then, and the language of who has its number.

    What was asked and said before each is left out: a clinic's own phrases do not look at it.
    """
    people: dict[str, list[Patient]] = {}
    phones = {text.phone for text in texts}
    found = select(Patient).where(Patient.clinic_id == clinic.id, col(Patient.phone).in_(phones))
    for patient in session.exec(found.order_by(col(Patient.id).desc())):
        people.setdefault(patient.phone, []).append(patient)
    treated: dict[int, list[TreatmentSession]] = {}
    ids = [patient.id for having in people.values() for patient in having]
    done = TreatmentSession.status == SessionStatus.COMPLETED
    for row in session.exec(select(TreatmentSession).where(col(TreatmentSession.patient_id).in_(ids), done)):
        treated.setdefault(row.patient_id, []).append(row)
    return {
        text.id: Context(
            now=text.at,
            language=having[0].language if having else clinic.languages[0],
            country=clinic.country,
            sessions=tuple(
                one for patient in having for one in _sessions(content, patient, treated.get(patient.id, ()), text.at)
            ),
            known=bool(having),
        )
        for text in texts
        for having in [people.get(text.phone, [])]
    }


def _sessions(
    content: Content, patient: Patient, rows: Iterable[TreatmentSession], at: datetime
) -> list[SessionContext]:
    zone, found = ZoneInfo(patient.timezone), []
    for row in rows:
        protocol = content.catalog.protocols.get(row.protocol)
        day = (at.astimezone(zone).date() - row.performed_at.astimezone(zone).date()).days
        if protocol is not None and row.performed_at <= at and day <= protocol.listen_days:
            found.append(SessionContext(row.protocol, day, tuple(row.areas), protocol.swelling_days))
    return found


def _verdict(category: Category | None, findings: Sequence[dict[str, object]]) -> Verdict:
    return Verdict(
        category or Category.UNCLEAR,
        tuple(
            Finding(
                rule=str(one.get("rule", "")),
                category=Category(str(one.get("category", Category.UNCLEAR))),
                matched=tuple(str(word) for word in one.get("matched", ())),  # type: ignore[attr-defined]
                why=str(one.get("why", "")),
            )
            for one in findings
        ),
    )
