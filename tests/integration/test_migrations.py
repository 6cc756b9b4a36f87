"""The migrations make exactly the tables that the models describe, on both databases."""

from __future__ import annotations

import warnings

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from outreach import schema
from outreach.db import make_engine


def test_the_newest_migration_leaves_nothing_to_migrate(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    schema.upgrade(engine)
    with engine.connect() as connection, warnings.catch_warnings():
        # Indexes over expressions cannot be read back on SQLite; the next test looks for them by name.
        warnings.filterwarnings("ignore", message=".*expression-based index.*")
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata()) == []
    engine.dispose()


def test_every_index_of_the_models_is_made(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    schema.upgrade(engine)
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # SQLAlchemy warns of expressions that it reads only in part
        if engine.dialect.name == "sqlite":
            found = {
                name
                for (name,) in connection.exec_driver_sql(
                    "SELECT name FROM sqlite_master WHERE type = 'index'"
                )
            }
        else:
            inspector = inspect(connection)
            found = {
                index["name"]
                for table in schema.metadata().tables
                for index in inspector.get_indexes(table)
            }
    wanted = {index.name for table in schema.metadata().tables.values() for index in table.indexes}
    assert wanted <= found
    engine.dispose()
