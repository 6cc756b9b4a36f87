"""Assigning by hand: taking a leg into a run, off it, to another one, or changing the order of stops.

Each act reads rows, asks the travel-time port with no transaction open, checks exactly, and writes
in a second transaction that verifies that nobody changed the run or the leg in between (fault 57).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.clinics.models import Appointment
from outreach.db import Database
from outreach.kernel.errors import InvalidInput, StaleVersion
from outreach.ports.travel import TravelTimes
from outreach.transport.assign import (
    AssignmentRefused,
    ReturnNeeded,
    StopLocked,
    lock_legs,
    lock_runs,
    set_leg_statuses,
    write_order,
)
from outreach.transport.codes import Direction, LegStatus
from outreach.transport.insertion import best_insertion, with_leg
from outreach.transport.legs import legs_of
from outreach.transport.run_facts import Halt, RunCheck
from outreach.transport.run_models import RideLeg, Run
from outreach.transport.sheets import RunSheet, read_sheets
from outreach.transport.stop_check import new_violations
from outreach.workflows.run_desk import Desk, lay_out
from outreach.workflows.way_home import is_told_or_begun, watch_way_home

RUN_EDITED = "run_edited"
CAN_BE_ASSIGNED = frozenset({LegStatus.WAITING, LegStatus.UNMET, LegStatus.NO_SHOW})


class RunAct(StrEnum):
    """What one act did to a run; the trail keeps it for whoever changed the run at the same time."""

    TOOK_IN = "took_in"
    TOOK_OFF = "took_off"
    MOVED_OVER = "moved_over"
    REORDERED = "reordered"
    TIMED_ANEW = "timed_anew"


@dataclass(frozen=True, slots=True)
class Doing:
    """An act on runs: which legs get a car or lose one, and whether breaking anything refuses it."""

    act: RunAct
    assigned: tuple[int, ...] = ()
    released: tuple[int, ...] = ()
    about: tuple[int, ...] = ()
    must_hold: bool = True


@dataclass(frozen=True, slots=True)
class Edited:
    """What an act left behind: the runs' new versions and their checks."""

    versions: Mapping[int, int]
    checks: Mapping[int, RunCheck]


def assign_leg(
    database: Database,
    travel: TravelTimes,
    *,
    leg_id: int,
    run_id: int,
    run_version: int,
    positions: tuple[int, int] | None = None,
    by: int | None,
    now: datetime,
) -> Edited:
    """Take a waiting leg into a run: at the cheapest fitting place, or at positions of the new order."""
    desk = lay_out(database, travel, run_ids=[run_id], leg_ids=[leg_id], now=now)
    leg = desk.sheet.leg(leg_id)
    _check_read(desk, {run_id: run_version})
    if leg_id in desk.sheet.run_of_leg or leg.status not in CAN_BE_ASSIGNED:
        raise StaleVersion(leg_id=leg_id, run_id=desk.sheet.run_of_leg.get(leg_id))
    run = desk.sheet.run(run_id)
    _check_unlocked(run)
    _check_day(run, leg.on)
    halts = _with(desk, run_id, leg_id, positions)
    change = Doing(RunAct.TOOK_IN, assigned=(leg_id,))
    return _apply(database, desk, orders={run_id: halts}, change=change, by=by, now=now)


def unassign_leg(
    database: Database,
    travel: TravelTimes,
    *,
    leg_id: int,
    run_version: int,
    by: int | None,
    now: datetime,
) -> Edited:
    """Take a leg off its run; the way home of someone already under way only changes cars (N2)."""
    run_id = _run_of(database, leg_id)
    desk = lay_out(database, travel, run_ids=[run_id], leg_ids=[leg_id], now=now)
    _check_read(desk, {run_id: run_version})
    _check_may_leave(desk, run_id, leg_id)
    if desk.sheet.leg(leg_id).direction is Direction.RETURN:
        with database.read() as session:
            _check_not_stranded(session, desk.sheet.leg(leg_id).appointment_id)
    halts = _without(desk, run_id, leg_id)
    change = Doing(RunAct.TOOK_OFF, released=(leg_id,))
    return _apply(database, desk, orders={run_id: halts}, change=change, by=by, now=now)


def move_leg(
    database: Database,
    travel: TravelTimes,
    *,
    leg_id: int,
    to_run_id: int,
    versions: Mapping[int, int],
    positions: tuple[int, int] | None = None,
    by: int | None,
    now: datetime,
) -> Edited:
    """Move a leg from its run to another one in one act; ``versions`` are those of both runs."""
    from_run_id = _run_of(database, leg_id)
    desk = lay_out(database, travel, run_ids=[from_run_id, to_run_id], leg_ids=[leg_id], now=now)
    _check_read(desk, {i: versions.get(i, -1) for i in {from_run_id, to_run_id}})
    if from_run_id == to_run_id:
        return _move_within(database, desk, from_run_id, leg_id, positions, by=by, now=now)
    _check_may_leave(desk, from_run_id, leg_id)
    _check_unlocked(desk.sheet.run(to_run_id))
    _check_day(desk.sheet.run(to_run_id), desk.sheet.leg(leg_id).on)
    orders = {
        from_run_id: _without(desk, from_run_id, leg_id),
        to_run_id: _with(desk, to_run_id, leg_id, positions),
    }
    change = Doing(RunAct.MOVED_OVER, assigned=(leg_id,))
    return _apply(database, desk, orders=orders, change=change, by=by, now=now)


