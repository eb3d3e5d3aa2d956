"""Puts a live installation together from its settings: database, provider, and what is missing for either."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from assistant import clock, db, migrate
from assistant.errors import SettingsError
from assistant.gateway import Gateway, TwilioGateway
from assistant.services import content_history
from assistant.services.content import Content
from assistant.settings import Settings


def require(settings: Settings) -> None:
    """Raise SettingsError naming the first variable that a live installation still needs."""
    missing = settings.missing()
    if missing:
        raise SettingsError(missing[0] + (f" ({len(missing) - 1} more: aftercare check)" if missing[1:] else ""))


def migrated_engine(settings: Settings) -> Engine:
    """Return an engine for a database that is at the newest migration, or raise SettingsError saying what to do."""
    engine = db.make_engine(settings.database_url)
    with reached():
        current = migrate.is_current(engine)
    if not current:
        raise SettingsError("DATABASE_URL: the database is not at this version's tables: run aftercare migrate")
    return engine


def speaks(engine: Engine, content: Content) -> None:
    """Write down that from now on this content is what is said. Every process that speaks does so when it starts."""
    editions, now = content.catalog.editions.values(), clock.now()
    db.unit_of_work(engine, lambda session: content_history.record_live(session, editions, now))


@contextmanager
def reached() -> Iterator[None]:
    """Turn a database that does not answer into a SettingsError that names the variable and the reason."""
    try:
        yield
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise SettingsError(f"DATABASE_URL: the database does not answer: {reason}") from None


def gateway(settings: Settings) -> Gateway:
    """Return the provider's gateway."""
    return TwilioGateway(
        settings.twilio_account_sid,
        settings.auth_tokens[0],
        settings.twilio_messaging_service_sid or None,
        settings.twilio_api_base_url or None,
    )
