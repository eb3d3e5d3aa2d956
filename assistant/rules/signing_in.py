"""How long a sign-in lasts, how long to wait after failures, and which passwords are too easy. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# A screen with patients on it signs out after this long without use, and once a shift in any case.
IDLE_LIMIT = timedelta(minutes=15)
WHOLE_LIMIT = timedelta(hours=12)

# Failures older than this are forgotten, so that no account and no address is ever locked for good.
FAILURES_COUNT_FOR = timedelta(hours=1)

SHORTEST_PASSWORD = 12  # characters
LONGEST_PASSWORD = 1024  # bytes of UTF-8: what a hash may be made to chew on

# What must be left of a password once everything that a guesser tries first is taken out of it.
_OWN_CHARACTERS = 8
_OWN_DIFFERENT = 5

# The words behind the most common long passwords of published breaches, and this product's own.
_COMMON = (
    "password",
    "passwort",
    "contrasena",
    "motdepasse",
    "welcome",
    "bienvenue",
    "bienvenido",
    "iloveyou",
    "letmein",
    "administrator",
    "admin",
    "princess",
    "sunshine",
    "football",
    "baseball",
    "superman",
    "batman",
    "dragon",
    "monkey",
    "master",
    "shadow",
    "michael",
    "charlie",
    "computer",
    "internet",
    "starwars",
    "whatever",
    "trustno",
    "changeme",
    "secret",
    "summer",
    "winter",
    "spring",
    "autumn",
    "login",
    "guest",
    "test",
    "clinic",
    "nurse",
    "doctor",
    "patient",
    "aftercare",
    "mesotherapy",
)
_ROWS = ("1234567890", "0123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "abcdefghijklmnopqrstuvwxyz")
_SHORTEST_RUN = 4


@dataclass(frozen=True)
class Limit:
    """How many failures in an hour are free, and the longest wait after one more."""

    free: int
    longest: timedelta


# One mistyped password is nothing; a guesser gets 12 tries an hour at one account and 4 from one address.
PER_EMAIL = Limit(free=5, longest=timedelta(minutes=5))
PER_ADDRESS = Limit(free=20, longest=timedelta(minutes=15))
_FIRST_WAIT = timedelta(seconds=30)


def may_try_at(failures: Sequence[datetime], limit: Limit, now: datetime) -> datetime:
    """Return when the next try is allowed, ``now`` or earlier if it is already.

    After the free failures the wait is 30 s and doubles with each further one, up to the limit's longest.
    """
    recent = [at for at in failures if at > now - FAILURES_COUNT_FOR]
    if len(recent) < limit.free:
        return now
    doubled = 1 << min(len(recent) - limit.free, 16)
    return max(recent) + min(_FIRST_WAIT * doubled, limit.longest)


def still_signed_in(started_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether a browser that signed in at ``started_at`` and was last used at ``seen_at`` still is."""
    return now - seen_at < IDLE_LIMIT and now - started_at < WHOLE_LIMIT


def password_problem(password: str, known: Iterable[str]) -> str | None:
    """Return what is wrong with a new password as one sentence, or None.

    ``known`` are names that a guesser would try: the person's, the e-mail address, the clinic's.
    """
    if len(password) < SHORTEST_PASSWORD:
        return f"Use {SHORTEST_PASSWORD} characters or more. A few words in a row are easy to remember."
    if len(password.encode("utf-8", "replace")) > LONGEST_PASSWORD:
        return f"Use at most {LONGEST_PASSWORD} characters."
    words = [word for name in known for word in re.split(r"[\W_]+", name.casefold()) if len(word) >= _SHORTEST_RUN]
    own = _without_runs(password.casefold())
    for word in sorted({*words, *_COMMON}, key=len, reverse=True):
        own = own.replace(word, "")
    if len(own) < _OWN_CHARACTERS or len(set(own)) < _OWN_DIFFERENT or re.fullmatch(r"(.{1,6}?)\1+", own):
        return "This is among the first that a stranger would try. Use words that have nothing to do with you or work."
    return None


def _without_runs(text: str) -> str:
    """Leave out stretches of a keyboard row, the alphabet or the digits, either way round."""
    for row in _ROWS:
        for line in (row, row[::-1]):
            for length in range(len(line), _SHORTEST_RUN - 1, -1):
                for start in range(len(line) - length + 1):
                    text = text.replace(line[start : start + length], "")
    return text
