"""Merging two rows that are one person, and undoing it: one act each, with statuses computed anew."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.ledger.codes import Cause
from outreach.ledger.entries import Hand, leave_ledger
from outreach.ledger.merges import Merge, merge, undo_merge
from outreach.places.queries import local_day
from outreach.workflows.restate import restate_many


def merge_residents(
    session: Session,
    *,
    keep_id: int,
    drop_id: int,
    from_dropped: Collection[str],
    by: int,
    now: datetime,
) -> Merge:
    """Make two rows one; the dropped lines leave every list and sum with a trace."""
    done = merge(
        session, keep_id=keep_id, drop_id=drop_id, from_dropped=from_dropped, by=by, now=now
    )
    hand = Hand(cause=Cause.MERGED, now=now, day=local_day(session, now), by=by)
    leave_ledger(session, resident_ids=[drop_id], hand=hand)
    restate_many(session, resident_ids=[keep_id], by=by, cause=Cause.MERGED, now=now)
    _trace(session, done, act="residents_merged", by=by, now=now)
    return done


def split_residents(session: Session, *, pair_id: int, by: int, now: datetime) -> Merge:
    """Undo a merge; both are counted again."""
    done = undo_merge(session, pair_id=pair_id, by=by, now=now)
    restate_many(
        session,
        resident_ids=[done.kept, done.dropped],
        by=by,
        cause=Cause.UNMERGED,
        now=now,
    )
    _trace(session, done, act="merge_undone", by=by, now=now)
    return done


def _trace(session: Session, done: Merge, *, act: str, by: int, now: datetime) -> None:
    for resident_id in (done.kept, done.dropped):
        record(
            session,
            act=act,
            subject=("resident", resident_id),
            by=by,
            now=now,
            facts={"kept": done.kept, "dropped": done.dropped},
        )
