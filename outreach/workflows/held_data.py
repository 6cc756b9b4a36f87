"""Everything that is held on one person, found by following the tables' own references."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from enum import Enum
from typing import Any

from sqlalchemy import Table, or_, select
from sqlalchemy.orm import Session

from outreach.audit.trail import Act, record
from outreach.db import Base, vault_of
from outreach.kernel.errors import NotFound
from outreach.ledger.models import Resident

# Rows that belong to one person alone; what refers to one of them is about that person too.
OWN = (
    "resident",
    "contact_person",
    "ledger_entry",
    "contact_attempt",
    "appointment",
    "ride_leg",
    "message",
    "inbound_message",
    "question",
    "deferral",
    "dose",
    "strike_off",
    "day_event",
    "family_link",
)
# References that lead away from the person, or to keys of the audit chain.
_ELSEWHERE = frozenset({"duplicate_pair", "import_batch", "run_stop", "promise"})
_SEALED = "_sealed"
_OPENED = {"id_sealed": "id_number"}
_UNREADABLE = frozenset({"_index", "_hash"})

Rows = dict[str, set[tuple[Any, ...]]]


def held_keys(session: Session, *, resident_id: int) -> Rows:
    """Return the primary keys of every row about a resident, by table."""
    found: Rows = {"resident": {(resident_id,)}}
    for _ in range(len(OWN)):
        before = sum(map(len, found.values()))
        for table in Base.metadata.sorted_tables:
            _collect(session, table, found)
        if sum(map(len, found.values())) == before:
            break
    return {name: keys for name, keys in found.items() if keys}


def held_rows(session: Session, *, resident_id: int) -> dict[str, list[dict[str, Any]]]:
    """Return every row about a resident with sealed values opened: what the person may ask to see."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, keys in sorted(held_keys(session, resident_id=resident_id).items()):
        table = Base.metadata.tables[name]
        rows = session.execute(select(table).where(_is_one_of(table, keys))).mappings()
        found[name] = [_readable(session, table, dict(row)) for row in rows]
    return found


def export_person(
    session: Session, *, resident_id: int, by: int, now: datetime
) -> dict[str, list[dict[str, Any]]]:
    """Return everything held on one person as plain values, and note who took it out."""
    resident = session.get(Resident, resident_id)
    if resident is None or resident.erased_at is not None:
        raise NotFound("resident", resident_id=resident_id)
    rows = held_rows(session, resident_id=resident_id)
    record(
        session,
        act=Act.EXPORT,
        subject=("resident", resident_id),
        by=by,
        now=now,
        facts={"tables": sorted(rows)},
    )
    return rows


def _collect(session: Session, table: Table, found: Rows) -> None:
    if table.name in _ELSEWHERE or table.name == "resident":
        return
    ways = []
    for column in table.c:
        for key in column.foreign_keys:
            parent = key.column.table.name
            owned = found.get(parent) if parent in OWN else None
            if owned and not _leads_back(table.name, parent):
                ways.append(column.in_([i for (i,) in owned]))
    if ways:
        keys = session.execute(select(*table.primary_key.columns).where(or_(*ways)))
        found.setdefault(table.name, set()).update(tuple(row) for row in keys)


def _leads_back(child: str, parent: str) -> bool:
    """Return whether a reference says nothing of the person: rows merged into, replied to, linked to."""
    return child == parent or (child, parent) == ("resident", "resident")


def _is_one_of(table: Table, keys: Iterable[tuple[Any, ...]]) -> Any:  # noqa: ANN401
    columns = list(table.primary_key.columns)
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return or_(*(_equals(columns, key) for key in keys))


def _equals(columns: list[Any], key: tuple[Any, ...]) -> Any:  # noqa: ANN401
    first, *rest = [column == value for column, value in zip(columns, key, strict=True)]
    for condition in rest:
        first = first & condition
    return first


def _readable(session: Session, table: Table, row: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in row.items():
        if any(name.endswith(ending) for ending in _UNREADABLE):
            continue
        if name.endswith(_SEALED) and value is not None:
            plain[_OPENED.get(name, name.removesuffix(_SEALED))] = vault_of(session).open(
                value, table=table.name, column=name, row=row["uuid"]
            )
        elif not name.endswith(_SEALED):
            plain[name] = _plain(value)
    return plain


def _plain(value: Any) -> Any:  # noqa: ANN401 - any column's value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return None if isinstance(value, bytes) else value
