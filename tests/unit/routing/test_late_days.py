"""A day that runs late: what was begun is finished, and nobody new is put where no rule holds any more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.routing.engine import Limits, plan_day, under_way
from outreach.routing.plan import Plan, Reason
from outreach.routing.problem import (
    Break,
    Episode,
    HeadStop,
    Leg,
    Problem,
    Ready,
    Stop,
    StopKind,
    Vehicle,
    alone,
)
from tests.unit.routing.days import CASES, car, line, random_problem, ride
from tests.unit.routing.definitions import faults_of

QUICK = Limits(seconds=None, iterations=200, threads=1)
SITE = 3  # of the line 0, 1, 2, 5 km: depot, two homes, the site
ROAD = line(0.0, 1.0, 2.0, 5.0)
SHIFT_END = 9000.0


def _riders(plan: Plan, key: str) -> set[str]:
    route = next(r for r in plan.routes if r.vehicle == key)
    return {s.leg for s in route.stops if s.leg is not None}


def _overdue(*, seats: float = 4.0, finishes: tuple[str, ...] = ()) -> Vehicle:
    """Return a car that stands idle at a home after the end of its shift."""
    late = car("late", seats, shift_end_s=SHIFT_END, ready=Ready(1, SHIFT_END + 500.0))
    return replace(late, finishes=frozenset(finishes))


def _with_aboard(vehicle: Vehicle, *keys: str) -> Vehicle:
    return replace(vehicle, head=tuple(HeadStop(k, StopKind.PICKUP, 8000.0) for k in keys))


def test_a_car_that_stands_idle_after_its_shift_is_given_nobody() -> None:
    plan = plan_day(Problem(ROAD, (_overdue(),), (alone(ride("new", 1, SITE)),)), QUICK)
    assert [(u.episode, u.reason) for u in plan.unserved] == [("new", Reason.OUTSIDE_SHIFTS)]
    assert _riders(plan, "late") == set()


def test_a_late_car_still_fetches_whom_it_was_given_and_nobody_else() -> None:
    people = (alone(ride("told", 1, SITE)), alone(ride("new", 1, SITE)))
    plan = plan_day(Problem(ROAD, (_overdue(finishes=("told",)),), people), QUICK)
    assert _riders(plan, "late") == {"told"}
    assert [u.episode for u in plan.unserved] == ["new"]


def test_a_car_that_brings_people_home_after_its_shift_takes_nobody_new() -> None:
    late = _with_aboard(_overdue(finishes=("told",)), "aboard")
    people = tuple(alone(ride(k, 1, SITE)) for k in ("aboard", "told", "new"))
    plan = plan_day(Problem(ROAD, (late, car("other")), people), QUICK)
    assert plan.unserved == ()
    assert "aboard" in _riders(plan, "late")
    assert _riders(plan, "other") >= {"new"}


def test_n4_a_late_car_is_not_given_more_people_than_it_has_seats() -> None:
    late = _with_aboard(_overdue(seats=1.0, finishes=("a", "b")), "aboard")
    people = tuple(alone(ride(k, 1, SITE)) for k in ("aboard", "a", "b"))
    plan = plan_day(Problem(ROAD, (late,), people), QUICK)
    assert plan.unserved == ()
    assert all(s.load_after[0] <= 1.0 for s in plan.routes[0].stops)


def test_n4_nobody_joins_a_car_that_is_too_full_already() -> None:
    full = _with_aboard(car("full", 2.0, ready=Ready(1, 8100.0)), "a", "b", "c")
    people = tuple(alone(ride(k, 1, SITE)) for k in ("a", "b", "c", "new"))
    plan = plan_day(Problem(ROAD, (full,), people), QUICK)
    assert plan.unserved == ()
    stops = plan.routes[0].stops
    joining = next(k for k, s in enumerate(stops) if s.leg == "new")
    assert stops[joining].load_after[0] <= 2.0


def _two_who_want_the_same_ride() -> tuple[Problem, Plan]:
    """Return a day with room for one of two, and the plan that has the one who drives further."""
    near = Leg("near", Stop(2, 3000.0, 3000.0), Stop(SITE))
    far = Leg("far", Stop(1, 3000.0, 3000.0), Stop(SITE))
    alone_with_far = Problem(ROAD, (car(seats=1.0),), (alone(far),))
    in_force = plan_day(alone_with_far, QUICK)
    return replace(alone_with_far, episodes=(alone(near), alone(far))), in_force


@pytest.mark.parametrize("afresh", [False, True])
def test_nobody_of_the_plan_in_force_is_left_for_somebody_of_equal_priority(afresh: bool) -> None:
    problem, in_force = _two_who_want_the_same_ride()
    assert set(plan_day(problem, QUICK).chosen) == {"near"}
    plan = plan_day(problem, QUICK, in_force=in_force, afresh=afresh)
    assert set(plan.chosen) == {"far"}


def test_somebody_of_higher_priority_is_taken_before_the_plan_in_force() -> None:
    problem, in_force = _two_who_want_the_same_ride()
    near, far = problem.episodes
    urgent = replace(problem, episodes=(replace(near, priority=1.5), far))
    assert set(plan_day(urgent, QUICK, in_force=in_force).chosen) == {"near"}


def test_a_driver_who_is_out_and_cannot_rest_as_stated_is_named() -> None:
    rest = (Break(8100.0, 8100.0, 1800.0),)
    out = _with_aboard(car("out", breaks=rest, ready=Ready(1, 8050.0)), "aboard")
    in_peace = car("in peace", breaks=rest)
    people = (alone(ride("aboard", 1, SITE)), alone(ride("other", 2, SITE)))
    problem = Problem(ROAD, (out, in_peace), people)
    plan = plan_day(problem, QUICK)
    assert plan.unserved == ()
    assert plan.without_break == ("out",)
    assert plan_day(replace(problem, vehicles=(in_peace,)), QUICK).without_break == ()


def test_a_driver_who_has_not_begun_rests_whoever_waits() -> None:
    rest = Break(3000.0, 3000.0, 3600.0)
    waiting = Episode("w", alone(Leg("w", Stop(1, 3600.0, 3700.0), Stop(SITE))).options, 500.0)
    problem = Problem(ROAD, (car(breaks=(rest,)),), (waiting,))
    plan = plan_day(problem, QUICK)
    assert faults_of(problem, plan) == []
    assert [u.episode for u in plan.unserved] == ["w"]


LATENESS = ("outside the shift", "duty too long", "outside its window", "rides too long")


@settings(max_examples=CASES, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**9),
    people=st.integers(2, 8),
    now=st.floats(0.0, 16_000.0),
    delay=st.floats(0.0, 16_000.0),
)
def test_a_late_day_is_finished_and_breaks_no_rule_but_those_of_time(
    seed: int, people: int, now: float, delay: float
) -> None:
    whole = random_problem(seed, people=people, rich=True)
    first = replace(whole, episodes=whole.episodes[: people // 2])
    plan = plan_day(first, QUICK)
    begun = under_way(first, plan, now_s=now)
    fleet = tuple(_delayed(v, delay) if v.head else v for v in begun.vehicles)
    late = replace(whole, vehicles=fleet)
    after = plan_day(late, QUICK, in_force=plan)
    # No other car may be late: one that drives nobody only goes home.
    out = {v.key for v in fleet if v.head or not _riders(after, v.key)}
    faults = [
        f
        for f in faults_of(late, after)
        if not (f.endswith(LATENESS) and f.partition(":")[0] in out)
    ]
    assert faults == [f"{key}: a break is missing" for key in after.without_break]
    for vehicle, route in zip(late.vehicles, after.routes, strict=True):
        aboard = {stop.leg for stop in vehicle.head}
        assert aboard <= _riders(after, vehicle.key)
        if route.back_s > vehicle.shift_end_s + 1e-3:
            assert _riders(after, vehicle.key) <= aboard | vehicle.finishes


def _delayed(vehicle: Vehicle, delay: float) -> Vehicle:
    if vehicle.ready is None:
        return vehicle
    return replace(vehicle, ready=replace(vehicle.ready, from_s=vehicle.ready.from_s + delay))
