"""``aftercare check``: what is missing or wrong for going live, in words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import urllib3
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, func, select
from urllib3.exceptions import HTTPError
from urllib3.util import make_headers

from assistant import db, migrate, settings
from assistant.db import snapshot
from assistant.errors import SettingsError
from assistant.gateway import TWILIO_API
from assistant.models import Clinic, EscalationStep, Staff
from assistant.services import content, drafts
from messages.catalog import Catalog
from messages.errors import ContentError

# Long enough for a slow network, short enough for a person who waits for the answer.
ASK_SECONDS = 8.0


@dataclass(frozen=True)
class FindingLine:
    """One line. ``blocks``: texts must not go out before it is mended."""

    where: str
    text: str
    blocks: bool = True

    def __str__(self) -> str:
        return f"{'MISSING' if self.blocks else 'NOTE':8} {self.where}: {self.text}"


def findings(environ: Mapping[str, str]) -> list[FindingLine]:
    """Return everything that stands in the way, most basic first; empty means ready."""
    found: list[FindingLine] = []
    try:
        configured = settings.load(environ)
    except SettingsError as error:
        return [FindingLine("settings", str(error))]
    found += [FindingLine("settings", line) for line in configured.missing()]
    if configured.twilio_from and not re.fullmatch(r"\+[1-9]\d{6,14}", configured.twilio_from):
        found.append(FindingLine("settings", "TWILIO_FROM must be like +12025550100: + and country code"))
    if configured.is_local:
        found.append(FindingLine("settings", "PUBLIC_URL is on this machine: Twilio cannot reach it"))
    elif not configured.missing():
        found += _outside(configured)
    catalog = None
    try:
        catalog = content.load().catalog
    except ContentError as error:
        found += [FindingLine("content", line) for line in str(error).splitlines()]
    try:
        engine = db.make_engine(configured.database_url)
    except SettingsError as error:
        return [*found, FindingLine("database", str(error))]
    try:
        return found + _database(engine, catalog)
    finally:
        engine.dispose()


def _outside(configured: settings.Settings) -> list[FindingLine]:
    """Ask the provider about the account, and the public address whether it is us."""
    found = []
    account = f"/2010-04-01/Accounts/{configured.twilio_account_sid}.json"
    login = make_headers(basic_auth=f"{configured.twilio_account_sid}:{configured.auth_tokens[0]}")
    status = _status((configured.twilio_api_base_url or TWILIO_API).rstrip("/") + account, login)
    if status in (401, 403):
        found.append(FindingLine("Twilio", "it refuses TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN: check both"))
    elif status != 200:
        found.append(FindingLine("Twilio", f"the account could not be checked ({status or 'no answer'})", blocks=False))
    status = _status(configured.public_url + "/healthz", {})
    if status != 200:
        text = f"{configured.public_url}/healthz does not answer ({status or 'no answer'}): is aftercare web running?"
        found.append(FindingLine("PUBLIC_URL", text, blocks=False))
    return found


def _status(url: str, headers: Mapping[str, str]) -> int | None:
    try:
        answer = urllib3.request("GET", url, headers=headers, timeout=ASK_SECONDS, retries=False)
    except HTTPError:
        return None
    return answer.status


def _database(engine: Engine, catalog: Catalog | None) -> list[FindingLine]:
    try:
        current = migrate.is_current(engine)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        return [FindingLine("database", f"it does not answer: {reason}. Check DATABASE_URL")]
    if not current:
        return [FindingLine("database", "its tables are not this version's: run aftercare migrate")]
    return _rows(engine, catalog)


def _rows(engine: Engine, catalog: Catalog | None) -> list[FindingLine]:
    found = []
    if engine.dialect.name == "sqlite":
        found += _sqlite(engine)
    with snapshot(engine) as session:
        clinics = session.exec(select(Clinic).order_by(col(Clinic.id))).all()
        if not clinics:
            found.append(
                FindingLine("clinic", "there is none: aftercare clinic add SLUG --name --country --timezone --phone")
            )
        for clinic in clinics:
            found += _ladder(session, clinic)
            if catalog is not None:
                found += _unsigned(session, clinic, catalog)
    return found


def _unsigned(session: Session, clinic: Clinic, catalog: Catalog) -> list[FindingLine]:
    titles = drafts.at(session, catalog, [clinic.id]).titles()
    if not titles:
        return []
    text = f"not signed by a clinician, staff see them as drafts: {', '.join(titles)} (aftercare content)"
    return [FindingLine(f"clinic {clinic.slug}", text, blocks=False)]


def _ladder(session: Session, clinic: Clinic) -> list[FindingLine]:
    where = f"clinic {clinic.slug}"
    rungs = session.exec(
        select(func.count())
        .select_from(EscalationStep)
        .join(Staff, col(Staff.id) == EscalationStep.staff_id)
        .where(EscalationStep.clinic_id == clinic.id, col(Staff.active))
    ).one()
    if rungs == 0:
        return [FindingLine(where, "nobody is paged: aftercare staff add NAME ... --on-call")]
    if rungs == 1:
        text = "one person is on the ladder; when they sleep, nobody is paged after them"
        return [FindingLine(where, text, blocks=False)]
    return []


def _sqlite(engine: Engine) -> list[FindingLine]:
    with engine.connect() as connection:
        version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
    if tuple(int(part) for part in version.split(".")) < db.OLDEST_SAFE_SQLITE:
        oldest = ".".join(str(part) for part in db.OLDEST_SAFE_SQLITE)
        return [FindingLine("database", f"SQLite {version} can lose committed writes; install {oldest} or newer")]
    return []
