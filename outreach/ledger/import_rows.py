"""Source rows of a batch, each kept whole and sealed with what was read of it (N5)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.db import vault_of
from outreach.ledger.bulk import insert_rows, row_uuids
from outreach.ledger.codes import RowKind
from outreach.ledger.import_models import ImportRow
from outreach.ledger.outcome import RowOutcome, SkippedRow, pack, unpack
from outreach.vault import Vault

SKIPPED = "skipped"
CELLS, MENDED = "cells_sealed", "mended_sealed"
_TABLE, _CHANGES = "import_row", "changes_sealed"
# Made once: json.dumps makes an encoder for every call that is not plain.
_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class FieldChange(NamedTuple):
    """One value that a row would change, or has changed: what stood there, what the file says."""

    field: str
    was: str
    now: str
    is_applied: bool = True


class Match(NamedTuple):
    """What a row is against the ledger as it stands; ``codes`` go beside those of the row itself."""

    kind: RowKind
    resident_id: int | None = None
    changes: tuple[FieldChange, ...] = ()
    codes: tuple[str, ...] = ()


class Landed(NamedTuple):
    """A row and what became of it."""

    row: RowOutcome
    match: Match


def keep_rows(
    session: Session,
    *,
    batch_id: int,
    landed: Sequence[Landed],
    skipped: Sequence[SkippedRow],
    resolved_at: datetime | None,
) -> None:
    """Write the rows of one piece of a file."""
    vault = vault_of(session)
    uuids = iter(row_uuids(len(landed) + len(skipped)))
    plain = [_person_row(batch_id, next(uuids), item, vault, resolved_at) for item in landed]
    plain += [_skipped_row(batch_id, next(uuids), item, vault) for item in skipped]
    insert_rows(session, ImportRow, plain)


def seal_row(
    vault: Vault, uuid: str, row: RowOutcome | SkippedRow, *, column: str = CELLS
) -> bytes:
    """Return a row with everything read of it, sealed."""
    plain = pack(row)
    try:
        return vault.seal(_written(plain), table=_TABLE, column=column, row=uuid)
    except UnicodeEncodeError:
        # Half of a character from a broken file: kept by its code point.
        return vault.seal(json.dumps(plain), table=_TABLE, column=column, row=uuid)


def open_row(vault: Vault, row: ImportRow, *, as_mended: bool = True) -> RowOutcome | SkippedRow:
    """Return a row as it was mended, else as it came."""
    is_mended = as_mended and row.mended_sealed is not None
    sealed = row.mended_sealed if is_mended else row.cells_sealed
    assert sealed is not None  # noqa: S101 - asked for rows that were not erased
    column = MENDED if is_mended else CELLS
    plain = json.loads(vault.open(sealed, table=_TABLE, column=column, row=row.uuid))
    if len(plain) == 3:
        return SkippedRow(*plain)
    plain[2], plain[4] = tuple(plain[2]), tuple(plain[4])
    plain[3][24], plain[3][25] = tuple(plain[3][24]), tuple(plain[3][25])
    return unpack(tuple(plain))


def seal_changes(vault: Vault, uuid: str, changes: Iterable[FieldChange]) -> bytes | None:
    """Return the changes of a row, sealed; None where there are none."""
    listed = [list(change) for change in changes]
    if not listed:
        return None
    return vault.seal(json.dumps(listed), table=_TABLE, column=_CHANGES, row=uuid)


def open_changes(vault: Vault, row: ImportRow) -> tuple[FieldChange, ...]:
    """Return the changes of a row."""
    if row.changes_sealed is None:
        return ()
    text = vault.open(row.changes_sealed, table=_TABLE, column=_CHANGES, row=row.uuid)
    return tuple(FieldChange(*plain) for plain in json.loads(text))


def waiting_rows(
    session: Session, *, batch_id: int, after: int, limit: int
) -> list[tuple[ImportRow, RowOutcome]]:
    """Return the next rows of a batch that hold a person, in the order of the file."""
    vault = vault_of(session)
    rows = session.scalars(
        select(ImportRow)
        .where(
            ImportRow.batch_id == batch_id,
            ImportRow.row_number > after,
            ImportRow.outcome != SKIPPED,
            ImportRow.cells_sealed.is_not(None),
        )
        .order_by(ImportRow.row_number)
        .limit(limit)
    )
    found = []
    for row in rows:
        opened = open_row(vault, row)
        if isinstance(opened, RowOutcome):
            found.append((row, opened))
    return found


def rewrite(
    session: Session,
    *,
    rows: Sequence[tuple[ImportRow, Landed]],
    resolved_at: datetime | None,
) -> None:
    """Note what became of rows that were kept before."""
    vault = vault_of(session)
    for row, landed in rows:
        row.outcome = str(landed.row.outcome)
        row.codes = [*landed.row.codes, *landed.match.codes]
        row.kind, row.resident_id = landed.match.kind, landed.match.resident_id
        row.changes_sealed = seal_changes(vault, row.uuid, landed.match.changes)
        row.resolved_at = resolved_at
    session.flush()


def residents_of_rows(session: Session, *, batch_id: int, numbers: Iterable[int]) -> dict[int, int]:
    """Return the resident of each of these rows that has one."""
    wanted = sorted(set(numbers))
    if not wanted:
        return {}
    rows = session.execute(
        select(ImportRow.row_number, ImportRow.resident_id).where(
            ImportRow.batch_id == batch_id,
            ImportRow.row_number.in_(wanted),
            ImportRow.resident_id.is_not(None),
        )
    )
    return {number: resident_id for number, resident_id in rows if resident_id is not None}


def _person_row(
    batch_id: int, uuid: str, item: Landed, vault: Vault, resolved_at: datetime | None
) -> dict[str, Any]:
    row, match = item
    return {
        "uuid": uuid,
        "batch_id": batch_id,
        "row_number": row.row,
        "cells_sealed": seal_row(vault, uuid, row),
        "outcome": str(row.outcome),
        "codes": [*row.codes, *match.codes],
        "kind": match.kind,
        "resident_id": match.resident_id,
        "repeats_row": row.repeats_row,
        "fingerprint": None,
        "changes_sealed": seal_changes(vault, uuid, match.changes),
        "decision": "",
        "resolved_at": resolved_at,
    }


def _skipped_row(batch_id: int, uuid: str, item: SkippedRow, vault: Vault) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "batch_id": batch_id,
        "row_number": item.row,
        "cells_sealed": seal_row(vault, uuid, item),
        "outcome": SKIPPED,
        "codes": [item.reason],
        "kind": None,
        "resident_id": None,
        "repeats_row": None,
        "fingerprint": None,
        "changes_sealed": None,
        "decision": "",
        "resolved_at": None,
    }
