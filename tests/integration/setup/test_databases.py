"""Every test gets a database of its own with the newest schema, on both kinds."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, text

from outreach import schema
from outreach.db import Database, make_engine


@pytest.mark.parametrize("turn", [1, 2])
def test_a_database_is_fresh_whatever_the_test_before_wrote(database: Database, turn: int) -> None:
    with database.engine.begin() as connection:
        names = inspect(connection).get_table_names()
        assert f"left_behind_{3 - turn}" not in names
        connection.execute(text(f"CREATE TABLE left_behind_{turn} (id integer)"))


def test_a_fresh_database_holds_every_table_of_the_product(database_url: str) -> None:
    engine = make_engine(database_url)
    try:
        assert set(schema.metadata().tables) <= set(inspect(engine).get_table_names())
        assert schema.is_current(engine)
    finally:
        engine.dispose()


def test_an_empty_database_becomes_current_by_migrating(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    try:
        assert schema.is_empty(engine)
        schema.upgrade(engine)
        assert schema.is_current(engine)
    finally:
        engine.dispose()
