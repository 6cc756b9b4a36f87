"""Reading a day for the engine: runs, rides, who could drive or come along, who travels together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.models import Appointment
from outreach.db import Database
from outreach.ledger.models import Resident
from outreach.places.matrix import TravelTable, travel_table
from outreach.places.points import points_of
from outreach.places.queries import local_zone
from outreach.ports.travel import TravelTimes
from outreach.transport.board import BoardCrew
from outreach.transport.codes import LegStatus, RunStatus, StopKind
from outreach.transport.models import Escort, EscortKnows
from outreach.transport.plan_requests import Request
from outreach.transport.plan_result import CrewChange
from outreach.transport.planning import Wish, by_now, can_be_planned, late_as_it_is
from outreach.transport.queries import crews_on, labels_for
from outreach.transport.run_facts import RunCheck
from outreach.transport.sheets import DaySheet, RunSheet, read_day, with_run
from outreach.transport.stop_check import check_run
from outreach.workflows.open_requests import open_requests

WANTS_CARE = frozenset({RunStatus.CANCELLED, RunStatus.FINISHED})


@dataclass(frozen=True, slots=True)
class Company:
    """Who knows whom, and who speaks what."""

    known_to: Mapping[int, frozenset[int]]  # escort → residents
    spoken_by: Mapping[int, str]  # escort → dialect
    dialects: Mapping[int, str]  # resident → dialect


@dataclass(frozen=True, slots=True)
class DayRows:
    """A day as planning sees it: as it stands, and prepared with the crews and transfers proposed."""

    on: date
    now: datetime
    standing: DaySheet
    sheet: DaySheet
    table: TravelTable
    wish: Wish
    drivers: Mapping[int, int]  # run → another driver
    escorted: frozenset[int]  # runs that get an escort, whoever it will be
    escorts: tuple[BoardCrew, ...]
    company: Company
    transfers: Mapping[int, int]  # leg aboard a car that cannot go on → where it stands
    campaigns: Mapping[int, tuple[int, ...]]  # of people without a slot

    def check(self, sheet: DaySheet, run_id: int) -> RunCheck:
        """Check a run of a sheet as it stands there."""
        return check_run(sheet.facts(run_id, now=self.now), self.table.between)


def read_rows(
    database: Database,
    travel: TravelTimes,
    *,
    on: date,
    area_ids: Sequence[int] | None,
    now: datetime,
    keeps_cars: bool = False,
    with_requests: bool = False,
    requests: tuple[Request, ...] = (),
) -> DayRows:
    """Read a day within some areas, then ask for driving times with no transaction open."""
    with database.read() as session:
        stored = _in_scope(session, read_day(session, on=on, area_ids=area_ids), area_ids)
        standing = by_now(stored, now)
        _cars, drivers, escorts = crews_on(session, on=on, area_ids=area_ids)
        couples = _couples(session, standing)
        asked = open_requests(session, on=on, area_ids=area_ids, now=now) if with_requests else ()
        company = _company(session, [e.id for e in escorts], standing)
        wanted = (*requests, *(each.request for each in asked))
        places = {a for r in wanted for a in (r.home_address_id, *_sites(r))}
        points = {**standing.points, **points_of(session, places)}
        zone = local_zone(session)
    begins = min((run.starts_at for run in standing.runs.values()), default=now)
    table = travel_table(points, travel, leaving=begins.astimezone(zone))
    driven = _new_drivers(standing, drivers)
    sheet = late_as_it_is(standing, now)
    for run_id, driver in driven.items():
        sheet = with_run(sheet, _driven_by(sheet.run(run_id), driver))
    sheet, transfers = _transferred(sheet)
    escorted = _escorted(sheet, escorts)
    for run_id in escorted:
        run = sheet.run(run_id)
        sheet = with_run(sheet, replace(run, duty=replace(run.duty, has_escort=True)))
    return DayRows(
        on=on,
        now=now,
        standing=standing,
        sheet=sheet,
        table=table,
        wish=Wish(keeps_cars=keeps_cars, requests=wanted, couples=couples),
        drivers={run_id: driver.id for run_id, driver in driven.items()},
        escorted=escorted,
        escorts=tuple(e for e in escorts if not e.unfit),
        company=company,
        transfers=transfers,
        campaigns={r.request.resident_id: r.campaign_ids for r in asked},
    )


def _sites(request: Request) -> set[int]:
    return {slot.site_address_id for slot in request.slots}


def _in_scope(session: Session, sheet: DaySheet, area_ids: Sequence[int] | None) -> DaySheet:
    """Keep the rides of people of these areas, and whoever rides on a car of these areas."""
    if area_ids is None:
        return sheet
    people = labels_for(session, sheet).people
    on_runs = {leg_id for run in sheet.runs.values() for leg_id in run.leg_ids}
    inside = set(area_ids)
    kept = {
        leg_id: leg
        for leg_id, leg in sheet.legs.items()
        if leg_id in on_runs or people[leg.resident_id].community_id in inside
    }
    return replace(sheet, legs=kept)


def _couples(session: Session, sheet: DaySheet) -> frozenset[frozenset[int]]:
    """Return the appointments of the day that travel together (moment 4a)."""
    ids = {leg.appointment_id for leg in sheet.legs.values()}
    rows = session.execute(
        select(Appointment.id, Appointment.linked_appointment_id)
        .where(Appointment.id.in_(ids), Appointment.linked_appointment_id.in_(ids))
        .order_by(Appointment.id)
    )
    return frozenset(frozenset((one, other)) for one, other in rows if other is not None)


def _company(session: Session, escort_ids: Sequence[int], sheet: DaySheet) -> Company:
    people = {leg.resident_id for leg in sheet.legs.values() if leg.wants_escort}
    known: dict[int, set[int]] = {}
    for escort_id, resident_id in session.execute(
        select(EscortKnows.escort_id, EscortKnows.resident_id).where(
            EscortKnows.escort_id.in_(escort_ids)
        )
    ):
        known.setdefault(escort_id, set()).add(resident_id)
    spoken = session.execute(select(Escort.id, Escort.dialect).where(Escort.id.in_(escort_ids)))
    dialects = session.execute(
        select(Resident.id, Resident.dialect).where(Resident.id.in_(sorted(people)))
    )
    return Company(
        known_to={escort_id: frozenset(ids) for escort_id, ids in known.items()},
        spoken_by={row.id: row.dialect for row in spoken},
        dialects={row.id: row.dialect for row in dialects},
    )


def _new_drivers(sheet: DaySheet, drivers: Sequence[BoardCrew]) -> dict[int, BoardCrew]:
    """Find a free driver for each fit car whose own cannot drive (driver ill, moment 4c)."""
    free = [d for d in drivers if not d.unfit and not d.run_ids and d.starts_at is not None]
    found: dict[int, BoardCrew] = {}
    for run in sheet.runs.values():
        lacks = not run.duty.has_driver or bool(run.duty.driver_unfit)
        if not lacks or run.car.unfit or run.is_locked or run.status in WANTS_CARE or not run.stops:
            continue
        able = [d for d in free if _covers(d, run)]
        if able:
            found[run.run_id] = able[0]
            free.remove(able[0])
    return found


def _covers(crew: BoardCrew, run: RunSheet) -> bool:
    return (
        crew.starts_at is not None
        and crew.ends_at is not None
        and crew.starts_at <= run.starts_at
        and crew.ends_at >= run.ends_at
    )


def _driven_by(run: RunSheet, driver: BoardCrew) -> RunSheet:
    duty = replace(run.duty, has_driver=True, driver_unfit=())
    return replace(
        run, driver_id=driver.id, driver_name=driver.label, duty=duty, is_taken_over=True
    )


def _transferred(sheet: DaySheet) -> tuple[DaySheet, dict[int, int]]:
    """Let whoever sits in a car that cannot go on board another one where it stands."""
    moved: dict[int, int] = {}
    legs, runs, run_of = dict(sheet.legs), dict(sheet.runs), dict(sheet.run_of_leg)
    for run in sheet.runs.values():
        if can_be_planned(run) or run.is_locked or run.status in WANTS_CARE:
            continue
        done = [stop for stop in run.stops if stop.done_at is not None]
        aboard = [i for i in run.leg_ids if legs[i].status is LegStatus.ON_BOARD]
        if not aboard or not done:
            continue
        stands = max(done, key=lambda stop: (stop.done_at, stop.position)).address_id
        for leg_id in aboard:
            moved[leg_id] = stands
            legs[leg_id] = replace(legs[leg_id], from_address_id=stands, is_transfer=True)
            run_of.pop(leg_id, None)
        rest = tuple(stop for stop in run.stops if stop.leg_id not in moved)
        runs[run.run_id] = replace(run, stops=rest)
    return replace(sheet, legs=legs, runs=runs, run_of_leg=run_of), moved


def _escorted(sheet: DaySheet, escorts: Sequence[BoardCrew]) -> frozenset[int]:
    """Choose runs for the escorts on duty who are on none: cars that can take most first (4b)."""
    wanting = [x for x in sheet.legs.values() if x.wants_escort and x.status in OPEN_FOR_ESCORT]
    if not wanting:
        return frozenset()
    free = [e for e in escorts if not e.unfit and not e.run_ids and e.starts_at is not None]
    runs = sorted(
        (r for r in sheet.runs.values() if can_be_planned(r) and not r.duty.has_escort),
        key=lambda r: (-r.car.has_ramp, -r.car.seats, r.run_id),
    )
    chosen: list[int] = []
    for run in runs:
        able = next((e for e in free if _covers(e, run) and _has_room(run)), None)
        if able is not None:
            free.remove(able)
            chosen.append(run.run_id)
    return frozenset(chosen)


OPEN_FOR_ESCORT = frozenset({LegStatus.WAITING, LegStatus.ASSIGNED, LegStatus.UNMET})


def _has_room(run: RunSheet) -> bool:
    """A published run whose seats may be full already keeps them."""
    return run.car.seats > 1 and not any(stop.kind is StopKind.PICKUP for stop in run.stops)


def crew_changes(rows: DayRows, named: Mapping[int, int]) -> tuple[CrewChange, ...]:
    """Return the drivers and escorts that a plan brings along."""
    runs = sorted({*rows.drivers, *named})
    return tuple(CrewChange(r, rows.drivers.get(r), named.get(r)) for r in runs)
