"""Readings of transport: names for a board, crews on shift, open debts, the desk's rides, a day's shifts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from outreach.clinics.codes import CAME, DayEventKind
from outreach.clinics.models import Appointment, DayEvent, Site, SiteSession
from outreach.kernel.errors import NotFound
from outreach.ledger.models import Resident
from outreach.places.models import Address
from outreach.transport.board import BoardCrew, Labels, Person
from outreach.transport.codes import BEGUN, Direction, LegStatus, RunStatus, StopKind
from outreach.transport.models import Driver, Escort, Leave, Shift, Vehicle, VehicleCheck
from outreach.transport.rules import car_unfit, driver_unfit, escort_unfit
from outreach.transport.run_models import Handover, RideLeg, Run, RunStop
from outreach.transport.sheets import DaySheet, papers_of

# What a desk, or an escort at the side, notes of someone who has come.
SEEN_THERE = (
    DayEventKind.AT_SITE,
    DayEventKind.REGISTERED,
    DayEventKind.SCREENED,
    DayEventKind.JABBED,
)


@dataclass(frozen=True, slots=True)
class Debt:
    """Someone our car brought to a site (or took from it) whose handover nobody confirmed yet (N2)."""

    appointment_id: int
    resident_id: int
    name: str
    site_id: int
    site_name: str
    since_at: datetime
    slot_at: datetime
    return_leg_id: int | None
    return_status: LegStatus | None
    return_run_id: int | None
    return_with: str


@dataclass(frozen=True, slots=True)
class DeskRide:
    """What the desk sees of someone's rides: the car they come with, and the one home."""

    appointment_id: int
    direction: Direction
    status: LegStatus
    plate: str
    expected_at: datetime | None


def get_leg(session: Session, leg_id: int) -> RideLeg:
    """Return one leg; NotFound when there is none."""
    leg = session.get(RideLeg, leg_id)
    if leg is None:
        raise NotFound("ride_leg", leg_id=leg_id)
    return leg


def get_run(session: Session, run_id: int) -> Run:
    """Return one run; NotFound when there is none."""
    run = session.get(Run, run_id)
    if run is None:
        raise NotFound("run", run_id=run_id)
    return run


def get_vehicle(session: Session, vehicle_id: int) -> Vehicle:
    """Return one car; NotFound when there is none."""
    vehicle = session.get(Vehicle, vehicle_id)
    if vehicle is None:
        raise NotFound("vehicle", vehicle_id=vehicle_id)
    return vehicle


def get_driver(session: Session, driver_id: int) -> Driver:
    """Return one driver; NotFound when there is none."""
    driver = session.get(Driver, driver_id)
    if driver is None:
        raise NotFound("driver", driver_id=driver_id)
    return driver


def get_escort(session: Session, escort_id: int) -> Escort:
    """Return one escort; NotFound when there is none."""
    escort = session.get(Escort, escort_id)
    if escort is None:
        raise NotFound("escort", escort_id=escort_id)
    return escort


def vehicles(session: Session, *, condition: ColumnElement[bool] | None = None) -> list[Vehicle]:
    """Return all cars that the condition on ``Vehicle.area_id`` lets through, active ones first."""
    question = select(Vehicle).order_by(Vehicle.is_active.desc(), Vehicle.plate).limit(1000)
    return list(session.scalars(question if condition is None else question.where(condition)))


def drivers(session: Session, *, condition: ColumnElement[bool] | None = None) -> list[Driver]:
    """Return all drivers that the condition on ``Driver.area_id`` lets through, active ones first."""
    question = select(Driver).order_by(Driver.is_active.desc(), Driver.name, Driver.id).limit(1000)
    return list(session.scalars(question if condition is None else question.where(condition)))


def escorts(session: Session, *, condition: ColumnElement[bool] | None = None) -> list[Escort]:
    """Return all escorts that the condition on ``Escort.area_id`` lets through, active ones first."""
    question = select(Escort).order_by(Escort.is_active.desc(), Escort.name, Escort.id).limit(1000)
    return list(session.scalars(question if condition is None else question.where(condition)))


