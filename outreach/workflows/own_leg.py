"""How far the own car is, for the family that waits: minutes and kilometres, no trail, no other stop (5m).

From the car's own position while the driver shares it; else from the last tap and the plan, said to be
an estimate (moment 5g). Without any word of the car there are no minutes at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.db import Database
from outreach.kernel.geo import Point, distance_m
from outreach.places.matrix import travel_table
from outreach.places.points import points_of
from outreach.places.queries import local_zone
from outreach.ports.travel import TravelTimes
from outreach.transport.codes import Direction, LegStatus, RunStatus, StopKind
from outreach.transport.positions import LastSeen, last_seen
from outreach.transport.run_models import RideLeg, Run, RunStop

WORTH_TELLING = timedelta(minutes=90)
WORD_LASTS = timedelta(minutes=45)
ROADS_ARE_LONGER = 1.3


@dataclass(frozen=True, slots=True)
class OwnCar:
    """How far the car is from the next end of one's own leg."""

    appointment_id: int
    direction: Direction
    is_aboard: bool
    minutes: int
    kilometres: float | None
    as_of: datetime
    is_estimate: bool


@dataclass(frozen=True, slots=True)
class _Awaited:
    """An own leg with the stop that comes next on it, as far as the car has come."""

    appointment_id: int
    direction: Direction
    is_aboard: bool
    stops_between: int
    planned_at: datetime
    heard_at: datetime | None
    seen: LastSeen | None
    point: Point


def own_cars(
    database: Database, travel: TravelTimes, *, appointment_ids: Sequence[int], now: datetime
) -> dict[int, OwnCar]:
    """Return how far the cars of these visits are; driving times are asked with no transaction open."""
    with database.read() as session:
        awaited = _awaited(session, appointment_ids, now)
        zone = local_zone(session)
    return {
        one.appointment_id: car
        for one in awaited
        if (car := _how_far(one, travel, now=now, leaving=now.astimezone(zone))) is not None
    }


def _how_far(
    one: _Awaited, travel: TravelTimes, *, now: datetime, leaving: datetime
) -> OwnCar | None:
    left = one.planned_at - now
    if one.seen is not None and one.seen.is_fresh(now):
        points = {0: one.seen.point, 1: one.point}
        seconds = travel_table(points, travel, leaving=leaving).between(0, 1)
        seconds -= (now - one.seen.at).total_seconds()
        if one.stops_between:
            seconds = max(seconds, left.total_seconds())  # others are fetched on the way
        if seconds > WORTH_TELLING.total_seconds():
            return None
        metres = distance_m(one.seen.point, one.point) * ROADS_ARE_LONGER
        return _car(one, seconds, kilometres=round(metres / 1000, 1), as_of=one.seen.at)
    is_silent = one.heard_at is None or now - one.heard_at > WORD_LASTS
    if is_silent or left > WORTH_TELLING:
        return None
    assert one.heard_at is not None  # noqa: S101 - not silent
    return _car(one, left.total_seconds(), kilometres=None, as_of=one.heard_at)


def _car(one: _Awaited, seconds: float, *, kilometres: float | None, as_of: datetime) -> OwnCar:
    return OwnCar(
        appointment_id=one.appointment_id,
        direction=one.direction,
        is_aboard=one.is_aboard,
        minutes=max(1, round(seconds / 60)),
        kilometres=kilometres,
        as_of=as_of,
        is_estimate=kilometres is None,
    )


def _awaited(session: Session, appointment_ids: Sequence[int], now: datetime) -> list[_Awaited]:
    rows = session.execute(
        select(RideLeg, RunStop)
        .join(RunStop, RunStop.leg_id == RideLeg.id)
        .join(Run, Run.id == RunStop.run_id)
        .where(
            RideLeg.appointment_id.in_(list(appointment_ids)),
            RideLeg.status.in_([LegStatus.ASSIGNED, LegStatus.ON_BOARD]),
            Run.status == RunStatus.UNDER_WAY,
            RunStop.done_at.is_(None),
        )
        .order_by(RideLeg.id, RunStop.position)
    ).all()
    found = []
    for leg, stop in rows:
        is_aboard = leg.status is LegStatus.ON_BOARD
        wanted = StopKind.DROPOFF if is_aboard else StopKind.PICKUP
        waits_for_ready = leg.direction is Direction.RETURN and leg.ready_at is None
        if stop.kind is wanted and (is_aboard or not waits_for_ready):
            found.append(_one(session, leg, stop, is_aboard=is_aboard))
    return found


def _one(session: Session, leg: RideLeg, stop: RunStop, *, is_aboard: bool) -> _Awaited:
    run_stops = session.scalars(
        select(RunStop).where(RunStop.run_id == stop.run_id).order_by(RunStop.position, RunStop.id)
    ).all()
    done = [one for one in run_stops if one.done_at is not None]
    last = max(done, key=lambda one: (one.done_at, one.position), default=None)
    late, heard_at = timedelta(0), None
    if last is not None and last.done_at is not None:
        late, heard_at = last.done_at - last.departs_at, last.done_at
    return _Awaited(
        appointment_id=leg.appointment_id,
        direction=leg.direction,
        is_aboard=is_aboard,
        stops_between=sum(1 for s in run_stops if s.done_at is None and s.position < stop.position),
        planned_at=stop.arrives_at + late,
        heard_at=heard_at,
        seen=last_seen(session, run_ids=[stop.run_id]).get(stop.run_id),
        point=points_of(session, [stop.address_id])[stop.address_id],
    )
