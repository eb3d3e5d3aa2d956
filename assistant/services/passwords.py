"""Hashes passwords and checks them: slow on purpose, two at a time."""

import threading

import argon2

from assistant.errors import AssistantError

# Argon2id with 46 MiB and two passes, the first of the settings that OWASP's password storage cheat sheet
# recommends with this much memory; a hash takes about a tenth of a second.
_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1)

# Two at once, so that a flood of sign-ins can neither fill the memory nor stop the webhooks.
_at_once = threading.BoundedSemaphore(2)
_PATIENCE_SECONDS = 5.0


class TooBusy(AssistantError):
    """Others are signing in; nothing was checked."""


def make_hash(password: str) -> str:
    """Return the hash to keep. Takes a while: call it outside a transaction. Raises TooBusy."""
    _wait()
    try:
        return _hasher.hash(password)
    finally:
        _at_once.release()


def matches(kept: str | None, password: str) -> bool:
    """Whether ``password`` made the hash ``kept``. Takes as long when there is none, and then is False.

    Call it outside a transaction. Raises TooBusy.
    """
    if kept is None:
        make_hash(password)
        return False
    _wait()
    try:
        return _hasher.verify(kept, password)
    except argon2.exceptions.VerifyMismatchError:
        return False
    finally:
        _at_once.release()


def _wait() -> None:
    if not _at_once.acquire(timeout=_PATIENCE_SECONDS):
        raise TooBusy
