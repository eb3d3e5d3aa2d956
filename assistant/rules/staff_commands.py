"""What a staff member's text asks for: ``7a``, ``7n``, ``7r please send a photo``, ``7c seen, ice``."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Verb(StrEnum):
    ACKNOWLEDGE = "a"
    NEXT = "n"
    REPLY = "r"
    CLOSE = "c"


@dataclass(frozen=True)
class StaffCommand:
    """``code`` None means the latest page to that phone."""

    verb: Verb
    code: int | None
    text: str = ""


# "7a", "7 A", "#7a.": people and keyboards add spaces, dots and capitals. Nothing may follow but thanks:
# "7 a.m. is fine" takes no concern.
_SHORT = re.compile(r"\s*#?\s*(\d{1,6})\s*[-.]?\s*([anrc])[\s.!:,]*(?:thanks|thx)?[\s.!]*$", re.IGNORECASE)
# "7r text", "7c: note": words follow only a code that is written together, for "2 c u soon" closes nothing.
_WORDED = re.compile(r"\s*#?\s*(\d{1,6})-?([rc])[\s:,.]+(.*\S)\s*$", re.IGNORECASE | re.DOTALL)
_BARE = re.compile(r"\s*(a|ok|okay|ack|mine|n|next)\s*[.!]*\s*$", re.IGNORECASE)


def parse(text: str) -> StaffCommand | None:
    """Return the command in ``text``, or None if there is none (the sender then gets a line of help)."""
    if short := _SHORT.match(text):
        return StaffCommand(Verb(short[2].lower()), int(short[1]))
    if worded := _WORDED.match(text):
        return StaffCommand(Verb(worded[2].lower()), int(worded[1]), worded[3])
    if bare := _BARE.match(text):
        return StaffCommand(Verb.NEXT if bare[1].lower().startswith("n") else Verb.ACKNOWLEDGE, None)
    return None