def shifts_on(session: Session, on: date) -> list[Shift]:
    """Return the shifts of a day that were not called off."""
    question = select(Shift).where(Shift.on == on, Shift.cancelled_at.is_(None))
    return list(session.scalars(question.order_by(Shift.starts_at, Shift.id).limit(1000)))


def labels_for(session: Session, sheet: DaySheet) -> Labels:
    """Return the names, addresses and sites that a sheet speaks of."""
    resident_ids = {leg.resident_id for leg in sheet.legs.values()}
    address_ids = {leg.from_address_id for leg in sheet.legs.values()}
    address_ids |= {leg.to_address_id for leg in sheet.legs.values()}
    people = {}
    for ids in _slices(resident_ids):
        rows = session.execute(
            select(
                Resident.id,
                Resident.name,
                Resident.mobility,
                Resident.mobility_flags,
                Resident.community_id,
            ).where(Resident.id.in_(ids))
        )
        people.update(
            {
                row.id: Person(
                    row.id, row.name, row.mobility, tuple(row.mobility_flags), row.community_id
                )
                for row in rows
            }
        )
    addresses: dict[int, str] = {}
    for ids in _slices(address_ids):
        found = session.execute(select(Address.id, Address.text).where(Address.id.in_(ids)))
        addresses.update({row.id: row.text for row in found})
    sites = {row.id: row.name for row in session.execute(select(Site.id, Site.name))}
    return Labels(people=people, addresses=addresses, sites=sites)


def crews_on(
    session: Session, *, on: date, area_ids: Sequence[int] | None = None
) -> tuple[list[BoardCrew], list[BoardCrew], list[BoardCrew]]:
    """Return (cars, drivers, escorts) of a day: all fit or unfit, on shift or not, with their runs."""
    shifts = shifts_on(session, on)
    runs = session.execute(
        select(Run.id, Run.vehicle_id, Run.driver_id, Run.escort_id).where(
            Run.on == on, Run.status != RunStatus.CANCELLED
        )
    ).all()
    leaves = session.scalars(select(Leave).where(Leave.from_on <= on, Leave.until_on >= on)).all()
    checks = {
        c.vehicle_id: c.is_fit
        for c in session.scalars(select(VehicleCheck).where(VehicleCheck.on == on))
    }

    def inside(area_id: int) -> bool:
        return area_ids is None or area_id in area_ids

    cars = [
        _crew(
            car.id,
            car.plate,
            shift=next((s for s in shifts if s.vehicle_id == car.id), None),
            unfit=car_unfit(papers_of(car, check_passed=checks.get(car.id)), on=on),
            run_ids=[r.id for r in runs if r.vehicle_id == car.id],
            places=(car.seats, car.wheelchair_places, car.has_ramp),
        )
        for car in vehicles(session, condition=Vehicle.is_active.is_(True))
        if inside(car.area_id)
    ]
    driving = [
        _crew(
            driver.id,
            driver.name,
            shift=next((s for s in shifts if s.driver_id == driver.id), None),
            unfit=driver_unfit(
                is_active=driver.is_active,
                licence_until=driver.licence_until,
                on_leave=any(x.driver_id == driver.id for x in leaves),
                on=on,
            ),
            run_ids=[r.id for r in runs if r.driver_id == driver.id],
        )
        for driver in drivers(session, condition=Driver.is_active.is_(True))
        if inside(driver.area_id)
    ]
    escorting = [
        _crew(
            escort.id,
            escort.name,
            shift=next((s for s in shifts if s.escort_id == escort.id), None),
            unfit=escort_unfit(
                is_active=escort.is_active, on_leave=any(x.escort_id == escort.id for x in leaves)
            ),
            run_ids=[r.id for r in runs if r.escort_id == escort.id],
        )
        for escort in escorts(session, condition=Escort.is_active.is_(True))
        if inside(escort.area_id)
    ]
    return cars, driving, escorting


