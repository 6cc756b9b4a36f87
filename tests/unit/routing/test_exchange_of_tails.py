"""Two cars exchange the rest of their days: whoever was driven is driven, and no rule breaks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.routing.cost import BENCHMARK, PRODUCT
from outreach.routing.engine import Limits, Prepared, plan_day, under_way
from outreach.routing.problem import Break, Leg, Problem, Stop, alone
from outreach.routing.tails import exchange_tails
from outreach.routing.tours import copy_of
from tests.unit.routing.days import car, line, random_problem
from tests.unit.routing.definitions import faults_of

QUICK = Limits(seconds=None, iterations=60, threads=1)
WEST, FURTHER_WEST, EAST, FURTHER_EAST = 1, 2, 3, 4
MORNING, AFTERNOON = 3600.0, 18_000.0


def _exchange(prepared: Prepared, v: int) -> bool:
    """Try to exchange the tail of route v on the present tours of the island."""
    island = prepared.island
    island.memory.touched[:] = 0
    island.memory.touched[v] = 1
    return bool(
        exchange_tails(
            island.net, prepared.compiled.weights, island.units, island._now,
            island.boxed_memory, island.chance,
        )
    )  # fmt: skip


def _held(prepared: Prepared, problem: Problem) -> Prepared:
    """Fill the island's plan the quick way."""
    prepared.island.start_from(prepared.begun)
    prepared.island.construct()
    assert faults_of(problem, prepared.plan(prepared.island.now)) == []
    return prepared


def _ride(key: str, a: int, b: int, at: float) -> Leg:
    return Leg(key, Stop(a, at, at + 600.0), Stop(b, at, at + 1800.0))


def _two_cars(*days: tuple[list[Leg], list[Leg], tuple[Break, ...]]) -> Prepared:
    """Return two cars that drive these legs one after the other, with the rests in between."""
    problem = Problem(
        line(0.0, -9.0, -10.0, 9.0, 10.0),
        tuple(car(key, breaks=day[2]) for key, day in zip("ab", days, strict=True)),
        tuple(alone(leg) for before, after, _rests in days for leg in (*before, *after)),
    )
    prepared = Prepared(problem, BENCHMARK)
    tours = copy_of(prepared.begun)
    names = [row.leg.key if row.leg else row.vehicle for row in prepared.compiled.leg_rows]
    for v, (before, after, _rests) in enumerate(days):
        rests = [2 * k for k, name in enumerate(names) if name == v]
        first, second = (
            [2 * names.index(leg.key) + end for leg in legs for end in (0, 1)]
            for legs in (before, after)
        )
        nodes = [*first, *rests, *second]
        tours.size[v] = len(nodes)
        tours.seq[v, 1 : len(nodes) + 1] = nodes
        assert prepared.island.refreshed(tours, v)
        units = prepared.compiled.units.leg_unit[[n >> 1 for n in nodes]]
        tours.option[units] = prepared.compiled.units.first_option[units]
    prepared.island.start_from(tours)
    return prepared


def _crossed(*breaks: tuple[Break, ...]) -> Prepared:
    """Return two cars whose afternoons are the wrong way round; each rests before its afternoon."""
    east = [_ride("east, morning", EAST, FURTHER_EAST, MORNING)]
    west = [_ride("west, morning", WEST, FURTHER_WEST, MORNING)]
    late_west = [_ride("west, late", FURTHER_WEST, WEST, AFTERNOON)]
    late_east = [_ride("east, late", FURTHER_EAST, EAST, AFTERNOON)]
    return _two_cars((east, late_west, breaks[0]), (west, late_east, breaks[1]))


def _together(prepared: Prepared) -> set[frozenset[str]]:
    plan = prepared.plan(prepared.island.now)
    assert faults_of(prepared.compiled.problem, plan) == []
    return {frozenset(s.leg for s in route.stops if s.leg) for route in plan.routes}


