"""The command line on a database of its own, and a small place with the pure operations beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from outreach.db import Database, make_engine
from outreach.vault import load_vault
from tests.conftest import PROJECT
from tests.integration.imports.files import Ledgers, open_ledgers

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """An instance folder of one test's own."""
    folder = tmp_path / "instance"
    folder.mkdir()
    return folder


@pytest.fixture
def environment(empty_database_url: str, instance: Path) -> dict[str, str]:
    """What a process of the product needs to know: its database and its instance folder."""
    return {**os.environ, "DATABASE_URL": empty_database_url, "OUTREACH_INSTANCE": str(instance)}


@pytest.fixture
def command(environment: dict[str, str]) -> Command:
    """Run ``python -m outreach …`` to its end; the test runs once on each kind of database."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "outreach", *arguments],
            env=environment,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def answered(command: Command) -> Callable[..., dict[str, Any]]:
    """Run a command that must succeed and return its JSON."""

    def run(*arguments: str) -> dict[str, Any]:
        done = command(*arguments)
        assert done.returncode == 0, done.stderr
        plain: dict[str, Any] = json.loads(done.stdout)
        return plain

    return run


@pytest.fixture
def opened(environment: dict[str, str], instance: Path) -> Iterator[Callable[[], Database]]:
    """Open the database that the commands wrote to."""
    databases: list[Database] = []

    def open_it() -> Database:
        database = Database(
            make_engine(environment["DATABASE_URL"]), load_vault(instance / "keys.json")
        )
        databases.append(database)
        return database

    yield open_it
    for database in databases:
        database.close()


@pytest.fixture
def ledgers(database: Database) -> Ledgers:
    """A village, and files brought into its ledger without a command line between."""
    return open_ledgers(database)