def _crew(
    who: int,
    label: str,
    *,
    shift: Shift | None,
    unfit: tuple[str, ...],
    run_ids: list[int],
    places: tuple[int, int, bool] = (0, 0, False),
) -> BoardCrew:
    seats, chairs, has_ramp = places
    return BoardCrew(
        id=who,
        label=label,
        starts_at=shift.starts_at if shift is not None else None,
        ends_at=shift.ends_at if shift is not None else None,
        unfit=unfit,
        run_ids=tuple(run_ids),
        seats=seats,
        chairs=chairs,
        has_ramp=has_ramp,
    )


def open_debts(session: Session, *, on: date, area_ids: Sequence[int] | None = None) -> list[Debt]:
    """Return everyone who counted on our car that day and whom nobody handed over, longest first.

    ``area_ids`` bounds the sites. A debt opens at the drop-off at the site, or when someone is seen there
    whom our car is to take home; only a handover that was not taken back closes it.
    """
    question = (
        select(Appointment, Resident.name, Site.id, Site.name)
        .join(Resident, Resident.id == Appointment.resident_id)
        .join(SiteSession, SiteSession.id == Appointment.site_session_id)
        .join(Site, Site.id == SiteSession.site_id)
        .where(SiteSession.on == on, is_brought(), ~is_handed_over())
        .order_by(Appointment.slot_at, Appointment.id)
        .limit(5000)
    )
    if area_ids is not None:
        question = question.where(Site.area_id.in_(area_ids))
    rows = session.execute(question).all()
    legs = _legs_by_appointment(session, [row[0].id for row in rows])
    runs = _runs_by_leg(session, [leg.id for pair in legs.values() for leg in pair.values()])
    ids = [row[0].id for row in rows]
    arrived = _seen_there_at(session, ids) | _dropped_at(session, ids)
    debts = []
    for appointment, name, site_id, site_name in rows:
        home = legs.get(appointment.id, {}).get(Direction.RETURN)
        debts.append(
            Debt(
                appointment_id=appointment.id,
                resident_id=appointment.resident_id,
                name=name,
                site_id=site_id,
                site_name=site_name,
                since_at=arrived.get(appointment.id, appointment.slot_at),
                slot_at=appointment.slot_at,
                return_leg_id=home.id if home is not None else None,
                return_status=home.status if home is not None else None,
                return_run_id=runs.get(home.id) if home is not None else None,
                return_with=appointment.return_with,
            )
        )
    return sorted(debts, key=lambda debt: (debt.since_at, debt.appointment_id))


def is_brought() -> ColumnElement[bool]:
    """The condition on an appointment that the person counts on us for the way home.

    Our car brought them or has taken them aboard; or they are known to have come (the desk saw them,
    whatever the driver tapped) and a car of ours was to bring them or is still to take them home.
    """
    counted_on = or_(
        and_(RideLeg.direction == Direction.OUTBOUND, RideLeg.status == LegStatus.ASSIGNED),
        and_(RideLeg.direction == Direction.RETURN, RideLeg.status != LegStatus.CANCELLED),
    )
    return exists().where(
        RideLeg.appointment_id == Appointment.id,
        or_(RideLeg.status.in_(BEGUN), and_(Appointment.status.in_(CAME), counted_on)),
    )


def is_handed_over() -> ColumnElement[bool]:
    """The condition on an appointment that somebody received the person and it was not taken back."""
    return exists().where(Handover.appointment_id == Appointment.id, Handover.voided_at.is_(None))


def brought_and_handed_over(
    session: Session, *, on: date, area_ids: Sequence[int] | None = None
) -> tuple[int, int]:
    """Return how many were brought or taken by our car that day, and how many of them were handed over."""
    question = (
        select(func.count(), func.count().filter(is_handed_over()))
        .select_from(Appointment)
        .join(SiteSession, SiteSession.id == Appointment.site_session_id)
        .join(Site, Site.id == SiteSession.site_id)
        .where(SiteSession.on == on, is_brought())
    )
    if area_ids is not None:
        question = question.where(Site.area_id.in_(area_ids))
    row = session.execute(question).one()
    return row[0], row[1]


