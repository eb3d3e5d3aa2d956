"""Pages the next person about every concern whose time has come."""

from datetime import datetime

from sqlalchemy import ColumnElement, Engine
from sqlmodel import and_, col, or_, select

from assistant.db import snapshot, transaction
from assistant.faults import reach
from assistant.models import Clinic, Concern
from assistant.rules.states import ConcernStatus
from assistant.services import ladder
from assistant.services.content import Content


def escalate_due(engine: Engine, content: Content, now: datetime) -> int:
    """Advance each concern that is due; return how many people were paged. One transaction a concern."""
    with snapshot(engine) as session:
        due = session.exec(select(Concern.id).where(_due(now)).order_by(col(Concern.next_page_at))).all()
    paged = 0
    for concern_id in due:
        with transaction(engine) as session:
            # Another scheduler may have it, or have advanced it since.
            concern = session.exec(
                select(Concern)
                .where(Concern.id == concern_id, _due(now))
                .with_for_update(skip_locked=True, key_share=True)
            ).first()
            if concern is not None:
                clinic = session.get_one(Clinic, concern.clinic_id)
                paged += len(ladder.climb(session, content, concern, clinic, now))
                reach("esc.pre_commit")
    return paged


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(
        col(Concern.status) != ConcernStatus.RESOLVED,
        or_(col(Concern.next_page_at) <= now, col(Concern.tell_nobody_at) <= now),
    )
