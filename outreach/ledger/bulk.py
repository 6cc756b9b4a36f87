"""Writing many rows at once, with ids known beforehand so that children need no second look."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Connection, Dialect, LargeBinary, Table, func, select, text
from sqlalchemy.orm import Session

from outreach.db import Base
from outreach.kernel.clock import real_now


def table_of(model: type[Base]) -> Table:
    """Return the table behind a model."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - models of this house map one table each
    return table


@contextmanager
def uncollected() -> Iterator[None]:
    """Put the search for reference cycles off: it goes through every new row, and rows make none."""
    is_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_on:
            gc.enable()


def reserve_ids(session: Session, model: type[Base], count: int) -> list[int]:
    """Return ids that nobody else will take.

    On SQLite the write transaction is the only one; on PostgreSQL the table's own sequence gives them.
    """
    if count == 0:
        return []
    table = table_of(model)
    if session.get_bind().dialect.name == "sqlite":
        last = session.scalar(select(func.max(table.c.id))) or 0
        return list(range(last + 1, last + count + 1))
    sequence = f'"{table.name}"'
    question = text(
        "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)"
    )
    return [int(i) for i in session.scalars(question, {"name": sequence, "count": count})]


def row_uuids(count: int) -> list[str]:
    """Return UUIDs of version 7 (RFC 9562), in hex, with 72 random bits each.

    Time stands first in them: a unique index then grows at its end instead of everywhere at once.
    """
    at = f"{int(real_now().timestamp() * 1000):012x}"
    noise = os.urandom(9 * count).hex()
    return [f"{at}7{noise[n : n + 3]}8{noise[n + 3 : n + 18]}" for n in range(0, 18 * count, 18)]


def insert_rows(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows past the session's own bookkeeping; every row names the same columns, two at least."""
    if rows:
        names = list(rows[0])
        insert_tuples(session, model, names, map(itemgetter(*names), rows))


def insert_tuples(
    session: Session, model: type[Base], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows given as values in the order of ``names``, as fast as the driver takes them.

    A column left out stays NULL: defaults that Python would fill in are the caller's to name.
    """
    connection = session.connection()
    table = table_of(model)
    columns = zip(*rows, strict=True)
    ready = [
        _for_driver(values, table.c[name], connection.dialect)
        for name, values in zip(names, columns, strict=False)
    ]
    if not ready:
        return
    values = list(zip(*ready, strict=True))
    named = ", ".join(f'"{name}"' for name in names)
    if connection.dialect.name == "sqlite":
        holes = ", ".join("?" * len(names))
        sql = f'INSERT INTO "{table.name}" ({named}) VALUES ({holes})'  # noqa: S608 - names of models
        connection.exec_driver_sql(sql, values)
        return
    _copy(connection, f'COPY "{table.name}" ({named}) FROM STDIN', values)


def _copy(connection: Connection, sql: str, rows: Iterable[Sequence[Any]]) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row(row)


def _for_driver(values: Sequence[Any], column: Column[Any], dialect: Dialect) -> Sequence[Any]:
    """Return a column's values as the driver takes them; a value that comes again is turned once."""
    change = column.type.dialect_impl(dialect).bind_processor(dialect)
    # Both drivers take bytes as they are.
    if change is None or isinstance(column.type, LargeBinary):
        return values
    known: dict[Any, Any] = {}
    ready = []
    for value in values:
        # Lists and dicts of a JSON column are told apart by how they are written.
        key = repr(value) if isinstance(value, list | dict) else value
        if key not in known:
            known[key] = change(value)
        ready.append(known[key])
    return ready
