"""Someone stands at the desk without a booking: found or added, given the next free place, registered (5k)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.clinics.codes import Mode
from outreach.clinics.operations import Booking
from outreach.clinics.queries import (
    available_slots,
    get_appointment,
    get_site_session,
    standing_appointment,
)
from outreach.clinics.rules import SlotFull, Ways
from outreach.kernel.errors import InvalidInput
from outreach.transport.codes import BEGUN
from outreach.transport.legs import AlreadyUnderWay, legs_of
from outreach.workflows.book import book
from outreach.workflows.booking_offer import plannable_doses
from outreach.workflows.change_appointment import Change, change_appointment
from outreach.workflows.desk_acts import AtDesk, check_in

ON_FOOT = Ways(Mode.WALKS, Mode.WALKS)


def walk_in(
    session: Session,
    *,
    resident_id: int,
    site_session_id: int,
    checked: Collection[str],
    uuid: str,
    by: int,
    now: datetime,
) -> int:
    """Register a walk-in and return the appointment: today's own one, one moved here, or a new one.

    A place is never taken from those who are booked: the next slot with room counts, and none means
    that the session is full (N4). Whoever comes on foot goes home on foot.
    """
    appointment_id = _appointment_for(
        session, resident_id=resident_id, site_session_id=site_session_id, by=by, now=now
    )
    press = AtDesk(appointment_id=appointment_id, uuid=uuid, by=by, now=now)
    check_in(session, press=press, checked=checked)
    return appointment_id


def _appointment_for(
    session: Session, *, resident_id: int, site_session_id: int, by: int, now: datetime
) -> int:
    standing = standing_appointment(session, resident_id=resident_id)
    if standing is not None and standing.site_session_id == site_session_id:
        return standing.id
    slot_at = _next_slot(session, site_session_id, now=now)
    if standing is not None:
        if any(x.status in BEGUN for x in legs_of(session, appointment_id=standing.id)):
            raise AlreadyUnderWay(appointment_id=standing.id)
        change = Change(site_session_id=site_session_id, slot_at=slot_at, ways=ON_FOOT)
        change_appointment(
            session,
            appointment_id=standing.id,
            version=get_appointment(session, standing.id).version,
            change=change,
            trip=None,
            by=by,
            now=now,
        )
        return standing.id
    doses = plannable_doses(session, resident_id=resident_id)
    due = tuple(dose.campaign_id for dose in doses if dose.is_due)
    wanted = due or tuple(dose.campaign_id for dose in doses)
    if not wanted:
        raise InvalidInput("nothing_due", field="resident_id")
    booking = Booking(
        resident_id=resident_id,
        site_session_id=site_session_id,
        slot_at=slot_at,
        ways=ON_FOOT,
        campaign_ids=wanted,
    )
    return book(session, booking=booking, trip=None, by=by, now=now).appointment_id


def _next_slot(session: Session, site_session_id: int, *, now: datetime) -> datetime:
    row = get_site_session(session, site_session_id)
    offers = available_slots(
        session, from_on=row.on, until_on=row.on, now=now, site_ids=[row.site_id]
    )
    times = sorted(o.slot_at for o in offers if o.site_session_id == site_session_id)
    if not times:
        raise SlotFull("session_full", site_session_id=site_session_id)
    return times[0]
