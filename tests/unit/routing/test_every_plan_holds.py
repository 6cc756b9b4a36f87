"""Random problems: every plan obeys the definitions, and tiny ones are optimal."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outreach.routing.cost import BENCHMARK
from outreach.routing.engine import Limits, plan_day, recommend, repair, under_way
from tests.unit.routing.days import CASES, random_problem
from tests.unit.routing.definitions import faults_of
from tests.unit.routing.exhaustive import least_cost

QUICK = Limits(seconds=None, iterations=60, threads=1)


@settings(max_examples=CASES, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**9), people=st.integers(1, 8), rich=st.booleans())
@example(seed=2978940, people=4, rich=True)  # who is left on board had needed the stop taken out
def test_every_plan_passes_a_check_written_from_the_definitions(
    seed: int, people: int, rich: bool
) -> None:
    problem = random_problem(seed, people=people, rich=rich)
    assert faults_of(problem, plan_day(problem, QUICK)) == []


@settings(max_examples=CASES // 5, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**9), people=st.integers(2, 8), now=st.floats(0.0, 16_000.0))
@example(seed=13270, people=6, now=0.0)  # another person would drive less
@example(seed=8, people=8, now=518.0)  # whoever boarded first gets out last
def test_a_plan_resumed_at_any_instant_of_the_day_still_holds(
    seed: int, people: int, now: float
) -> None:
    problem = random_problem(seed, people=people, rich=False)
    plan = plan_day(problem, QUICK)
    later = repair(under_way(problem, plan, now_s=now), plan, QUICK)
    assert faults_of(problem, later.plan) == []
    assert later.newly_left == ()


@settings(max_examples=CASES // 5, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**9), people=st.integers(2, 8))
def test_a_recommended_place_is_one_the_engine_can_keep(seed: int, people: int) -> None:
    problem = random_problem(seed, people=people, rich=True)
    caller, others = problem.episodes[0], problem.episodes[1:]
    without = type(problem)(
        problem.travel_s, problem.vehicles, others, problem.resources,
        problem.max_wait_aboard_s, problem.dimensions,
    )  # fmt: skip
    plan = plan_day(without, QUICK)
    for place in recommend(without, plan, caller):
        assert place.option in {o.key for o in caller.options}
        assert len(place.pickups) == len(
            next(o.legs for o in caller.options if o.key == place.option)
        )


def test_tiny_problems_are_solved_to_the_optimum() -> None:
    optimal = 0
    cases = max(20, CASES // 5)
    for seed in range(cases):
        problem = random_problem(seed, people=3 + seed % 6, rich=False)
        left, driving = least_cost(problem, left_out=1e9)
        plan = plan_day(problem, Limits(None, 400, threads=1), weights=BENCHMARK)
        assert (len(plan.unserved), plan.cost.driving_s) >= (left, driving - 1e-3)
        optimal += len(plan.unserved) == left and plan.cost.driving_s <= driving + 1e-3
    assert optimal >= 0.95 * cases


@pytest.mark.parametrize("people", [8, 160])
def test_same_seed_and_iterations_give_the_same_plan(people: int) -> None:
    problem = random_problem(7, people=people, rich=True)
    limits = Limits(seconds=None, iterations=300, threads=2, seed=5)
    first, second = plan_day(problem, limits), plan_day(problem, limits)
    assert first.routes == second.routes
    assert first.chosen == second.chosen
    assert first.unserved == second.unserved
