"""Sites and sessions for tests of what happens at the place of the needle."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from outreach.clinics.codes import Mode
from outreach.clinics.operations import Booking, Hours, add_site, add_site_session
from outreach.clinics.rules import Ways
from outreach.kernel.geo import Point
from outreach.places.addresses import add_address
from tests.builders.ledger import NOW, Village

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 26)
BY_CAR = Ways(Mode.OUR_CAR, Mode.OUR_CAR)
ON_FOOT = Ways(Mode.WALKS, Mode.WALKS)
SITE_POINT = Point(34.7500, 113.6200)


def at(hour: int, minute: int = 0, *, on: date = DAY) -> datetime:
    """Return a local time of the tests' day as an aware instant."""
    return datetime.combine(on, time(hour, minute), tzinfo=ZONE)


def add_clinic(
    session: Session,
    village: Village,
    *,
    name: str = "桐柏路接种点",
    capacity: int = 2,
    point: Point = SITE_POINT,
    on: date = DAY,
    opens: time = time(8, 30),
    closes: time = time(17, 0),
) -> tuple[int, int]:
    """Add a site with one session of 20-minute slots; return (site, session)."""
    address = add_address(session, text=name, area_id=village.street_id, now=NOW, pin=point)
    site = add_site(session, name=name, area_id=village.street_id, address_id=address.id)
    hours = Hours(opens=opens, closes=closes, slot_minutes=20, capacity_per_slot=capacity)
    return site.id, add_site_session(session, site_id=site.id, on=on, hours=hours).id


def booking(
    village: Village,
    resident_id: int,
    site_session_id: int,
    slot_at: datetime,
    ways: Ways = BY_CAR,
    **changes: object,
) -> Booking:
    """Return a booking for the village's campaign."""
    return Booking(
        resident_id=resident_id,
        site_session_id=site_session_id,
        slot_at=slot_at,
        ways=ways,
        campaign_ids=(village.campaign_id,),
        **changes,  # type: ignore[arg-type]
    )
