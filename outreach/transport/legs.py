"""Legs: made from an appointment's "our car" directions, moved with its slot, ended with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from outreach.clinics.codes import Mode
from outreach.clinics.models import Appointment, Site, SiteSession
from outreach.clinics.queries import address_on
from outreach.clinics.rules import expected_ready_at
from outreach.kernel.errors import NotFound, OutreachError
from outreach.ledger.models import Household, Resident
from outreach.places.models import Address
from outreach.transport.codes import BEGUN, OPEN_LEG, Direction, LegStatus
from outreach.transport.rules import (
    DoorFacts,
    boarding_of,
    home_seconds,
    load_of,
    max_ride_s,
    outbound_windows,
    return_windows,
    site_seconds,
)
from outreach.transport.run_models import Promise, RideLeg, Run, RunStop


class HomeUnknown(OutreachError):
    """Nobody knows where the car should go; the resident has no address."""


class AlreadyUnderWay(OutreachError):
    """The ride has begun; what is left is to bring the person home."""

    status = 409


@dataclass(frozen=True, slots=True)
class Trip:
    """Where the car goes and how long the direct way takes, there and back."""

    home_address_id: int
    site_address_id: int
    out_direct_s: float
    back_direct_s: float


def trip_ends(session: Session, *, resident_id: int, site_session_id: int) -> tuple[int, int]:
    """Return (home, site) addresses; home is where the person stays that day, not where registered."""
    row = session.execute(
        select(SiteSession.on, Site.address_id)
        .join(Site, Site.id == SiteSession.site_id)
        .where(SiteSession.id == site_session_id)
    ).first()
    if row is None:
        raise NotFound("site_session", site_session_id=site_session_id)
    home = address_on(session, resident_id=resident_id, on=row.on)
    if home is None:
        raise HomeUnknown(resident_id=resident_id, field="address")
    return home, row.address_id


def lay_legs(
    session: Session, *, appointment: Appointment, trip: Trip | None, now: datetime
) -> list[RideLeg]:
    """Make the legs that the appointment's modes ask for, or bring existing ones up to date.

    Only "our car" makes a leg. A leg whose times or ends change leaves its run, and its promise ends.
    """
    legs = []
    for direction, mode in (
        (Direction.OUTBOUND, appointment.outbound_mode),
        (Direction.RETURN, appointment.return_mode),
    ):
        leg = find_leg(session, appointment_id=appointment.id, direction=direction)
        if mode is Mode.OUR_CAR:
            if trip is None:
                raise HomeUnknown(resident_id=appointment.resident_id, field="address")
            legs.append(_lay_leg(session, appointment, direction, trip, leg, now))
        elif leg is not None and leg.status is not LegStatus.CANCELLED:
            end_leg(session, leg=leg, code="R08", now=now)
    session.flush()
    return legs


def find_leg(session: Session, *, appointment_id: int, direction: Direction) -> RideLeg | None:
    """Return the leg of this direction, or None."""
    return session.scalars(
        select(RideLeg).where(
            RideLeg.appointment_id == appointment_id, RideLeg.direction == direction
        )
    ).first()


def legs_of(session: Session, *, appointment_id: int) -> list[RideLeg]:
    """Return the legs of an appointment, outbound first."""
    question = select(RideLeg).where(RideLeg.appointment_id == appointment_id)
    return sorted(session.scalars(question), key=lambda leg: leg.direction is Direction.RETURN)


def _lay_leg(
    session: Session,
    appointment: Appointment,
    direction: Direction,
    trip: Trip,
    leg: RideLeg | None,
    now: datetime,
) -> RideLeg:
    is_new = leg is None
    leg = leg or RideLeg(appointment_id=appointment.id, direction=direction)
    if not is_new and leg.status in BEGUN:
        return leg  # nothing about it can be planned anew
    wanted = _columns(session, appointment, direction, trip)
    if not is_new and leg.status in OPEN_LEG and not _differs(leg, wanted):
        return leg
    if not is_new:
        take_off_run(session, leg=leg, now=now)
        end_promise(session, leg=leg, now=now)
    for name, value in wanted.items():
        setattr(leg, name, value)
    leg.status, leg.result_code, leg.ready_at = LegStatus.WAITING, "", None
    session.add(leg)
    session.flush()
    return leg


def _differs(leg: RideLeg, wanted: dict[str, object]) -> bool:
    soft = {"direct_s", "max_ride_s", "pickup_from_at", "pickup_until_at"}
    return any(getattr(leg, name) != value for name, value in wanted.items() if name not in soft)


def _columns(
    session: Session, appointment: Appointment, direction: Direction, trip: Trip
) -> dict[str, object]:
    resident = session.get_one(Resident, appointment.resident_id)
    site_session = session.get_one(SiteSession, appointment.site_session_id)
    door = _door(session, resident, trip.home_address_id)
    mobility, on = resident.mobility, site_session.on
    seats, chairs = load_of(mobility, companions=appointment.companions)
    is_out = direction is Direction.OUTBOUND
    at_home = home_seconds(mobility, door, on=on, is_pickup=is_out)
    at_site = site_seconds(mobility, is_pickup=not is_out)
    direct_s = trip.out_direct_s if is_out else trip.back_direct_s
    if is_out:
        pickup, dropoff = outbound_windows(
            appointment.slot_at, direct_s=direct_s, pickup_service_s=at_home
        )
    else:
        pickup, dropoff = return_windows(
            expected_ready_at(appointment.slot_at), direct_s=direct_s, pickup_service_s=at_site
        )
    ends = (trip.home_address_id, trip.site_address_id)
    return {
        "on": on,
        "from_address_id": ends[0] if is_out else ends[1],
        "to_address_id": ends[1] if is_out else ends[0],
        "pickup_from_at": pickup.from_at,
        "pickup_until_at": pickup.until_at,
        "dropoff_from_at": dropoff.from_at,
        "dropoff_until_at": dropoff.until_at,
        "seats": seats,
        "chairs": chairs,
        "pickup_service_s": at_home if is_out else at_site,
        "dropoff_service_s": at_site if is_out else at_home,
        "direct_s": round(direct_s),
        "max_ride_s": max_ride_s(direct_s),
        "needs_ramp": boarding_of(mobility).needs_ramp,
    }


def _door(session: Session, resident: Resident, address_id: int) -> DoorFacts:
    address = session.get_one(Address, address_id)
    floor, has_lift = address.floor, address.has_lift
    is_registered = address_id == resident.address_id
    if is_registered and resident.household_id is not None and floor is None:
        household = session.get_one(Household, resident.household_id)
        floor, has_lift = household.floor, household.has_lift
    return DoorFacts(floor=floor, has_lift=has_lift, learned_load_s=address.learned_load_s)


def ready_now(session: Session, *, leg: RideLeg, ready_at: datetime) -> bool:
    """Move a return leg's windows to when the person is really ready; tell whether they moved."""
    if leg.status not in {LegStatus.WAITING, LegStatus.ASSIGNED, LegStatus.UNMET}:
        return False
    if leg.ready_at == ready_at:
        return False
    pickup, dropoff = return_windows(
        ready_at, direct_s=leg.direct_s, pickup_service_s=leg.pickup_service_s
    )
    leg.ready_at = ready_at
    leg.pickup_from_at, leg.pickup_until_at = pickup.from_at, pickup.until_at
    leg.dropoff_from_at, leg.dropoff_until_at = dropoff.from_at, dropoff.until_at
    session.flush()
    return True


