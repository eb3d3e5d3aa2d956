"""Runs migrations; the rules that keep them safe on SQLite and PostgreSQL stand beside each line."""

import os
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import assistant.models  # noqa: F401  (declares the tables)
from assistant import settings
from assistant.db import make_engine
from assistant.models.columns import Code


def render_item(kind: str, item: Any, _: object) -> str | Literal[False]:
    """Write migrations in plain SQLAlchemy types, so that old ones outlive SQLModel releases."""
    if kind == "type" and isinstance(item, sa.types.TypeDecorator) and isinstance(item.impl, sa.DateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Code):
        return "sa.String(length=24)"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


engine = context.config.attributes.get("engine") or make_engine(settings.load(os.environ).database_url)

with engine.connect() as connection:
    if engine.dialect.name == "sqlite":
        # A batch migration drops and recreates the table; with foreign keys on, that drop deletes the
        # rows of every table that cascades from it.
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys = OFF")
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        render_item=render_item,
        compare_type=False,
        transactional_ddl=True,  # a migration that fails half-way leaves no trace
    )
    with context.begin_transaction():
        context.run_migrations()

engine.dispose()  # do not hand a connection without foreign keys back to the pool
