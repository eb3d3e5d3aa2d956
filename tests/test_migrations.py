"""The tables that migrations make are the tables that the models declare, on both databases."""

from alembic import command
from sqlalchemy import Engine, inspect

from assistant import migrate


def test_models_and_migrations_agree(engine: Engine) -> None:
    command.check(migrate._config(engine))


def test_a_migrated_database_can_go_down_and_up_again(engine: Engine) -> None:
    command.downgrade(migrate._config(engine), "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}

    migrate.upgrade(engine)

    assert migrate.is_current(engine)
    assert "message" in inspect(engine).get_table_names()


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    migrate.upgrade(engine)

    assert migrate.is_current(engine)
