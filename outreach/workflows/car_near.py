"""Telling families that the car is near, from what really happened on the road, never from a plan alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.clinics.models import DayEvent
from outreach.contact.codes import Step
from outreach.places.queries import local_day
from outreach.transport.codes import Direction, LegStatus, RunStatus, StopKind
from outreach.transport.run_models import RideLeg, Run, RunStop
from outreach.workflows.schedule_messages import queue_for_leg

NEAR = timedelta(minutes=15)
STALE_AFTER = timedelta(minutes=45)  # no word from the car: no promise of minutes (moment 5g)


def tell_cars_near(session: Session, *, now: datetime) -> int:
    """Queue "the car is near" for riders whose car will be there within a quarter of an hour."""
    day = local_day(session, now)
    question = select(Run.id).where(Run.on == day, Run.status == RunStatus.UNDER_WAY)
    run_ids = session.scalars(question.order_by(Run.id)).all()
    if not run_ids:
        return 0
    heard = _last_heard(session, run_ids)
    stops = _stops(session, run_ids)
    told = 0
    for run_id in run_ids:
        if run_id in heard and now - heard[run_id] <= STALE_AFTER:
            told += _tell_riders(session, stops[run_id], now=now)
    return told


def _tell_riders(
    session: Session, stops: Sequence[tuple[RunStop, RideLeg]], *, now: datetime
) -> int:
    late = _lateness([stop for stop, _ in stops])
    told = 0
    for stop, leg in stops:
        is_waiting = leg.status is LegStatus.ASSIGNED and leg.direction is Direction.OUTBOUND
        if stop.kind is not StopKind.PICKUP or not is_waiting or stop.reached_at is not None:
            continue
        left = stop.arrives_at + late - now
        if timedelta(0) < left <= NEAR:
            minutes = max(1, round(left.total_seconds() / 60))
            told += len(
                queue_for_leg(session, leg_id=leg.id, step=Step.CAR_NEAR, now=now, minutes=minutes)
            )
    return told


def _lateness(stops: Sequence[RunStop]) -> timedelta:
    done = [stop for stop in stops if stop.done_at is not None]
    if not done:
        return timedelta(0)
    last = max(done, key=lambda stop: (stop.position, stop.id))
    assert last.done_at is not None  # noqa: S101 - chosen so just above
    return last.done_at - last.departs_at


def _last_heard(session: Session, run_ids: Sequence[int]) -> dict[int, datetime]:
    question = (
        select(DayEvent.run_id, func.max(DayEvent.happened_at))
        .where(DayEvent.run_id.in_(run_ids))
        .group_by(DayEvent.run_id)
    )
    found = {run_id: at for run_id, at in session.execute(question) if run_id is not None}
    by_leg = (
        select(RunStop.run_id, func.max(DayEvent.happened_at))
        .join(DayEvent, DayEvent.leg_id == RunStop.leg_id)
        .where(RunStop.run_id.in_(run_ids))
        .group_by(RunStop.run_id)
    )
    for run_id, at in session.execute(by_leg):
        found[run_id] = max(at, found.get(run_id, at))
    return found


def _stops(session: Session, run_ids: Sequence[int]) -> dict[int, list[tuple[RunStop, RideLeg]]]:
    question = (
        select(RunStop, RideLeg)
        .join(RideLeg, RideLeg.id == RunStop.leg_id)
        .where(RunStop.run_id.in_(run_ids))
        .order_by(RunStop.run_id, RunStop.position, RunStop.id)
    )
    found: dict[int, list[tuple[RunStop, RideLeg]]] = defaultdict(list)
    for stop, leg in session.execute(question):
        found[stop.run_id].append((stop, leg))
    return found
