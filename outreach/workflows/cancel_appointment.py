"""Cancelling: the slot is free at once, rides that have not begun end, the family is told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.clinics.models import Appointment
from outreach.clinics.operations import give_back_slot
from outreach.contact.codes import Step
from outreach.kernel.errors import InvalidInput
from outreach.ledger.codes import Cause
from outreach.transport.assign import ReturnNeeded
from outreach.transport.codes import BEGUN, RIDE_RESULTS, LegStatus
from outreach.transport.legs import end_leg, legs_of
from outreach.workflows.book import settle_booking


def cancel_appointment(
    session: Session,
    *,
    appointment_id: int,
    code: str = "",
    reason: str = "",
    by: int | None,
    now: datetime,
) -> Appointment:
    """Cancel with a coded reason (R); refused once our car has fetched the person (N2).

    Whoever is aboard or at the site is brought home first: then a visit ends by its events.
    """
    if code and code not in RIDE_RESULTS:
        raise InvalidInput("cancel_code", field="code")
    legs = legs_of(session, appointment_id=appointment_id)
    if any(leg.status in BEGUN for leg in legs):
        raise ReturnNeeded(appointment_id=appointment_id)
    appointment = give_back_slot(session, appointment_id=appointment_id, code=code, by=by, now=now)
    for leg in legs:
        if leg.status is not LegStatus.CANCELLED:
            end_leg(session, leg=leg, code=appointment.cancel_code, now=now)
    record(
        session,
        act="appointment_cancelled",
        subject=("appointment", appointment_id),
        by=by,
        now=now,
        facts={"code": appointment.cancel_code},
        reason=reason,
    )
    settle_booking(
        session,
        appointment=appointment,
        by=by,
        cause=Cause.CANCELLED,
        now=now,
        announce=Step.CANCELLED,
    )
    return appointment
