"""Opening runs and giving them a car and a crew; unfit or engaged ones are refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.kernel.errors import InvalidInput, OutreachError
from outreach.places.queries import local_zone
from outreach.transport.assign import StopLocked, lock_runs
from outreach.transport.codes import RunStatus
from outreach.transport.legs import touch_run
from outreach.transport.models import Leave, Shift, Vehicle, VehicleCheck
from outreach.transport.queries import get_driver, get_escort, get_run, get_vehicle
from outreach.transport.rules import CarPapers, car_unfit, driver_unfit, escort_unfit
from outreach.transport.run_models import Run, RunStop
from outreach.transport.sheets import papers_of
from outreach.transport.shifts import Times, instant_of


class NotFit(OutreachError):
    """A car or a person may not go out that day; ``facts['why']`` names the reasons."""


class Engaged(OutreachError):
    """The car, driver or escort is on another run at that time."""

    status = 409


@dataclass(frozen=True, slots=True)
class CrewOf:
    """Who drives what, with whom."""

    vehicle_id: int
    driver_id: int | None = None
    escort_id: int | None = None


def open_runs_from_shifts(
    session: Session, *, on: date, by: int | None, now: datetime
) -> list[Run]:
    """Open a run for every driver on shift with a car who has none that day."""
    taken = set(
        session.scalars(select(Run.shift_id).where(Run.on == on, Run.status != RunStatus.CANCELLED))
    )
    question = select(Shift).where(
        Shift.on == on,
        Shift.cancelled_at.is_(None),
        Shift.driver_id.is_not(None),
        Shift.vehicle_id.is_not(None),
    )
    made = []
    for shift in session.scalars(question.order_by(Shift.starts_at, Shift.id)).all():
        if shift.id in taken or shift.vehicle_id is None:
            continue
        crew = CrewOf(vehicle_id=shift.vehicle_id, driver_id=shift.driver_id)
        if _unfit(session, crew, on=on):
            continue
        made.append(
            _add_run(
                session,
                on=on,
                crew=crew,
                hours=(shift.starts_at, shift.ends_at),
                shift_id=shift.id,
                by=by,
                now=now,
            )
        )
    return made


def open_run(
    session: Session,
    *,
    on: date,
    crew: CrewOf,
    times: Times,
    by: int | None,
    now: datetime,
) -> Run:
    """Open a run by hand, in local hours; an unfit or engaged car or person is refused."""
    zone = local_zone(session)
    hours = (instant_of(on, times.starts, zone), instant_of(on, times.ends, zone))
    if hours[1] <= hours[0]:
        raise InvalidInput("hours_reversed", field="ends")
    why = _unfit(session, crew, on=on)
    if why:
        raise NotFit(why=list(why))
    _check_free(session, crew, hours=hours, except_run_id=None)
    return _add_run(session, on=on, crew=crew, hours=hours, shift_id=None, by=by, now=now)


def _add_run(
    session: Session,
    *,
    on: date,
    crew: CrewOf,
    hours: tuple[datetime, datetime],
    shift_id: int | None,
    by: int | None,
    now: datetime,
) -> Run:
    run = Run(
        on=on,
        shift_id=shift_id,
        vehicle_id=crew.vehicle_id,
        driver_id=crew.driver_id,
        escort_id=crew.escort_id,
        starts_at=hours[0],
        ends_at=hours[1],
        changed_by=by,
        changed_at=now,
    )
    session.add(run)
    session.flush()
    return run


def set_crew(
    session: Session, *, run_id: int, version: int, crew: CrewOf, by: int | None, now: datetime
) -> Run:
    """Write another car, driver or escort into a run; the exact check comes with workflows/crew_run."""
    run = lock_runs(session, {run_id: version})[run_id]
    if run.is_locked and crew.vehicle_id != run.vehicle_id and is_fit_car(session, run=run):
        raise StopLocked(run_id=run_id)  # a locked car stays, unless it cannot drive any more
    why = _unfit(session, crew, on=run.on)
    if why:
        raise NotFit(why=list(why))
    _check_free(session, crew, hours=(run.starts_at, run.ends_at), except_run_id=run_id)
    run.vehicle_id, run.driver_id, run.escort_id = crew.vehicle_id, crew.driver_id, crew.escort_id
    touch_run(run, by=by, now=now)
    session.flush()
    return run


def drop_run(session: Session, *, run_id: int, version: int, by: int | None, now: datetime) -> Run:
    """Remove an empty run from the day."""
    run = lock_runs(session, {run_id: version})[run_id]
    if session.scalar(select(RunStop.id).where(RunStop.run_id == run_id).limit(1)) is not None:
        raise InvalidInput("run_not_empty", field="run_id")
    run.status = RunStatus.CANCELLED
    touch_run(run, by=by, now=now)
    session.flush()
    return get_run(session, run_id)


def _unfit(session: Session, crew: CrewOf, *, on: date) -> tuple[str, ...]:
    vehicle = get_vehicle(session, crew.vehicle_id)
    why = list(car_unfit(_papers(session, vehicle, on), on=on))
    if crew.driver_id is not None:
        driver = get_driver(session, crew.driver_id)
        why += driver_unfit(
            is_active=driver.is_active,
            licence_until=driver.licence_until,
            on_leave=_is_away(session, on=on, driver_id=driver.id),
            on=on,
        )
    if crew.escort_id is not None:
        escort = get_escort(session, crew.escort_id)
        why += escort_unfit(
            is_active=escort.is_active, on_leave=_is_away(session, on=on, escort_id=escort.id)
        )
    return tuple(why)


def is_fit_car(session: Session, *, run: Run) -> bool:
    """Tell whether the car of a run may still go out on its day."""
    vehicle = get_vehicle(session, run.vehicle_id)
    return not car_unfit(_papers(session, vehicle, run.on), on=run.on)


def _papers(session: Session, vehicle: Vehicle, on: date) -> CarPapers:
    check = session.scalar(
        select(VehicleCheck.is_fit).where(
            VehicleCheck.vehicle_id == vehicle.id, VehicleCheck.on == on
        )
    )
    return papers_of(vehicle, check_passed=check)


def _is_away(
    session: Session, *, on: date, driver_id: int | None = None, escort_id: int | None = None
) -> bool:
    question = select(Leave.id).where(Leave.from_on <= on, Leave.until_on >= on)
    if driver_id is not None:
        question = question.where(Leave.driver_id == driver_id)
    else:
        question = question.where(Leave.escort_id == escort_id)
    return session.scalar(question.limit(1)) is not None


def _check_free(
    session: Session,
    crew: CrewOf,
    *,
    hours: tuple[datetime, datetime],
    except_run_id: int | None,
) -> None:
    """Refuse a car or person whose other run overlaps; locks the car's row against a race."""
    session.execute(select(Vehicle.id).where(Vehicle.id == crew.vehicle_id).with_for_update())
    others = session.scalars(
        select(Run).where(
            Run.status != RunStatus.CANCELLED,
            Run.starts_at < hours[1],
            Run.ends_at > hours[0],
            Run.id != (except_run_id or 0),
        )
    )
    for other in others:
        if other.vehicle_id == crew.vehicle_id:
            raise Engaged(what="vehicle", run_id=other.id)
        if crew.driver_id is not None and other.driver_id == crew.driver_id:
            raise Engaged(what="driver", run_id=other.id)
        if crew.escort_id is not None and other.escort_id == crew.escort_id:
            raise Engaged(what="escort", run_id=other.id)
