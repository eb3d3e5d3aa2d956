"""What triage knows, made ready once at start."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.rules import triage
from messages import lexicon
from messages.errors import ContentError
from messages.patterns import LexiconError


def load() -> triage.Compiled:
    """Return the lexicon of every language. Raises ContentError naming the file and key that is wrong."""
    try:
        with uncollected():
            return triage.compile_lexicon(lexicon.load_lexicon())
    except LexiconError as error:
        raise ContentError(f"triage/{error}") from error


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the collector away from what is made inside, then and ever after.

    Half a million small objects that all live on: it would look at them again and again while they are made
    (a third of the time), and after every fork.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
    gc.freeze()