def end_leg(session: Session, *, leg: RideLeg, code: str, now: datetime) -> None:
    """End a leg that has not begun, with a coded reason (R); its place in the run is free at once."""
    if leg.status in BEGUN:
        raise AlreadyUnderWay(leg_id=leg.id, status=leg.status.value)
    take_off_run(session, leg=leg, now=now)
    end_promise(session, leg=leg, now=now)
    leg.status, leg.result_code = LegStatus.CANCELLED, code
    session.flush()


def take_off_run(
    session: Session, *, leg: RideLeg, now: datetime, by: int | None = None
) -> int | None:
    """Remove a leg's stops from its run and return the run's id; the run's version moves on."""
    stops = session.scalars(select(RunStop).where(RunStop.leg_id == leg.id)).all()
    if not stops:
        return None
    run = lock_run(session, stops[0].run_id)
    for stop in stops:
        session.delete(stop)
    session.flush()
    rest = session.scalars(
        select(RunStop).where(RunStop.run_id == run.id).order_by(RunStop.position, RunStop.id)
    )
    for position, stop in enumerate(rest):
        stop.position = position
    touch_run(run, by=by, now=now)
    if leg.status is LegStatus.ASSIGNED:
        leg.status = LegStatus.WAITING
    session.flush()
    return run.id


def lock_run(session: Session, run_id: int) -> Run:
    """Return a run that nobody else changes until this transaction ends."""
    run = session.scalars(select(Run).where(Run.id == run_id).with_for_update()).first()
    if run is None:
        raise NotFound("run", run_id=run_id)
    return run


def touch_run(run: Run, *, by: int | None, now: datetime) -> None:
    """Make the run's version move on even when no column of its own changed (fault 57)."""
    run.changed_at, run.changed_by = now, by
    flag_modified(run, "changed_at")


def end_promise(session: Session, *, leg: RideLeg, now: datetime) -> None:
    """End the promise in force, if any: a leg that leaves its time no longer stands by it."""
    if not leg.promise_version:
        return
    promise = session.scalars(
        select(Promise).where(
            Promise.leg_id == leg.id,
            Promise.version == leg.promise_version,
            Promise.ended_at.is_(None),
        )
    ).first()
    if promise is not None:
        promise.ended_at = now
    session.flush()
