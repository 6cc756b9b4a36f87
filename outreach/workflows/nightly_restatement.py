"""The nightly recomputation: moves lines that a day moved, and reports any that no fact explains."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.db import Database
from outreach.ledger.codes import Cause
from outreach.ledger.entries import stored_entries
from outreach.ledger.entry_models import LedgerEntry
from outreach.workflows.entry_facts import frame_of, gather
from outreach.workflows.restate import CHUNK, restate_many

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unexplained:
    """A line whose stored status is not what the facts say of the day it was computed for."""

    entry_id: int
    stored: str
    computed: str


@dataclass(slots=True)
class Night:
    """What one night found. ``unexplained`` must be empty."""

    seen: int = 0
    moved_by_day: int = 0
    unexplained: list[Unexplained] = field(default_factory=list)


def resident_chunks(session: Session, *, size: int = CHUNK) -> Iterator[Sequence[int]]:
    """Yield the residents who have lines, a few thousand at a time."""
    last = 0
    while True:
        ids = session.scalars(
            select(LedgerEntry.resident_id)
            .where(LedgerEntry.resident_id > last, LedgerEntry.is_counted)
            .distinct()
            .order_by(LedgerEntry.resident_id)
            .limit(size)
        ).all()
        if not ids:
            return
        yield ids
        last = ids[-1]


def restate_everyone(database: Database, *, now: datetime) -> None:
    """Restate every line as of the day of ``now``, a chunk and a transaction at a time."""

    def restate(session: Session, ids: Sequence[int]) -> None:
        restate_night(session, resident_ids=ids, now=now)

    with database.read() as session:
        chunks = list(resident_chunks(session))
    for ids in chunks:
        database.act(partial(restate, ids=ids))


def restate_night(session: Session, *, resident_ids: Sequence[int], now: datetime) -> Night:
    """Check and restate one chunk of residents; the caller commits between chunks.

    A difference is explained when the line was right for the day it was computed for: a birthday, a
    due date, the end of a deferral. Any other is repaired under a cause of its own and reported.
    """
    night = Night()
    night.unexplained = differences(session, resident_ids=resident_ids)
    night.seen = len(resident_ids)
    for found in night.unexplained:
        log.error(
            "status not explained by facts",
            extra={"entry_id": found.entry_id, "stored": found.stored, "computed": found.computed},
        )
    wrong = {found.entry_id for found in night.unexplained}
    repaired = _residents_of(session, wrong)
    restate_many(session, resident_ids=repaired, by=None, cause=Cause.REPAIR, now=now)
    by_day = restate_many(
        session, resident_ids=set(resident_ids) - repaired, by=None, cause=Cause.DAY, now=now
    )
    night.moved_by_day = len(by_day.changes)
    return night


def differences(session: Session, *, resident_ids: Sequence[int]) -> list[Unexplained]:
    """Return the lines whose stored status is not what their facts say of the day they were computed for."""
    ids = sorted(resident_ids)
    known = stored_entries(session, ids)
    found = []
    for facts in gather(session, resident_ids=ids, known=known, frame=frame_of(session)):
        row = known.get((facts.resident_id, facts.campaign.campaign_id))
        if row is None or row.restated_on is None:
            continue
        status = facts.line(row.restated_on).finding.status
        if status is not row.status:
            found.append(Unexplained(row.id, str(row.status), str(status)))
    return found


def _residents_of(session: Session, entry_ids: set[int]) -> set[int]:
    if not entry_ids:
        return set()
    return set(
        session.scalars(select(LedgerEntry.resident_id).where(LedgerEntry.id.in_(entry_ids)))
    )
