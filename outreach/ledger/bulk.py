"""Writing many rows at once, with ids known beforehand so that children need no second look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Table, func, select, text
from sqlalchemy.orm import Session

from outreach.db import Base


def table_of(model: type[Base]) -> Table:
    """Return the table behind a model."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - models of this house map one table each
    return table


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


def insert_rows(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows past the session's own bookkeeping; every row names the same columns."""
    if rows:
        names = list(rows[0])
        insert_tuples(session, model, names, ([row[name] for name in names] for row in rows))


def insert_tuples(
    session: Session, model: type[Base], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows given as values in the order of ``names``, as fast as the driver takes them.

    A column left out stays NULL: defaults that Python would fill in are the caller's to name.
    """
    connection = session.connection()
    table = table_of(model)
    convert = _converters([table.c[name] for name in names], connection.dialect)
    ready = (
        [
            value if change is None else change(value)
            for change, value in zip(convert, row, strict=True)
        ]
        for row in rows
    )
    columns = ", ".join(f'"{name}"' for name in names)
    if connection.dialect.name == "sqlite":
        holes = ", ".join("?" * len(names))
        sql = f'INSERT INTO "{table.name}" ({columns}) VALUES ({holes})'  # noqa: S608 - names of models
        values = [tuple(row) for row in ready]
        if values:
            connection.exec_driver_sql(sql, values)
        return
    _copy(connection, f'COPY "{table.name}" ({columns}) FROM STDIN', ready)


def _converted(
    rows: Iterable[Sequence[Any]], convert: Sequence[Callable[[Any], Any] | None]
) -> Iterator[Sequence[Any]]:
    changes = [(at, change) for at, change in enumerate(convert) if change is not None]
    for row in rows:
        values = list(row)
        for at, change in changes:
            values[at] = change(values[at])
        yield values


def _copy(connection: Connection, sql: str, rows: Iterable[Sequence[Any]]) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row(row)


def _converters(
    columns: Sequence[Column[Any]], dialect: Dialect
) -> list[Callable[[Any], Any] | None]:
    """Return what turns a Python value into the driver's, per column; None where nothing is to be done."""
    return [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]
