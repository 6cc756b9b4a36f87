"""Booking a recommended place: the slot, both rides, and the two cars that were offered on the phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.clinics.operations import Booking
from outreach.db import Database
from outreach.kernel.errors import OutreachError
from outreach.ports.travel import TravelTimes
from outreach.transport.queries import get_run
from outreach.workflows.assign_leg import assign_leg
from outreach.workflows.book import book_trip


@dataclass(frozen=True, slots=True)
class BookedPlace:
    """The appointment, and how many of the cars offered could not be kept."""

    appointment_id: int
    cars_missed: int


def book_place(
    database: Database,
    travel: TravelTimes,
    *,
    booking: Booking,
    run_ids: Sequence[int] = (),
    by: int | None,
    now: datetime,
) -> BookedPlace:
    """Book, then take each ride into the car that was offered (there, home).

    A car that filled up meanwhile does not undo the booking: the ride waits for another one, in sight of
    the dispatcher.
    """
    booked = book_trip(database, travel, booking=booking, by=by, now=now)
    missed = 0
    for leg_id, run_id in zip(booked.leg_ids, run_ids, strict=False):
        try:
            with database.read() as session:
                version = get_run(session, run_id).version
            assign_leg(
                database,
                travel,
                leg_id=leg_id,
                run_id=run_id,
                run_version=version,
                by=by,
                now=now,
            )
        except OutreachError:
            missed += 1
    return BookedPlace(booked.appointment_id, missed)
