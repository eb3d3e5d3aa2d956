"""What waits for a human: live concerns, most urgent first; tasks, oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, case, col, func, select

from assistant.models import Clinic, Concern, ConcernEvent, Conversation, Message, Patient, Staff, Task
from assistant.models import ConcernEventKind as Kind
from assistant.rules.escalation import tell_nobody_at
from assistant.rules.states import ConcernStatus, MessageStatus
from assistant.rules.verdict import Category
from assistant.services.content import Content
from assistant.services.conversations import patients_of, who
from assistant.services.patient_file import Treatment, newest_treatments, treated

# More live concerns than this are counted, and come up as the others are closed.
MOST_CONCERNS = 200
DONE_TASKS_SHOWN = 20

_MOST_SEVERE_FIRST = case({category: -category.severity for category in Category}, value=col(Concern.severity))
_FAILED = (MessageStatus.FAILED, MessageStatus.UNDELIVERED)


@dataclass(frozen=True)
class BoardRow:
    """A live concern. ``late``: the patient should have been answered, or called, by now."""

    id: int
    code: int
    severity: Category
    status: ConcernStatus
    who: str
    phone: str
    clinic: str
    timezone: str
    treatments: tuple[tuple[str, Treatment], ...]  # of each patient that it may be, with the first name
    words: str
    why: tuple[str, ...]
    opened_at: datetime
    waiting_minutes: int
    late: bool
    holder_id: int | None
    holder: str | None
    call_by: datetime | None
    failed_texts: int
    opted_out: bool


@dataclass(frozen=True)
class Counts:
    """What the cards at the top show, whatever is filtered below."""

    waiting: int
    acknowledged: int
    tasks: int
    unread: int


@dataclass(frozen=True)
class TaskRow:
    id: int
    text: str
    opened_at: datetime
    timezone: str
    patient_id: int | None
    patient: str | None
    done_at: datetime | None
    done_by: str | None


def counts(session: Session, clinic_ids: Sequence[int]) -> Counts:
    """Return how much waits at these clinics."""
    by_status: dict[str, int] = dict(
        session.exec(
            select(Concern.status, func.count())
            .where(col(Concern.clinic_id).in_(clinic_ids), Concern.status != ConcernStatus.RESOLVED)
            .group_by(col(Concern.status))
        ).all()
    )
    tasks = select(func.count()).where(col(Task.clinic_id).in_(clinic_ids), col(Task.done_at).is_(None))
    unread = select(func.count()).where(col(Conversation.clinic_id).in_(clinic_ids), Conversation.unread > 0)
    return Counts(
        waiting=by_status.get(ConcernStatus.OPEN, 0),
        acknowledged=by_status.get(ConcernStatus.ACKNOWLEDGED, 0),
        tasks=session.exec(tasks).one(),
        unread=session.exec(unread).one(),
    )


def board(
    session: Session,
    content: Content,
    clinic_ids: Sequence[int],
    now: datetime,
    only: ConcernStatus | None = None,
) -> tuple[BoardRow, ...]:
    """Return the live concerns, the most urgent first, then the oldest."""
    query = (
        select(Concern, Conversation, Clinic, Staff.name)
        .join(Conversation, col(Conversation.id) == Concern.conversation_id)
        .join(Clinic, col(Clinic.id) == Concern.clinic_id)
        .outerjoin(Staff, col(Staff.id) == Concern.holder_id)
        .where(col(Concern.clinic_id).in_(clinic_ids), Concern.status != ConcernStatus.RESOLVED)
        .order_by(_MOST_SEVERE_FIRST, col(Concern.opened_at), col(Concern.id))
        .limit(MOST_CONCERNS)
    )
    if only is not None:
        query = query.where(Concern.status == only)
    rows = session.exec(query).all()
    people = patients_of(session, [(conversation.clinic_id, conversation.phone) for _, conversation, _, _ in rows])
    treatments = newest_treatments(session, content, [p for sharing in people.values() for p in sharing], now)
    failed = dict(
        session.exec(
            select(Message.concern_id, func.count())
            .where(col(Message.concern_id).in_([concern.id for concern, *_ in rows]))
            .where(col(Message.status).in_(_FAILED))
            .group_by(col(Message.concern_id))
        ).all()
    )
    return tuple(
        BoardRow(
            id=concern.id,
            code=concern.code,
            severity=concern.severity,
            status=concern.status,
            who=who(people.get((clinic.id, conversation.phone), []), concern.patient_id),
            phone=conversation.phone,
            clinic=clinic.name,
            timezone=clinic.timezone,
            treatments=treated(people.get((clinic.id, conversation.phone), []), treatments, concern.patient_id),
            words=concern.words,
            why=tuple(dict.fromkeys(str(finding.get("why", "")) for finding in concern.findings)),
            opened_at=concern.opened_at,
            waiting_minutes=int((now - concern.opened_at).total_seconds() // 60),
            late=is_late(concern, now),
            holder_id=concern.holder_id,
            holder=holder,
            call_by=concern.call_by,
            failed_texts=failed.get(concern.id, 0),
            opted_out=conversation.opted_out_at is not None,
        )
        for concern, conversation, clinic, holder in rows
    )


def is_late(concern: Concern, now: datetime) -> bool:
    """Whether nobody took it in time, or whoever took it has not called in time."""
    if concern.status is ConcernStatus.ACKNOWLEDGED:
        return concern.call_by is not None and now >= concern.call_by
    return concern.status is ConcernStatus.OPEN and now >= tell_nobody_at(concern.severity, concern.opened_at)


def tasks(session: Session, clinic_ids: Sequence[int]) -> tuple[TaskRow, ...]:
    """Return what is to be done by hand, oldest first, then what was done last."""
    query = (
        select(Task, Clinic.timezone, Patient.name, Staff.name)
        .join(Clinic, col(Clinic.id) == Task.clinic_id)
        .outerjoin(Patient, col(Patient.id) == Task.patient_id)
        .outerjoin(Staff, col(Staff.id) == Task.done_by_id)
        .where(col(Task.clinic_id).in_(clinic_ids))
    )
    to_do = query.where(col(Task.done_at).is_(None)).order_by(col(Task.id)).limit(MOST_CONCERNS)
    done = query.where(col(Task.done_at).is_not(None)).order_by(col(Task.done_at).desc()).limit(DONE_TASKS_SHOWN)
    return tuple(
        TaskRow(task.id, task.text, task.opened_at, zone, task.patient_id, patient, task.done_at, by)
        for task, zone, patient, by in [*session.exec(to_do), *session.exec(done)]
    )


def last_event(session: Session, clinic_ids: Sequence[int]) -> int:
    """Return the id of the newest event of any concern of these clinics; 0 before the first."""
    newest = session.exec(
        select(ConcernEvent.id)
        .join(Concern, col(Concern.id) == ConcernEvent.concern_id)
        .where(col(Concern.clinic_id).in_(clinic_ids))
        .order_by(col(ConcernEvent.id).desc())
        .limit(1)
    ).first()
    return newest or 0


def news(session: Session, clinic_ids: Sequence[int], since: int) -> tuple[str, ...]:
    """Return a sentence for each thing after event ``since`` that a person at the board must hear of."""
    rows = session.exec(
        select(ConcernEvent.kind, Concern.severity, Concern.code, Staff.name)
        .join(Concern, col(Concern.id) == ConcernEvent.concern_id)
        .outerjoin(Staff, col(Staff.id) == ConcernEvent.staff_id)
        .where(col(Concern.clinic_id).in_(clinic_ids), col(ConcernEvent.id) > since)
        .where(col(ConcernEvent.kind).in_((Kind.OPENED, Kind.ADDED, Kind.ACKNOWLEDGED, Kind.OVERDUE, Kind.RESOLVED)))
        .order_by(col(ConcernEvent.id))
        .limit(10)
    )
    words = {
        Kind.OPENED: "New concern {code}, {severity}.",
        Kind.ADDED: "Another text about concern {code}, {severity}.",
        Kind.ACKNOWLEDGED: "{staff} has concern {code}.",
        Kind.OVERDUE: "Concern {code}: the call is overdue.",
        Kind.RESOLVED: "{staff} closed concern {code}.",
    }
    return tuple(
        words[Kind(kind)].format(code=code, severity=severity.lower(), staff=staff or "Somebody")
        for kind, severity, code, staff in rows
    )
