"""Restating: computing the status of ledger lines from facts, and storing it with a trace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.kernel.slices import slices
from outreach.ledger.codes import Cause
from outreach.ledger.entries import Hand, Stored, among, store, stored_entries
from outreach.ledger.models import Resident
from outreach.oversight.rollups import touch_residents
from outreach.places.queries import local_day
from outreach.workflows.entry_facts import Frame, frame_of, gather

# So many at a time that SQLite's limit of variables is far and memory stays flat.
CHUNK = 4000


def restate(
    session: Session,
    *,
    resident_id: int,
    by: int | None,
    cause: Cause,
    now: datetime,
    reason: str = "",
    actor: str = "system",
) -> Stored:
    """Restate one resident's lines; every act that changes a fact of theirs ends with this."""
    return restate_many(
        session,
        resident_ids=[resident_id],
        by=by,
        cause=cause,
        now=now,
        reason=reason,
        actor=actor,
    )


def restate_many(
    session: Session,
    *,
    resident_ids: Iterable[int],
    by: int | None,
    cause: Cause,
    now: datetime,
    reason: str = "",
    actor: str = "system",
    campaign_id: int | None = None,
) -> Stored:
    """Restate the lines of many residents: a fixed number of questions per few thousand of them.

    Lines that should exist and do not are made. ``actor`` is the name behind a closure that no user
    made: an import from the command line, the nightly recomputation.
    """
    session.flush()
    day = local_day(session, now)
    hand = Hand(cause=cause, now=now, day=day, by=by, actor=actor, reason=reason)
    frame = frame_of(session, campaign_id=campaign_id)
    done = Stored()
    for ids in slices(sorted(set(resident_ids)), CHUNK):
        done.add(_restate_chunk(session, ids, frame=frame, hand=hand, day=day))
    return done


def _restate_chunk(
    session: Session, ids: Sequence[int], *, frame: Frame, hand: Hand, day: date
) -> Stored:
    # Two acts on one person wait here for each other, so the later one sees the facts of both.
    session.execute(
        select(Resident.id).where(among(Resident.id, ids)).order_by(Resident.id).with_for_update()
    ).all()
    known = stored_entries(session, ids)
    found = gather(session, resident_ids=ids, known=known, frame=frame)
    mine = {(facts.resident_id, facts.campaign.campaign_id) for facts in found}
    # Also where no status changes: an edit may move someone between grids, age bands or stays.
    touch_residents(session, ids, communities={row.community_id for row in known.values()})
    return store(
        session,
        lines=[facts.line(day) for facts in found],
        known={key: row for key, row in known.items() if key in mine},
        hand=hand,
    )
