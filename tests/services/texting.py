"""How tests text as a patient or a nurse, and read what was queued in answer."""

import itertools
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import col, select

from assistant.db import snapshot, transaction
from assistant.models import Concern, Direction, Message
from assistant.services import inbound
from assistant.services.content import Content
from assistant.services.inbound import InboundText, Received
from tests.cast import CLINIC_PHONE

_numbers = itertools.count(1)


def text_in(
    engine: Engine,
    content: Content,
    sender: str,
    body: str,
    now: datetime,
    *,
    sid: str | None = None,
    pictures: int = 0,
) -> Received:
    """Deliver one text to the clinic, as the webhook does."""
    text = InboundText(
        sid=sid or f"SM{next(_numbers):032x}",
        sender=sender,
        to=CLINIC_PHONE,
        body=body,
        media=tuple({"url": f"https://example.com/{n}", "type": "image/jpeg"} for n in range(pictures)),
    )
    with transaction(engine) as session:
        return inbound.receive(session, content, text, now)


def outgoing(engine: Engine, phone: str | None = None) -> Sequence[Message]:
    """Every outbound message so far, to one number or to all, oldest first."""
    query = select(Message).where(Message.direction == Direction.OUTBOUND).order_by(col(Message.id))
    if phone is not None:
        query = query.where(Message.phone == phone)
    with snapshot(engine) as session:
        return session.exec(query).all()


def keys(engine: Engine, phone: str | None = None) -> list[str | None]:
    """The text keys of ``outgoing``."""
    return [message.key for message in outgoing(engine, phone)]


def the_concern(engine: Engine) -> Concern:
    """The only concern there is."""
    with snapshot(engine) as session:
        return session.exec(select(Concern)).one()


def concerns(engine: Engine) -> Sequence[Concern]:
    """Every concern, oldest first."""
    with snapshot(engine) as session:
        return session.exec(select(Concern).order_by(col(Concern.id))).all()
