"""Repairs: a car breaks with people aboard, a driver falls ill, an observation is extended (fault 55)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.accounts.rules import EVERYWHERE
from outreach.clinics.codes import DayEventKind
from outreach.contact.codes import Step
from outreach.contact.message_models import Message
from outreach.db import Database
from outreach.routing.plan import Reason
from outreach.transport.codes import Direction, LegStatus, StopKind
from outreach.transport.fleet import HelperDraft, add_driver
from outreach.transport.models import Leave
from outreach.transport.plan_result import PlanKind, Proposal, WordState
from outreach.transport.run_models import Promise, RideLeg, Run
from outreach.transport.sheets import RunSheet, read_day, with_run
from outreach.transport.shifts import add_shift
from outreach.workflows.accept_plan import accept_plan
from outreach.workflows.break_down import break_down
from outreach.workflows.day_board import day_board
from outreach.workflows.make_plan import repair_day
from outreach.workflows.note_event import note_event
from outreach.workflows.publish_runs import publish_runs
from tests.builders.clinics import DAY, at
from tests.builders.ledger import NOW
from tests.builders.planning import kept, make, published_day, stops_of
from tests.builders.transport import (
    DESK,
    WHOLE_DAY,
    Day,
    assign,
    book_car,
    build_day,
    leg_of,
    publish,
    tap,
    version_of,
)


def test_fault_55_a_car_breaks_down_with_three_aboard(database: Database) -> None:
    day, _booked = published_day(database, elders=12, cars=3)
    run_id = max(day.runs, key=lambda run: len(stops_of(database, run)))
    aboard: list[int] = []
    for stop in stops_of(database, run_id):
        if stop.kind is not StopKind.PICKUP or len(aboard) == 3:
            break
        with database.write() as session:
            note_event(
                session,
                tap=tap(DayEventKind.PICKED_UP, stop.arrives_at, leg=stop.leg_id),
                author=DESK,
                now=stop.arrives_at,
            )
        aboard.append(stop.leg_id)
        now = stop.arrives_at + timedelta(minutes=2)
    assert len(aboard) == 3
    with database.write() as session:
        run = session.get_one(Run, run_id)
        break_down(session, vehicle_id=run.vehicle_id, on=DAY, reason="发动机", by=day.by, now=now)
    plan_id = repair_day(
        database, day.travel, on=DAY, cause="car", scope=EVERYWHERE, by=day.by, now=now
    )
    _plan, proposal = kept(database, plan_id)
    assert proposal.seconds < 5.0
    assert set(proposal.transfers) == set(aboard)
    done = accept_plan(database, day.travel, plan_id=plan_id, announce=True, by=day.by, now=now)
    for (
        leg_id
    ) in aboard:  # they never get out of anybody's sight: still aboard, now on a car that drives
        assert leg_of(database, leg_id).status is LegStatus.ON_BOARD
    assert all(stop.done_at is not None for stop in stops_of(database, run_id))
    assert not {s.leg_id for s in stops_of(database, run_id)} & set(aboard)
    board = day_board(database, day.travel, on=DAY, now=now)
    rescued = {s.leg.leg_id for r in board.runs if r.run_id != run_id for s in r.stops}
    assert set(aboard) <= rescued
    with database.read() as session:
        texts = session.scalars(
            select(Message.subject_id).where(Message.step == Step.PROMISE_MOVED)
        ).all()
    moved = {word.leg_id for word in proposal.words if word.state is WordState.MOVED}
    assert {change.leg_id for change in done.told} == moved
    assert set(texts) <= moved


@pytest.mark.parametrize("minutes", [-25, 5, 61, 300])
def test_a_repair_leaves_what_silent_cars_should_have_driven_and_plans_nothing_for_the_past(
    database: Database, minutes: int
) -> None:
    day, _booked = published_day(database, elders=12, cars=3)
    before = {(s.leg_id, s.kind): s for run in day.runs for s in stops_of(database, run)}
    broken_id = next(run for run in day.runs if stops_of(database, run))
    legs = {leg_id for leg_id, _kind in before}
    due = max(leg_of(database, i).pickup_until_at for i in _outbound(database, legs))
    now = due + timedelta(minutes=minutes)
    with database.write() as session:
        run = session.get_one(Run, broken_id)
        break_down(session, vehicle_id=run.vehicle_id, on=DAY, reason="发动机", by=day.by, now=now)
    plan_id = repair_day(
        database, day.travel, on=DAY, cause="car", scope=EVERYWHERE, by=day.by, now=now
    )
    _plan, proposal = kept(database, plan_id)
    assert proposal.after.broken <= proposal.before.broken
    accept_plan(database, day.travel, plan_id=plan_id, announce=True, by=day.by, now=now)
    after = {(s.leg_id, s.kind): s for run in day.runs for s in stops_of(database, run)}
    for key, was in before.items():
        if was.run_id != broken_id and was.arrives_at < now:
            # Driven or forgotten, nobody knows: it stays there, and no family hears of another time.
            assert (after[key].run_id, after[key].arrives_at) == (was.run_id, was.arrives_at)
            assert leg_of(database, key[0]).status is LegStatus.ASSIGNED
        elif key in after and after[key].run_id != was.run_id:
            assert after[key].arrives_at >= now
    left = {leg_id for x in proposal.left for leg_id in x.leg_ids}
    for leg_id in legs - left - _outbound(database, legs):  # may wait at the site
        assert after[leg_id, StopKind.PICKUP].run_id != broken_id


def a_colleague_on_shift(database: Database, day: Day) -> int:
    with database.write() as session:
        helper = HelperDraft(name="替班", area_id=day.village.street_id)
        colleague = add_driver(session, draft=helper).id
        add_shift(session, on=DAY, times=WHOLE_DAY, driver_id=colleague)
    return colleague


def repair_after_an_ill_driver(
    database: Database, day: Day, *, run_id: int, now: datetime
) -> tuple[int, Proposal]:
    """Send the driver of a run home ill and ask for a repair; return its number and proposal."""
    with database.write() as session:
        ill = session.get_one(Run, run_id).driver_id
        session.add(Leave(driver_id=ill, from_on=DAY, until_on=DAY, reason="病假"))
    plan_id = repair_day(
        database, day.travel, on=DAY, cause="driver", scope=EVERYWHERE, by=day.by, now=now
    )
    return plan_id, kept(database, plan_id)[1]


def _outbound(database: Database, leg_ids: Iterable[int]) -> set[int]:
    return {i for i in leg_ids if leg_of(database, i).direction is Direction.OUTBOUND}


def test_a_driver_falls_ill_and_a_colleague_takes_the_car(database: Database) -> None:
    day, _booked = published_day(database, elders=6, cars=2)
    run_id = max(day.runs, key=lambda run: len(stops_of(database, run)))
    plan_id, proposal = repair_after_an_ill_driver(database, day, run_id=run_id, now=NOW)
    assert proposal.before.people == 0
    assert proposal.after.people == 6
    accept_plan(database, day.travel, plan_id=plan_id, announce=True, by=day.by, now=NOW)
    assert stops_of(database, run_id) == []
    with database.read() as session:
        standing = session.scalars(select(Promise).where(Promise.ended_at.is_(None))).all()
    assert len(standing) == 6
    assert day_board(database, day.travel, on=DAY, now=NOW).without_car == ()


def test_a_colleague_takes_over_the_only_car_in_mid_morning_and_nobody_is_left_out(
    database: Database,
) -> None:
    day, booked = published_day(database, elders=3, cars=1)
    run_id = day.runs[0]
    told = {stop.leg_id: stop.arrives_at for stop in stops_of(database, run_id)}
    now = min(told.values()) + timedelta(minutes=5)  # the first is waiting: nobody drove
    colleague = a_colleague_on_shift(database, day)
    plan_id, proposal = repair_after_an_ill_driver(database, day, run_id=run_id, now=now)
    assert proposal.before.people == 0
    assert proposal.after.people == 3
    accept_plan(database, day.travel, plan_id=plan_id, announce=True, by=day.by, now=now)
    stops = stops_of(database, run_id)
    assert {stop.leg_id for stop in stops} == {
        leg for _, out, back in booked for leg in (out, back)
    }
    assert all(stop.done_at is None and stop.arrives_at >= now for stop in stops)
    with database.read() as session:
        assert session.get_one(Run, run_id).driver_id == colleague
        standing = {
            promise.leg_id: (promise.pickup_from_at, promise.pickup_until_at)
            for promise in session.scalars(select(Promise).where(Promise.ended_at.is_(None)))
        }
    fetched = {stop.leg_id: stop.arrives_at for stop in stops if stop.kind is StopKind.PICKUP}
    assert len(standing) == 3
    for leg_id, (earliest, latest) in standing.items():
        assert earliest <= fetched[leg_id] <= latest  # or she was told another time
    later = now + timedelta(minutes=1)
    versions = {run_id: version_of(database, run_id)}
    publish_runs(database, day.travel, versions=versions, by=day.by, now=later)


def test_what_lies_behind_counts_as_driven_only_while_its_own_driver_may_have_driven_it(
    database: Database,
) -> None:
    day, _booked = published_day(database, elders=6, cars=2)
    run_id = max(day.runs, key=lambda run: len(stops_of(database, run)))
    now = stops_of(database, run_id)[0].arrives_at + timedelta(minutes=5)
    with database.read() as session:
        sheet = read_day(session, on=DAY)
    run = sheet.run(run_id)
    ill = replace(run, duty=replace(run.duty, driver_unfit=("on_leave",)))
    broken = replace(run, car=replace(run.car, unfit=("out_of_service",)))

    def driven(changed: RunSheet) -> bool:
        halts = with_run(sheet, changed).facts(run_id, now=now).halts
        return any(halt.done_at_s is not None for halt in halts)

    assert driven(run)
    assert not driven(replace(run, is_taken_over=True))  # another driver begins now
    assert not driven(ill)
    assert not driven(broken)


def test_an_extended_observation_gets_its_own_way_home(database: Database) -> None:
    day, booked = published_day(database, elders=2, cars=2)
    appointment, out, back = booked[0]
    jab = at(9, 40)
    for kind, when in (
        (DayEventKind.PICKED_UP, at(9, 5)),
        (DayEventKind.AT_SITE, at(9, 25)),
        (DayEventKind.JABBED, jab),
    ):
        with database.write() as session:
            note_event(
                session,
                tap=tap(
                    kind,
                    when,
                    leg=out if kind is not DayEventKind.JABBED else None,
                    appointment=appointment,
                ),
                author=DESK,
                now=when,
            )
    now = at(10, 0)
    with database.write() as session:
        note_event(
            session,
            tap=tap(
                DayEventKind.OBSERVATION_EXTENDED,
                now,
                appointment=appointment,
                minutes=60,
                reason="血压高",
            ),
            author=DESK,
            now=now,
        )
    ready = leg_of(database, back).pickup_from_at
    plan_id = repair_day(
        database, day.travel, on=DAY, cause="observation", scope=EVERYWHERE, by=day.by, now=now
    )
    _plan, proposal = kept(database, plan_id)
    assert back not in {leg for left in proposal.left for leg in left.leg_ids}
    if any(run.is_changed for run in proposal.runs):
        accept_plan(database, day.travel, plan_id=plan_id, announce=True, by=day.by, now=now)
    board = day_board(database, day.travel, on=DAY, now=now)
    fetched = [
        s.arrives_at
        for r in board.runs
        for s in r.stops
        if s.leg.leg_id == back and s.kind is StopKind.PICKUP
    ]
    assert len(fetched) == 1
    assert fetched[0] >= ready


def test_a_car_after_its_shift_brings_home_whom_it_was_given_and_nobody_else(
    database: Database,
) -> None:
    day = build_day(database, elders=2, cars=1)
    (own, there, home), (_other, brought, also_home) = (
        book_car(database, day, who, at(9, 30)) for who in range(2)
    )
    assign(database, day, there)
    assign(database, day, home)
    publish(database, day)
    with database.write() as session:  # a colleague's car brought the other one, and broke down
        session.get_one(RideLeg, brought).status = LegStatus.DROPPED_OFF
        session.get_one(Run, day.runs[0]).ends_at = at(10, 0)
    for kind, leg, when in (
        (DayEventKind.PICKED_UP, there, at(9, 5)),
        (DayEventKind.AT_SITE, there, at(9, 25)),
        (DayEventKind.JABBED, None, at(9, 40)),
    ):
        with database.write() as session:
            event = tap(kind, when, leg=leg, appointment=own)
            note_event(session, tap=event, author=DESK, now=when)
    _plan_id, proposal = make(database, day, kind=PlanKind.REPLAN, now=at(10, 5))
    assert {leg for leg, _is_pickup in proposal.orders[day.runs[0]]} == {there, home}
    assert [(left.leg_ids, left.reason) for left in proposal.left] == [
        ((also_home,), Reason.OUTSIDE_SHIFTS.value)
    ]
