"""The words that mean one thing as a whole reply: NURSE, VISIT, PHOTO, the name of a language."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from messages.errors import ContentError
from messages.patterns import LexiconError, read
from messages.words import normalise

_PACKAGE = Path(__file__).parent
_LONGEST = 40  # characters of a reply that can be one word with signs around it; a sentence is not looked at


@dataclass(frozen=True)
class Keywords:
    """The words of every language and what each means."""

    _meanings: Mapping[str, tuple[str, str | None]]

    def meaning(self, word: str) -> tuple[str, str | None] | None:
        """Return the command that a whole reply of this word means, None for any other word.

        Commands are "nurse", "visit", "photo", and "language" with the language it asks for. Case, accents and
        punctuation around the word do not matter.
        """
        return self._meanings.get(normalise(word)) if len(word) <= _LONGEST else None


def load(folder: Path = _PACKAGE) -> Keywords:
    """Return the keywords alone, without the rest of the content. Raises ``ContentError`` where a file is no TOML."""
    try:
        files = {path.stem: read(path) for path in sorted(folder.glob("keywords/*.toml"))}
    except LexiconError as error:
        raise ContentError(f"keywords/{error}") from error
    return from_files(files, [path.name for path in folder.glob("text/*") if path.is_dir()])


def from_files(files: Mapping[str, Mapping[str, Any]], languages: Collection[str]) -> Keywords:
    """Return the keywords of ``files``. A language without texts cannot be asked for; its other words count."""
    return Keywords(
        {
            normalise(word): (command, language if command == "language" else None)
            for language, commands in files.items()
            for command, words in commands.items()
            if command != "language" or language in languages
            for word in words
        }
    )
