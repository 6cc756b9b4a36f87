"""What can go wrong on a day, for the page where a repair begins: which cars, drivers and sessions are out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.audit.trail import record
from outreach.clinics.codes import STANDING
from outreach.clinics.models import Appointment, Site, SiteSession
from outreach.places.queries import area_ids_within
from outreach.transport.alarms import Cause, raise_alarm
from outreach.transport.codes import LegStatus, RunStatus
from outreach.transport.fleet import add_leave
from outreach.transport.models import Driver, Vehicle
from outreach.transport.run_models import RideLeg, Run, RunStop

OUT = frozenset({RunStatus.CANCELLED, RunStatus.FINISHED})
ILL = "driver_ill"


@dataclass(frozen=True, slots=True)
class OutToday:
    """A run of the day with its car and driver, and how many are aboard or still to be fetched."""

    run_id: int
    vehicle_id: int
    plate: str
    driver_id: int | None
    driver: str
    aboard: int
    to_come: int


@dataclass(frozen=True, slots=True)
class SessionToday:
    """A session of the day that could close."""

    site_session_id: int
    site_name: str
    standing: int
    closed_from_at: datetime | None


def out_today(session: Session, *, on: date, scope: Scope) -> list[OutToday]:
    """Return the runs that are or will be on the road, within a scope."""
    areas = area_ids_within(session, scope.paths)
    question = (
        select(Run, Vehicle.plate, Driver.name)
        .join(Vehicle, Vehicle.id == Run.vehicle_id)
        .outerjoin(Driver, Driver.id == Run.driver_id)
        .where(Run.on == on, Run.status.not_in(OUT))
        .order_by(Run.starts_at, Run.id)
        .limit(500)
    )
    if areas is not None:
        question = question.where(Vehicle.area_id.in_(areas))
    rows = session.execute(question).all()
    counts = _riders(session, [run.id for run, _plate, _driver in rows])
    return [
        OutToday(
            run_id=run.id,
            vehicle_id=run.vehicle_id,
            plate=plate,
            driver_id=run.driver_id,
            driver=driver or "",
            aboard=counts.get((run.id, LegStatus.ON_BOARD), 0),
            to_come=counts.get((run.id, LegStatus.ASSIGNED), 0),
        )
        for run, plate, driver in rows
    ]


def _riders(session: Session, run_ids: list[int]) -> dict[tuple[int, LegStatus], int]:
    rows = session.execute(
        select(RunStop.run_id, RideLeg.status, func.count(RideLeg.id.distinct()))
        .join(RideLeg, RideLeg.id == RunStop.leg_id)
        .where(RunStop.run_id.in_(run_ids))
        .group_by(RunStop.run_id, RideLeg.status)
    )
    return {(run_id, LegStatus(status)): count for run_id, status, count in rows}


def sessions_today(session: Session, *, on: date, scope: Scope) -> list[SessionToday]:
    """Return the day's sessions within a scope, with how many still stand in them."""
    areas = area_ids_within(session, scope.paths)
    question = (
        select(SiteSession.id, Site.name, SiteSession.closed_from_at, func.count(Appointment.id))
        .join(Site, Site.id == SiteSession.site_id)
        .outerjoin(
            Appointment,
            (Appointment.site_session_id == SiteSession.id) & Appointment.status.in_(STANDING),
        )
        .where(SiteSession.on == on)
        .group_by(SiteSession.id, Site.name, SiteSession.closed_from_at)
        .order_by(Site.name, SiteSession.id)
    )
    if areas is not None:
        question = question.where(Site.area_id.in_(areas))
    return [SessionToday(row[0], row[1], row[3], row[2]) for row in session.execute(question)]


def driver_ill(
    session: Session, *, driver_id: int, on: date, reason: str, by: int, now: datetime
) -> list[int]:
    """Note that a driver cannot drive that day; return the runs that lost theirs. Nothing is reassigned."""
    add_leave(session, from_on=on, until_on=on, driver_id=driver_id, reason=reason or ILL)
    runs = session.scalars(
        select(Run.id)
        .where(Run.driver_id == driver_id, Run.on == on, Run.status.not_in(OUT))
        .order_by(Run.id)
    ).all()
    for run_id in runs:
        cause = Cause(key=f"driver_ill:{run_id}", kind=ILL, on=on, run_id=run_id)
        raise_alarm(session, cause=cause, now=now, level=2)
    record(
        session,
        act=ILL,
        subject=("driver", driver_id),
        by=by,
        now=now,
        facts={"runs": list(runs)},
        reason=reason,
    )
    return list(runs)


def latest_minute(now: datetime) -> datetime:
    """Return the next full minute, from which something can be closed."""
    return now.replace(second=0, microsecond=0) + timedelta(minutes=1)