def move_stop(
    database: Database,
    travel: TravelTimes,
    *,
    stop_id: int,
    run_id: int,
    run_version: int,
    to_position: int,
    by: int | None,
    now: datetime,
) -> Edited:
    """Move one stop to another position of its run."""
    desk = lay_out(database, travel, run_ids=[run_id], leg_ids=[], now=now)
    order = [stop.stop_id for stop in desk.sheet.run(run_id).stops]
    if stop_id not in order:
        raise StaleVersion(run_id=run_id, stop_id=stop_id)
    order.remove(stop_id)
    order.insert(max(0, min(to_position, len(order))), stop_id)
    about = tuple(s.leg_id for s in desk.sheet.run(run_id).stops if s.stop_id == stop_id)
    change = Doing(RunAct.REORDERED, about=about)
    return _reordered(database, desk, run_id, run_version, order, change, by=by, now=now)


def reorder(
    database: Database,
    travel: TravelTimes,
    *,
    run_id: int,
    run_version: int,
    stop_ids: Sequence[int],
    by: int | None,
    now: datetime,
) -> Edited:
    """Put all stops of a run into another order."""
    desk = lay_out(database, travel, run_ids=[run_id], leg_ids=[], now=now)
    change = Doing(RunAct.REORDERED)
    return _reordered(database, desk, run_id, run_version, stop_ids, change, by=by, now=now)


def retime(
    database: Database, travel: TravelTimes, *, run_id: int, by: int | None, now: datetime
) -> Edited:
    """Store the planned times anew after facts changed; nothing is refused, the board shows breaches."""
    desk = lay_out(database, travel, run_ids=[run_id], leg_ids=[], now=now)
    halts = [stop.halt() for stop in desk.sheet.run(run_id).stops]
    change = Doing(RunAct.TIMED_ANEW, must_hold=False)
    return _apply(database, desk, orders={run_id: halts}, change=change, by=by, now=now)


def _reordered(
    database: Database,
    desk: Desk,
    run_id: int,
    run_version: int,
    stop_ids: Sequence[int],
    change: Doing,
    *,
    by: int | None,
    now: datetime,
) -> Edited:
    _check_read(desk, {run_id: run_version})
    run = desk.sheet.run(run_id)
    _check_unlocked(run)
    stops = {stop.stop_id: stop for stop in run.stops}
    if sorted(stop_ids) != sorted(stops):
        raise StaleVersion(run_id=run_id, version=run.version)
    for position, stop_id in enumerate(stop_ids):
        stop = stops[stop_id]
        is_fixed = stop.is_locked or stop.done_at is not None
        if is_fixed and run.stops[position].stop_id != stop_id:
            raise StopLocked(run_id=run_id, stop_id=stop_id)
    halts = [stops[i].halt() for i in stop_ids]
    return _apply(database, desk, orders={run_id: halts}, change=change, by=by, now=now)


def _move_within(
    database: Database,
    desk: Desk,
    run_id: int,
    leg_id: int,
    positions: tuple[int, int] | None,
    *,
    by: int | None,
    now: datetime,
) -> Edited:
    _check_may_leave(desk, run_id, leg_id)
    rest = _without(desk, run_id, leg_id)
    facts = desk.sheet.facts(run_id, halts=rest, now=now)
    rider = desk.sheet.leg(leg_id).rider(desk.now)
    if positions is None:
        place = best_insertion(facts, rider, desk.table.between)
        positions = (place.pickup_position, place.dropoff_position)
    halts = with_leg(facts, rider, *_sound(positions, len(rest))).halts
    change = Doing(RunAct.REORDERED, about=(leg_id,))
    return _apply(database, desk, orders={run_id: halts}, change=change, by=by, now=now)


