"""Not today, said at the door or aboard: thanks, no fault, home if aboard, a week of quiet (moment 5e)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.clinics.codes import AppointmentStatus
from outreach.clinics.models import Appointment
from outreach.contact.codes import Purpose
from outreach.ledger.operations import snooze_resident
from outreach.places.queries import local_day
from outreach.transport.codes import BEGUN
from outreach.transport.legs import legs_of
from outreach.workflows.cancel_appointment import cancel_appointment
from outreach.workflows.silence import silence

QUIET_FOR = timedelta(days=7)
CANCELLED_AT_DOOR = "R03"
NOT_BEGUN = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED})


def take_not_today(session: Session, *, appointment: Appointment, now: datetime) -> None:
    """End what has not begun and leave the person in peace; whoever is aboard is brought home."""
    is_aboard = any(leg.status in BEGUN for leg in legs_of(session, appointment_id=appointment.id))
    if not is_aboard and appointment.status in NOT_BEGUN:
        cancel_appointment(
            session, appointment_id=appointment.id, code=CANCELLED_AT_DOOR, by=None, now=now
        )
    day = local_day(session, now)
    snooze_resident(session, resident_id=appointment.resident_id, until=day + QUIET_FOR, day=day)
    silence(
        session,
        resident_id=appointment.resident_id,
        purposes=[Purpose.NUDGE],
        reason="snoozed",
        now=now,
    )
    record(
        session,
        act="not_today",
        subject=("appointment", appointment.id),
        by=None,
        now=now,
        facts={"aboard": is_aboard},
        actor="field_link",
    )
