"""Sixty people booked there and home by our cars on the demo's next day; run beside a running product.

    python -m tests.journeys.sixty_people PEOPLE

Prints the day, so that a journey can open its page.
"""

from __future__ import annotations

import sys
from datetime import date, datetime, timedelta

from sqlalchemy import select

from outreach.campaigns.models import Campaign
from outreach.clinics.codes import STANDING, Mode
from outreach.clinics.models import Appointment, SiteSession
from outreach.clinics.operations import Booking
from outreach.clinics.queries import available_slots
from outreach.clinics.rules import Ways
from outreach.config import load_settings
from outreach.kernel.errors import OutreachError
from outreach.ledger.models import Resident
from outreach.places.queries import business_clock, local_day
from outreach.services import Services, build_services
from outreach.workflows.book import book_trip

NEXT_DAYS = 7


def main(people: int) -> None:
    """Book so many people and print the day."""
    services = build_services(load_settings())
    with services.database.read() as session:
        now = business_clock(session).now()
        today = local_day(session, now)
        days = session.scalars(
            select(SiteSession.on)
            .where(SiteSession.on > today, SiteSession.on <= today + timedelta(days=NEXT_DAYS))
            .order_by(SiteSession.on)
        ).all()
        on = days[0]
    booked = book_people(services, people, on=on, now=now)
    if booked < people:
        raise SystemExit(f"only {booked} could be booked")
    sys.stdout.write(f"{on.isoformat()}\n")


def book_people(
    services: Services, people: int, *, on: date, now: datetime, notice: timedelta = timedelta()
) -> int:
    """Book up to so many who walk or need a hand, there and home by our cars; return how many.

    Nobody gets a slot sooner than ``notice`` from now.
    """
    with services.database.read() as session:
        campaign_id = session.scalars(select(Campaign.id).order_by(Campaign.id)).first() or 0
        standing = select(Appointment.resident_id).where(Appointment.status.in_(STANDING))
        waiting = session.scalars(
            select(Resident.id)
            .where(
                Resident.id.not_in(standing),
                Resident.mobility.in_(["M0", "M1"]),
                Resident.address_id.is_not(None),
            )
            .order_by(Resident.id)
            .limit(3 * people)
        ).all()
    booked = 0
    for resident_id in waiting:
        if booked == people:
            break
        booked += _book(services, resident_id, campaign_id, on, now, now + notice)
    return booked


def _book(
    services: Services,
    resident_id: int,
    campaign_id: int,
    on: date,
    now: datetime,
    first: datetime,
) -> int:
    with services.database.read() as session:
        offers = available_slots(
            session,
            from_on=on,
            until_on=on,
            now=now,
            resident_id=resident_id,
        )
    for offer in [each for each in offers if each.slot_at >= first]:
        booking = Booking(
            resident_id=resident_id,
            site_session_id=offer.site_session_id,
            slot_at=offer.slot_at,
            ways=Ways(Mode.OUR_CAR, Mode.OUR_CAR),
            campaign_ids=(campaign_id,),
        )
        try:
            book_trip(services.database, services.travel_times, booking=booking, by=None, now=now)
        except OutreachError:
            return 0
        return 1
    return 0


if __name__ == "__main__":
    main(int(sys.argv[1]))
