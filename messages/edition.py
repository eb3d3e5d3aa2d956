"""What is said about one subject in one language, as a clinician signs it: words, and when each is sent."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from messages.about import About
from messages.protocol import Protocol


@dataclass(frozen=True)
class Edition:
    """A protocol with its words in one language, or a file of words that no protocol times.

    ``name`` is the protocol's id, or "replies", "staff", "areas", "dates". ``timing`` is the protocol
    as plain JSON values without its ``about``, None where there is no protocol.
    """

    name: str
    language: str
    texts: Mapping[str, str]
    about: About
    timing: Mapping[str, Any] | None = None
    timing_about: About | None = None

    @property
    def version(self) -> str:
        """The version of the words, after that of the timing where there is one: "1.2"."""
        words = str(self.about.version)
        return words if self.timing_about is None else f"{self.timing_about.version}.{words}"

    @cached_property
    def sha256(self) -> str:
        """The digest of what is said and when. Author, reviewer, date, source and version do not count."""
        said = json.dumps({"texts": dict(self.texts), "timing": self.timing}, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()

    @cached_property
    def protocol(self) -> Protocol | None:
        """The timing as a plan is made from it."""
        if self.timing is None or self.timing_about is None:
            return None
        return Protocol.model_validate({**self.timing, "about": self.timing_about})

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain JSON values; `from_json` reads them back."""
        return {
            "texts": dict(self.texts),
            "about": self.about.model_dump(mode="json"),
            "timing": dict(self.timing) if self.timing is not None else None,
            "timing_about": self.timing_about.model_dump(mode="json") if self.timing_about is not None else None,
        }

    @classmethod
    def from_json(cls, name: str, language: str, data: Mapping[str, Any]) -> Self:
        """Return the edition that `as_json` gave."""
        timed = data["timing_about"]
        return cls(
            name=name,
            language=language,
            texts=data["texts"],
            about=About.model_validate(data["about"]),
            timing=data["timing"],
            timing_about=About.model_validate(timed) if timed is not None else None,
        )


def timing_of(protocol: Protocol) -> dict[str, Any]:
    """Return a protocol as plain JSON values, without what is said about it.

    What is None is left out: a new kind of step that a protocol does not use leaves its digest as it was.
    """
    return protocol.model_dump(mode="json", exclude={"about"}, exclude_none=True)
