"""What is known of runs under way: the last word from each car and when it will be at its stops."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.clinics.codes import DayEventKind, EventSource
from outreach.clinics.models import DayEvent
from outreach.places.points import points_of
from outreach.transport.expected import Expected, Heard, StopTimes, expected_times
from outreach.transport.positions import last_seen
from outreach.transport.run_models import RunStop

# Not a word from the car: what the desk, the family or the needle says moves no wheel.
FROM_THE_CAR = (EventSource.FIELD, EventSource.DISPATCH, EventSource.PAPER)
OF_THE_CAR = (
    DayEventKind.DEPARTED,
    DayEventKind.ARRIVED_AT_DOOR,
    DayEventKind.PICKED_UP,
    DayEventKind.NOT_THERE,
    DayEventKind.AT_SITE,
    DayEventKind.LEFT_SITE,
    DayEventKind.HANDED_OVER,
)


def expected_of_runs(
    session: Session, *, run_ids: Sequence[int], now: datetime
) -> dict[int, dict[int, Expected]]:
    """Return, by run and stop, when the cars are expected at their coming stops."""
    heard = heard_of_runs(session, run_ids=run_ids)
    stops = _stops(session, run_ids)
    return {
        run_id: expected_times(stops[run_id], heard=heard.get(run_id, Heard()), now=now)
        for run_id in run_ids
    }


def heard_of_runs(session: Session, *, run_ids: Sequence[int]) -> dict[int, Heard]:
    """Return the last word from each run's car; runs that were never heard of are absent."""
    tapped = _last_tapped(session, run_ids)
    seen = last_seen(session, run_ids=run_ids)
    found: dict[int, Heard] = {}
    for run_id in tapped.keys() | seen.keys():
        spot = seen.get(run_id)
        found[run_id] = Heard(
            at=tapped.get(run_id),
            seen_at=spot.at if spot is not None else None,
            point=spot.point if spot is not None else None,
        )
    return found


def _last_tapped(session: Session, run_ids: Sequence[int]) -> dict[int, datetime]:
    kept = (DayEvent.kind.in_(OF_THE_CAR), DayEvent.source.in_(FROM_THE_CAR))
    by_run = (
        select(DayEvent.run_id, func.max(DayEvent.happened_at))
        .where(DayEvent.run_id.in_(run_ids), *kept)
        .group_by(DayEvent.run_id)
    )
    by_leg = (
        select(RunStop.run_id, func.max(DayEvent.happened_at))
        .join(DayEvent, DayEvent.leg_id == RunStop.leg_id)
        .where(RunStop.run_id.in_(run_ids), *kept)
        .group_by(RunStop.run_id)
    )
    found: dict[int, datetime] = {}
    for question in (by_run, by_leg):
        for run_id, at in session.execute(question):
            if run_id is not None:
                found[run_id] = max(at, found.get(run_id, at))
    return found


def _stops(session: Session, run_ids: Iterable[int]) -> dict[int, list[StopTimes]]:
    rows = session.scalars(
        select(RunStop)
        .where(RunStop.run_id.in_(list(run_ids)))
        .order_by(RunStop.run_id, RunStop.position, RunStop.id)
    ).all()
    points = points_of(session, {row.address_id for row in rows})
    found: dict[int, list[StopTimes]] = defaultdict(list)
    for row in rows:
        found[row.run_id].append(
            StopTimes(
                stop_id=row.id,
                arrives_at=row.arrives_at,
                departs_at=row.departs_at,
                reached_at=row.reached_at,
                done_at=row.done_at,
                point=points[row.address_id],
            )
        )
    return found
