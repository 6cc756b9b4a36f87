"""The way home follows the visit: an observation that runs longer, a dose not given, someone just ready.

The car that was planned keeps the person when it can; else another one takes them, the cheapest that
breaks nothing. Where no car fits, the person keeps the planned one, the board shows what breaks, and
nobody loses a way home (fault 56, N2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.db import Database
from outreach.kernel.errors import StaleVersion
from outreach.ports.travel import TravelTimes
from outreach.transport.assign import AssignmentRefused, StopLocked
from outreach.transport.board import TryOut
from outreach.transport.codes import Direction, LegStatus, RunStatus, StopKind
from outreach.transport.legs import find_leg
from outreach.transport.models import Vehicle
from outreach.transport.run_models import RideLeg, Run, RunStop
from outreach.workflows.assign_leg import assign_leg, move_leg, retime
from outreach.workflows.day_board import try_insertions
from outreach.workflows.run_desk import lay_out


class Home(StrEnum):
    """What became of a way home."""

    NONE_OF_OURS = "none_of_ours"
    WAITS = "waits"
    KEPT = "kept"
    MOVED = "moved"
    GIVEN = "given"
    TIGHT = "tight"


@dataclass(frozen=True, slots=True)
class WayHome:
    """Which car takes someone home, and when it is there."""

    what: Home
    plate: str = ""
    pickup_at: datetime | None = None


def keep_way_home(
    database: Database,
    travel: TravelTimes,
    *,
    appointment_id: int,
    by: int | None,
    now: datetime,
) -> WayHome:
    """Bring the planned way home in line with when the person is ready; call it after the visit's events."""
    with database.read() as session:
        leg = _open_leg(session, appointment_id)
        run_id = _run_of(session, leg) if leg is not None else None
        leg_id = leg.id if leg is not None else 0
        run_over = run_id is not None and _is_over(session, run_id)
    if leg is None:
        return WayHome(Home.NONE_OF_OURS)
    if run_id is None or run_over:
        return WayHome(Home.WAITS)
    desk = lay_out(database, travel, run_ids=[run_id], leg_ids=[leg_id], now=now)
    what = Home.KEPT
    if not desk.check(run_id).is_fine:
        what = _another_place(database, travel, leg_id=leg_id, run_id=run_id, by=by, now=now)
    if what is not Home.MOVED:
        retime(database, travel, run_id=run_id, by=by, now=now)
    return _seen(database, leg_id, what)


def give_car_home(
    database: Database, travel: TravelTimes, *, appointment_id: int, by: int, now: datetime
) -> WayHome:
    """Put someone who waits into the nearest car that can take them, beside others of the same way."""
    with database.read() as session:
        leg = _open_leg(session, appointment_id)
        leg_id = leg.id if leg is not None else 0
        has_run = leg is not None and _run_of(session, leg) is not None
    if leg is None:
        return WayHome(Home.NONE_OF_OURS)
    if has_run:
        return _seen(database, leg_id, Home.KEPT)
    fits = _fitting(database, travel, leg_id=leg_id, now=now)
    for place in fits:
        try:
            assign_leg(
                database,
                travel,
                leg_id=leg_id,
                run_id=place.run_id,
                run_version=place.run_version,
                by=by,
                now=now,
            )
        except (StaleVersion, AssignmentRefused, StopLocked):
            continue  # the board was quicker with this car
        return _seen(database, leg_id, Home.GIVEN)
    return WayHome(Home.WAITS)


def _another_place(
    database: Database,
    travel: TravelTimes,
    *,
    leg_id: int,
    run_id: int,
    by: int | None,
    now: datetime,
) -> Home:
    versions = {}
    fits = _fitting(database, travel, leg_id=leg_id, now=now)
    with database.read() as session:
        versions[run_id] = session.get_one(Run, run_id).version
    for place in fits:
        try:
            move_leg(
                database,
                travel,
                leg_id=leg_id,
                to_run_id=place.run_id,
                versions={**versions, place.run_id: place.run_version},
                positions=None,
                by=by,
                now=now,
            )
        except (StaleVersion, AssignmentRefused, StopLocked):
            continue
        return Home.KEPT if place.run_id == run_id else Home.MOVED
    return Home.TIGHT


def _fitting(
    database: Database, travel: TravelTimes, *, leg_id: int, now: datetime
) -> list[TryOut]:
    """Return the cars that are on their way or about to be, those that can take the leg, nearest first."""
    tried = try_insertions(database, travel, leg_id=leg_id, now=now)
    with database.read() as session:
        going = set(
            session.scalars(
                select(Run.id).where(
                    Run.id.in_([t.run_id for t in tried]),
                    Run.status.in_([RunStatus.PUBLISHED, RunStatus.UNDER_WAY]),
                )
            )
        )
    fits = [t for t in tried if t.fits]
    # A car that families and its driver know of comes before one that is but an idea.
    return sorted(fits, key=lambda t: (t.run_id not in going, t.cost_minutes, t.run_id))


def _open_leg(session: Session, appointment_id: int) -> RideLeg | None:
    leg = find_leg(session, appointment_id=appointment_id, direction=Direction.RETURN)
    if leg is None or leg.by_taxi:
        return None
    return leg if leg.status in {LegStatus.WAITING, LegStatus.ASSIGNED, LegStatus.UNMET} else None


def _run_of(session: Session, leg: RideLeg) -> int | None:
    return session.scalar(select(RunStop.run_id).where(RunStop.leg_id == leg.id).limit(1))


def _is_over(session: Session, run_id: int) -> bool:
    return session.get_one(Run, run_id).status in {RunStatus.FINISHED, RunStatus.CANCELLED}


def _seen(database: Database, leg_id: int, what: Home) -> WayHome:
    with database.read() as session:
        row = session.execute(
            select(Vehicle.plate, RunStop.arrives_at)
            .join(Run, Run.vehicle_id == Vehicle.id)
            .join(RunStop, RunStop.run_id == Run.id)
            .where(RunStop.leg_id == leg_id, RunStop.kind == StopKind.PICKUP)
        ).first()
    if row is None:
        return WayHome(Home.WAITS)
    return WayHome(what, plate=row.plate, pickup_at=row.arrives_at)
