"""Readings of imports for pages: batches, their rows by group, who is not in a file, what waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from outreach.accounts.models import User
from outreach.accounts.queries import check_within, within
from outreach.accounts.rules import Scope
from outreach.db import vault_of
from outreach.kernel.errors import NotFound
from outreach.kernel.identity import mask_id
from outreach.kernel.phone import mask_phone
from outreach.ledger.codes import BatchState, ReportState, RowKind
from outreach.ledger.columns import ColumnMap
from outreach.ledger.import_models import ImportBatch, ImportRow
from outreach.ledger.import_rows import FieldChange, open_changes, open_row
from outreach.ledger.models import LifeReport, Resident
from outreach.ledger.outcome import RowOutcome, SkippedRow
from outreach.places.codes import AreaLevel
from outreach.places.models import Address, Area
from outreach.tasks.codes import TaskState
from outreach.tasks.models import Task
from outreach.vault import Vault

PAGE = 30
WARNINGS = "warning"
SKIPPED = "skipped"
MISSING = "missing"
GROUPS = ("problem", "duplicate", "changed", WARNINGS, "new", "unchanged", MISSING, SKIPPED)


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One batch as lists and its own page show it."""

    id: int
    kind: str
    filename: str
    community_id: int
    community: str
    as_of: date
    state: BatchState
    counts: Mapping[str, int]
    rows_done: int
    rows_expected: int
    task_id: int | None
    error_code: str
    error_facts: Mapping[str, Any]
    sheet: str
    other_sheets: Sequence[str]
    by: str
    uploaded_at: datetime
    committed_at: datetime | None
    version: int

    @property
    def is_at_work(self) -> bool:
        """Say whether a worker is busy with it."""
        return self.state in (BatchState.PARSING, BatchState.COMMITTING, BatchState.UNDOING)

    @property
    def share(self) -> float:
        """Return how far the work is, 0 to 1."""
        return self.rows_done / self.rows_expected if self.rows_expected else 0.0

    def of_kind(self, kind: str) -> int:
        """Return how many rows are of a kind."""
        return self.counts.get(f"kind:{kind}", 0)


@dataclass(frozen=True, slots=True)
class TaskLine:
    """The work on a batch as its page shows it."""

    share: float
    stage: str
    error: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class RowLine:
    """One source row as a review shows it; numbers are masked."""

    id: int
    number: int
    name: str
    born_on: date | None
    id_masked: str
    phones: tuple[str, ...]
    address: str
    grid: str
    doses: tuple[date, ...]
    note: str
    outcome: str
    codes: tuple[str, ...]
    kind: RowKind | None
    changes: tuple[FieldChange, ...]
    resident_id: int | None
    resident_name: str
    repeats_row: int | None
    decision: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class MissingLine:
    """A resident whom a file does not name."""

    resident_id: int
    name: str
    born_on: date | None
    address: str
    grid: str
    is_reported: bool


def batch_lines(session: Session, *, scope: Scope, page: int) -> tuple[list[BatchLine], int]:
    """Return one page of batches, the newest first, and how many there are."""
    question = _batches().where(within(scope, ImportBatch.community_id))
    total = session.scalar(
        select(func.count()).select_from(ImportBatch).where(within(scope, ImportBatch.community_id))
    )
    rows = session.execute(
        question.order_by(ImportBatch.id.desc()).limit(PAGE).offset((page - 1) * PAGE)
    )
    return [_batch(*row) for row in rows], total or 0


def batch_line(session: Session, *, batch_id: int, scope: Scope) -> BatchLine:
    """Return one batch within the scope; outside looks like missing (N6)."""
    row = session.execute(_batches().where(ImportBatch.id == batch_id)).first()
    if row is None:
        raise NotFound("not_found")
    check_within(session, scope=scope, area_id=row[0].community_id)
    return _batch(*row)


