"""Telling families that the car is near, from what really happened on the road, never from a plan alone."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.contact.codes import Step
from outreach.places.queries import local_day
from outreach.transport.codes import Direction, LegStatus, RunStatus, StopKind
from outreach.transport.live import expected_of_runs
from outreach.transport.run_models import RideLeg, Run, RunStop
from outreach.workflows.schedule_messages import queue_for_leg

NEAR = timedelta(minutes=15)


def tell_cars_near(session: Session, *, now: datetime) -> int:
    """Queue "the car is near" for riders whose car will be there within a quarter of an hour.

    Without a fresh word from the car nothing is said: no promise of minutes (moment 5g).
    """
    day = local_day(session, now)
    question = select(Run.id).where(Run.on == day, Run.status == RunStatus.UNDER_WAY)
    run_ids = list(session.scalars(question.order_by(Run.id)))
    if not run_ids:
        return 0
    expected = expected_of_runs(session, run_ids=run_ids, now=now)
    told = 0
    for stop_id, run_id, leg_id in _waiting(session, run_ids):
        car = expected[run_id].get(stop_id)
        if car is None or not car.is_fresh:
            continue
        left = car.at - now
        if timedelta(0) < left <= NEAR:
            minutes = max(1, round(left.total_seconds() / 60))
            told += len(
                queue_for_leg(session, leg_id=leg_id, step=Step.CAR_NEAR, now=now, minutes=minutes)
            )
    return told


def _waiting(session: Session, run_ids: list[int]) -> list[tuple[int, int, int]]:
    """Return (stop, run, leg) of everyone who waits at home for one of these cars."""
    rows = session.execute(
        select(RunStop.id, RunStop.run_id, RunStop.leg_id)
        .join(RideLeg, RideLeg.id == RunStop.leg_id)
        .where(
            RunStop.run_id.in_(run_ids),
            RunStop.kind == StopKind.PICKUP,
            RunStop.reached_at.is_(None),
            RunStop.done_at.is_(None),
            RideLeg.direction == Direction.OUTBOUND,
            RideLeg.status == LegStatus.ASSIGNED,
        )
        .order_by(RunStop.run_id, RunStop.position, RunStop.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]
