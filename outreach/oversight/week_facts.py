"""Whom a sampled week is drawn from: due people of the units, the sites nearest to them, the usual car."""

from __future__ import annotations

from statistics import median_low

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.clinics.models import Site
from outreach.kernel.errors import InvalidInput
from outreach.kernel.geo import Point, distance_m
from outreach.ledger.codes import DUE
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Household, Resident
from outreach.oversight.span import Span
from outreach.oversight.week_rules import BED_BOUND, Car, Someone, WeekFacts
from outreach.places.models import Address
from outreach.places.points import points_of
from outreach.transport.models import Vehicle
from outreach.transport.rules import DoorFacts

MOST_PEOPLE = 4000
MOST_SITES = 6


def read_week(session: Session, span: Span) -> tuple[WeekFacts, dict[int, Point]]:
    """Return what a week is drawn from, with the points of all its addresses.

    InvalidInput says what is missing: nobody due with an address, or no site.
    """
    found = _people(session, span)
    people = tuple(one for one in found if one.mobility != BED_BOUND)
    if not people:
        raise InvalidInput("week_without_people", field="people")
    points = points_of(session, [one.address_id for one in people])
    sites = _sites(session, points)
    if not sites:
        raise InvalidInput("week_without_sites", field="slots")
    car = _usual_car(session, depot_address_id=next(iter(sites.values())))
    points |= points_of(session, [*sites.values(), car.depot_address_id])
    bed_bound = len(found) - len(people)
    return WeekFacts(people, sites, car, span.zone, bed_bound), points


def _people(session: Session, span: Span) -> list[Someone]:
    address_id = func.coalesce(Resident.address_id, Household.address_id)
    rows = session.execute(
        select(
            Resident.id,
            address_id.label("address_id"),
            Resident.mobility,
            func.coalesce(Address.floor, Household.floor).label("floor"),
            func.coalesce(Address.has_lift, Household.has_lift).label("has_lift"),
            Address.learned_load_s,
        )
        .select_from(LedgerEntry)
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .outerjoin(Household, Household.id == Resident.household_id)
        .join(Address, Address.id == address_id)
        .where(span.mine(), LedgerEntry.status.in_(sorted(DUE)))
        .order_by(LedgerEntry.id)
        .limit(MOST_PEOPLE)
    )
    return [
        Someone(
            row.id,
            row.address_id,
            row.mobility,
            DoorFacts(row.floor, row.has_lift, row.learned_load_s),
        )
        for row in rows
    ]


def _sites(session: Session, points: dict[int, Point]) -> dict[int, int]:
    """Return the sites nearest to the middle of the people's homes, with their addresses."""
    rows = session.execute(
        select(Site.id, Site.address_id).where(Site.is_active).order_by(Site.id).limit(500)
    ).all()
    where = points_of(session, [row.address_id for row in rows])
    homes = list(points.values())
    middle = Point(
        sum(p.latitude for p in homes) / len(homes), sum(p.longitude for p in homes) / len(homes)
    )
    near = sorted(rows, key=lambda row: (distance_m(where[row.address_id], middle), row.id))
    return {row.id: row.address_id for row in near[:MOST_SITES]}


def _usual_car(session: Session, *, depot_address_id: int) -> Car:
    cars = session.scalars(select(Vehicle).where(Vehicle.is_active).order_by(Vehicle.id)).all()
    if not cars:
        return Car(depot_address_id=depot_address_id)
    return Car(
        seats=median_low([car.seats for car in cars]),
        chairs=median_low([car.wheelchair_places for car in cars]),
        seats_lost_per_chair=median_low([car.seats_lost_per_chair for car in cars]),
        has_ramp=any(car.has_ramp for car in cars),
        depot_address_id=cars[0].depot_address_id,
    )
