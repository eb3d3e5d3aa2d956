"""Throws away what is no longer needed to run."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, delete
from sqlmodel import col

from assistant.db import transaction
from assistant.models import LoginAttempt, PasswordLink, StaffSession

# Ended sign-ins and failed attempts are kept a month for a look back after an incident.
KEEP = timedelta(days=30)


def tidy(engine: Engine, now: datetime) -> None:
    """Delete old sign-ins, attempts and password links. Nothing about patients is deleted here."""
    with transaction(engine) as session:
        session.execute(delete(LoginAttempt).where(col(LoginAttempt.at) < now - KEEP))
        session.execute(delete(StaffSession).where(col(StaffSession.seen_at) < now - KEEP))
        session.execute(delete(PasswordLink).where(col(PasswordLink.expires_at) < now - KEEP))
