"""The dispatcher's day: everything on one page, and what a change would mean before it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from outreach.accounts.rules import EVERYWHERE, Scope
from outreach.db import Database
from outreach.kernel.errors import StaleVersion
from outreach.places.queries import area_ids_within, local_zone
from outreach.ports.travel import TravelTimes
from outreach.transport.board import (
    Board,
    BoardLeg,
    BoardRun,
    Broken,
    Labels,
    TryOut,
    board_leg,
    board_run,
    broken,
    promise_moves,
)
from outreach.transport.codes import LegStatus, StopKind
from outreach.transport.insertion import best_insertion
from outreach.transport.queries import crews_on, get_leg, get_run, labels_for, open_debts
from outreach.transport.run_facts import RunCheck
from outreach.transport.sheets import DaySheet, RunSheet, instant, read_day, read_sheets
from outreach.transport.stop_check import check_run, new_violations
from outreach.workflows.kept_day import KeptDay, KeptDays
from outreach.workflows.run_desk import Desk, desk_for

WAITS_FOR_A_CAR = frozenset({LegStatus.WAITING, LegStatus.UNMET})


def day_board(
    database: Database,
    travel: TravelTimes,
    *,
    on: date,
    now: datetime,
    scope: Scope = EVERYWHERE,
) -> Board:
    """Return the whole day within a scope: people without a car, checked runs, cars and crews."""
    with database.read() as session:
        areas = area_ids_within(session, scope.paths)
        sheet = read_day(session, on=on, area_ids=areas)
        labels = labels_for(session, sheet)
        cars, drivers, escorts = crews_on(session, on=on, area_ids=areas)
        debts = len(open_debts(session, on=on, area_ids=areas))
        zone = local_zone(session)
    sheet = _in_scope(sheet, labels, areas)
    desk = desk_for(sheet, travel, zone_time=now.astimezone(zone), now=now)
    runs = tuple(
        board_run(sheet, run, desk.check(run.run_id), labels) for run in sheet.runs.values()
    )
    legs = {leg_id: board_leg(sheet, leg, labels) for leg_id, leg in sheet.legs.items()}
    waiting = sorted(
        (
            leg
            for leg in legs.values()
            if leg.status in WAITS_FOR_A_CAR and leg.run_id is None and not leg.by_taxi
        ),
        key=lambda leg: (leg.is_standby, leg.pickup.until_at, leg.leg_id),
    )
    return Board(
        on=on,
        now=now,
        without_car=tuple(waiting),
        runs=runs,
        cars=tuple(cars),
        drivers=tuple(drivers),
        escorts=tuple(escorts),
        unreached=_unreached(runs),
        moved_promises=_moved(runs),
        open_debts=debts,
    )


def run_on_board(
    database: Database, travel: TravelTimes, *, run_id: int, now: datetime
) -> BoardRun:
    """Return one run as the board shows it; for refreshing it alone after a change."""
    with database.read() as session:
        sheet = read_sheets(session, run_ids=[run_id])
        labels = labels_for(session, sheet)
        zone = local_zone(session)
    desk = desk_for(sheet, travel, zone_time=now.astimezone(zone), now=now)
    return board_run(sheet, sheet.run(run_id), desk.check(run_id), labels)


def try_insertions(
    database: Database,
    travel: TravelTimes,
    *,
    leg_id: int,
    now: datetime,
    scope: Scope = EVERYWHERE,
    kept: KeptDays | None = None,
) -> tuple[TryOut, ...]:
    """Say of every run of the leg's day whether it fits there, what it costs or what it breaks.

    The leg's own run is tried without it. Fitting runs come first, cheapest first. ``kept`` days spare
    the reading while somebody drags; what they say is as exact as a fresh reading.
    """
    with database.read() as session:
        on = get_leg(session, leg_id).on
    day = (kept or KeptDays()).day(database, travel, on=on, now=now, scope=scope)
    day.sheet.leg(leg_id)
    desk = day.desk(now)
    tried = [_try(day, desk, run_id, leg_id) for run_id in day.sheet.runs]
    return tuple(sorted(tried, key=lambda t: (not t.fits, len(t.broken), t.cost_minutes, t.run_id)))


def try_order(
    database: Database,
    travel: TravelTimes,
    *,
    run_id: int,
    stop_ids: Sequence[int],
    now: datetime,
    scope: Scope = EVERYWHERE,
    kept: KeptDays | None = None,
) -> tuple[Broken, ...]:
    """Say what another order of a run's stops would break that is whole now."""
    with database.read() as session:
        on = get_run(session, run_id).on
    day = (kept or KeptDays()).day(database, travel, on=on, now=now, scope=scope)
    desk = day.desk(now)
    run = day.sheet.run(run_id)
    stops = {stop.stop_id: stop for stop in run.stops}
    if sorted(stops) != sorted(stop_ids):
        raise StaleVersion(run_id=run_id, version=run.version)
    after = desk.check(run_id, [stops[i].halt() for i in stop_ids])
    found = new_violations(day.check(desk, run_id), after)
    fixed = _fixed(run, stop_ids)
    return (*fixed, *(broken(day.sheet, v, day.labels) for v in found))


