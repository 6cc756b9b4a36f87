"""Locking by hand: a stop keeps its place; a run keeps its order, its riders and its car."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.transport.assign import lock_stop, lock_whole_run


def lock_by_hand(
    session: Session,
    *,
    run_id: int,
    version: int,
    stop_id: int | None = None,
    is_locked: bool,
    by: int,
    now: datetime,
) -> int:
    """Lock or free a stop, or a whole run when no stop is named; return the run's new version."""
    if stop_id is None:
        run = lock_whole_run(
            session, run_id=run_id, version=version, is_locked=is_locked, by=by, now=now
        )
    else:
        run = lock_stop(
            session, stop_id=stop_id, version=version, is_locked=is_locked, by=by, now=now
        )
    facts = {"did": "locked" if is_locked else "unlocked", "version": run.version}
    record(session, act="run_edited", subject=("run", run.id), by=by, now=now, facts=facts)
    return run.version
