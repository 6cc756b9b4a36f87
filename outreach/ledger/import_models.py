"""Tables of imports: batches, every source row with its outcome, remembered columns, conflicts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Base
from outreach.ledger.codes import BatchState, RowKind


class ImportBatch(Base):
    """One uploaded file on its way into the ledger, or one official list being reconciled.

    ``landed_through`` is the last source row that is in the ledger: where a killed process goes on.
    The lease says whose process works on the batch; it runs on real time.
    """

    __tablename__ = "import_batch"
    __table_args__ = (Index("ix_import_batch_community", "community_id", "uploaded_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(default="ledger")
    community_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    filename: Mapped[str]
    content_hash: Mapped[str] = mapped_column(index=True)
    as_of: Mapped[date]
    state: Mapped[BatchState] = mapped_column(default=BatchState.UPLOADED)
    columns: Mapped[dict[str, Any]] = mapped_column(default=dict)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    match_rate: Mapped[float | None]
    is_forced: Mapped[bool] = mapped_column(default=False)
    rows_done: Mapped[int] = mapped_column(default=0)
    rows_expected: Mapped[int] = mapped_column(default=0)
    landed_through: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    lease_holder: Mapped[str] = mapped_column(default="")
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    error_code: Mapped[str] = mapped_column(default="")
    error_facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    uploaded_at: Mapped[datetime]
    committed_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class ImportFilePart(Base):
    """A piece of an uploaded file, sealed, until its rows are kept one by one."""

    __tablename__ = "import_file_part"
    __table_args__ = (UniqueConstraint("batch_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str]
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"))
    position: Mapped[int]
    content_sealed: Mapped[bytes] = mapped_column(LargeBinary)


class ImportRow(Base):
    """One source row, kept whole (sealed) with its outcome and reason; nothing is dropped (N5).

    A row that somebody mended keeps both what came and what was made of it.

    ``fingerprint`` is a keyed hash of an official line in conflict: the next list with the same line
    does not ask again.
    """

    __tablename__ = "import_row"
    __table_args__ = (
        UniqueConstraint("batch_id", "row_number"),
        Index("ix_import_row_outcome", "batch_id", "outcome"),
        Index("ix_import_row_resident", "resident_id"),
        Index("ix_import_row_fingerprint", "fingerprint"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str]
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"))
    row_number: Mapped[int]
    cells_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    mended_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    outcome: Mapped[str]
    codes: Mapped[list[str]] = mapped_column(default=list)
    kind: Mapped[RowKind | None]
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("resident.id"))
    repeats_row: Mapped[int | None]
    fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    changes_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    decision: Mapped[str] = mapped_column(default="")
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    resolved_at: Mapped[datetime | None]


class ColumnMemory(Base):
    """Which columns a community's header meant last time, once a person confirmed it."""

    __tablename__ = "column_memory"
    __table_args__ = (UniqueConstraint("community_id", "header_signature"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    header_signature: Mapped[str]
    columns: Mapped[dict[str, Any]]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    confirmed_at: Mapped[datetime]
