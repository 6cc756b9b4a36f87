"""Whether a run, a leg or a car lies within the dispatcher's areas; outside looks like missing (N6)."""

from __future__ import annotations

from outreach.clinics.queries import get_appointment
from outreach.ledger.models import Resident
from outreach.transport.queries import get_leg, get_run, get_vehicle
from outreach.web.acting import Acting, reading


def check_run(act: Acting, run_id: int) -> None:
    """Raise NotFound unless the run's car belongs to the visitor's areas."""
    act.check_area(get_vehicle(act.session, get_run(act.session, run_id).vehicle_id).area_id)


def check_leg(act: Acting, leg_id: int) -> None:
    """Raise NotFound unless the leg's rider lives in the visitor's areas."""
    appointment = get_appointment(act.session, get_leg(act.session, leg_id).appointment_id)
    resident = act.session.get_one(Resident, appointment.resident_id)
    act.check_area(resident.community_id)


def checked(*, run_ids: tuple[int, ...] = (), leg_ids: tuple[int, ...] = ()) -> Acting:
    """Return the hands of this request after checking runs and legs; its reading is over."""
    with reading() as act:
        for run_id in run_ids:
            check_run(act, run_id)
        for leg_id in leg_ids:
            check_leg(act, leg_id)
    return act


def check_vehicle(act: Acting, vehicle_id: int) -> None:
    """Raise NotFound unless the car belongs to the visitor's areas."""
    act.check_area(get_vehicle(act.session, vehicle_id).area_id)
