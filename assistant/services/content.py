"""The words and the triage rules, loaded once at start and passed to whoever speaks."""

from dataclasses import dataclass

from assistant.rules import triage
from messages import catalog, lexicon


@dataclass(frozen=True)
class Content:
    """What may be said, and how replies are read."""

    catalog: catalog.Catalog
    lexicon: triage.Compiled


def load() -> Content:
    """Return the content of this installation. Raises ContentError naming every file and key that is wrong."""
    return Content(catalog=catalog.load(), lexicon=triage.compile_lexicon(lexicon.load_lexicon()))
