"""Changing an appointment: another slot, another way there or home, or a new place to be fetched from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.clinics.models import Appointment
from outreach.clinics.operations import change_ways, confirm, move_slot
from outreach.clinics.queries import get_appointment, planned_campaigns, standing_appointment
from outreach.clinics.rules import Ways
from outreach.contact.codes import Step
from outreach.db import Database
from outreach.kernel.errors import InvalidInput
from outreach.ledger.codes import Cause
from outreach.ledger.models import Resident
from outreach.ports.travel import TravelTimes
from outreach.transport.codes import BEGUN
from outreach.transport.legs import AlreadyUnderWay, Trip, lay_legs, legs_of
from outreach.transport.rules import boarding_of
from outreach.workflows.book import measure_trip, needs_car, settle_booking
from outreach.workflows.may_book import check_may_book


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different; None leaves it as it is."""

    site_session_id: int | None = None
    slot_at: datetime | None = None
    ways: Ways | None = None
    companions: int | None = None
    wants_escort: bool | None = None


def change_trip(
    database: Database,
    travel: TravelTimes,
    *,
    appointment_id: int,
    version: int,
    change: Change,
    by: int | None,
    now: datetime,
) -> int:
    """Change an appointment and everything that hangs on it; return its new version."""
    with database.read() as session:
        before = get_appointment(session, appointment_id)
        resident_id = before.resident_id
        session_id = change.site_session_id or before.site_session_id
        slot_at = change.slot_at or before.slot_at
        ways = change.ways or ways_of(before)
    trip = None
    if needs_car(ways):
        trip = measure_trip(
            database,
            travel,
            resident_id=resident_id,
            site_session_id=session_id,
            slot_at=slot_at,
        )
    return database.act(
        lambda session: (
            change_appointment(
                session,
                appointment_id=appointment_id,
                version=version,
                change=change,
                trip=trip,
                by=by,
                now=now,
            ).version
        )
    )


def change_appointment(
    session: Session,
    *,
    appointment_id: int,
    version: int,
    change: Change,
    trip: Trip | None,
    by: int | None,
    now: datetime,
) -> Appointment:
    """Move the slot, change the ways, lay the legs anew, tell the family, restate.

    A new time is refused for what would refuse the booking of it (``check_may_book``).
    """
    appointment = get_appointment(session, appointment_id)
    told_before = appointment.told_version
    if change.slot_at is not None or change.site_session_id is not None:
        begun = [x for x in legs_of(session, appointment_id=appointment_id) if x.status in BEGUN]
        if begun:
            raise AlreadyUnderWay(appointment_id=appointment_id)
        slot_at = change.slot_at or appointment.slot_at
        check_may_book(
            session,
            resident_id=appointment.resident_id,
            campaign_ids=planned_campaigns(session, [appointment_id])[appointment_id],
            slot_at=slot_at,
        )
        appointment = move_slot(
            session,
            appointment_id=appointment_id,
            site_session_id=change.site_session_id or appointment.site_session_id,
            slot_at=slot_at,
            version=version,
            now=now,
        )
        version = appointment.version
    if change.ways is not None:
        resident = session.get_one(Resident, appointment.resident_id)
        if needs_car(change.ways):
            boarding_of(resident.mobility)
        appointment = change_ways(
            session, appointment_id=appointment_id, ways=change.ways, version=version
        )
        if appointment.told_version == told_before:
            appointment.told_version += 1  # how one comes and goes is part of what was told
    if change.companions is not None:
        if not 0 <= change.companions <= 3:
            raise InvalidInput("companions", field="companions")
        appointment.companions = change.companions
    if change.wants_escort is not None:
        appointment.wants_escort = change.wants_escort
    lay_legs(session, appointment=appointment, trip=trip, now=now)
    record(
        session, act="appointment_changed", subject=("appointment", appointment_id), by=by, now=now
    )
    settle_booking(
        session,
        appointment=appointment,
        by=by,
        cause=Cause.BOOKED,
        now=now,
        announce=Step.CHANGED if appointment.told_version != told_before else None,
    )
    return appointment


def confirm_appointment(
    session: Session, *, appointment_id: int, how: str, by: int | None, now: datetime
) -> Appointment:
    """Note that the family said yes to the time; ``how`` is the door it came by (sms, voice, page, staff)."""
    appointment = confirm(session, appointment_id=appointment_id, how=how, now=now)
    settle_booking(session, appointment=appointment, by=by, cause=Cause.BOOKED, now=now)
    return appointment


def follow_the_person(
    database: Database,
    travel: TravelTimes,
    *,
    resident_id: int,
    by: int | None,
    now: datetime,
) -> bool:
    """Send the car of a standing appointment to where the person stays now; call after a stay changed."""
    with database.read() as session:
        appointment = standing_appointment(session, resident_id=resident_id)
        found = (appointment.id, appointment.version) if appointment is not None else None
    if found is None:
        return False
    change_trip(
        database,
        travel,
        appointment_id=found[0],
        version=found[1],
        change=Change(),
        by=by,
        now=now,
    )
    return True


def ways_of(appointment: Appointment) -> Ways:
    """Return how someone comes and goes as it is booked."""
    return Ways(
        outbound=appointment.outbound_mode,
        homeward=appointment.return_mode,
        outbound_with=appointment.outbound_with,
        return_with=appointment.return_with,
        return_contact_id=appointment.return_contact_id,
    )
