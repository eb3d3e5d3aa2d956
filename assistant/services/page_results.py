"""What became of a page: the patient is told once it was taken, and the ladder moves on when it fails."""

from datetime import datetime

from sqlmodel import Session, select

from assistant.models import Clinic, ConcernEvent, ConcernEventKind, Message
from assistant.rules.states import ConcernStatus
from assistant.services import ladder, on_call
from assistant.services.concerns import find
from assistant.services.content import Content


def accepted(session: Session, content: Content, message: Message, now: datetime) -> None:
    """The provider took a page: the patient may now be told that a nurse was paged, once per concern."""
    concern = find(session, message.concern_id) if message.concern_id else None
    if concern is None or concern.status is not ConcernStatus.OPEN or not concern.severity.pages_now:
        return
    told = session.exec(
        select(ConcernEvent.id).where(
            ConcernEvent.concern_id == concern.id,
            ConcernEvent.kind == ConcernEventKind.TOLD,
            ConcernEvent.text == "page_accepted",
        )
    ).first()
    if told is None:
        clinic = session.get_one(Clinic, concern.clinic_id)
        ladder.tell_patient(session, content, concern, clinic, "page_accepted", now)


def failed(session: Session, content: Content, message: Message, why: str, now: datetime) -> None:
    """A page did not arrive: the ladder moves on now instead of when its wait ends.

    Where the next rung is the same person, the wait stands: a dead phone must not be paged in a loop.
    """
    concern = find(session, message.concern_id) if message.concern_id else None
    if concern is None or concern.status is ConcernStatus.RESOLVED:
        return
    ladder.record(
        session,
        concern,
        ConcernEventKind.PAGE_FAILED,
        now,
        staff_id=message.staff_id,
        message_id=message.id,
        text=why,
    )
    rungs = [person.id for person in on_call.ladder(session, concern.clinic_id)]
    following = rungs[min(concern.rung, len(rungs) - 1)] if rungs else None
    if concern.status is ConcernStatus.OPEN and following not in (None, message.staff_id):
        concern.next_page_at = now
        ladder.climb(session, content, concern, session.get_one(Clinic, concern.clinic_id), now)
