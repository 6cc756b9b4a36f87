"""Import batches: begun once per file, worked on by one process at a time, resumable after any death."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from outreach.db import vault_of
from outreach.kernel.errors import MoveNotAllowed, NotFound, OutreachError
from outreach.kernel.process import is_surely_dead
from outreach.ledger.codes import NEXT_BATCH_STATE, BatchState
from outreach.ledger.columns import ColumnMap
from outreach.ledger.import_models import ColumnMemory, ImportBatch, ImportFilePart
from outreach.places.models import Place

LEASE = timedelta(seconds=60)
_PART_BYTES = 1024 * 1024
_AT_WORK = (BatchState.PARSING, BatchState.COMMITTING, BatchState.UNDOING)


class SameFileInProgress(OutreachError):
    """Another process is working on this very file of this community (fault 40)."""

    status = 409


class LeaseLost(OutreachError):
    """Another process took the batch over; this one must stop (it was frozen too long)."""

    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it arrived, and what it is said to be."""

    kind: str
    filename: str
    content_hash: str
    community_id: int
    campaign_id: int | None
    as_of: date
    is_forced: bool = False


def hash_of(data: bytes) -> str:
    """Return the name under which the same file is recognised."""
    return hashlib.sha256(data).hexdigest()


def begin_batch(
    session: Session,
    *,
    upload: Upload,
    state: BatchState,
    by: int | None,
    now: datetime,
) -> ImportBatch:
    """Open a batch; the caller has looked for the same file at work (``batch_at_work``)."""
    batch = ImportBatch(
        uuid=uuid4().hex,
        kind=upload.kind,
        community_id=upload.community_id,
        campaign_id=upload.campaign_id,
        filename=upload.filename[:200],
        content_hash=upload.content_hash,
        as_of=upload.as_of,
        state=state,
        is_forced=upload.is_forced,
        uploaded_by=by,
        uploaded_at=now,
    )
    session.add(batch)
    session.flush()
    return batch


def lock_imports(session: Session) -> None:
    """Let one import at a time look at the ledger and write: two files with one person make one person.

    On SQLite the write transaction does this already.
    """
    session.execute(select(Place.id).order_by(Place.id).limit(1).with_for_update()).all()


def batch_at_work(session: Session, *, upload: Upload) -> ImportBatch | None:
    """Return an unfinished batch of the same file, community and day, or None."""
    return session.scalars(
        select(ImportBatch)
        .where(
            ImportBatch.content_hash == upload.content_hash,
            ImportBatch.community_id == upload.community_id,
            ImportBatch.kind == upload.kind,
            ImportBatch.as_of == upload.as_of,
            ImportBatch.state.in_(_AT_WORK),
        )
        .order_by(ImportBatch.id)
        .limit(1)
    ).first()


def lock_batch(session: Session, batch_id: int) -> ImportBatch:
    """Return a batch that nobody else changes until this transaction ends."""
    batch = session.scalars(
        select(ImportBatch)
        .where(ImportBatch.id == batch_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if batch is None:
        raise NotFound("import_batch", batch_id=batch_id)
    return batch


def move(batch: ImportBatch, state: BatchState) -> None:
    """Move a batch to its next state; MoveNotAllowed where it cannot go there."""
    if state is not batch.state and state not in NEXT_BATCH_STATE[batch.state]:
        raise MoveNotAllowed("batch_state", batch_id=batch.id, state=str(batch.state))
    batch.state = state


def take_lease(batch: ImportBatch, *, holder: str, real_now: datetime) -> None:
    """Make ``holder`` the one who works on the batch; a holder who still lives is not replaced."""
    is_held = batch.lease_until is not None and batch.lease_until > real_now
    if is_held and batch.lease_holder != holder and not is_surely_dead(batch.lease_holder):
        raise SameFileInProgress(batch_id=batch.id)
    batch.lease_holder, batch.lease_until = holder, real_now + LEASE


def keep_lease(batch: ImportBatch, *, holder: str, real_now: datetime) -> None:
    """Go on holding the batch; LeaseLost when another process took it meanwhile."""
    if batch.lease_holder != holder:
        raise LeaseLost(batch_id=batch.id)
    batch.lease_until = real_now + LEASE


def drop_lease(batch: ImportBatch) -> None:
    """Let the batch go."""
    batch.lease_holder, batch.lease_until = "", None


def add_counts(batch: ImportBatch, more: Mapping[str, int]) -> None:
    """Add figures to those of the batch."""
    batch.counts = dict(Counter(batch.counts) + Counter(more))


def refuse(batch: ImportBatch, *, code: str, facts: Mapping[str, Any]) -> None:
    """End a batch whose file cannot be read."""
    move(batch, BatchState.REFUSED)
    batch.error_code, batch.error_facts = code, dict(facts)
    drop_lease(batch)


def keep_file(session: Session, *, batch: ImportBatch, data: bytes) -> None:
    """Keep an uploaded file, sealed in pieces, until its rows are read."""
    vault = vault_of(session)
    for position, start in enumerate(range(0, len(data), _PART_BYTES)):
        uuid = uuid4().hex
        text = base64.b85encode(data[start : start + _PART_BYTES]).decode()
        session.add(
            ImportFilePart(
                uuid=uuid,
                batch_id=batch.id,
                position=position,
                content_sealed=vault.seal(
                    text, table="import_file_part", column="content_sealed", row=uuid
                ),
            )
        )
    session.flush()


def kept_file(session: Session, *, batch_id: int) -> bytes:
    """Return an uploaded file as it came."""
    vault = vault_of(session)
    parts = session.execute(
        select(ImportFilePart.uuid, ImportFilePart.content_sealed)
        .where(ImportFilePart.batch_id == batch_id)
        .order_by(ImportFilePart.position)
    ).all()
    if not parts:
        raise NotFound("import_file_gone", batch_id=batch_id)
    return b"".join(
        base64.b85decode(
            vault.open(sealed, table="import_file_part", column="content_sealed", row=uuid)
        )
        for uuid, sealed in parts
    )


def forget_file(session: Session, *, batch_id: int) -> None:
    """Let an uploaded file go once each of its rows is kept."""
    session.execute(delete(ImportFilePart).where(ImportFilePart.batch_id == batch_id))


def remembered_columns(session: Session, *, community_id: int) -> dict[str, Mapping[str, Any]]:
    """Return the columns that people of this community have confirmed, by header signature."""
    rows = session.execute(
        select(ColumnMemory.header_signature, ColumnMemory.columns)
        .where(ColumnMemory.community_id == community_id)
        .order_by(ColumnMemory.id)
    )
    return {row[0]: row[1] for row in rows}


def remember_columns(
    session: Session, *, community_id: int, columns: ColumnMap, by: int, now: datetime
) -> None:
    """Keep what a person confirmed of a header, for the community's next file of this kind."""
    plain = columns.to_json()
    known = update(ColumnMemory).where(
        ColumnMemory.community_id == community_id,
        ColumnMemory.header_signature == columns.signature,
    )
    changed = session.execute(
        known.values(columns=plain, confirmed_by=by, confirmed_at=now).returning(ColumnMemory.id)
    ).first()
    if changed is None:
        session.add(
            ColumnMemory(
                community_id=community_id,
                header_signature=columns.signature,
                columns=plain,
                confirmed_by=by,
                confirmed_at=now,
            )
        )
        session.flush()
