"""Posts events, and looks at the texts they made."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from assistant.db import transaction
from assistant.models import Message
from assistant.rules.states import MessageStatus
from assistant.services import enrolment
from assistant.services.content import Content
from assistant.services.enrolment import Applied
from tests import events
from tests.events import NOW


def post(engine: Engine, content: Content, event: dict[str, Any], now: datetime = NOW) -> Applied:
    with transaction(engine) as session:
        return enrolment.receive(session, content, events.body(event), now)


def texts(engine: Engine, *conditions: Any) -> list[Message]:
    with transaction(engine) as session:
        return list(session.exec(select(Message).where(*conditions).order_by(col(Message.due_at), col(Message.id))))


def queued(engine: Engine) -> list[str]:
    return [str(row.key) for row in texts(engine, Message.status == MessageStatus.QUEUED)]


def count(session: Session, table: type[Any]) -> int:
    return session.exec(select(func.count()).select_from(table)).one()
