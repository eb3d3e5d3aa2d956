"""Column kinds used by several tables."""

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field


class Code(sa.types.TypeDecorator[StrEnum]):
    """A StrEnum kept as its value in a VARCHAR, so that a new member is never a migration."""

    impl = sa.String(24)
    cache_ok = True

    def __init__(self, enum: type[StrEnum]) -> None:
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value: StrEnum | None, _: sa.Dialect) -> str | None:
        return None if value is None else self.enum(value).value

    def process_result_value(self, value: str | None, _: sa.Dialect) -> StrEnum | None:
        return None if value is None else self.enum(value)


def code_field(enum: type[StrEnum], **kwargs: Any) -> Any:
    """A field holding one of ``enum``'s values."""
    return Field(sa_type=Code(enum), **kwargs)


def json_field(**kwargs: Any) -> Any:
    """A field holding JSON that is read and written whole, never queried into."""
    return Field(sa_type=sa.JSON, **kwargs)
