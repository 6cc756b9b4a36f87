"""Databases with every table as the models have it, on both kinds."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.db import make_engine
from outreach.schema import metadata
from tests.fixtures import postgres


def _create(url: str) -> None:
    engine = make_engine(url)
    with engine.begin() as connection:
        metadata().create_all(connection)
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that holds every table and no row."""
    path = tmp_path_factory.mktemp("template") / "oversight.sqlite"
    _create(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: postgres.Server) -> str:
    """A PostgreSQL database that holds every table and no row."""
    postgres_server.create("oversight_template")
    _create(postgres_server.url("oversight_template"))
    return "oversight_template"
