"""How a batch ends: whole, or as nothing with the reason."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.db import Database
from outreach.kernel.errors import OutreachError
from outreach.ledger.codes import BatchState
from outreach.ledger.import_batches import drop_lease, lock_batch, move
from outreach.workflows.import_hand import Hand


def give_up(database: Database, batch_id: int, error: OutreachError) -> None:
    """End a batch that came to nothing, with the reason."""
    with database.write() as session:
        batch = lock_batch(session, batch_id)
        move(batch, BatchState.FAILED)
        batch.error_code = error.code
        batch.error_facts = {k: str(v) for k, v in error.facts.items()}
        drop_lease(batch)


def finish_commit(database: Database, *, batch_id: int, hand: Hand) -> dict[str, int]:
    """Close a batch whose every row has landed, with one entry in the trail."""

    def close(session: Session) -> dict[str, int]:
        batch = lock_batch(session, batch_id)
        if batch.state is BatchState.COMMITTED:
            return dict(batch.counts)
        if batch.lease_holder != hand.holder:
            return dict(batch.counts)
        move(batch, BatchState.COMMITTED)
        batch.committed_at = hand.now
        drop_lease(batch)
        facts: dict[str, Any] = {k.replace(":", "_"): v for k, v in batch.counts.items()}
        record(
            session,
            act="import_committed",
            subject=("import_batch", batch_id),
            by=hand.by,
            now=hand.now,
            facts=facts,
            actor="" if hand.by is not None else hand.actor,
        )
        return dict(batch.counts)

    return database.act(close)
