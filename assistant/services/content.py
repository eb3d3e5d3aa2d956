"""The words and the triage rules, loaded once at start and passed to whoever speaks."""

from dataclasses import dataclass, field

from assistant.rules import triage
from assistant.rules.clinic_phrases import OwnPhrases
from assistant.services import lexicon
from messages import catalog


@dataclass(frozen=True)
class Content:
    """What may be said, and how replies are read."""

    catalog: catalog.Catalog
    lexicon: triage.Compiled
    # By clinic: the tag of its own phrases when this process read them, and the phrases (see services.clinic_phrases).
    own_phrases: dict[int, tuple[str, OwnPhrases]] = field(default_factory=dict, repr=False, compare=False)


def load() -> Content:
    """Return the content of this installation. Raises ContentError naming every file and key that is wrong."""
    with lexicon.uncollected():
        return Content(catalog=catalog.load(), lexicon=lexicon.load())
