"""Where cars are while their runs are on: shared by the driver's choice, kept no longer than the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from outreach.kernel.errors import InvalidInput
from outreach.kernel.geo import Point, is_possible
from outreach.transport.codes import RunStatus
from outreach.transport.models import Vehicle, VehiclePosition
from outreach.transport.queries import get_run
from outreach.transport.run_models import Run

STALE_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class LastSeen:
    """Where a car was last, and when."""

    run_id: int
    point: Point
    at: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Whether it still says where the car is."""
        return now - self.at <= STALE_AFTER


def note_position(
    session: Session, *, run_id: int, driver_id: int, point: Point, at: datetime
) -> bool:
    """Keep a position of a driver's own run while it is under way; tell whether it was kept."""
    if not is_possible(point):
        raise InvalidInput("point_impossible", field="point")
    run = get_run(session, run_id)
    if run.driver_id != driver_id or run.status is not RunStatus.UNDER_WAY:
        return False
    session.add(
        VehiclePosition(run_id=run_id, at=at, latitude=point.latitude, longitude=point.longitude)
    )
    session.flush()
    return True


def last_seen(session: Session, *, run_ids: Sequence[int]) -> dict[int, LastSeen]:
    """Return the newest position of each run that shares any."""
    newest = (
        select(VehiclePosition.run_id, func.max(VehiclePosition.at).label("at"))
        .where(VehiclePosition.run_id.in_(list(run_ids)))
        .group_by(VehiclePosition.run_id)
        .subquery()
    )
    rows = session.scalars(
        select(VehiclePosition)
        .join(
            newest,
            (newest.c.run_id == VehiclePosition.run_id) & (newest.c.at == VehiclePosition.at),
        )
        .order_by(VehiclePosition.id)
    )
    return {
        row.run_id: LastSeen(row.run_id, Point(row.latitude, row.longitude), row.at) for row in rows
    }


def forget_run_positions(session: Session, *, run_id: int) -> None:
    """Remove every position of one run: its driver no longer shares it."""
    session.execute(delete(VehiclePosition).where(VehiclePosition.run_id == run_id))


def cars_seen(
    session: Session, *, on: date, area_ids: Sequence[int] | None = None
) -> dict[int, LastSeen]:
    """Return where the cars of these areas (None: all) that are under way on a day were last."""
    question = (
        select(Run.id)
        .join(Vehicle, Vehicle.id == Run.vehicle_id)
        .where(Run.on == on, Run.status == RunStatus.UNDER_WAY)
    )
    if area_ids is not None:
        question = question.where(Vehicle.area_id.in_(area_ids))
    return last_seen(session, run_ids=session.scalars(question).all())


def forget_positions(session: Session) -> int:
    """Remove every position whose run is not under way; return how many. For the tick."""
    over = select(Run.id).where(Run.status != RunStatus.UNDER_WAY)
    ids = session.scalars(
        select(VehiclePosition.id).where(VehiclePosition.run_id.in_(over)).limit(10_000)
    ).all()
    session.execute(delete(VehiclePosition).where(VehiclePosition.id.in_(ids)))
    return len(ids)
