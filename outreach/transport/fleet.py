"""Writes of the fleet: cars and their papers, drivers, escorts, leave, the look before the run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.db import vault_of
from outreach.kernel.errors import InvalidInput, NotFound, StaleVersion
from outreach.ledger.codes import Sex
from outreach.transport.models import Driver, Escort, EscortKnows, Leave, Vehicle, VehicleCheck
from outreach.transport.queries import get_driver, get_escort, get_vehicle

CHECK_LIST = ("tyres", "brakes", "lights", "belts", "ramp", "straps", "first_aid", "fuel")


@dataclass(frozen=True, slots=True)
class CarDraft:
    """What is known of a car."""

    plate: str
    area_id: int
    depot_address_id: int
    seats: int
    wheelchair_places: int = 0
    seats_lost_per_chair: int = 0
    has_ramp: bool = False
    label: str = ""
    insured_until: date | None = None
    inspected_until: date | None = None
    lender: str = ""


@dataclass(frozen=True, slots=True)
class HelperDraft:
    """What is known of a driver or an escort; ``phone`` is E.164."""

    name: str
    area_id: int
    phone: str = ""
    dialect: str = ""
    sex: Sex = Sex.UNKNOWN
    licence_until: date | None = None
    max_minutes_a_day: int = 480
    user_id: int | None = None


def add_vehicle(session: Session, *, draft: CarDraft) -> Vehicle:
    """Add a car; borrowed ones name their lender."""
    _check_car(session, draft)
    vehicle = Vehicle(
        plate=draft.plate.strip(),
        label=draft.label.strip(),
        area_id=draft.area_id,
        depot_address_id=draft.depot_address_id,
        seats=draft.seats,
        wheelchair_places=draft.wheelchair_places,
        seats_lost_per_chair=draft.seats_lost_per_chair,
        has_ramp=draft.has_ramp,
        insured_until=draft.insured_until,
        inspected_until=draft.inspected_until,
        lender=draft.lender.strip(),
    )
    session.add(vehicle)
    session.flush()
    return vehicle


def _check_car(session: Session, draft: CarDraft, *, except_id: int | None = None) -> None:
    if not draft.plate.strip():
        raise InvalidInput("plate_missing", field="plate")
    twin = session.scalar(select(Vehicle.id).where(Vehicle.plate == draft.plate.strip()))
    if twin is not None and twin != except_id:
        raise InvalidInput("plate_taken", field="plate")
    if draft.seats < 0 or draft.seats > 60 or not 0 <= draft.wheelchair_places <= 20:
        raise InvalidInput("places", field="seats")


def add_driver(session: Session, *, draft: HelperDraft) -> Driver:
    """Add a driver; the number is sealed."""
    uuid = uuid4().hex
    sealed, index = _sealed(session, draft, table="driver", uuid=uuid)
    driver = Driver(
        uuid=uuid,
        name=_name(draft),
        area_id=draft.area_id,
        phone_sealed=sealed,
        phone_index=index,
        licence_until=draft.licence_until,
        max_minutes_a_day=draft.max_minutes_a_day,
        dialect=draft.dialect.strip(),
        user_id=draft.user_id,
    )
    session.add(driver)
    session.flush()
    return driver


def add_escort(session: Session, *, draft: HelperDraft) -> Escort:
    """Add an escort; the number is sealed."""
    uuid = uuid4().hex
    sealed, index = _sealed(session, draft, table="escort", uuid=uuid)
    escort = Escort(
        uuid=uuid,
        name=_name(draft),
        sex=draft.sex,
        area_id=draft.area_id,
        phone_sealed=sealed,
        phone_index=index,
        dialect=draft.dialect.strip(),
        user_id=draft.user_id,
    )
    session.add(escort)
    session.flush()
    return escort


def _name(draft: HelperDraft) -> str:
    if not draft.name.strip():
        raise InvalidInput("name_missing", field="name")
    return draft.name.strip()


def _sealed(
    session: Session, draft: HelperDraft, *, table: str, uuid: str
) -> tuple[bytes | None, bytes | None]:
    if not draft.phone:
        return None, None
    vault = vault_of(session)
    sealed = vault.seal(draft.phone, table=table, column="phone_sealed", row=uuid)
    return sealed, vault.index(draft.phone, purpose="phone")


def driver_phone(session: Session, driver: Driver) -> str:
    """Return a driver's number in E.164, or ''. Who asks is logged at the edge."""
    if driver.phone_sealed is None:
        return ""
    return vault_of(session).open(
        driver.phone_sealed, table="driver", column="phone_sealed", row=driver.uuid
    )


def escort_phone(session: Session, escort: Escort) -> str:
    """Return an escort's number in E.164, or ''. Who asks is logged at the edge."""
    if escort.phone_sealed is None:
        return ""
    return vault_of(session).open(
        escort.phone_sealed, table="escort", column="phone_sealed", row=escort.uuid
    )


def knows(session: Session, *, escort_id: int, resident_id: int) -> None:
    """Note that an escort knows an elder: they are preferred together."""
    if session.get(EscortKnows, (escort_id, resident_id)) is None:
        session.add(EscortKnows(escort_id=escort_id, resident_id=resident_id))
        session.flush()


