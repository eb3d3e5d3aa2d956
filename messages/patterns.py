"""The notation that the triage files share: TOML whose values are patterns, each a row of words."""

import tomllib
from pathlib import Path
from typing import Any


class LexiconError(ValueError):
    """A triage file says something that cannot be used; the message names the file and the place."""


def read(path: Path) -> dict[str, Any]:
    """Return what a triage file says. Raises ``LexiconError`` where it is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise LexiconError(f"{path.name}: {error}") from error


def patterns(place: str, value: object) -> list[str]:
    """Split ``a b; c`` (or lines) into patterns; a line that starts with # is a comment.

    ``place`` is the file and the key, for the ``LexiconError`` about what is no pattern.
    """
    if not isinstance(value, str):
        raise LexiconError(f"{place}: not a text")
    lines = (line for line in value.splitlines() if not line.lstrip().startswith("#"))
    found = [" ".join(part.split()) for line in lines for part in line.split(";")]
    for pattern in filter(None, found):
        slots = pattern.split()
        if slots[0].startswith("_") or slots[-1].startswith("_") or slots[0].endswith("?"):
            raise LexiconError(f"{place}: {pattern!r} may not begin or end with a gap or an optional word")
    return [pattern for pattern in found if pattern]