@pytest.mark.parametrize(
    "breaks",
    [
        ((), ()),
        ((Break(9000.0, 10_800.0, 1800.0),), (Break(9900.0, 12_600.0, 1200.0),)),
    ],
    ids=["without a rest", "each with a rest of its own"],
)
def test_two_cars_whose_afternoons_are_the_wrong_way_round_exchange_them(
    breaks: tuple[tuple[Break, ...], ...],
) -> None:
    prepared = _crossed(*breaks)
    assert any(_exchange(prepared, 0) for _ in range(20))
    assert _together(prepared) == {
        frozenset({"east, morning", "east, late"}),
        frozenset({"west, morning", "west, late"}),
    }


def test_a_car_that_would_reach_its_next_stop_in_time_only_without_the_others_way_there() -> None:
    """The one who rests first has a long way behind the rest, which bounds it; the other has not."""
    morning = [_ride("east, morning", EAST, FURTHER_EAST, MORNING)]
    noon = [
        Leg("west, noon", Stop(WEST, 14_400.0, 14_450.0), Stop(FURTHER_WEST)),
        Leg("east, noon", Stop(EAST, 16_000.0, 17_000.0), Stop(FURTHER_EAST)),
    ]
    late_west = [_ride("west, late", FURTHER_WEST, WEST, AFTERNOON)]
    late_east = [_ride("east, late", FURTHER_EAST, EAST, AFTERNOON)]
    found = set()
    for turn in range(40):
        rests = (Break(9000.0, 20_000.0, 1800.0),), (Break(9000.0, 20_000.0, 1200.0),)
        prepared = _two_cars((morning, late_west, rests[0]), (noon, late_east, rests[1]))
        prepared.island.chance[:] += turn
        if _exchange(prepared, turn % 2):
            found |= _together(prepared)
    assert frozenset({"west, noon", "west, late"}) in found


def test_a_rest_stays_with_its_driver_when_the_other_has_none() -> None:
    prepared = _crossed((Break(9000.0, 10_800.0, 1800.0),), ())
    changed = 0
    for turn in range(20):
        changed += _exchange(prepared, turn % 2)
        assert faults_of(prepared.compiled.problem, prepared.plan(prepared.island.now)) == []
    assert changed


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**9), people=st.integers(2, 8), rich=st.booleans())
def test_an_exchange_keeps_everybody_and_breaks_no_rule(seed: int, people: int, rich: bool) -> None:
    problem = random_problem(seed, people=people, rich=rich)
    prepared = _held(Prepared(problem, PRODUCT, seed=seed), problem)
    _exchange_again_and_again(prepared, problem)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**9), people=st.integers(2, 8), now=st.floats(0.0, 16_000.0))
def test_what_has_begun_stays_on_its_car(seed: int, people: int, now: float) -> None:
    whole = random_problem(seed, people=people, rich=False)
    problem = under_way(whole, plan_day(whole, QUICK), now_s=now)
    prepared = _held(Prepared(problem, PRODUCT, seed=seed), problem)
    _exchange_again_and_again(prepared, problem)


def _exchange_again_and_again(prepared: Prepared, problem: Problem) -> None:
    now = prepared.island.now
    for turn in range(4 * len(now.size)):
        before = copy_of(now)
        changed = _exchange(prepared, turn % len(now.size))
        assert np.array_equal(now.vehicle >= 0, before.vehicle >= 0)
        assert faults_of(problem, prepared.plan(now)) == []
        if not changed:
            for v, size in enumerate(before.size):
                assert np.array_equal(now.seq[v, 1 : size + 1], before.seq[v, 1 : size + 1])
                assert np.array_equal(now.low[v, : size + 2], before.low[v, : size + 2])
                assert np.array_equal(now.high[v, : size + 2], before.high[v, : size + 2])
            for name in ("size", "cost", "mark", "vehicle"):
                assert np.array_equal(getattr(now, name), getattr(before, name)), name
