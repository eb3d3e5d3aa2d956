"""What is read of a clinic, a number, a patient, a colleague: of the row, or of what a statement returned of it."""

from datetime import datetime
from typing import Protocol


class Place(Protocol):
    """A clinic, as it speaks and pages."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def timezone(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def languages(self) -> list[str]: ...
    @property
    def hours(self) -> dict[str, list[str]]: ...
    @property
    def phrases_tag(self) -> str | None: ...


class Number(Protocol):
    """A conversation, as texts go to it."""

    @property
    def id(self) -> int: ...
    @property
    def clinic_id(self) -> int: ...
    @property
    def phone(self) -> str: ...
    @property
    def opted_out_at(self) -> datetime | None: ...


class Addressee(Protocol):
    """A patient, as texts address them."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def language(self) -> str: ...


class Colleague(Protocol):
    """A member of staff, as texts go to them."""

    @property
    def id(self) -> int: ...
    @property
    def phone(self) -> str: ...