def _legs_by_appointment(
    session: Session, ids: Sequence[int]
) -> dict[int, dict[Direction, RideLeg]]:
    found: dict[int, dict[Direction, RideLeg]] = {}
    for some in _slices(ids):
        for leg in session.scalars(select(RideLeg).where(RideLeg.appointment_id.in_(some))):
            found.setdefault(leg.appointment_id, {})[leg.direction] = leg
    return found


def _runs_by_leg(session: Session, ids: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for some in _slices(ids):
        rows = session.execute(
            select(RunStop.leg_id, RunStop.run_id).where(
                RunStop.leg_id.in_(some), RunStop.kind == StopKind.PICKUP
            )
        )
        found.update({row.leg_id: row.run_id for row in rows})
    return found


def _dropped_at(session: Session, ids: Sequence[int]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for some in _slices(ids):
        rows = session.execute(
            select(RideLeg.appointment_id, func.min(RunStop.done_at))
            .join(RunStop, RunStop.leg_id == RideLeg.id)
            .where(RideLeg.appointment_id.in_(some), RunStop.done_at.is_not(None))
            .group_by(RideLeg.appointment_id)
        )
        found.update({row[0]: row[1] for row in rows if row[1] is not None})
    return found


def _seen_there_at(session: Session, ids: Sequence[int]) -> dict[int, datetime]:
    """Return since when a desk knows of these people, for those whom no driver's tap has brought."""
    undo = aliased(DayEvent)
    found: dict[int, datetime] = {}
    for some in _slices(ids):
        rows = session.execute(
            select(DayEvent.appointment_id, func.min(DayEvent.happened_at))
            .where(
                DayEvent.appointment_id.in_(some),
                DayEvent.kind.in_(SEEN_THERE),
                # By the appointment first: it has an index, what a tap takes back has none.
                ~exists().where(
                    undo.appointment_id == DayEvent.appointment_id, undo.voids_id == DayEvent.id
                ),
            )
            .group_by(DayEvent.appointment_id)
        )
        found.update({row[0]: row[1] for row in rows if row[0] is not None})
    return found


def desk_rides(session: Session, *, appointment_ids: Sequence[int]) -> list[DeskRide]:
    """Return the rides of these appointments as a desk sees them."""
    rides = []
    for some in _slices(appointment_ids):
        rows = session.execute(
            select(RideLeg, Vehicle.plate, RunStop.arrives_at)
            .outerjoin(
                RunStop,
                and_(
                    RunStop.leg_id == RideLeg.id,
                    or_(
                        and_(
                            RideLeg.direction == Direction.OUTBOUND,
                            RunStop.kind == StopKind.DROPOFF,
                        ),
                        and_(
                            RideLeg.direction == Direction.RETURN,
                            RunStop.kind == StopKind.PICKUP,
                        ),
                    ),
                ),
            )
            .outerjoin(Run, Run.id == RunStop.run_id)
            .outerjoin(Vehicle, Vehicle.id == Run.vehicle_id)
            .where(RideLeg.appointment_id.in_(some), RideLeg.status != LegStatus.CANCELLED)
            .order_by(RideLeg.appointment_id, RideLeg.id)
        )
        rides += [
            DeskRide(
                appointment_id=leg.appointment_id,
                direction=leg.direction,
                status=leg.status,
                plate=plate or "",
                expected_at=at,
            )
            for leg, plate, at in rows
        ]
    return rides


def _slices(ids: Iterable[int], size: int = 2000) -> Iterable[list[int]]:
    ordered = sorted(set(ids))
    return (ordered[i : i + size] for i in range(0, len(ordered), size))
