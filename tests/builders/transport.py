"""A dispatcher's day for tests: elders around a site, cars with drivers on shift, runs opened."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.codes import DayEventKind, EventSource
from outreach.clinics.events import Author, Tap
from outreach.db import Database
from outreach.kernel.geo import Point
from outreach.ledger.models import Resident
from outreach.places.addresses import add_address
from outreach.places.models import Address
from outreach.schema import metadata
from outreach.transport.codes import Direction
from outreach.transport.fleet import (
    CarDraft,
    HelperDraft,
    add_driver,
    add_escort,
    add_vehicle,
)
from outreach.transport.legs import find_leg
from outreach.transport.run_models import RideLeg, Run
from outreach.transport.runs import CrewOf, open_run
from outreach.transport.shifts import Times
from outreach.workflows.assign_leg import assign_leg
from outreach.workflows.book import book_trip
from outreach.workflows.publish_runs import Published, publish_runs
from tests.builders.clinics import BY_CAR, DAY, SITE_POINT, add_clinic, booking
from tests.builders.ledger import NOW, Village, add_elders, build_village, elder
from tests.builders.places import SteadyTravel

WHOLE_DAY = Times(time(7, 30), time(18, 0))
DESK = Author(EventSource.DESK, user_id=None)


@dataclass(frozen=True, slots=True)
class Day:
    """Ids of what stands on the tests' day."""

    village: Village
    site_id: int
    session_id: int
    residents: tuple[int, ...]
    vehicles: tuple[int, ...]
    drivers: tuple[int, ...]
    escorts: tuple[int, ...]
    runs: tuple[int, ...]
    travel: SteadyTravel

    @property
    def by(self) -> int:
        """A member of staff."""
        return self.village.worker


def build_day(
    database: Database,
    *,
    elders: int = 4,
    cars: Sequence[CarDraft] | int = 1,
    capacity: int = 3,
    mobility: str = "M0",
    escort: bool = False,
    on: date = DAY,
) -> Day:
    """Build a day: elders on a ring of about two kilometres around the site, each car with a run."""
    metadata().create_all(database.engine)
    with database.write() as session:
        village = build_village(session)
        site_id, session_id = add_clinic(session, village, capacity=capacity, on=on)
        residents = add_elders(
            session,
            village,
            *(
                elder(village, f"赵{chr(0x4E00 + i)}兰", mobility=mobility, contacts=())
                for i in range(elders)
            ),
        )
        _place_around(session, residents)
        depot = add_address(
            session, text="车场", area_id=village.street_id, now=NOW, pin=Point(34.7450, 113.6150)
        )
        drafts = cars if not isinstance(cars, int) else [_car(i) for i in range(cars)]
        vehicles, drivers, escorts, runs = [], [], [], []
        for i, draft in enumerate(drafts):
            car = add_vehicle(
                session,
                draft=CarDraft(
                    plate=draft.plate,
                    area_id=village.street_id,
                    depot_address_id=depot.id,
                    seats=draft.seats,
                    wheelchair_places=draft.wheelchair_places,
                    seats_lost_per_chair=draft.seats_lost_per_chair,
                    has_ramp=draft.has_ramp,
                    insured_until=draft.insured_until,
                ),
            )
            helper = HelperDraft(name=f"司机{i}", area_id=village.street_id)
            driver = add_driver(session, draft=helper)
            crew = CrewOf(vehicle_id=car.id, driver_id=driver.id)
            if escort:
                side = add_escort(session, draft=HelperDraft(f"引导员{i}", village.street_id))
                escorts.append(side.id)
                crew = CrewOf(car.id, driver.id, side.id)
            run = open_run(session, on=on, crew=crew, times=WHOLE_DAY, by=None, now=NOW)
            vehicles.append(car.id)
            drivers.append(driver.id)
            runs.append(run.id)
        session.flush()
    return Day(
        village=village,
        site_id=site_id,
        session_id=session_id,
        residents=tuple(residents),
        vehicles=tuple(vehicles),
        drivers=tuple(drivers),
        escorts=tuple(escorts),
        runs=tuple(runs),
        travel=SteadyTravel(),
    )


def car(
    plate: str, *, seats: int = 4, chairs: int = 0, lost: int = 0, ramp: bool = False
) -> CarDraft:
    """Return a car of which only the places matter."""
    return CarDraft(plate, 0, 0, seats, chairs, lost, ramp)


def _car(number: int) -> CarDraft:
    return car(f"豫A{number:04d}D", seats=4, chairs=1, lost=1, ramp=True)


def _place_around(session: Session, residents: Sequence[int]) -> None:
    for i, resident_id in enumerate(residents):
        angle = 2 * math.pi * i / max(1, len(residents))
        radius = 0.008 + 0.002 * (i % 3)
        resident = session.get_one(Resident, resident_id)
        point = Point(
            SITE_POINT.latitude + radius * math.sin(angle),
            SITE_POINT.longitude + radius * math.cos(angle),
        )
        address = add_address(
            session, text=f"示范路{i + 1}号院", area_id=resident.community_id, now=NOW, pin=point
        )
        resident.address_id, resident.household_id = address.id, None
    session.flush()


def book_car(
    database: Database, day: Day, who: int, slot_at: datetime, **changes: object
) -> tuple[int, int, int]:
    """Book an elder there and back by our car; return (appointment, outbound leg, return leg)."""
    asked = booking(day.village, day.residents[who], day.session_id, slot_at, BY_CAR, **changes)
    booked = book_trip(database, day.travel, booking=asked, by=day.by, now=NOW)
    outbound, homeward = booked.leg_ids
    return booked.appointment_id, outbound, homeward


def assign(database: Database, day: Day, leg_id: int, *, run: int = 0, now: datetime = NOW) -> int:
    """Assign a leg to a run at its best place; return the run's new version."""
    run_id = day.runs[run]
    edited = assign_leg(
        database,
        day.travel,
        leg_id=leg_id,
        run_id=run_id,
        run_version=version_of(database, run_id),
        by=day.by,
        now=now,
    )
    return edited.versions[run_id]


def publish(database: Database, day: Day, *runs: int, now: datetime = NOW) -> Published:
    """Publish these runs of a day (all, when none is named) as they are stored."""
    versions = {run: version_of(database, run) for run in runs or day.runs}
    return publish_runs(database, day.travel, versions=versions, by=day.by, now=now)


def version_of(database: Database, run_id: int) -> int:
    """Return a run's version."""
    with database.read() as session:
        return session.get_one(Run, run_id).version


def leg_of(database: Database, leg_id: int) -> RideLeg:
    """Return a leg as it is stored."""
    with database.read() as session:
        leg = session.get_one(RideLeg, leg_id)
        session.expunge(leg)
        return leg


def home_leg(session: Session, appointment_id: int) -> RideLeg:
    """Return the way home of an appointment."""
    leg = find_leg(session, appointment_id=appointment_id, direction=Direction.RETURN)
    assert leg is not None
    return leg


def tap(
    kind: DayEventKind,
    when: datetime,
    /,
    *,
    leg: int | None = None,
    appointment: int | None = None,
    uuid: str = "",
    **facts: Any,
) -> Tap:
    """Return an event as a device sends it."""
    return Tap(
        uuid=uuid or uuid4().hex,
        kind=kind,
        happened_at=when,
        leg_id=leg,
        appointment_id=appointment,
        facts=dict(facts),
    )


def addresses(session: Session) -> list[Address]:
    """Return all addresses."""
    return list(session.scalars(select(Address).order_by(Address.id)))
