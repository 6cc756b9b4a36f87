"""Publishing on a day that has fallen behind: families learn of it, and nobody is told a guess."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from outreach.accounts.rules import EVERYWHERE
from outreach.clinics.codes import DayEventKind
from outreach.db import Database
from outreach.transport.assign import AssignmentRefused
from outreach.transport.codes import Direction, RunStatus, StopKind
from outreach.transport.models import Leave
from outreach.transport.plan_result import PlanKind
from outreach.transport.run_facts import Breach
from outreach.transport.run_models import Run, RunStop
from outreach.workflows.accept_plan import accept_plan
from outreach.workflows.break_down import break_down
from outreach.workflows.note_event import note_event
from outreach.workflows.publish_runs import publish_preview
from outreach.workflows.publish_sheet import publish_sheet
from tests.builders.clinics import DAY, at
from tests.builders.planning import make, published_day, stops_of
from tests.builders.transport import (
    DESK,
    assign,
    book_car,
    build_day,
    leg_of,
    publish,
    tap,
)


def fetching(database: Database, run_id: int) -> list[RunStop]:
    """Return the pickups at home of a run, in order."""
    return [
        stop
        for stop in stops_of(database, run_id)
        if stop.kind is StopKind.PICKUP
        and leg_of(database, stop.leg_id).direction is Direction.OUTBOUND
    ]


def picked_up(database: Database, leg_id: int, when: datetime) -> None:
    with database.write() as session:
        event = tap(DayEventKind.PICKED_UP, when, leg=leg_id)
        note_event(session, tap=event, author=DESK, now=when)


def test_families_of_a_car_that_runs_late_can_be_told(database: Database) -> None:
    day, _booked = published_day(database, elders=3, cars=1)
    run_id = day.runs[0]
    first, *others = fetching(database, run_id)
    now = first.arrives_at + timedelta(minutes=50)
    picked_up(database, first.leg_id, now)
    sheet = publish_sheet(database, day.travel, on=DAY, scope=EVERYWHERE, now=now)
    assert sheet.runs[0].can_go
    assert sheet.runs[0].late
    assert sheet.moved == len(others)
    told = publish(database, day, run_id, now=now).told
    assert {change.leg_id for change in told} == {stop.leg_id for stop in others}
    assert all(change.is_moved and change.becomes.until_at > now for change in told)
    assert publish(database, day, run_id, now=now).told == ()  # once is enough


def test_whom_the_car_has_passed_by_is_told_no_guess(database: Database) -> None:
    day, _booked = published_day(database, elders=3, cars=1)
    run_id = day.runs[0]
    first, second, third = fetching(database, run_id)
    now = third.arrives_at + timedelta(minutes=50)
    picked_up(database, first.leg_id, first.arrives_at)
    picked_up(database, third.leg_id, now)
    preview = publish_preview(database, day.travel, run_ids=[run_id], now=now)
    assert preview.passed_by[run_id] == (second.leg_id,)
    assert second.leg_id not in preview.late_leg_ids(
        run_id
    )  # the page says of those: they are told
    told = publish(database, day, run_id, now=now).told
    assert second.leg_id not in {change.leg_id for change in told}


def test_a_run_nobody_knows_of_takes_in_late_whoever_was_told_a_time_on_a_broken_car(
    database: Database,
) -> None:
    day = build_day(database, elders=2, cars=2)
    trips = [book_car(database, day, who, at(9, 30)) for who in range(2)]
    for _appointment, out, back in trips:
        assign(database, day, out)
        assign(database, day, back)
    broken, spare = day.runs
    publish(database, day, broken, now=at(8, 0))
    now = fetching(database, broken)[-1].arrives_at + timedelta(minutes=15)
    with database.write() as session:
        vehicle = session.get_one(Run, broken).vehicle_id
        break_down(session, vehicle_id=vehicle, on=DAY, reason="发动机", by=day.by, now=now)
    plan_id, proposal = make(database, day, kind=PlanKind.REST, now=now)
    assert proposal.after.people == len(trips)
    accept_plan(database, day.travel, plan_id=plan_id, by=day.by, now=now)
    assert {stop.leg_id for stop in fetching(database, spare)} == {out for _a, out, _b in trips}
    told = publish(database, day, spare, now=now + timedelta(minutes=1)).told
    assert told
    assert all(change.is_moved and change.becomes.until_at > now for change in told)
    with database.read() as session:
        assert session.get_one(Run, spare).status is RunStatus.PUBLISHED


def test_a_run_nobody_knows_of_is_not_published_late(database: Database) -> None:
    day = build_day(database, elders=1, cars=1)
    _a, out, back = book_car(database, day, 0, at(9, 30))
    assign(database, day, out)
    assign(database, day, back)
    with pytest.raises(AssignmentRefused) as refusal:
        publish(database, day, day.runs[0], now=at(10, 15))
    assert Breach.LATE_PICKUP in {broken.breach for broken in refusal.value.violations}


def test_a_told_run_whose_driver_is_ill_is_not_published(database: Database) -> None:
    day, _booked = published_day(database, elders=2, cars=1)
    with database.write() as session:
        session.add(Leave(driver_id=day.drivers[0], from_on=DAY, until_on=DAY, reason="病假"))
    with pytest.raises(AssignmentRefused) as refusal:
        publish(database, day, day.runs[0], now=at(8, 0))
    assert {broken.breach for broken in refusal.value.violations} == {Breach.DRIVER_UNFIT}
