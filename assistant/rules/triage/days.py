"""Which day it is for a text: the session's clock, or what the patient says."""

from dataclasses import dataclass

from assistant.rules.triage.reading import Reading
from assistant.rules.verdict import Context, SessionContext

_AREAS = {
    "face": ("face", "cheek", "lips", "eye", "eyelid", "forehead", "nose", "mouth", "jaw"),
    "scalp": ("scalp", "hair_word"),
    "neck": ("neck",),
    "abdomen": ("belly",),
    "thighs": ("thigh",),
    "buttocks": ("buttock",),
    "hands": ("hand",),
    "arms": ("arm",),
    "legs": ("leg",),
    "chin": ("jaw", "neck"),
    "decollete": ("chest",),
}  # fmt: skip


@dataclass(frozen=True)
class Days:
    """The sessions a text can be about. Empty: nothing is known, and every doubt counts against calm."""

    sessions: tuple[SessionContext, ...]

    @property
    def oldest(self) -> int | None:
        """Days since the earliest session: for what comes late (swelling, nodules)."""
        return max((session.day for session in self.sessions), default=None)

    @property
    def newest(self) -> int | None:
        """Days since the latest session: for what comes early (allergy, vessels)."""
        return min((session.day for session in self.sessions), default=None)

    def within(self, from_day: int | None, to_day: int | None) -> bool:
        """Return whether any session is in the days from..to, both included; an unknown day is."""
        if not self.sessions or (from_day is None and to_day is None):
            return True
        low = 0 if from_day is None else from_day
        return any(low <= session.day and (to_day is None or session.day <= to_day) for session in self.sessions)


def days_of(reading: Reading, context: Context) -> Days:
    """Return the sessions the text is about: those of the area it names, else all of them.

    Where no session is known, a day that the patient names ("day 6", "it has been 8 days") is used.
    """
    if not context.sessions:
        said = said_day(reading)
        return Days((SessionContext(protocol="unknown", day=said),)) if said is not None else Days(())
    if len(context.sessions) > 1:
        named = {area for area, concepts in _AREAS.items() if reading.mentions(*concepts)}
        matching = tuple(session for session in context.sessions if named & set(session.areas))
        if matching:
            return Days(matching)
    return Days(context.sessions)


def said_day(reading: Reading) -> int | None:
    """Return the day since the session that the patient names, or None.

    "day 6", "6 days", "a week", "3 weeks later", "2 months": weeks count seven, months thirty.
    """
    tokens = reading.tokens
    best: int | None = None
    for concept, factor in (("unit_day", 1), ("unit_week", 7), ("unit_month", 30)):
        for unit in reading.all(concept):
            for place in (unit.start - 1, unit.end):
                if not 0 <= place < len(tokens):
                    continue
                number = tokens.numbers[place]
                if number is not None and number == int(number) and 0 <= number <= 60:
                    best = max(best or 0, int(number) * factor)
    for name, value in (("one_week", 7), ("two_weeks", 14), ("one_month", 30), ("few_weeks", 21)):
        if reading.mentions(name):
            best = max(best or 0, value)
    return best
