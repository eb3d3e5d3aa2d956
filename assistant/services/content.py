"""The words and the triage rules, loaded once at start and passed to whoever speaks."""

import gc
from dataclasses import dataclass, field

from assistant.rules import triage
from assistant.rules.clinic_phrases import OwnPhrases
from messages import catalog, lexicon
from messages.patterns import LexiconError


@dataclass(frozen=True)
class Content:
    """What may be said, and how replies are read."""

    catalog: catalog.Catalog
    lexicon: triage.Compiled
    # By clinic: the tag of its own phrases when this process read them, and the phrases (see services.clinic_phrases).
    own_phrases: dict[int, tuple[str, OwnPhrases]] = field(default_factory=dict, repr=False, compare=False)


def load() -> Content:
    """Return the content of this installation. Raises ContentError naming every file and key that is wrong.

    Half a million small objects that all live on: the collector would look at them again and again while they
    are made (a third of the time), and after every fork.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        loaded = Content(catalog=catalog.load(), lexicon=triage.compile_lexicon(lexicon.load_lexicon()))
    except LexiconError as error:
        raise catalog.ContentError(f"triage/{error}") from error
    finally:
        if collecting:
            gc.enable()
    gc.freeze()
    return loaded
