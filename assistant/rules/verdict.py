"""What triage is told, and what it answers. Values only."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Category(StrEnum):
    """What a reply is, most severe first."""

    EMERGENCY = "EMERGENCY"
    URGENT = "URGENT"
    CONCERN = "CONCERN"
    UNCLEAR = "UNCLEAR"
    QUESTION = "QUESTION"
    EXPECTED = "EXPECTED"
    ADMIN = "ADMIN"
    HELP = "HELP"
    OPT_OUT = "OPT_OUT"
    OPT_IN = "OPT_IN"

    @property
    def severity(self) -> int:
        """Higher is worse; EMERGENCY is highest."""
        return _SEVERITY[self]

    @property
    def opens_concern(self) -> bool:
        """Whether a human must look at it: everything from UNCLEAR up, and a call for help."""
        return self.severity >= Category.UNCLEAR.severity or self is Category.HELP

    @property
    def pages_now(self) -> bool:
        return self in (Category.EMERGENCY, Category.URGENT)


_SEVERITY = {category: len(Category) - place for place, category in enumerate(Category)}


class Asked(StrEnum):
    """The question that is still open, because we asked it last."""

    BETTER_SAME_WORSE = "better_same_worse"  # 1, 2, 3
    MEDICINES_TAKEN = "medicines_taken"  # what was taken inside the pre-visit window


@dataclass(frozen=True)
class Finding:
    """One rule that fired: which, how severe on this day, the patient's words it matched, and why."""

    rule: str
    category: Category
    matched: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Verdict:
    """The most severe finding decides; never an average.

    ``reply`` is the key of the text the patient gets (``text/<language>/replies.toml``), or None where
    a human answers. ``findings`` are sorted, most severe first, and are what staff are shown.
    """

    category: Category
    findings: tuple[Finding, ...] = ()
    reply: str | None = None
    details: dict[str, str] = field(default_factory=dict)  # e.g. {"product": "ibuprofen", "kind": "crisis"}

    @property
    def matched(self) -> tuple[str, ...]:
        """The patient's own words, most telling first, each once."""
        return tuple(dict.fromkeys(word for finding in self.findings for word in finding.matched))

    def stored_findings(self) -> list[dict[str, Any]]:
        """The findings as rows keep them, in JSON."""
        return [dict(vars(finding)) for finding in self.findings]


@dataclass(frozen=True)
class SessionContext:
    """One session whose late complications we still listen for (12 weeks).

    ``day`` is whole days since it was performed, in the patient's zone: 0 is the day itself.
    ``swelling_days`` is how long swelling is expected after this product.
    """

    protocol: str
    day: int
    areas: tuple[str, ...] = ()
    swelling_days: int = 5


@dataclass(frozen=True)
class PastReply:
    """An earlier reply from the same phone, within the last 7 days."""

    at: datetime
    text: str
    category: Category
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Context:
    """What is known when a reply arrives. All fields have a safe default: less known, more caution."""

    now: datetime | None = None
    language: str = "en"
    country: str | None = None
    sessions: tuple[SessionContext, ...] = ()
    asked: Asked | None = None
    recent: tuple[PastReply, ...] = ()  # oldest first
    hours_to_next_visit: float | None = None
    has_image: bool = False
    opted_out: bool = False
    known: bool = True  # False: no patient of ours has this number