def take_out_of_service(
    session: Session, *, vehicle_id: int, from_on: date, until_on: date | None, reason: str
) -> Vehicle:
    """Keep a car off the road; runs it is on show it as unfit at once."""
    vehicle = get_vehicle(session, vehicle_id)
    if until_on is not None and until_on < from_on:
        raise InvalidInput("days_reversed", field="until_on")
    vehicle.out_of_service_from, vehicle.out_of_service_until = from_on, until_on
    vehicle.out_of_service_reason = reason.strip()
    session.flush()
    return vehicle


def back_in_service(session: Session, *, vehicle_id: int) -> Vehicle:
    """Let a car drive again."""
    vehicle = get_vehicle(session, vehicle_id)
    vehicle.out_of_service_from = vehicle.out_of_service_until = None
    vehicle.out_of_service_reason = ""
    session.flush()
    return vehicle


def check_vehicle(
    session: Session,
    *,
    vehicle_id: int,
    on: date,
    answers: dict[str, bool],
    by_driver_id: int | None,
    by_user_id: int | None,
    now: datetime,
) -> VehicleCheck:
    """Keep the look at the car before its run; one 'no' makes it unfit that day (H5)."""
    unknown = set(answers) - set(CHECK_LIST)
    if unknown:
        raise InvalidInput("check_answer", field="answers")
    row = session.scalars(
        select(VehicleCheck).where(VehicleCheck.vehicle_id == vehicle_id, VehicleCheck.on == on)
    ).first()
    row = row or VehicleCheck(vehicle_id=vehicle_id, on=on)
    row.answers, row.is_fit, row.at = dict(answers), all(answers.values()), now
    row.by_driver_id, row.by_user_id = by_driver_id, by_user_id
    session.add(row)
    session.flush()
    return row


def add_leave(
    session: Session,
    *,
    from_on: date,
    until_on: date,
    driver_id: int | None = None,
    escort_id: int | None = None,
    reason: str = "",
) -> Leave:
    """Note days on which a driver or an escort is away."""
    if (driver_id is None) == (escort_id is None):
        raise InvalidInput("one_person", field="driver_id")
    if until_on < from_on:
        raise InvalidInput("days_reversed", field="until_on")
    leave = Leave(
        driver_id=driver_id,
        escort_id=escort_id,
        from_on=from_on,
        until_on=until_on,
        reason=reason.strip(),
    )
    session.add(leave)
    session.flush()
    return leave


def edit_vehicle(
    session: Session, *, vehicle_id: int, version: int, draft: CarDraft, is_active: bool
) -> Vehicle:
    """Change what is known of a car, as its reader saw it; another car keeps its own plate."""
    vehicle = get_vehicle(session, vehicle_id)
    if vehicle.version != version:
        raise StaleVersion(vehicle_id=vehicle_id, version=vehicle.version)
    _check_car(session, draft, except_id=vehicle_id)
    vehicle.plate, vehicle.label = draft.plate.strip(), draft.label.strip()
    vehicle.area_id, vehicle.depot_address_id = draft.area_id, draft.depot_address_id
    vehicle.seats, vehicle.wheelchair_places = draft.seats, draft.wheelchair_places
    vehicle.seats_lost_per_chair, vehicle.has_ramp = draft.seats_lost_per_chair, draft.has_ramp
    vehicle.insured_until, vehicle.inspected_until = draft.insured_until, draft.inspected_until
    vehicle.lender, vehicle.is_active = draft.lender.strip(), is_active
    session.flush()
    return vehicle


def edit_driver(
    session: Session, *, driver_id: int, version: int, draft: HelperDraft, is_active: bool
) -> Driver:
    """Change what is known of a driver; an empty phone keeps the one that is sealed."""
    driver = get_driver(session, driver_id)
    _check_version(driver, version)
    driver.name, driver.area_id = _name(draft), draft.area_id
    driver.dialect, driver.licence_until = draft.dialect.strip(), draft.licence_until
    driver.max_minutes_a_day, driver.is_active = draft.max_minutes_a_day, is_active
    if draft.phone:
        driver.phone_sealed, driver.phone_index = _sealed(
            session, draft, table="driver", uuid=driver.uuid
        )
    session.flush()
    return driver


def edit_escort(
    session: Session, *, escort_id: int, version: int, draft: HelperDraft, is_active: bool
) -> Escort:
    """Change what is known of an escort; an empty phone keeps the one that is sealed."""
    escort = get_escort(session, escort_id)
    _check_version(escort, version)
    escort.name, escort.area_id, escort.sex = _name(draft), draft.area_id, draft.sex
    escort.dialect, escort.is_active = draft.dialect.strip(), is_active
    if draft.phone:
        escort.phone_sealed, escort.phone_index = _sealed(
            session, draft, table="escort", uuid=escort.uuid
        )
    session.flush()
    return escort


def _check_version(row: Driver | Escort, version: int) -> None:
    if row.version != version:
        raise StaleVersion(version=row.version)


def forget_knows(session: Session, *, escort_id: int, resident_id: int) -> None:
    """Take back that an escort knows an elder."""
    row = session.get(EscortKnows, (escort_id, resident_id))
    if row is not None:
        session.delete(row)
        session.flush()


def end_leave(session: Session, *, leave_id: int) -> Leave:
    """Take back days off: the person may be assigned on them again."""
    row = session.get(Leave, leave_id)
    if row is None:
        raise NotFound("leave", leave_id=leave_id)
    session.delete(row)
    session.flush()
    return row
