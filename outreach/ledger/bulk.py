"""Writing many rows at once, with ids known beforehand so that children need no second look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, func, insert, select, text
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
        session.connection().execute(insert(table_of(model)), list(rows))
