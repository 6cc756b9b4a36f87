"""The tick lock: of all workers on one database exactly one ticks; another takes over when it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from outreach.db import Database

_KEY = 7_241_133_905  # any number that only this lock uses


class TickLock(Protocol):
    """Held by at most one process; the operating system or the server frees it when that dies."""

    def hold(self) -> bool:
        """Take the lock or make sure that it is still held."""

    def release(self) -> None:
        """Give it up."""


def tick_lock(database: Database) -> TickLock:
    """Return the lock that suits a database: a file beside SQLite, an advisory lock on PostgreSQL."""
    if database.is_sqlite:
        return FileLock(Path(f"{database.engine.url.database}.tick"))
    return AdvisoryLock(database)


class FileLock:
    """A lock on a file; it dies with the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def hold(self) -> bool:
        """Take the lock or make sure that it is still held."""
        if self._handle is not None:
            return True
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        """Give it up; the file stays, since removing it would let two hold two files of one name."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class AdvisoryLock:
    """A lock of one connection's session; it dies with the connection."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None

    def hold(self) -> bool:
        """Take the lock or make sure that the connection which holds it still lives."""
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return True
            engine = self._database.engine.execution_options(isolation_level="AUTOCOMMIT")
            connection = engine.connect()
            taken = connection.execute(
                text("SELECT pg_try_advisory_lock(:key)"), {"key": _KEY}
            ).scalar_one()
        except SQLAlchemyError:
            self.release()
            return False
        if taken:
            self._connection = connection
            return True
        connection.close()
        return False

    def release(self) -> None:
        """Give it up together with its connection."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _KEY})
        except SQLAlchemyError:
            connection.invalidate()
        connection.close()
