"""Who is on a clinic's ladder."""

from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from assistant.models import EscalationStep, Staff
from assistant.prepared import Prepared


class OnCall(NamedTuple):
    """A rung: a person, and how long to wait for them."""

    id: int
    phone: str
    wait_minutes: int


_RUNGS = Prepared(
    select(col(Staff.id), col(Staff.phone), col(EscalationStep.wait_minutes))
    .where(
        col(EscalationStep.clinic_id) == bindparam("clinic_id"),
        col(EscalationStep.staff_id) == Staff.id,
        col(Staff.active),
    )
    .order_by(col(EscalationStep.position)),
    OnCall,
)


def ladder(session: Session, clinic_id: int) -> list[OnCall]:
    """Return the clinic's rungs in order, with people who are no longer active left out."""
    return _RUNGS.run(session, clinic_id=clinic_id)
