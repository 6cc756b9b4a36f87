"""The database: base class, column types, engine recipes for SQLite and PostgreSQL, transactions."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Engine,
    Enum,
    MetaData,
    String,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from outreach.vault import Vault

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLITE_BUSY_TIMEOUT_MS = 10_000
POSTGRES_RETRY_STATES = frozenset({"40001", "40P01"})  # serialisation failure, deadlock (fault 14)

T = TypeVar("T")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant; SQLite drops time zones, so naive values are refused and UTC restored."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values; store UTC (without zone on SQLite, so that text order is time order)."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime refused")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give every stored instant back as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _values(members: type[enum.Enum]) -> list[str]:
    return [str(member.value) for member in members]


class Base(DeclarativeBase):
    """Every table: constraint names by convention, enums stored by value, instants in UTC."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: UtcDateTime,
        enum.Enum: Enum(
            enum.Enum,
            native_enum=False,
            values_callable=_values,
            length=32,
            create_constraint=False,
            validate_strings=True,
        ),
        str: String(),
        dict[str, Any]: JSON,
        list[Any]: JSON,
        list[str]: JSON,
        list[int]: JSON,
    }


def make_engine(url: str, *, pool_size: int = 10) -> Engine:
    """Return an engine for ``sqlite:///file`` or ``postgresql+psycopg://…`` with this house's recipe.

    SQLite: WAL, ``BEGIN IMMEDIATE`` for every write transaction (a deferred one that reads first fails
    at once with SQLITE_BUSY_SNAPSHOT whatever the busy timeout), synchronous=FULL so that an accepted
    message survives a power cut, foreign keys on.
    PostgreSQL: connect and statement time-outs, pre-ping so that a restarted server is survived.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            parsed,
            connect_args={
                "timeout": SQLITE_BUSY_TIMEOUT_MS / 1000,
                "check_same_thread": False,
            },
            pool_size=pool_size,
            max_overflow=20,
            hide_parameters=True,  # an error's text reaches logs; names and numbers must not
        )
        event.listen(engine, "connect", _sqlite_pragmas)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=20,
        connect_args={
            "connect_timeout": 5,
            "options": "-c statement_timeout=120000 -c lock_timeout=10000 -c timezone=UTC",
        },
    )


def _sqlite_pragmas(dbapi_connection: Any, _record: object) -> None:  # noqa: ANN401 - DBAPI object
    # The driver is in autocommit mode so that the "begin" event alone decides how a
    # transaction starts; SQLAlchemy then issues COMMIT and ROLLBACK itself (see _sqlite_begin).
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    if connection.get_execution_options().get("outreach_reads"):
        connection.exec_driver_sql("BEGIN")
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


class Database:
    """One engine and its two kinds of sessions: ``write()`` commits or rolls back, ``read()`` never writes."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self.engine = engine
        self.vault = vault
        info = {"vault": vault}
        self._write = sessionmaker(engine, expire_on_commit=False, info=info)
        reads = engine.execution_options(outreach_reads=True)
        self._read = sessionmaker(reads, expire_on_commit=False, info=info)

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is in use."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open one write transaction; commit at the end, roll back on any error."""
        with self._write() as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open one consistent reading; whatever was flushed by mistake is rolled back."""
        with self._read() as session:
            session.autoflush = False
            yield session
            session.rollback()

    def act(self, do: Callable[[Session], T], *, tries: int = 3) -> T:
        """Run ``do(session)`` in one write transaction, again when the database asks for it (fault 14).

        ``do`` must have no effect outside the session, because it may run up to ``tries`` times.
        """
        for attempt in range(1, tries + 1):
            try:
                with self.write() as session:
                    return do(session)
            except DBAPIError as error:
                if attempt == tries or not _is_worth_retrying(error):
                    raise
                time.sleep(0.02 * attempt)
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Give back every pooled connection."""
        self.engine.dispose()


def _is_worth_retrying(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in POSTGRES_RETRY_STATES


def vault_of(session: Session) -> Vault:
    """Return the vault that seals and opens this session's encrypted columns."""
    vault = session.info["vault"]
    assert isinstance(vault, Vault)  # noqa: S101 - a programming error, not an input
    return vault