def _apply(
    database: Database,
    desk: Desk,
    *,
    orders: Mapping[int, Sequence[Halt]],
    change: Doing,
    by: int | None,
    now: datetime,
) -> Edited:
    """Check the new orders, then write them if nothing was changed meanwhile."""
    checks = {run_id: desk.check(run_id, halts) for run_id, halts in orders.items()}
    if change.must_hold:
        for run_id, after in checks.items():
            breaks = new_violations(desk.check(run_id), after)
            if breaks:
                raise AssignmentRefused(breaks, run_id=run_id)

    def write(session: Session) -> dict[int, int]:
        runs = lock_runs(session, {i: desk.sheet.run(i).version for i in orders})
        touched = {h.leg_id for halts in orders.values() for h in halts} | set(change.released)
        legs = lock_legs(session, desk.sheet, sorted(touched))
        # First the runs that lose stops: a leg's stop may stand in one run only.
        for run_id in sorted(orders, key=lambda i: len(orders[i]) - len(desk.sheet.run(i).stops)):
            write_order(
                session,
                run=runs[run_id],
                sheet=desk.sheet,
                check=checks[run_id],
                by=by,
                now=now,
            )
        set_leg_statuses(legs, assigned=change.assigned, released=change.released)
        session.flush()
        _watch_ways_home(session, [*change.assigned, *change.released], now=now)
        for run in runs.values():
            _note(session, run, change, by=by, now=now)
        return {run_id: run.version for run_id, run in runs.items()}

    return Edited(versions=database.act(write), checks=checks)


def _note(session: Session, run: Run, change: Doing, *, by: int | None, now: datetime) -> None:
    """Say in the trail what was done to a run, so that a second dispatcher reads it (fault 57)."""
    legs = sorted({*change.assigned, *change.released, *change.about})
    facts = {"did": change.act.value, "version": run.version, "legs": legs}
    record(session, act=RUN_EDITED, subject=("run", run.id), by=by, now=now, facts=facts)


def _with(
    desk: Desk, run_id: int, leg_id: int, positions: tuple[int, int] | None
) -> tuple[Halt, ...]:
    facts = desk.sheet.facts(run_id, now=desk.now)
    rider = desk.sheet.leg(leg_id).rider(desk.now)
    if positions is None:
        place = desk.insertion(run_id, leg_id)
        if not place.fits:
            raise AssignmentRefused(place.breaks, run_id=run_id)
        positions = (place.pickup_position, place.dropoff_position)
    at, to = _sound(positions, len(facts.halts))
    done = [i for i, halt in enumerate(facts.halts) if halt.done_at_s is not None]
    if done and at <= done[-1]:
        raise StopLocked(run_id=run_id)
    return with_leg(facts, rider, at, to).halts


def _without(desk: Desk, run_id: int, leg_id: int) -> tuple[Halt, ...]:
    halts = desk.sheet.facts(run_id, now=desk.now).halts
    return tuple(halt for halt in halts if halt.leg_id != leg_id)


def _sound(positions: tuple[int, int], size: int) -> tuple[int, int]:
    at, to = positions
    if not 0 <= at <= size or not at < to <= size + 1:
        raise InvalidInput("positions", field="positions")
    return at, to


def _run_of(database: Database, leg_id: int) -> int:
    with database.read() as session:
        sheet = read_sheets(session, run_ids=[], leg_ids=[leg_id])
        sheet.leg(leg_id)
        run_id = sheet.run_of_leg.get(leg_id)
    if run_id is None:
        raise StaleVersion(leg_id=leg_id)
    return run_id


def _check_read(desk: Desk, versions: Mapping[int, int]) -> None:
    for run_id, version in versions.items():
        run = desk.sheet.run(run_id)
        if run.version != version:
            raise StaleVersion(
                run_id=run_id,
                version=run.version,
                changed_by=run.changed_by,
                changed_at=run.changed_at.isoformat() if run.changed_at else None,
            )


def _check_unlocked(run: RunSheet) -> None:
    if run.is_locked:
        raise StopLocked(run_id=run.run_id)


def _check_day(run: RunSheet, on: object) -> None:
    if run.on != on:
        raise InvalidInput("another_day", field="run_id")


def _check_may_leave(desk: Desk, run_id: int, leg_id: int) -> None:
    run = desk.sheet.run(run_id)
    _check_unlocked(run)
    for stop in run.stops:
        if stop.leg_id == leg_id and (stop.is_locked or stop.done_at is not None):
            raise StopLocked(run_id=run_id, stop_id=stop.stop_id)


def _check_not_stranded(session: Session, appointment_id: int) -> None:
    """The way home of someone told of their way there changes cars; it is never just taken away (N2)."""
    for leg in legs_of(session, appointment_id=appointment_id):
        if leg.direction is Direction.OUTBOUND and is_told_or_begun(session, leg):
            raise ReturnNeeded(appointment_id=appointment_id)


def _watch_ways_home(session: Session, leg_ids: Sequence[int], *, now: datetime) -> None:
    appointments = session.scalars(
        select(Appointment)
        .join(RideLeg, RideLeg.appointment_id == Appointment.id)
        .where(RideLeg.id.in_(leg_ids))
        .distinct()
        .order_by(Appointment.id)
    ).all()
    for appointment in appointments:
        watch_way_home(session, appointment=appointment, now=now)