def communities(session: Session, *, scope: Scope) -> list[tuple[int, str]]:
    """Return the open communities within the scope, as a form offers them."""
    rows = session.execute(
        select(Area.id, Area.name)
        .where(Area.level == AreaLevel.COMMUNITY, Area.is_active, within(scope, Area.id))
        .order_by(Area.name, Area.id)
        .limit(2000)
    )
    return [(row[0], row[1]) for row in rows]


def batch_columns(session: Session, batch_id: int) -> ColumnMap | None:
    """Return what the columns of a batch mean, once known."""
    plain = session.get_one(ImportBatch, batch_id).columns
    return ColumnMap.from_json(plain) if plain else None


def task_line(session: Session, task_id: int | None) -> TaskLine:
    """Return how far a batch's work is, its stage, and what went wrong."""
    task = session.get(Task, task_id) if task_id else None
    if task is None:
        return TaskLine(0.0, "", "", is_over=True)
    is_over = task.state in (TaskState.DONE, TaskState.FAILED, TaskState.CANCELLED)
    return TaskLine(task.progress, task.stage, task.error, is_over=is_over)


def _batches() -> Select[ImportBatch, str, str]:
    return (
        select(ImportBatch, Area.name, User.display_name)
        .join(Area, Area.id == ImportBatch.community_id)
        .outerjoin(User, User.id == ImportBatch.uploaded_by)
    )


def _batch(batch: ImportBatch, community: str, by: str | None) -> BatchLine:
    return BatchLine(
        id=batch.id,
        kind=batch.kind,
        filename=batch.filename,
        community_id=batch.community_id,
        community=community,
        as_of=batch.as_of,
        state=batch.state,
        counts=dict(batch.counts),
        rows_done=batch.rows_done,
        rows_expected=batch.rows_expected,
        task_id=batch.task_id,
        error_code=batch.error_code,
        error_facts=dict(batch.error_facts),
        sheet=batch.columns.get("sheet", ""),
        other_sheets=batch.columns.get("other_sheets", ()),
        by=by or "",
        uploaded_at=batch.uploaded_at,
        committed_at=batch.committed_at,
        version=batch.version,
    )


