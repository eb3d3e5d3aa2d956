"""What a caller may catch."""

from dataclasses import dataclass


class AssistantError(Exception):
    """Something the caller can name to a person."""


class SettingsError(AssistantError):
    """A variable is missing or wrong; the text is one line that names it and the fix."""


class SendError(AssistantError):
    """The provider did not accept a message, or may not have.

    ``code`` is the provider's number, or a word such as ``timeout`` where there was none.
    ``outcome`` is one of ``permanent`` (trying again cannot help), ``configuration`` (nothing can be
    sent until an operator acts), ``retry`` (not accepted, may be tried again) and ``in_doubt`` (it may
    have been accepted, so trying again could send it twice).
    """

    def __init__(self, code: str, outcome: str) -> None:
        super().__init__(f"{code} ({outcome})")
        self.code = code
        self.outcome = outcome


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with what was sent to us: the field's path, and what to do about it."""

    field: str
    problem: str


class Invalid(AssistantError):
    """What was sent cannot be used. Holds every problem at once, so that it is mended in one go."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{p.field}: {p.problem}" for p in problems))
        self.problems = problems


class NoClinic(AssistantError):
    """Nothing can be received before the first clinic is added."""


class Conflict(AssistantError):
    """The same event id was used before with another body."""