def _fixed(run: RunSheet, stop_ids: Sequence[int]) -> tuple[Broken, ...]:
    """Say whether the order moves what is done or locked."""
    if run.is_locked:
        return (Broken("run_locked", None, "", None, {}),)
    held = [
        stop
        for stop, there in zip(run.stops, stop_ids, strict=True)
        if (stop.is_locked or stop.done_at is not None) and stop.stop_id != there
    ]
    return (Broken("stop_locked", held[0].leg_id, "", None, {}),) if held else ()


def _try(day: KeptDay, desk: Desk, run_id: int, leg_id: int) -> TryOut:
    sheet, labels = day.sheet, day.labels
    run = sheet.run(run_id)
    rest = [s.halt() for s in run.stops if s.leg_id != leg_id]
    facts = sheet.facts(run_id, halts=rest, now=desk.now)
    is_elsewhere = len(rest) == len(run.stops)
    before = day.check(desk, run_id) if is_elsewhere else check_run(facts, desk.table.between)
    place = best_insertion(
        facts, sheet.leg(leg_id).rider(desk.now), desk.table.between, before=before
    )
    found = [broken(sheet, v, labels) for v in place.breaks]
    if run.is_locked:
        found.append(Broken("run_locked", None, "", None, {}))
    return TryOut(
        run_id=run_id,
        run_version=run.version,
        fits=not found,
        cost_minutes=round(place.cost_s / 60),
        positions=(place.pickup_position, place.dropoff_position),
        broken=tuple(found),
        moved_promises=max(0, _moves(sheet, place.check) - _moves(sheet, before)),
    )


def _moves(sheet: DaySheet, check: RunCheck) -> int:
    """Count the families who know another time than the check gives."""
    return sum(
        halt.is_pickup
        and not halt.is_done
        and promise_moves(sheet.leg(halt.leg_id), instant(halt.starts_s))
        for halt in check.halts
    )


def _in_scope(sheet: DaySheet, labels: Labels, area_ids: list[int] | None) -> DaySheet:
    """Keep the legs of people of these areas, and whoever rides on a car of these areas."""
    if area_ids is None:
        return sheet
    inside = set(area_ids)
    on_runs = {leg_id for run in sheet.runs.values() for leg_id in run.leg_ids}
    kept = {
        leg_id: leg
        for leg_id, leg in sheet.legs.items()
        if leg_id in on_runs or labels.people[leg.resident_id].community_id in inside
    }
    return replace(sheet, legs=kept)


def _unreached(runs: Sequence[BoardRun]) -> tuple[BoardLeg, ...]:
    """Families whose promise nobody knows to have arrived, by departure (moment 5d)."""
    waiting = [
        (stop.arrives_at, stop.leg)
        for run in runs
        for stop in run.stops
        if stop.leg.promised is not None
        and stop.leg.promise_reached_at is None
        and stop.done_at is None
        and stop.kind is StopKind.PICKUP
    ]
    distinct = {leg.leg_id: leg for _at, leg in sorted(waiting, key=lambda w: (w[0], w[1].leg_id))}
    return tuple(distinct.values())


def _moved(runs: Sequence[BoardRun]) -> tuple[BoardLeg, ...]:
    return tuple(stop.leg for run in runs for stop in run.stops if stop.promise_moves)