def row_lines(
    session: Session, *, batch_id: int, group: str, page: int
) -> tuple[list[RowLine], int]:
    """Return one page of a group's rows in the order of the file, and how many there are."""
    where = [ImportRow.batch_id == batch_id, _in_group(group)]
    total = session.scalar(select(func.count()).select_from(ImportRow).where(*where))
    rows = session.execute(
        select(ImportRow, Resident.name)
        .outerjoin(Resident, Resident.id == ImportRow.resident_id)
        .where(*where)
        .order_by(ImportRow.row_number)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    vault = vault_of(session)
    return [_row_line(vault, row, name or "") for row, name in rows], total or 0


def count_group(session: Session, *, batch_id: int, group: str) -> int:
    """Return how many rows a group has."""
    where = [ImportRow.batch_id == batch_id, _in_group(group)]
    return session.scalar(select(func.count()).select_from(ImportRow).where(*where)) or 0


def _in_group(group: str) -> ColumnElement[bool]:
    if group == WARNINGS:
        return (ImportRow.outcome == "warning") & ImportRow.kind.in_(
            [RowKind.NEW, RowKind.CHANGED, RowKind.UNCHANGED]
        )
    if group == SKIPPED:
        return ImportRow.outcome == SKIPPED
    return ImportRow.kind == RowKind(group)


def row_line(session: Session, *, row_id: int) -> tuple[RowLine, tuple[str, ...], int]:
    """Return a row, its cells as they stand now, and its batch."""
    row = session.get(ImportRow, row_id)
    if row is None or row.cells_sealed is None:
        raise NotFound("not_found")
    vault = vault_of(session)
    resident = session.get(Resident, row.resident_id) if row.resident_id else None
    opened = open_row(vault, row)
    cells = opened.cells if isinstance(opened, RowOutcome) else (opened.text,)
    return _row_line(vault, row, resident.name if resident else ""), cells, row.batch_id


def _row_line(vault: Vault, row: ImportRow, resident_name: str) -> RowLine:
    # The cells of somebody who was erased are gone; the row's place in the file stays.
    opened = open_row(vault, row) if row.cells_sealed is not None else None
    values = opened.values if isinstance(opened, RowOutcome) else None
    is_elsewhere = "in_other_community" in row.codes
    return RowLine(
        id=row.id,
        number=row.row_number,
        name=values.name if values else "",
        born_on=values.born_on if values else None,
        id_masked=mask_id(values.id_number) if values and values.id_number else "",
        phones=tuple(mask_phone(p.e164) for p in values.phones) if values else (),
        address=(values.address or values.registered_address) if values else "",
        grid=values.grid if values else "",
        doses=tuple(d.given_on for d in values.doses) if values else (),
        note=values.note if values else "",
        outcome=row.outcome,
        codes=tuple(row.codes),
        kind=row.kind,
        changes=tuple(_masked(change) for change in open_changes(vault, row)),
        # Someone of another community is not shown here, only that there is someone (N6).
        resident_id=None if is_elsewhere else row.resident_id,
        resident_name="" if is_elsewhere else resident_name,
        repeats_row=row.repeats_row,
        decision=row.decision,
        text=opened.text if isinstance(opened, SkippedRow) else "",
    )


def _masked(change: FieldChange) -> FieldChange:
    """Hide what lists never show in full."""
    mask = {"id_number": mask_id, "phone": mask_phone}.get(change.field)
    if mask is None:
        return change
    return change._replace(was=mask(change.was) if change.was else "", now=mask(change.now))


def missing_lines(
    session: Session, *, batch: BatchLine, page: int
) -> tuple[list[MissingLine], int]:
    """Return residents of the community whom the file does not name (features A7)."""
    where = _not_in_file(batch)
    total = session.scalar(select(func.count()).select_from(Resident).where(*where))
    waiting = select(LifeReport.resident_id).where(LifeReport.state != ReportState.DISMISSED)
    grid = aliased(Area)
    rows = session.execute(
        select(
            Resident.id,
            Resident.name,
            Resident.born_on,
            Address.text,
            grid.name,
            Resident.id.in_(waiting),
        )
        .outerjoin(Address, Address.id == Resident.address_id)
        .outerjoin(grid, grid.id == Resident.grid_id)
        .where(*where)
        .order_by(grid.name, Resident.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    lines = [
        MissingLine(i, name, born, address or "", area or "", bool(reported))
        for i, name, born, address, area, reported in rows
    ]
    return lines, total or 0


def count_missing(session: Session, *, batch: BatchLine) -> int:
    """Return how many residents of the community a file does not name."""
    where = _not_in_file(batch)
    return session.scalar(select(func.count()).select_from(Resident).where(*where)) or 0


def _not_in_file(batch: BatchLine) -> list[ColumnElement[bool]]:
    named = select(ImportRow.resident_id).where(
        ImportRow.batch_id == batch.id, ImportRow.resident_id.is_not(None)
    )
    return [
        Resident.community_id == batch.community_id,
        Resident.merged_into_id.is_(None),
        Resident.erased_at.is_(None),
        Resident.life_status.not_in(["deceased", "moved"]),
        Resident.id.not_in(named),
    ]


def problem_cells(
    session: Session, *, batch_id: int
) -> tuple[tuple[str, ...], list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """Return the headers of a file, and of each row that is not in the ledger its codes and cells."""
    columns = batch_columns(session, batch_id)
    vault = vault_of(session)
    rows = session.scalars(
        select(ImportRow)
        .where(
            ImportRow.batch_id == batch_id,
            ImportRow.kind == RowKind.PROBLEM,
            ImportRow.cells_sealed.is_not(None),
        )
        .order_by(ImportRow.row_number)
    )
    found = []
    for row in rows:
        opened = open_row(vault, row)
        if isinstance(opened, RowOutcome):
            found.append((tuple(row.codes), opened.cells))
    return (columns.headers if columns else ()), found
