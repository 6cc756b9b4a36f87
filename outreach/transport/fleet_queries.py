"""Readings of the fleet: cars with their papers and today's look, drivers and escorts with their weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from outreach.ledger.codes import Sex
from outreach.ledger.models import Resident
from outreach.places.models import Address
from outreach.transport.models import Driver, Escort, EscortKnows, Leave, Vehicle, VehicleCheck
from outreach.transport.queries import get_driver, get_escort, get_vehicle, vehicles
from outreach.transport.rules import car_unfit, driver_unfit, escort_unfit
from outreach.transport.sheets import papers_of
from outreach.transport.shifts import shifts_of, templates_of

SOON = timedelta(days=30)
AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Paper:
    """A document and until when it holds."""

    kind: str
    until: date
    is_over: bool
    ends_soon: bool


@dataclass(frozen=True, slots=True)
class CarLine:
    """One car of the list."""

    id: int
    plate: str
    label: str
    seats: int
    chairs: int
    lost: int
    has_ramp: bool
    lender: str
    papers: tuple[Paper, ...]
    out: date | None
    is_active: bool
    is_checked: bool
    unfit: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CarSheet:
    """Everything known of one car."""

    line: CarLine
    version: int
    area_id: int
    depot: str
    insured_until: date | None
    inspected_until: date | None
    answers: Mapping[str, bool]
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class WeekLine:
    """A usual weekly shift."""

    template_id: int
    weekday: int
    starts: time
    ends: time
    break_from: time | None
    break_until: time | None
    plate: str


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """One coming shift."""

    shift_id: int
    on: date
    starts_at: datetime
    ends_at: datetime
    plate: str
    is_off: bool
    why_off: str


@dataclass(frozen=True, slots=True)
class LeaveLine:
    """Days off."""

    leave_id: int
    from_on: date
    until_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class HelperSheet:
    """Everything known of a driver or an escort; the number itself is shown elsewhere, once and logged."""

    kind: str
    id: int
    version: int
    name: str
    area_id: int
    has_phone: bool
    dialect: str
    sex: Sex
    licence_until: date | None
    max_minutes_a_day: int
    is_active: bool
    unfit: tuple[str, ...]
    weeks: tuple[WeekLine, ...]
    shifts: tuple[ShiftLine, ...]
    leaves: tuple[LeaveLine, ...]
    knows: tuple[tuple[int, str], ...]
    has_portrait: bool = False


def car_lines(
    session: Session, *, on: date, area_ids: Sequence[int] | None = None
) -> list[CarLine]:
    """Return the cars of these areas (None: all) with what holds on a day, active ones first."""
    checks = _checks(session, on=on)
    return [
        _line(car, check=checks.get(car.id), on=on)
        for car in vehicles(session)
        if area_ids is None or car.area_id in area_ids
    ]


def car_sheet(session: Session, *, vehicle_id: int, on: date) -> CarSheet:
    """Return one car; NotFound when there is none."""
    car = get_vehicle(session, vehicle_id)
    check = _checks(session, on=on).get(vehicle_id)
    return CarSheet(
        line=_line(car, check=check, on=on),
        version=car.version,
        area_id=car.area_id,
        depot=session.get_one(Address, car.depot_address_id).text,
        insured_until=car.insured_until,
        inspected_until=car.inspected_until,
        answers=dict(check.answers) if check is not None else {},
        checked_at=check.at if check is not None else None,
    )


def _checks(session: Session, *, on: date) -> dict[int, VehicleCheck]:
    rows = session.scalars(select(VehicleCheck).where(VehicleCheck.on == on))
    return {row.vehicle_id: row for row in rows}


def _line(car: Vehicle, *, check: VehicleCheck | None, on: date) -> CarLine:
    passed = check.is_fit if check is not None else None
    papers = [("insured", car.insured_until), ("inspected", car.inspected_until)]
    return CarLine(
        id=car.id,
        plate=car.plate,
        label=car.label,
        seats=car.seats,
        chairs=car.wheelchair_places,
        lost=car.seats_lost_per_chair,
        has_ramp=car.has_ramp,
        lender=car.lender,
        papers=tuple(_paper(kind, until, on=on) for kind, until in papers if until is not None),
        out=car.out_of_service_from,
        is_active=car.is_active,
        is_checked=check is not None,
        unfit=car_unfit(papers_of(car, check_passed=passed), on=on),
    )


def _paper(kind: str, until: date, *, on: date) -> Paper:
    return Paper(kind, until, is_over=until < on, ends_soon=on <= until <= on + SOON)


def driver_sheet(session: Session, *, driver_id: int, on: date) -> HelperSheet:
    """Return one driver with the coming two weeks; NotFound when there is none."""
    driver = get_driver(session, driver_id)
    leaves = _leaves(session, Leave.driver_id == driver_id, on=on)
    is_away = any(x.from_on <= on <= x.until_on for x in leaves)
    return HelperSheet(
        kind="driver",
        id=driver.id,
        version=driver.version,
        name=driver.name,
        area_id=driver.area_id,
        has_phone=driver.phone_sealed is not None,
        dialect=driver.dialect,
        sex=Sex.UNKNOWN,
        licence_until=driver.licence_until,
        max_minutes_a_day=driver.max_minutes_a_day,
        is_active=driver.is_active,
        unfit=driver_unfit(
            is_active=driver.is_active, licence_until=driver.licence_until, on_leave=is_away, on=on
        ),
        weeks=_weeks(session, on=on, driver_id=driver_id),
        shifts=_shifts(session, on=on, driver_id=driver_id),
        leaves=leaves,
        knows=(),
        has_portrait=bool(driver.portrait),
    )


def escort_sheet(session: Session, *, escort_id: int, on: date) -> HelperSheet:
    """Return one escort with the coming two weeks and the elders they know; NotFound when there is none."""
    escort = get_escort(session, escort_id)
    leaves = _leaves(session, Leave.escort_id == escort_id, on=on)
    is_away = any(x.from_on <= on <= x.until_on for x in leaves)
    return HelperSheet(
        kind="escort",
        id=escort.id,
        version=escort.version,
        name=escort.name,
        area_id=escort.area_id,
        has_phone=escort.phone_sealed is not None,
        dialect=escort.dialect,
        sex=escort.sex,
        licence_until=None,
        max_minutes_a_day=0,
        is_active=escort.is_active,
        unfit=escort_unfit(is_active=escort.is_active, on_leave=is_away),
        weeks=_weeks(session, on=on, escort_id=escort_id),
        shifts=_shifts(session, on=on, escort_id=escort_id),
        leaves=leaves,
        knows=_known(session, escort_id),
    )


def helper_of(session: Session, *, kind: str, helper_id: int) -> Driver | Escort:
    """Return a driver or an escort by its kind; NotFound when there is none."""
    found = get_driver if kind == "driver" else get_escort
    return found(session, helper_id)


def named_alike(
    session: Session, *, name: str, area_ids: Sequence[int] | None
) -> list[tuple[int, str, str]]:
    """Return (id, name, address) of residents of these areas with exactly this name, a few at most."""
    question = (
        select(Resident.id, Resident.name, Address.text)
        .outerjoin(Address, Address.id == Resident.address_id)
        .where(
            Resident.name == name.strip(),
            Resident.merged_into_id.is_(None),
            Resident.erased_at.is_(None),
        )
        .order_by(Resident.id)
        .limit(10)
    )
    if area_ids is not None:
        question = question.where(Resident.community_id.in_(area_ids))
    return [(row.id, row.name, row.text or "") for row in session.execute(question)]


def _known(session: Session, escort_id: int) -> tuple[tuple[int, str], ...]:
    rows = session.execute(
        select(Resident.id, Resident.name)
        .join(EscortKnows, EscortKnows.resident_id == Resident.id)
        .where(EscortKnows.escort_id == escort_id)
        .order_by(Resident.name, Resident.id)
    )
    return tuple((row.id, row.name) for row in rows)


def _leaves(session: Session, whose: ColumnElement[bool], *, on: date) -> tuple[LeaveLine, ...]:
    rows = session.scalars(
        select(Leave).where(whose, Leave.until_on >= on).order_by(Leave.from_on, Leave.id)
    )
    return tuple(LeaveLine(x.id, x.from_on, x.until_on, x.reason) for x in rows)


def _plates(session: Session) -> dict[int | None, str]:
    return {car.id: car.plate for car in vehicles(session)}


def _weeks(
    session: Session, *, on: date, driver_id: int | None = None, escort_id: int | None = None
) -> tuple[WeekLine, ...]:
    plates = _plates(session)
    return tuple(
        WeekLine(
            template_id=t.id,
            weekday=t.weekday,
            starts=t.starts,
            ends=t.ends,
            break_from=t.break_from,
            break_until=t.break_until,
            plate=plates.get(t.vehicle_id, ""),
        )
        for t in templates_of(session, on=on, driver_id=driver_id, escort_id=escort_id)
    )


def _shifts(
    session: Session, *, on: date, driver_id: int | None = None, escort_id: int | None = None
) -> tuple[ShiftLine, ...]:
    plates = _plates(session)
    return tuple(
        ShiftLine(
            shift_id=s.id,
            on=s.on,
            starts_at=s.starts_at,
            ends_at=s.ends_at,
            plate=plates.get(s.vehicle_id, ""),
            is_off=s.cancelled_at is not None,
            why_off=s.cancel_reason,
        )
        for s in shifts_of(
            session, from_on=on, until_on=on + AHEAD, driver_id=driver_id, escort_id=escort_id
        )
    )
