"""The clinic days of the demo's past: cars, arrivals, jabs, observation, and everyone home again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.codes import Role
from outreach.clinics.codes import STANDING, DayEventKind, EventSource
from outreach.clinics.events import Author, Tap
from outreach.clinics.models import Appointment, SiteSession
from outreach.demo.chronicle import Chronicle
from outreach.kernel.errors import OutreachError
from outreach.ledger.entry_models import LedgerEntry
from outreach.transport.codes import Direction, HandoverKind, LegStatus, StopKind
from outreach.transport.models import Shift
from outreach.transport.run_models import RideLeg, Run, RunStop
from outreach.transport.runs import CrewOf, drop_run, open_runs_from_shifts, set_crew
from outreach.workflows.assign_leg import assign_leg
from outreach.workflows.close_day import close_day
from outreach.workflows.note_event import note_event
from outreach.workflows.publish_runs import publish_runs

GIVEN_SHARE = 0.93
NO_DOSE_RESULTS = ("V02", "V02", "V04")
_K = DayEventKind


@dataclass(frozen=True, slots=True)
class _Visit:
    """One appointment of the day with its planned stops by direction and kind."""

    appointment_id: int
    slot_at: datetime
    drivers: dict[Direction, int]
    stops: dict[tuple[Direction, StopKind], datetime]
    legs: dict[Direction, int]


def play_visits(chronicle: Chronicle, day: date) -> None:
    """Plan the day's cars, drive them, give the doses, and close the day with its proof."""
    plan_cars(chronicle, day)
    with chronicle.services.database.read() as session:
        visits = _visits(session, day)
    for visit in visits:
        _play_visit(chronicle, visit, day)
    if visits:
        evening = datetime.combine(day, time(18), tzinfo=chronicle.zone)
        with chronicle.services.database.write() as session:
            close_day(
                session,
                on=day,
                area_id=chronicle.ground.district_id,
                by=chronicle.ground.users[Role.DISPATCHER],
                now=evening,
            )


def plan_cars(chronicle: Chronicle, day: date) -> None:
    """Open the day's runs, give every leg the first car that takes it, and publish; the dispatcher's work."""
    database, travel = chronicle.services.database, chronicle.services.travel_times
    by = chronicle.ground.users[Role.DISPATCHER]
    now = datetime.combine(day - timedelta(days=1), time(15), tzinfo=chronicle.zone)
    with database.read() as session:
        legs = session.scalars(
            select(RideLeg.id)
            .where(RideLeg.on == day, RideLeg.status == LegStatus.WAITING)
            .order_by(RideLeg.pickup_from_at, RideLeg.id)
        ).all()
    if not legs:
        return
    with database.write() as session:
        _seat_escorts(
            session, open_runs_from_shifts(session, on=day, by=by, now=now), by=by, now=now
        )
    for leg_id in legs:
        for run_id, version in _runs(chronicle, day):
            try:
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
                continue  # this car cannot take the leg; the next one may
            break
    _drop_unused(chronicle, day, by=by, now=now)
    versions = dict(_runs(chronicle, day, only_used=True))
    publish_runs(database, travel, versions=versions, by=by, now=now)


def _seat_escorts(session: Session, runs: list[Run], *, by: int, now: datetime) -> None:
    """Give each escort on shift a car; cars without one carry those who need none."""
    if not runs:
        return
    escorts = session.scalars(
        select(Shift.escort_id)
        .where(Shift.on == runs[0].on, Shift.escort_id.is_not(None))
        .order_by(Shift.id)
    )
    for run, escort_id in zip(runs, escorts, strict=False):
        crew = CrewOf(vehicle_id=run.vehicle_id, driver_id=run.driver_id, escort_id=escort_id)
        set_crew(session, run_id=run.id, version=run.version, crew=crew, by=by, now=now)


def _drop_unused(chronicle: Chronicle, day: date, *, by: int, now: datetime) -> None:
    used = {run_id for run_id, _version in _runs(chronicle, day, only_used=True)}
    with chronicle.services.database.write() as session:
        for run_id, version in session.execute(
            select(Run.id, Run.version).where(Run.on == day)
        ).all():
            if run_id not in used:
                drop_run(session, run_id=run_id, version=version, by=by, now=now)


def _runs(chronicle: Chronicle, day: date, *, only_used: bool = False) -> list[tuple[int, int]]:
    with chronicle.services.database.read() as session:
        question = select(Run.id, Run.version).where(Run.on == day)
        if only_used:
            question = question.where(Run.id.in_(select(RunStop.run_id)))
        return [(row.id, row.version) for row in session.execute(question.order_by(Run.id))]


