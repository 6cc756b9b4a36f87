"""Booking: a slot, a way there and a way home, as one act that holds together or leaves nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.clinics.codes import Mode
from outreach.clinics.models import Appointment
from outreach.clinics.operations import Booking, hold_slot
from outreach.clinics.queries import get_site_session
from outreach.clinics.rules import Ways, check_ways
from outreach.contact.codes import Step
from outreach.db import Database
from outreach.kernel.errors import NotFound
from outreach.ledger.codes import Cause
from outreach.ledger.models import Resident
from outreach.places.matrix import travel_table
from outreach.places.points import points_of
from outreach.places.queries import local_zone
from outreach.ports.travel import TravelTimes
from outreach.transport.legs import Trip, lay_legs, trip_ends
from outreach.transport.rules import boarding_of
from outreach.workflows.may_book import check_may_book
from outreach.workflows.restate import restate
from outreach.workflows.schedule_messages import schedule_for_appointment
from outreach.workflows.way_home import watch_way_home


@dataclass(frozen=True, slots=True)
class Booked:
    """What booking made."""

    appointment_id: int
    version: int
    leg_ids: tuple[int, ...]


def needs_car(ways: Ways) -> bool:
    """Tell whether any direction is made by our car."""
    return Mode.OUR_CAR in {ways.outbound, ways.homeward}


def measure_trip(
    database: Database,
    travel: TravelTimes,
    *,
    resident_id: int,
    site_session_id: int,
    slot_at: datetime,
) -> Trip:
    """Return how long the direct way takes there and back, asked with no transaction open."""
    with database.read() as session:
        home, site = trip_ends(session, resident_id=resident_id, site_session_id=site_session_id)
        points = points_of(session, [home, site])
        zone = local_zone(session)
    table = travel_table(points, travel, leaving=slot_at.astimezone(zone))
    return Trip(
        home_address_id=home,
        site_address_id=site,
        out_direct_s=table.between(home, site),
        back_direct_s=table.between(site, home),
    )


def book_trip(
    database: Database,
    travel: TravelTimes,
    *,
    booking: Booking,
    by: int | None,
    now: datetime,
) -> Booked:
    """Book a slot and the rides that go with it; measures the way first, then writes at once."""
    check_ways(booking.ways)
    trip = None
    if needs_car(booking.ways):
        trip = measure_trip(
            database,
            travel,
            resident_id=booking.resident_id,
            site_session_id=booking.site_session_id,
            slot_at=booking.slot_at,
        )
    return database.act(lambda session: book(session, booking=booking, trip=trip, by=by, now=now))


def book(
    session: Session, *, booking: Booking, trip: Trip | None, by: int | None, now: datetime
) -> Booked:
    """Hold the slot, make the legs, queue the messages and restate; all or nothing.

    ``trip`` must be measured beforehand for whoever comes or goes by our car.
    """
    resident = session.get(Resident, booking.resident_id)
    if resident is None:
        raise NotFound("resident", resident_id=booking.resident_id)
    get_site_session(session, booking.site_session_id)
    if needs_car(booking.ways):
        boarding_of(resident.mobility)  # bed-bound people are visited, never driven
    check_may_book(
        session,
        resident_id=booking.resident_id,
        campaign_ids=booking.campaign_ids,
        slot_at=booking.slot_at,
    )
    appointment = hold_slot(session, booking=booking, by=by, now=now)
    legs = lay_legs(session, appointment=appointment, trip=trip, now=now)
    record(session, act="booked", subject=("appointment", appointment.id), by=by, now=now)
    settle_booking(
        session,
        appointment=appointment,
        by=by,
        cause=Cause.BOOKED,
        now=now,
        announce=Step.BOOKED,
    )
    return Booked(
        appointment_id=appointment.id,
        version=appointment.version,
        leg_ids=tuple(leg.id for leg in legs),
    )


def settle_booking(
    session: Session,
    *,
    appointment: Appointment,
    by: int | None,
    cause: Cause,
    now: datetime,
    announce: Step | None = None,
) -> None:
    """Do what every change of an appointment ends with: the ledger's status and the messages follow."""
    session.flush()
    watch_way_home(session, appointment=appointment, now=now)
    restate(session, resident_id=appointment.resident_id, by=by, cause=cause, now=now)
    schedule_for_appointment(session, appointment_id=appointment.id, now=now, announce=announce)
