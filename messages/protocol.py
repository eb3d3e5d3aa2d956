"""The shape of a protocol file: which texts a treatment brings, when, and until when they are still right."""

from datetime import time
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from messages.about import About

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
# The text of every protocol that says how to opt out; added to the first one a patient ever gets.
OPT_OUT_LINE = "opt_out_line"

Asks = Literal["better_same_worse", "medicines_taken"]


class Anchor(StrEnum):
    """What a step is counted from."""

    SESSION = "session"
    NEXT_VISIT = "next_visit"


class MessageClass(StrEnum):
    """What may be done when nobody knows whether a text went out."""

    ALERT = "alert"  # a page, or a safety text: repeated when in doubt, and marked
    GUIDANCE = "guidance"  # advice, a check-in: sent again only if it is proven absent
    ONCE = "once"  # confirmations: never again
    SECRET = "secret"  # noqa: S105 - codes


class LatePolicy(StrEnum):
    """What happens to a step whose moment has passed while its ``send_by`` has not."""

    DROP = "drop"
    SEND = "send"


class Quiet(StrEnum):
    """Whether a step waits for the end of the quiet hours."""

    RESPECT = "respect"
    IGNORE = "ignore"


class Step(BaseModel):
    """One text. Exactly one of ``after_hours``, ``day`` with ``at``, and ``before_hours`` says when.

    ``after_hours`` and ``before_hours`` are elapsed time, ``day`` and ``at`` the patient's calendar and
    clock. ``send_by_hours`` is counted from that moment, before quiet hours push it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Key
    anchor: Anchor
    after_hours: float | None = Field(default=None, gt=0)
    day: int | None = Field(default=None, ge=0)
    at: time | None = None
    before_hours: float | None = Field(default=None, gt=0)
    send_by_hours: float
    late: LatePolicy = LatePolicy.DROP
    message_class: MessageClass = MessageClass.GUIDANCE
    quiet: Quiet = Quiet.RESPECT
    asks: Asks | None = None
    # The words used instead for a patient who has had this treatment before.
    again_key: Key | None = None
    # The words that the same text of a later treatment on the same day carries for this one, which then is not sent.
    also_key: Key | None = None
    # A step of this protocol whose text carries these words too when both fall on one day.
    merge_into: Key | None = None
    # The words, and the question, used instead when the moment had passed before the visit was known.
    late_key: Key | None = None
    late_asks: Asks | None = None
    # A text that must name the emergency number, and that no other text replaces.
    safety: bool = False
    # Texts of several sessions about one subject are sent once a day.
    subject: Key | None = None

    @model_validator(mode="after")
    def _says_when_once(self) -> Self:
        elapsed, calendar = self.after_hours is not None, self.day is not None
        before = self.before_hours is not None
        if (self.day is None) != (self.at is None):
            raise ValueError("'day' and 'at' belong together: give both or neither")
        if elapsed + calendar + before != 1:
            raise ValueError("give exactly one of after_hours, day with at, before_hours")
        if before != (self.anchor is Anchor.NEXT_VISIT):
            raise ValueError("before_hours goes with anchor 'next_visit', and only with it")
        if before and (self.again_key or self.also_key):
            raise ValueError("again_key and also_key are for a session's texts: leave them out before a visit")
        if self.send_by_hours <= 0:
            raise ValueError("send_by_hours puts send_by before due: make it more than 0")
        if self.before_hours is not None and self.send_by_hours >= self.before_hours:
            raise ValueError(f"send_by would be after the visit: make send_by_hours less than {self.before_hours:g}")
        return self

    @property
    def text_keys(self) -> tuple[str, ...]:
        """Every text this step can send."""
        return tuple(key for key in (self.key, self.again_key, self.late_key) if key is not None)


class Protocol(BaseModel):
    """What one treatment brings, and when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: About  # its source: where the timing comes from
    id: Key
    kind: Literal["treatment", "patch_test"]
    swelling_days: int = Field(ge=0)  # how long swelling is expected after this product
    listen_days: int = Field(ge=1)  # how long its complications may still begin
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _steps_fit_together(self) -> Self:
        keys = [key for step in self.steps for key in (*step.text_keys, step.also_key) if key is not None]
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"two steps are called '{key}': rename one")
        sessions = {step.key for step in self.steps if step.anchor is Anchor.SESSION}
        for step in self.steps:
            if step.merge_into is not None and step.merge_into not in sessions:
                raise ValueError(
                    f"step '{step.key}': merge_into names '{step.merge_into}', which is no session step: "
                    f"use one of {', '.join(sorted(sessions))}"
                )
        return self

    @property
    def version(self) -> int:
        """The version of the timing; each file of words has its own."""
        return self.about.version
