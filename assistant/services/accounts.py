"""Staff accounts: added, given a password by a one-time link, signed in and out.

Passwords are hashed and checked outside the transaction (``passwords``), so that a slow check never holds
SQLite's single write lock: ``knock`` reads, the caller checks, ``sign_in`` or ``failed`` writes.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select, update

from assistant import phone as phones
from assistant.errors import Invalid, Problem
from assistant.models import Clinic, LoginAttempt, PasswordLink, Role, Staff, StaffSession
from assistant.rules.signing_in import (
    FAILURES_COUNT_FOR,
    PER_ADDRESS,
    PER_EMAIL,
    WHOLE_LIMIT,
    may_try_at,
    password_problem,
    still_signed_in,
)
from assistant.services import audit

LINK_LIVES = timedelta(hours=24)

# More browsers than this for one person are somebody else's; the oldest is signed out.
MOST_SESSIONS = 5

# ``seen_at`` is written at most this often, so that reading pages costs no write each.
SEEN_EVERY = timedelta(minutes=1)

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class Knock:
    """Somebody wants in. ``may_try_at`` later than now: too many failures, do not check the password."""

    staff_id: int | None
    password_hash: str | None
    may_try_at: datetime


@dataclass(frozen=True)
class SignedIn:
    """Who is using this browser, and the locations they may see."""

    staff: Staff
    clinic_ids: tuple[int, ...]
    seen_at: datetime


@dataclass(frozen=True)
class Opened:
    """A password link that may be used, whose it is, and the names that the new password must not hold."""

    staff: Staff
    known: tuple[str, ...]

    def problem(self, password: str) -> str | None:
        """What is wrong with this password for this person, or None."""
        return password_problem(password, self.known)


def add_staff(
    session: Session, *, name: str, email: str, phone: str, role: Role, clinic: Clinic | None, now: datetime
) -> Staff:
    """Add a person without a password; ``clinic`` None is all locations. Raises Invalid with every problem."""
    name, email = " ".join(name.split()), email.strip().lower()
    problems = []
    if not 2 <= len(name) <= 60:
        problems.append(Problem("name", "give a name of 2 to 60 characters"))
    if len(email) > 120 or not _EMAIL.fullmatch(email):
        problems.append(Problem("email", "give an e-mail address such as dana@example.com"))
    elif session.exec(select(Staff.id).where(Staff.email == email)).first():
        problems.append(Problem("email", "somebody has an account with this address already"))
    number = ""
    try:
        number = phones.parse(phone, clinic.country if clinic else "ZZ").e164
    except phones.PhoneError as error:
        problems.append(Problem("phone", error.message))
    if number and session.exec(select(Staff.id).where(Staff.phone == number)).first():
        problems.append(Problem("phone", "somebody has an account with this number already"))
    if problems:
        raise Invalid(problems)
    staff = Staff(
        clinic_id=clinic.id if clinic else None, name=name, email=email, phone=number, role=role, created_at=now
    )
    session.add(staff)
    session.flush()
    audit.record(session, action="staff.added", now=now, clinic_id=staff.clinic_id, text=f"{staff.id} {role}")
    return staff


def password_link(session: Session, staff: Staff, now: datetime) -> str:
    """Return the token of a new one-time link; earlier links of this person stop working."""
    _spend_links(session, staff.id, now)
    token = secrets.token_urlsafe(32)
    session.add(PasswordLink(staff_id=staff.id, token_sha256=_digest(token), expires_at=now + LINK_LIVES))
    audit.record(session, action="password.link", now=now, clinic_id=staff.clinic_id, text=str(staff.id))
    return token


def open_link(session: Session, token: str, now: datetime) -> Opened | None:
    """Whose link it is; None if it was used, is too old or never was. Opening does not use it up."""
    staff = session.exec(
        select(Staff)
        .join(PasswordLink, col(PasswordLink.staff_id) == Staff.id)
        .where(PasswordLink.token_sha256 == _digest(token), col(PasswordLink.used_at).is_(None))
        .where(col(PasswordLink.expires_at) > now, col(Staff.active))
    ).first()
    if staff is None:
        return None
    clinics = session.exec(select(Clinic.name).where(Clinic.id == staff.clinic_id)).all()
    return Opened(staff, (staff.name, staff.email, *clinics))


def use_link(session: Session, token: str, password_hash: str, now: datetime) -> Staff | None:
    """Set the password and end every session of that person; None if the link cannot be used (any more)."""
    opened = open_link(session, token, now)
    if opened is None or not _spend_links(session, opened.staff.id, now):
        return None
    staff = opened.staff
    staff.password_hash = password_hash
    session.add(staff)
    _end_sessions(session, staff.id, now)
    session.execute(delete(LoginAttempt).where(col(LoginAttempt.email) == staff.email))
    audit.record(session, action="password.set", now=now, staff=staff, clinic_id=staff.clinic_id)
    return staff


def knock(session: Session, *, email: str, address: str, now: datetime) -> Knock:
    """Read what signing in needs: the account, and whether earlier failures make this try wait."""
    email = _plain(email)
    allowed_at = max(
        may_try_at(_failures(session, LoginAttempt.email == email, now), PER_EMAIL, now),
        may_try_at(_failures(session, LoginAttempt.ip == address, now), PER_ADDRESS, now),
    )
    staff = session.exec(select(Staff).where(Staff.email == email, col(Staff.active))).first()
    return Knock(staff.id if staff else None, staff.password_hash if staff else None, allowed_at)


def failed(session: Session, knocked: Knock, *, email: str, address: str, now: datetime) -> None:
    """Remember a wrong password, for the delay before the next try."""
    session.add(LoginAttempt(email=_plain(email), ip=address[:45], at=now))
    staff = session.get(Staff, knocked.staff_id) if knocked.staff_id else None
    audit.record(session, action="sign_in.failed", now=now, staff=staff, text=address)


def sign_in(session: Session, knocked: Knock, *, address: str, now: datetime) -> str | None:
    """Start a session after the password was right; return its token, or None if the account has changed since."""
    staff = session.get(Staff, knocked.staff_id, with_for_update={"key_share": True}) if knocked.staff_id else None
    if staff is None or not staff.active or staff.password_hash != knocked.password_hash:
        return None
    token = secrets.token_urlsafe(32)
    session.add(StaffSession(staff_id=staff.id, token_sha256=_digest(token), started_at=now, seen_at=now))
    session.flush()
    kept = (
        select(StaffSession.id)
        .where(StaffSession.staff_id == staff.id, col(StaffSession.ended_at).is_(None))
        .order_by(col(StaffSession.id).desc())
        .limit(MOST_SESSIONS)
    )
    _end_sessions(session, staff.id, now, keep=session.exec(kept).all())
    session.execute(delete(LoginAttempt).where(col(LoginAttempt.email) == staff.email))
    audit.record(session, action="sign_in", now=now, staff=staff, clinic_id=staff.clinic_id, text=address)
    return token


def who(session: Session, token: str, now: datetime) -> SignedIn | None:
    """Who signed in with this token; None when the session was ended, idle for 15 minutes or is 12 hours old."""
    row = session.exec(
        select(StaffSession, Staff)
        .join(Staff, col(Staff.id) == StaffSession.staff_id)
        .where(StaffSession.token_sha256 == _digest(token), col(StaffSession.ended_at).is_(None))
        .where(col(StaffSession.started_at) > now - WHOLE_LIMIT, col(Staff.active))
    ).first()
    if row is None or not still_signed_in(row[0].started_at, row[0].seen_at, now):
        return None
    started, staff = row
    if staff.clinic_id is not None:
        return SignedIn(staff, (staff.clinic_id,), started.seen_at)
    return SignedIn(staff, tuple(session.exec(select(Clinic.id).order_by(col(Clinic.id)))), started.seen_at)


def seen(session: Session, token: str, now: datetime) -> None:
    """Note that the person is still there; a sign of life that arrives late changes nothing."""
    session.execute(
        update(StaffSession)
        .where(col(StaffSession.token_sha256) == _digest(token), col(StaffSession.seen_at) < now)
        .values(seen_at=now)
    )


def sign_out(session: Session, token: str, now: datetime) -> None:
    """End this session; the token is worth nothing afterwards."""
    session.execute(
        update(StaffSession)
        .where(col(StaffSession.token_sha256) == _digest(token), col(StaffSession.ended_at).is_(None))
        .values(ended_at=now)
    )


def _end_sessions(session: Session, staff_id: int, now: datetime, keep: Sequence[int] = ()) -> None:
    session.execute(
        update(StaffSession)
        .where(col(StaffSession.staff_id) == staff_id, col(StaffSession.ended_at).is_(None))
        .where(col(StaffSession.id).not_in(keep))
        .values(ended_at=now)
    )


def _spend_links(session: Session, staff_id: int, now: datetime) -> bool:
    """Mark this person's links as used; whether there was one. Of two at once only the first sees one."""
    spent = session.execute(
        update(PasswordLink)
        .where(col(PasswordLink.staff_id) == staff_id, col(PasswordLink.used_at).is_(None))
        .values(used_at=now)
        .returning(col(PasswordLink.id))
    )
    return bool(spent.all())


def _failures(session: Session, about: bool, now: datetime) -> list[datetime]:
    newest_first = col(LoginAttempt.at).desc()
    recent = col(LoginAttempt.at) > now - FAILURES_COUNT_FOR
    return list(session.exec(select(LoginAttempt.at).where(about, recent).order_by(newest_first).limit(100)))


def _plain(email: str) -> str:
    """The address as accounts keep it; of anything else that is typed, what a column can hold."""
    return email.replace("\x00", "").strip().lower()[:120]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
