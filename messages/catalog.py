"""Loads the clinic's content files, refuses a faulty set with every problem at once, and hands out the words."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from messages.checks import Content, problems
from messages.protocol import Protocol
from messages.words import normalise

_PACKAGE = Path(__file__).parent


class ContentError(LookupError):
    """Content that is missing or wrong: ``problems`` are lines of "file: key: problem and fix"."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Catalog:
    """Everything that can be said, checked. Look-ups of what is not there raise `ContentError`."""

    protocols: Mapping[str, Protocol]
    languages: tuple[str, ...]
    _texts: Mapping[tuple[str, str], Mapping[str, str]]  # (language, file name without ending) -> key -> text
    _keywords: Mapping[str, tuple[str, str | None]]
    _numbers: Mapping[str, Mapping[str, str]]

    def text(self, language: str, key: str, protocol_id: str | None = None) -> str:
        """Return the words, with their placeholders.

        With ``protocol_id`` those of the protocol, without it a reply or (English only) a text to staff.
        Never another language's words.
        """
        if protocol_id is not None:
            return self._find(language, protocol_id, key)
        name = "staff" if key not in self._file(language, "replies") and language == "en" else "replies"
        return self._find(language, name, key)

    def joined(self, language: str, parts: tuple[str, ...], protocol_id: str) -> str:
        """Return the words of a planned message: its parts, one below the other.

        A part "protocol.key" is of that protocol, any other of ``protocol_id``.
        """
        return "\n".join(self._part(language, part, protocol_id) for part in parts)

    def title(self, protocol_id: str, language: str) -> str:
        """Return what the patient calls this treatment."""
        return self._find(language, protocol_id, "title")

    def area(self, area: str, language: str) -> str:
        """Return the name of a part of the body; ``area`` is a key of ``areas.toml``."""
        return self._find(language, "areas", area)

    def date(self, day: date, language: str) -> str:
        """Return a date as people write it: "Sun 29 Nov"."""
        weekday = self._find(language, "dates", "weekdays").split()[day.weekday()]
        month = self._find(language, "dates", "months").split()[day.month - 1]
        pattern = self._find(language, "dates", "pattern")
        return pattern.replace("{weekday}", weekday).replace("{day}", str(day.day)).replace("{month}", month)

    def keyword(self, word: str) -> tuple[str, str | None] | None:
        """Return the command that a whole reply of this word means, None for any other word.

        Commands are "nurse", "visit", "photo", and "language" with the language it asks for. Case,
        accents and punctuation around the word do not matter.
        """
        return self._keywords.get(normalise(word))

    def emergency_number(self, country: str, language: str = "en") -> str:
        """Return the number for medical emergencies; for a country we do not know, words that stand for it."""
        known = self._numbers.get(country.upper())
        return known["emergency"] if known else self.text(language, "local_emergency_number")

    def crisis_line(self, country: str, language: str = "en") -> str:
        """Return the line for suicidal crises, or the emergency number where none is confirmed."""
        known = self._numbers.get(country.upper(), {})
        return known.get("crisis") or self.emergency_number(country, language)

    def _part(self, language: str, part: str, protocol_id: str) -> str:
        of_protocol, _, key = part.rpartition(".")
        return self.text(language, key, of_protocol or protocol_id)

    def _file(self, language: str, name: str) -> Mapping[str, str]:
        if language not in self.languages:
            have = ", ".join(self.languages)
            raise ContentError(f"text/{language}: no such language: add the folder or use one of {have}")
        found = self._texts.get((language, name))
        if found is None:
            raise ContentError(f"text/{language}/{name}.toml: no such file: add it or correct the name")
        return found

    def _find(self, language: str, name: str, key: str) -> str:
        words = self._file(language, name).get(key)
        if words is None:
            raise ContentError(f"text/{language}/{name}.toml: {key}: missing: add the text or correct the key")
        return words


def load(folder: Path = _PACKAGE) -> Catalog:
    """Read and check every content file of ``folder``; raise one `ContentError` with all problems.

    Languages are the folders of ``text/``.
    """
    faults: list[str] = []
    content = Content(
        protocols=_protocols(folder, faults),
        protocol_files=frozenset(path.stem for path in folder.glob("protocols/*.toml")),
        texts=_texts(folder, faults),
        keywords={path.stem: _read(folder, path, faults) for path in sorted(folder.glob("keywords/*.toml"))},
        numbers=_read(folder, folder / "emergency.toml", faults),
    )
    faults += problems(content)
    if faults:
        raise ContentError(*dict.fromkeys(faults))
    return Catalog(
        protocols=content.protocols,
        languages=content.languages,
        _texts={
            (language, name): {key: value for key, value in words.items() if isinstance(value, str)}
            for language, files in content.texts.items()
            for name, words in files.items()
        },
        _keywords=_keywords(content),
        _numbers=content.numbers,
    )


def _keywords(content: Content) -> dict[str, tuple[str, str | None]]:
    """Return what each word means. A language without texts cannot be asked for; its other words count."""
    return {
        normalise(word): (command, language if command == "language" else None)
        for language, commands in content.keywords.items()
        for command, words in commands.items()
        if command != "language" or language in content.languages
        for word in words
    }


def _texts(folder: Path, faults: list[str]) -> dict[str, dict[str, dict[str, Any]]]:
    return {
        language.name: {
            path.stem: {
                key: value.strip() if isinstance(value, str) else value
                for key, value in _read(folder, path, faults).items()
            }
            for path in sorted(language.glob("*.toml"))
        }
        for language in sorted(folder.glob("text/*"))
        if language.is_dir()
    }


def _protocols(folder: Path, faults: list[str]) -> dict[str, Protocol]:
    found = {}
    for path in sorted(folder.glob("protocols/*.toml")):
        file = f"protocols/{path.name}"
        try:
            protocol = Protocol.model_validate(_read(folder, path, faults))
        except ValidationError as error:
            faults += [f"{file}: {_where(one['loc'])}: {one['msg']}: correct it" for one in error.errors()]
            continue
        if protocol.id != path.stem:
            faults.append(f"{file}: id: is '{protocol.id}': make it the name of the file")
        found[protocol.id] = protocol
    return found


def _where(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "file"


def _read(folder: Path, path: Path, faults: list[str]) -> dict[str, Any]:
    file = path.relative_to(folder).as_posix()
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        faults.append(f"{file}: file: missing: add it")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{file}: file: not valid TOML in UTF-8 ({error}): correct that line")
    return {}
