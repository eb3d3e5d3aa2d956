"""Statements that are compiled once and then run on the driver itself, for those that every text from a patient runs.

SQLAlchemy looks up the compiled statement for each execution, and makes an object for the execution and one for its
result: several times what the database needs to answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import BindParameter, Column, Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlalchemy.sql.selectable import ReturnsRows
from sqlmodel import Session

R = TypeVar("R")

Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class _Compiled:
    """A statement in the words of one database. ``convert`` is what its types do to values, where they do anything."""

    sql: str
    order: Sequence[str] | None  # of the parameters; None where they have names
    fixed: dict[str, Any]
    convert_params: tuple[tuple[str, Convert], ...]
    convert_columns: tuple[tuple[int, Convert], ...]
    returns_rows: bool


class Prepared(Generic[R]):
    """One statement. ``row`` makes what it returns of the columns of each row; ``tuple`` where it returns none.

    A parameter is a ``bindparam`` without a value and not expanding, or one of the ``columns`` of an INSERT without
    values. Rows that the session holds do not follow what an UPDATE writes.
    """

    def __init__(self, statement: ReturnsRows, row: Callable[..., R], *, columns: Sequence[str] | None = None) -> None:
        self._statement, self._row, self._columns = statement, row, columns
        self._compiled: dict[str, _Compiled] = {}

    def first(self, session: Session, **params: object) -> R | None:
        """Return the first row, or None if there is none."""
        return next(iter(self.run(session, **params)), None)

    def run(self, session: Session, **params: object) -> list[R]:
        """Return every row; none if the statement returns no rows. Raises what SQLAlchemy would raise."""
        session.flush()
        connection = session.connection()
        this = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        values = this.fixed | params
        for name, convert in this.convert_params:
            values[name] = convert(values[name])
        ordered = values if this.order is None else [values[name] for name in this.order]
        found = on_driver(connection, this.sql, ordered, returns_rows=this.returns_rows)
        return [self._row(*_converted(row, this.convert_columns)) for row in found]

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
        binds: dict[str, BindParameter[Any]] = compiled.binds
        fixed = {name: bind.value for name, bind in binds.items() if not bind.required}
        fixed |= {column.key: _default(column) for column in compiled.prefetch}
        to_param = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
        columns = self._statement.exported_columns.values()
        to_value = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._compiled[dialect.name] = _Compiled(
            sql=str(compiled),
            order=compiled.positiontup if compiled.positional else None,
            fixed={name: convert(value) if (convert := to_param[name]) else value for name, value in fixed.items()},
            convert_params=tuple(
                (name, convert) for name, convert in to_param.items() if convert and name not in fixed
            ),
            convert_columns=tuple((place, convert) for place, convert in enumerate(to_value) if convert),
            returns_rows=bool(columns),
        )
        return self._compiled[dialect.name]


def on_driver(
    connection: Connection, sql: str, params: Sequence[Any] | Mapping[str, Any] = (), *, returns_rows: bool = False
) -> Sequence[Sequence[Any]]:
    """Run a statement in the words and with the values of the driver; return its rows."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql, params)
        return cursor.fetchall() if returns_rows else ()
    except connection.dialect.loaded_dbapi.Error as error:
        raise _wrapped(error, sql, connection, cursor) from error
    finally:
        cursor.close()


def _default(column: Column[Any]) -> object:
    if not isinstance(column.default, ScalarElementColumnDefault):
        raise TypeError(f"{column} has a default that is not a plain value: give one")
    return column.default.arg


def _converted(row: Sequence[Any], convert_columns: Sequence[tuple[int, Convert]]) -> Sequence[Any]:
    values = list(row)
    for place, convert in convert_columns:
        values[place] = convert(values[place])
    return values


def _wrapped(error: Exception, sql: str, connection: Connection, cursor: Any) -> BaseException:
    """The error as SQLAlchemy raises it, so that callers need to know one kind only."""
    dialect, driver = connection.dialect, connection.dialect.loaded_dbapi
    lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, cursor)  # type: ignore[arg-type]
    if lost:
        connection.invalidate(error)
    return DBAPIError.instance(
        sql, None, error, driver.Error, hide_parameters=True, connection_invalidated=lost, dialect=dialect
    )
