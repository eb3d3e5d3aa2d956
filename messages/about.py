"""Who stands behind a content file: the lines ``about.*`` at its head."""

import datetime
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

_FIXES = {
    "version": "write about.version = 1 and count it up with every change",
    "author": 'write about.author = "who wrote it"',
    "reviewer": 'write about.reviewer = "name and role", or "" while nobody has reviewed it',
    "date": "write about.date = 2026-11-22, the day of this version",
    "source": 'write about.source = "where it comes from"',
}


class About(BaseModel):
    """A file's version, and where it comes from.

    ``reviewer`` is whoever read the file before it was offered to clinics, "" for nobody yet. It is no
    sign-off: that is made at the clinic, for exact words, and ends when they change.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(ge=1, strict=True)
    author: Said
    reviewer: Annotated[str, StringConstraints(strip_whitespace=True)]
    date: datetime.date
    source: Said


def read(file: str, data: Mapping[str, Any]) -> tuple[About | None, list[str]]:
    """Return what ``file`` says about itself, or None and a line of "file: key: problem and fix" for each fault."""
    said = data.get("about", {})
    if not isinstance(said, Mapping):
        return None, [f"{file}: about: not a table: write about.version, about.author and so on, a line each"]
    try:
        return About.model_validate(said), []
    except ValidationError as error:
        return None, [_line(file, str(one["loc"][0]), one["type"]) for one in error.errors()]


def _line(file: str, key: str, kind: str) -> str:
    if key not in _FIXES:
        return f"{file}: about.{key}: no such entry: remove it or use {', '.join(_FIXES)}"
    return f"{file}: about.{key}: {'missing' if kind == 'missing' else 'cannot be used'}: {_FIXES[key]}"
