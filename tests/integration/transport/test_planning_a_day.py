"""Planning a day by the engine: proposed, compared, accepted in whole or by run, taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.db import Database
from outreach.routing.engine import Limits
from outreach.routing.plan import Plan as EnginePlan
from outreach.routing.problem import Problem
from outreach.transport.codes import LegStatus, PlanState
from outreach.transport.plan_result import Mark, PlanKind, WordState
from outreach.transport.run_models import RunStop
from outreach.workflows.accept_plan import accept_plan
from outreach.workflows.assign_leg import unassign_leg
from outreach.workflows.day_board import day_board
from outreach.workflows.plan_store import NotToBeUndone, PlanStale
from outreach.workflows.undo_plan import undo_plan
from tests.builders.clinics import DAY
from tests.builders.ledger import NOW
from tests.builders.planning import book_all, kept, make
from tests.builders.transport import (
    Day,
    assign,
    build_day,
    car,
    leg_of,
    publish,
    version_of,
)


def stops(database: Database) -> list[tuple[int, int, str]]:
    with database.read() as session:
        rows = session.scalars(select(RunStop).order_by(RunStop.run_id, RunStop.position))
        return [(s.run_id, s.leg_id, s.kind.value) for s in rows]


def accept(database: Database, day: Day, plan_id: int, *runs: int) -> object:
    return accept_plan(
        database, day.travel, plan_id=plan_id, run_ids=runs or None, by=day.by, now=NOW
    )


def test_a_planned_day_serves_everybody_breaks_nothing_and_compares_with_what_stood(
    database: Database,
) -> None:
    day = build_day(database, elders=9, cars=3)
    book_all(database, day)
    plan_id, proposal = make(database, day)
    assert stops(database) == []  # nothing changes before somebody says yes
    assert (proposal.before.people, proposal.before.without_car) == (0, 9)
    assert (proposal.after.people, proposal.after.without_car) == (9, 0)
    assert proposal.mark is Mark.FULL
    assert proposal.left == ()
    accept(database, day, plan_id)
    board = day_board(database, day.travel, on=DAY, now=NOW)
    assert board.without_car == ()
    assert all(run.broken == () for run in board.runs)
    assert len(stops(database)) == 4 * 9
    assert kept(database, plan_id)[0].state is PlanState.ACCEPTED


def test_a_plan_is_accepted_run_by_run_and_the_rest_stays_open(database: Database) -> None:
    day = build_day(database, elders=12, cars=3, capacity=6)
    book_all(database, day, a_slot=6)
    plan_id, proposal = make(database, day)
    busy = [run.run_id for run in proposal.runs if run.joining]
    first = busy[0]
    assert len(busy) > 1
    accept(database, day, plan_id, first)
    assert {run for run, _leg, _kind in stops(database)} == {first}
    assert kept(database, plan_id)[0].state is PlanState.PARTLY_ACCEPTED
    accept(database, day, plan_id)
    assert kept(database, plan_id)[0].state is PlanState.ACCEPTED
    assert day_board(database, day.travel, on=DAY, now=NOW).without_car == ()


def test_fault_57_a_run_changed_meanwhile_is_refused_by_name_and_nothing_is_written(
    database: Database,
) -> None:
    day = build_day(database, elders=12, cars=2, capacity=6)
    booked = book_all(database, day, a_slot=6)
    plan_id, proposal = make(database, day)
    assign(database, day, booked[0][1], run=1)  # a colleague was quicker
    before = stops(database)
    with pytest.raises(PlanStale) as error:
        accept(database, day, plan_id)
    assert proposal.run(day.runs[1]).plate in str(error.value.facts["plates"])
    assert stops(database) == before


def test_an_accepted_plan_is_taken_back_while_nothing_hangs_on_it(database: Database) -> None:
    day = build_day(database, elders=6, cars=2)
    booked = book_all(database, day)
    plan_id, _proposal = make(database, day)
    accept(database, day, plan_id)
    undo_plan(database, day.travel, plan_id=plan_id, by=day.by, now=NOW)
    assert stops(database) == []
    assert leg_of(database, booked[0][1]).status is LegStatus.WAITING
    accept(database, day, plan_id)  # it lies on the table again
    publish(database, day)
    with pytest.raises(NotToBeUndone):
        undo_plan(database, day.travel, plan_id=plan_id, by=day.by, now=NOW)
    assert len(stops(database)) == 4 * 6


def test_planning_only_the_rest_moves_nobody_to_another_car(database: Database) -> None:
    day = build_day(database, elders=6, cars=2)
    book_all(database, day)
    plan_id, proposal = make(database, day)
    accept(database, day, plan_id)
    before = {(leg, run) for run, leg, _kind in stops(database)}
    leg = next(leg for leg, _run in sorted(before))
    run_id = next(run for one, run in before if one == leg)
    unassign_leg(
        database,
        day.travel,
        leg_id=leg,
        run_version=version_of(database, run_id),
        by=day.by,
        now=NOW,
    )
    rest_id, rest = make(database, day, kind=PlanKind.REST)
    assert rest.after.without_car == 0
    accept(database, day, rest_id)
    after = {(one, run) for run, one, _kind in stops(database)}
    assert {pair for pair in before if pair[0] != leg} <= after
    del proposal


@pytest.mark.parametrize("kind", [PlanKind.DAY, PlanKind.REPLAN])
def test_nobody_loses_a_place_in_a_car_to_somebody_who_lives_nearer(
    database: Database, kind: PlanKind
) -> None:
    day = build_day(database, elders=6, cars=[car("豫A0001D", seats=1)], capacity=6)
    booked = {a: (out, back) for a, out, back in book_all(database, day, a_slot=6)}
    _plan_id, first = make(database, day, kind=kind)
    cheapest_without = first.left[0].appointment_id
    for leg in booked[cheapest_without]:
        assign(database, day, leg)
    _plan_id, second = make(database, day, kind=kind)
    assert cheapest_without not in {left.appointment_id for left in second.left}
    assert second.after.people == first.after.people


def test_replanning_keeps_the_times_told_to_families(database: Database) -> None:
    day = build_day(database, elders=6, cars=2)
    book_all(database, day)
    accept(database, day, make(database, day)[0])
    publish(database, day)
    plan_id, proposal = make(database, day, kind=PlanKind.REPLAN)
    assert proposal.after.kept == 6
    assert all(word.state is WordState.KEPT for word in proposal.words)
    if any(run.is_changed for run in proposal.runs):
        accept(database, day, plan_id)
    board = day_board(database, day.travel, on=DAY, now=NOW)
    assert board.moved_promises == ()


def test_fault_53_each_person_left_has_one_true_reason(database: Database) -> None:
    small = replace(car("豫A00001", seats=4), has_ramp=False)
    day = build_day(database, elders=3, cars=[small])
    from outreach.ledger.models import Resident

    with database.write() as session:
        session.get_one(Resident, day.residents[0]).mobility = "M4"
    book_all(database, day)
    _plan_id, proposal = make(database, day)
    assert [(x.resident_id, x.reason) for x in proposal.left] == [
        (day.residents[0], "fits_no_vehicle")
    ]
    assert proposal.after.people == 2


def test_fault_54_an_engine_that_breaks_down_leaves_a_marked_plan(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = build_day(database, elders=6, cars=2)
    book_all(database, day)

    def broken(*_a: object, **_k: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("outreach.routing.engine.plan_day", broken)
    plan_id, proposal = make(database, day)
    assert proposal.mark is Mark.GREEDY
    assert proposal.after.people == 6
    accept(database, day, plan_id)
    assert all(r.broken == () for r in day_board(database, day.travel, on=DAY, now=NOW).runs)


def test_fault_54_a_search_that_breaks_off_inside_is_marked_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = build_day(database, elders=6, cars=2)
    book_all(database, day)

    def crash(*_a: object, **_k: object) -> None:
        raise MemoryError

    monkeypatch.setattr("outreach.routing.islands.Island.run", crash)
    _plan_id, proposal = make(database, day)
    assert proposal.mark is Mark.LAST_BEST
    assert proposal.after.people == 6


def test_an_order_that_does_not_pass_the_check_leaves_nobody_without_a_car_who_could_have_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = build_day(database, elders=9, cars=3)
    book_all(database, day)
    from outreach.routing.engine import plan_day

    def late(problem: Problem, limits: Limits, **more: Any) -> EnginePlan:
        """Answer as the engine does, with everybody of one car fetched after the last one was."""
        plan = plan_day(problem, limits, **more)
        full = max(plan.routes, key=lambda route: len(route.stops))
        turned = replace(full, stops=tuple(s for s in full.stops if s.leg != full.stops[0].leg))
        first = tuple(s for s in full.stops if s.leg == full.stops[0].leg)
        spoilt = replace(turned, stops=(*turned.stops, *first))
        return replace(plan, routes=tuple(spoilt if r is full else r for r in plan.routes))

    monkeypatch.setattr("outreach.routing.engine.plan_day", late)
    _plan_id, proposal = make(database, day)
    assert (proposal.after.people, proposal.left) == (9, ())


def test_fault_54_a_plan_keeps_to_its_time(database: Database) -> None:
    day = build_day(database, elders=9, cars=3)
    book_all(database, day)
    make(database, day)  # kernels are loaded by now
    _plan_id, proposal = make(database, day, seconds=1.0)
    assert proposal.seconds < 3.0


def test_a_locked_run_and_a_locked_stop_stay_where_they_are(database: Database) -> None:
    from outreach.transport.assign import lock_stop, lock_whole_run

    day = build_day(database, elders=12, cars=2, capacity=6)
    book_all(database, day, a_slot=6)
    accept(database, day, make(database, day)[0])
    with database.write() as session:
        first = session.scalars(
            select(RunStop).where(RunStop.run_id == day.runs[1]).order_by(RunStop.position)
        ).first()
        assert first is not None
        lock_stop(session, stop_id=first.id, is_locked=True, by=day.by, now=NOW)
        lock_whole_run(
            session,
            run_id=day.runs[0],
            version=version_of(database, day.runs[0]),
            is_locked=True,
            by=day.by,
            now=NOW,
        )
        locked_leg, locked_at = first.leg_id, first.arrives_at
    held = [s for s in stops(database) if s[0] == day.runs[0]]
    plan_id, proposal = make(database, day)
    assert day.runs[0] not in proposal.orders
    if any(run.is_changed for run in proposal.runs):
        accept(database, day, plan_id)
    assert [s for s in stops(database) if s[0] == day.runs[0]] == held
    with database.read() as session:
        again = session.scalars(
            select(RunStop).where(RunStop.leg_id == locked_leg, RunStop.kind == first.kind)
        ).one()
        assert again.run_id == day.runs[1]
        assert abs(again.arrives_at - locked_at) <= timedelta(minutes=5)
