"""After an import: pairs that may be one person are put before people, those decided before are not."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger.codes import RowKind
from outreach.ledger.import_models import ImportBatch, ImportRow
from outreach.ledger.pairs import alike_pairs
from outreach.ledger.twins import remember_pair


def find_pairs(session: Session, *, batch_id: int, now: datetime) -> int:
    """Remember every pair of which one came with this batch; return how many there are."""
    batch = session.get_one(ImportBatch, batch_id)
    fresh = session.scalars(
        select(ImportRow.resident_id).where(
            ImportRow.batch_id == batch_id,
            ImportRow.kind.in_([RowKind.NEW, RowKind.CHANGED]),
            ImportRow.resident_id.is_not(None),
        )
    ).all()
    pairs = alike_pairs(
        session, community_id=batch.community_id, fresh=[i for i in fresh if i is not None]
    )
    for pair in pairs:
        remember_pair(
            session,
            first_id=pair.first,
            second_id=pair.second,
            score=pair.score,
            reasons=[str(reason) for reason in pair.reasons],
            now=now,
        )
    return len(pairs)
