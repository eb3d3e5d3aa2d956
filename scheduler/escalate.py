"""Pages the next person about every concern whose time has come."""

import logging
from datetime import datetime

from sqlalchemy import ColumnElement, Engine
from sqlmodel import Session, and_, col, or_, select

from assistant.db import snapshot, unit_of_work
from assistant.faults import reach
from assistant.models import Clinic, Concern
from assistant.rules.states import ConcernStatus
from assistant.services import ladder
from assistant.services.content import Content

_log = logging.getLogger(__name__)


def escalate_due(engine: Engine, content: Content, now: datetime) -> int:
    """Advance each concern that is due; return how many people were paged. One transaction a concern."""
    with snapshot(engine) as session:
        due = session.exec(select(Concern.id).where(_due(now)).order_by(col(Concern.next_page_at))).all()
    paged = 0
    for concern_id in due:
        try:
            paged += _escalate(engine, content, concern_id, now)
        except Exception:  # noqa: BLE001  (whatever is wrong with one concern, the others must be paged)
            _log.exception("concern %s could not be escalated", concern_id)
    return paged


def _escalate(engine: Engine, content: Content, concern_id: int, now: datetime) -> int:
    def work(session: Session) -> int:
        # Another scheduler may have it, or have advanced it since.
        concern = session.exec(
            select(Concern).where(Concern.id == concern_id, _due(now)).with_for_update(skip_locked=True, key_share=True)
        ).first()
        if concern is None:
            return 0
        paged = ladder.climb(session, content, concern, session.get_one(Clinic, concern.clinic_id), now)
        reach("esc.pre_commit")
        return len(paged)

    return unit_of_work(engine, work)


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(
        col(Concern.status) != ConcernStatus.RESOLVED,
        or_(col(Concern.next_page_at) <= now, col(Concern.tell_nobody_at) <= now),
    )