def _visits(session: Session, day: date) -> list[_Visit]:
    found: dict[int, _Visit] = {}
    appointments = session.scalars(
        select(Appointment)
        .join(SiteSession, SiteSession.id == Appointment.site_session_id)
        .where(SiteSession.on == day, Appointment.status.in_(STANDING))
        .order_by(Appointment.slot_at, Appointment.id)
    )
    for appointment in appointments:
        found[appointment.id] = _Visit(appointment.id, appointment.slot_at, {}, {}, {})
    stops = session.execute(
        select(RunStop, RideLeg, Run.driver_id)
        .join(RideLeg, RideLeg.id == RunStop.leg_id)
        .join(Run, Run.id == RunStop.run_id)
        .where(RideLeg.appointment_id.in_(found))
        .order_by(RunStop.id)
    )
    for stop, leg, driver_id in stops:
        visit = found[leg.appointment_id]
        visit.stops[(leg.direction, stop.kind)] = stop.arrives_at
        visit.drivers[leg.direction] = driver_id or 0
        visit.legs[leg.direction] = leg.id
    return list(found.values())


def _play_visit(chronicle: Chronicle, visit: _Visit, day: date) -> None:
    """Tap what happened to one person, from the door to the door; a family brings those without a car."""
    needs_car_but_has_none = _is_stranded(chronicle, visit)
    if needs_car_but_has_none:
        return
    chance = chronicle.chance
    taps: list[tuple[datetime, DayEventKind, Author, dict[str, Any], int | None]] = []
    staff = Author(EventSource.DESK, user_id=chronicle.ground.users[Role.DESK])
    arrived = _outbound(visit, taps, chance) or visit.slot_at - timedelta(
        minutes=chance.randint(2, 12)
    )
    if not visit.legs:
        taps.append((arrived, _K.AT_SITE, staff, {}, None))
    jab_at = max(arrived + timedelta(minutes=12), visit.slot_at)
    ready = jab_at + timedelta(minutes=31)
    if _is_due(chronicle, visit) and chance.random() < GIVEN_SHARE:
        given = {
            "campaign_id": chronicle.ground.campaign_id,
            "product_id": chronicle.ground.product_id,
            "batch_id": chronicle.ground.batch_id,
        }
        taps.append((jab_at, _K.JABBED, staff, {"doses": [given]}, None))
    else:
        result = {"result": chance.choice(NO_DOSE_RESULTS)}
        taps.append((jab_at, _K.NO_DOSE, staff, result, None))
        ready = jab_at + timedelta(minutes=3)
    taps.append((ready, _K.READY, staff, {}, None))
    _homeward(visit, taps, ready)
    with chronicle.services.database.write() as session:
        for at, kind, author, facts, leg_id in taps:
            tap = Tap(
                uuid=UUID(int=chance.getrandbits(128), version=4).hex,
                kind=kind,
                happened_at=at,
                appointment_id=visit.appointment_id,
                leg_id=leg_id,
                facts=facts,
            )
            note_event(session, tap=tap, author=author, now=at)


def _is_stranded(chronicle: Chronicle, visit: _Visit) -> bool:
    """Whether no car could be found for a leg: the appointment then stays for the dispatcher to settle."""
    with chronicle.services.database.read() as session:
        waiting = session.scalars(
            select(RideLeg.id)
            .where(
                RideLeg.appointment_id == visit.appointment_id, RideLeg.status == LegStatus.WAITING
            )
            .limit(1)
        ).first()
    return waiting is not None


def _is_due(chronicle: Chronicle, visit: _Visit) -> bool:
    with chronicle.services.database.read() as session:
        question = (
            select(LedgerEntry.earliest_on)
            .join(Appointment, Appointment.resident_id == LedgerEntry.resident_id)
            .where(Appointment.id == visit.appointment_id)
        )
        earliest = session.scalars(question.limit(1)).first()
    return earliest is not None and earliest <= visit.slot_at.date()


def _outbound(visit: _Visit, taps: list[Any], chance: Random) -> datetime | None:
    if Direction.OUTBOUND not in visit.legs:
        return None
    leg_id = visit.legs[Direction.OUTBOUND]
    author = Author(EventSource.FIELD, driver_id=visit.drivers[Direction.OUTBOUND])
    late = timedelta(minutes=chance.choice((-2, 0, 0, 1, 2, 3, 6)))
    fetched = visit.stops[(Direction.OUTBOUND, StopKind.PICKUP)] + late
    arrived = visit.stops[(Direction.OUTBOUND, StopKind.DROPOFF)] + late
    taps.append((fetched, _K.ARRIVED_AT_DOOR, author, {}, leg_id))
    taps.append((fetched + timedelta(minutes=4), _K.PICKED_UP, author, {}, leg_id))
    taps.append((max(arrived, fetched + timedelta(minutes=6)), _K.AT_SITE, author, {}, leg_id))
    return max(arrived, fetched + timedelta(minutes=6))


def _homeward(visit: _Visit, taps: list[Any], ready: datetime) -> None:
    if Direction.RETURN not in visit.legs:
        return
    leg_id = visit.legs[Direction.RETURN]
    author = Author(EventSource.FIELD, driver_id=visit.drivers[Direction.RETURN])
    planned = visit.stops[(Direction.RETURN, StopKind.PICKUP)]
    ride = visit.stops[(Direction.RETURN, StopKind.DROPOFF)] - planned
    left = max(planned, ready + timedelta(minutes=2))
    home = {"kind": HandoverKind.NAMED_PERSON.value, "received_by": "家人"}
    taps.append((left, _K.LEFT_SITE, author, {}, leg_id))
    taps.append((left + ride, _K.HANDED_OVER, author, home, leg_id))
