"""Loads the clinic's content files, refuses a faulty set with every problem at once, and hands out the words."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from messages import files, keywords
from messages.checks import Content, problems
from messages.edition import Edition, timing_of
from messages.errors import ContentError
from messages.protocol import Protocol

_PACKAGE = Path(__file__).parent

# How words begin that can be a text of their own: who writes. French has a space before the colon.
_SENDER = re.compile(r"\{clinic\} ?: (\w?)")


@dataclass(frozen=True)
class Catalog:
    """Everything that can be said, checked. Look-ups of what is not there raise `ContentError`."""

    protocols: Mapping[str, Protocol]
    languages: tuple[str, ...]
    editions: Mapping[tuple[str, str], Edition]  # (name, language) -> what is signed as one
    _texts: Mapping[tuple[str, str], Mapping[str, str]]  # (language, file name without ending) -> key -> text
    _keywords: keywords.Keywords
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

        A part "protocol.key" is of that protocol, any other of ``protocol_id``. The clinic's name that begins
        a part is left off from the second part on: one text names its sender once.
        """
        first, *rest = (self._part(language, part, protocol_id) for part in parts)
        return "\n".join((first, *(_without_sender(words) for words in rest)))

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
        """Return what a whole reply of this word means: see ``messages.keywords``."""
        return self._keywords.meaning(word)

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


def _without_sender(words: str) -> str:
    sender = _SENDER.match(words)
    return sender.group(1).upper() + words[sender.end() :] if sender else words


def load(folder: Path = _PACKAGE) -> Catalog:
    """Read and check every content file of ``folder``; raise one `ContentError` with all problems."""
    faults: list[str] = []
    content = files.read(folder, faults)
    faults += problems(content)
    if faults:
        raise ContentError(*dict.fromkeys(faults))
    return Catalog(
        protocols=content.protocols,
        languages=content.languages,
        editions={(one.name, one.language): one for one in _editions(content)},
        _texts={
            (language, name): {key: value for key, value in words.items() if isinstance(value, str)}
            for language, of_language in content.texts.items()
            for name, words in of_language.items()
        },
        _keywords=keywords.from_files(content.keywords, content.languages),
        _numbers=content.numbers,
    )


def _editions(content: Content) -> Iterator[Edition]:
    """Yield what can be signed: every file of words but the rules for them, in the order of names."""
    timings = {name: timing_of(protocol) for name, protocol in content.protocols.items()}
    for (language, name), about in sorted(content.abouts.items(), key=lambda one: (one[0][1], one[0][0])):
        if name != "wording":
            protocol = content.protocols.get(name)
            yield Edition(
                name=name,
                language=language,
                texts=content.texts[language][name],
                about=about,
                timing=timings.get(name),
                timing_about=protocol.about if protocol is not None else None,
            )
