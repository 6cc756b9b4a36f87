"""The pulse of a day: a short text that changes whenever anything a dispatcher's page shows has changed."""

from __future__ import annotations

from datetime import date
from hashlib import blake2b

from sqlalchemy import Executable, func, select
from sqlalchemy.orm import Session

from outreach.transport.models import Driver, Escort, Leave, Shift, Vehicle, VehicleCheck
from outreach.transport.run_models import Alarm, Handover, Promise, RideLeg, Run, RunStop


def pulse_of(session: Session, *, on: date) -> str:
    """Return the pulse of a day. It costs a few counts, so that many pages may ask for it often."""
    facts = [tuple(session.execute(question).one()) for question in _questions(on)]
    return blake2b(repr(facts).encode(), digest_size=8).hexdigest()


def _questions(on: date) -> list[Executable]:
    """Counts, sums of versions and newest instants; every write moves at least one of them."""
    legs = select(func.count(RideLeg.id), func.sum(RideLeg.version)).where(RideLeg.on == on)
    runs = select(func.count(Run.id), func.sum(Run.version)).where(Run.on == on)
    stops = (
        select(func.count(RunStop.id), func.max(RunStop.reached_at), func.count(RunStop.done_at))
        .join(Run, Run.id == RunStop.run_id)
        .where(Run.on == on)
    )
    alarms = select(
        func.count(Alarm.id),
        func.sum(Alarm.level),
        func.count(Alarm.taken_at),
        func.count(Alarm.ended_at),
    ).where(Alarm.on == on)
    promises = (
        select(func.count(Promise.id), func.count(Promise.reached_at), func.count(Promise.ended_at))
        .join(RideLeg, RideLeg.id == Promise.leg_id)
        .where(RideLeg.on == on)
    )
    handovers = select(
        func.count(Handover.id), func.count(Handover.voided_at), func.count(Handover.called_at)
    )
    return [
        legs,
        runs,
        stops,
        alarms,
        promises,
        handovers,
        select(func.count(Vehicle.id), func.sum(Vehicle.version)),
        select(func.count(Driver.id), func.sum(Driver.version)),
        select(func.count(Escort.id), func.sum(Escort.version)),
        select(func.count(Shift.id), func.count(Shift.cancelled_at)).where(Shift.on == on),
        select(func.count(Leave.id), func.max(Leave.id)),
        select(func.count(VehicleCheck.id), func.max(VehicleCheck.at)).where(VehicleCheck.on == on),
    ]
