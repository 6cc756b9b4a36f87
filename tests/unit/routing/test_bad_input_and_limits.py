"""Bad input, hopeless people and limits: a plan and true reasons, or an error that names the field."""

from __future__ import annotations

import importlib.util
import json
import math
import random
import time
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.routing.engine import Limits, plan_day
from outreach.routing.files import solve_file
from outreach.routing.instances import read_instance
from outreach.routing.islands import Island
from outreach.routing.plan import Reason
from outreach.routing.problem import (
    BadProblem,
    Break,
    Leg,
    Problem,
    Resource,
    Stop,
    Use,
    alone,
)
from tests.unit.routing.days import CASES, car, line, random_problem, ride, table, visit
from tests.unit.routing.definitions import faults_of

DATA = Path(__file__).parents[2] / "data" / "engine"
QUICK = Limits(seconds=None, iterations=100, threads=1)
ROAD = line(0.0, 1.0, 2.0, 5.0)
SITE = 3


def _reasons(problem: Problem) -> dict[str, Reason]:
    plan = plan_day(problem, QUICK)
    assert faults_of(problem, plan) == []
    return {u.episode: u.reason for u in plan.unserved}


def _with_good_rider(bad: Leg, **about: Any) -> Problem:
    return Problem(ROAD, (car(**about),), (alone(ride("good", 1, SITE)), alone(bad)))


def test_fault_53_no_vehicle_at_all() -> None:
    assert _reasons(Problem(ROAD, (), (alone(ride("a", 1, SITE)),))) == {"a": Reason.NO_VEHICLE}


def test_fault_53_everyone_in_a_wheelchair_and_no_car_that_takes_one() -> None:
    legs = [alone(ride(f"w{k}", 1, SITE, load=(0.0, 1.0))) for k in range(3)]
    cars = (replace(car(), capacity=(4.0, 0.0)),)
    problem = Problem(ROAD, cars, tuple(legs), dimensions=("seats", "chairs"))
    assert set(_reasons(problem).values()) == {Reason.FITS_NO_VEHICLE}


def test_fault_53_a_window_shorter_than_the_drive() -> None:
    rushed = Leg("late", Stop(1, 3000.0, 3100.0), Stop(SITE, 3000.0, 3200.0))
    assert _reasons(_with_good_rider(rushed)) == {"late": Reason.WINDOW_SHORTER_THAN_DRIVE}


def test_fault_53_the_clinic_is_closed_for_the_only_slot() -> None:
    closed = (Resource("slot", 0.0),)
    option = visit("li", 1, SITE, 9000.0)
    episode = alone(ride("x", 1, SITE))
    person = type(episode)("li", (replace(option, uses=(Use("slot"),)),))
    problem = Problem(ROAD, (car(),), (episode, person), closed)
    assert _reasons(problem) == {"li": Reason.RESOURCE_FULL}


def test_fault_53_one_rider_three_hours_away_does_not_spoil_the_plan() -> None:
    far = line(0.0, 1.0, 2.0, 5.0, 95.0)
    riders = [alone(ride(f"p{k}", 1 + k % 2, SITE)) for k in range(4)]
    distant = alone(ride("far", 4, SITE, max_ride_s=3600.0))
    problem = Problem(far, (car(),), (*riders, distant))
    assert _reasons(problem) == {"far": Reason.RIDE_TOO_LONG}


def test_a_window_that_ends_before_it_begins_is_named() -> None:
    bad = Leg("bad", Stop(1, 500.0, 400.0), Stop(SITE))
    assert _reasons(_with_good_rider(bad)) == {"bad": Reason.WINDOW_IMPOSSIBLE}


def test_a_leg_to_nowhere_is_named_and_the_rest_is_planned() -> None:
    road = ROAD.copy()
    road[:, 2] = np.inf
    problem = Problem(road, (car(),), (alone(ride("good", 1, SITE)), alone(ride("lost", 1, 2))))
    assert _reasons(problem) == {"lost": Reason.UNREACHABLE}


def test_a_ride_after_the_shift_is_named() -> None:
    late = Leg("night", Stop(1, 40_000.0, 41_000.0), Stop(SITE))
    assert _reasons(_with_good_rider(late)) == {"night": Reason.OUTSIDE_SHIFTS}


def test_a_shift_that_ends_before_it_begins_takes_nobody() -> None:
    backwards = car("backwards", shift_start_s=9000.0, shift_end_s=8000.0)
    good = alone(ride("good", 1, SITE))
    assert _reasons(Problem(ROAD, (backwards,), (good,))) == {"good": Reason.OUTSIDE_SHIFTS}
    plan = plan_day(Problem(ROAD, (backwards, car("other")), (good,)), QUICK)
    assert [len(route.stops) for route in plan.routes] == [0, 2]


def test_a_driver_who_could_never_rest_takes_nobody() -> None:
    tireless = car("tireless", breaks=(Break(9000.0, 8000.0, 1800.0),))
    riders = tuple(alone(ride(f"p{k}", 1, SITE)) for k in range(6))
    problem = Problem(ROAD, (tireless, car("other")), riders)
    plan = plan_day(problem, QUICK)
    assert faults_of(problem, plan) == []
    assert plan.unserved == ()
    assert plan.routes[0].stops == ()


def test_a_window_of_zero_length_is_kept_to_the_second() -> None:
    sharp = Leg("sharp", Stop(1, 5000.0, 5000.0), Stop(SITE))
    problem = _with_good_rider(sharp)
    plan = plan_day(problem, QUICK)
    times = plan.times_of("sharp")
    assert times is not None
    assert times[0] == pytest.approx(5000.0)


def test_a_busy_fleet_is_a_reason_only_for_those_who_could_ride_alone() -> None:
    same = [alone(Leg(f"p{k}", Stop(1, 3000.0, 3300.0), Stop(SITE))) for k in range(6)]
    reasons = _reasons(Problem(ROAD, (car(seats=4.0),), tuple(same)))
    assert set(reasons.values()) == {Reason.FLEET_BUSY}
    assert len(reasons) == 2


def test_an_episode_without_options_says_so() -> None:
    empty = replace(alone(ride("a", 1, SITE)), key="nobody", options=())
    assert _reasons(Problem(ROAD, (car(),), (empty,))) == {"nobody": Reason.NOTHING_OFFERED}


@pytest.mark.parametrize(
    ("field", "broken"),
    [
        ("travel_s", lambda p: replace(p, travel_s=np.full((4, 4), np.nan))),
        ("travel_s", lambda p: replace(p, travel_s=-np.ones((4, 4)))),
        ("travel_s", lambda p: replace(p, travel_s=np.ones((3, 4)))),
        ("vehicles[0].capacity", lambda p: replace(p, vehicles=(car(seats=float("nan")),))),
        (
            "vehicles[0].shift_end_s",
            lambda p: replace(p, vehicles=(car(shift_end_s=float("nan")),)),
        ),
        (
            "vehicles[0].start_place",
            lambda p: replace(p, vehicles=(replace(car(), start_place=9),)),
        ),
        ("vehicles", lambda p: replace(p, vehicles=(car(), car()))),
        ("episodes[0].options[0].legs[0].load", lambda p: _one(p, load=(float("nan"),))),
        ("episodes[0].options[0].legs[0].load", lambda p: _one(p, load=(1.0, 1.0))),
        ("episodes[0].options[0].legs[0].max_ride_s", lambda p: _one(p, max_ride_s=-1.0)),
        ("episodes[0].options[0].legs[0].vehicle", lambda p: _one(p, vehicle="ghost")),
        (
            "episodes[0].options[0].legs[0].pickup.latest_s",
            lambda p: _one(p, pickup=Stop(1, 0.0, float("nan"))),
        ),
        ("episodes[0].options[0].legs[0].dropoff.place", lambda p: _one(p, dropoff=Stop(77))),
        (
            "episodes[0].options[0].legs[0].pickup.service_s",
            lambda p: _one(p, pickup=Stop(1, service_s=float("inf"))),
        ),
    ],
)
def test_what_cannot_be_read_is_refused_by_the_name_of_its_field(field: str, broken: Any) -> None:
    good = Problem(ROAD, (car(),), (alone(ride("a", 1, SITE)),))
    with pytest.raises(BadProblem) as error:
        broken(good)
    assert str(error.value.facts["field"]).startswith(field)


def _one(problem: Problem, **about: Any) -> Problem:
    leg = replace(problem.episodes[0].options[0].legs[0], **about)
    return replace(problem, episodes=(alone(leg),))


NUMBERS = (math.nan, math.inf, -math.inf, -1.0, 0.0, 1e-9, 1e9, 1e300, -1e300)


@settings(max_examples=2 * CASES, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**9),
    people=st.integers(1, 5),
    number=st.sampled_from(NUMBERS),
    choice=st.randoms(use_true_random=False),
)
def test_fault_53_any_number_anywhere_is_planned_around_or_refused_by_its_field(
    seed: int, people: int, number: float, choice: random.Random
) -> None:
    good = random_problem(seed, people=people, rich=True)
    try:
        bad = _with_number(good, number, choice)
    except BadProblem:
        return  # it always names a field
    plan = plan_day(bad, QUICK)
    assert faults_of(bad, plan) == []
    assert {u.episode for u in plan.unserved} | set(plan.chosen) == {e.key for e in bad.episodes}


def _with_number(thing: Any, number: float, choice: random.Random) -> Any:
    """Return a copy of a nested statement in which one number, chosen at random, is another one."""
    if isinstance(thing, float):
        return number
    if isinstance(thing, np.ndarray):
        wrong = thing.copy()
        wrong[choice.randrange(len(thing)), choice.randrange(len(thing))] = number
        return wrong
    if isinstance(thing, tuple):
        k = choice.choice([k for k, part in enumerate(thing) if _has_number(part)])
        return (*thing[:k], _with_number(thing[k], number, choice), *thing[k + 1 :])
    name = choice.choice([f.name for f in fields(thing) if _has_number(getattr(thing, f.name))])
    return replace(thing, **{name: _with_number(getattr(thing, name), number, choice)})


def _has_number(thing: Any) -> bool:
    if isinstance(thing, tuple):
        return any(map(_has_number, thing))
    if is_dataclass(thing):
        return any(_has_number(getattr(thing, f.name)) for f in fields(thing))
    return isinstance(thing, float | np.ndarray)


def test_no_leg_at_all_is_an_empty_plan() -> None:
    plan = plan_day(Problem(ROAD, (car(),), ()), QUICK)
    assert plan.unserved == ()
    assert plan.routes[0].stops == ()


def test_fault_54_the_time_limit_ends_the_search_with_the_best_plan_so_far() -> None:
    chance = np.random.default_rng(3)
    points = [(float(x), float(y)) for x, y in chance.uniform(-5, 5, (60, 2))]
    legs = tuple(
        alone(
            Leg(f"p{k}", Stop(1 + k % 59), Stop(1 + (7 * k + 3) % 59, 60.0 * k, 60.0 * k + 900.0))
        )
        for k in range(300)
    )
    cars = tuple(car(f"c{k}") for k in range(12))
    problem = Problem(table(points), cars, legs)
    began = time.monotonic()
    plan = plan_day(problem, Limits(seconds=1.0, threads=2))
    assert time.monotonic() - began < 1.0 + 2.0
    assert plan.chosen
    assert faults_of(problem, plan) == []


def test_fault_54_a_search_that_is_cancelled_answers_with_the_plan_it_has() -> None:
    problem = Problem(ROAD, (car(),), tuple(alone(ride(f"p{k}", 1, SITE)) for k in range(6)))
    plan = plan_day(problem, Limits(seconds=30.0, threads=1), should_stop=lambda: True)
    assert plan.unserved == ()


def test_progress_brings_the_best_plan_so_far() -> None:
    seen = []
    problem = Problem(ROAD, (car(),), tuple(alone(ride(f"p{k}", 1, SITE)) for k in range(6)))
    plan_day(problem, QUICK, on_progress=lambda share, plan: seen.append((share, len(plan.chosen))))
    assert seen[0][1] == 6


def _checker(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DATA / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# The checker leaves its file to the garbage collector.
@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_a_solved_request_file_passes_its_checker() -> None:
    path = DATA / "made-3-14.txt"
    answer = solve_file(path, seconds=None, iterations=500, threads=1, seed=1)
    checker = _checker("check_darp")
    fine, cost, errors = checker.check(
        checker.read_instance(path), answer["routes"], answer["unserved"]
    )
    assert (fine, errors) == (True, [])
    assert cost == pytest.approx(answer["cost"])
    assert len(answer["routes"]) == 3
    assert answer["trajectory"][-1][2] == pytest.approx(answer["cost"])


def test_a_solved_day_file_passes_its_checker() -> None:
    path = DATA / "made-24-legs.json"
    answer = solve_file(path, seconds=None, iterations=500, threads=2, seed=1)
    result = _checker("check_day").check(json.loads(path.read_text()), answer["routes"])
    assert result["errors"] == []
    assert result["driving_minutes"] == pytest.approx(answer["cost"], abs=0.01)
    assert result["unserved"] == answer["unserved"]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "header"),
        ("2 1 480", "header"),
        ("2 1 480 x 30\n0 0 0 0 0 0 480\n", "header[3]"),
        ("2 1 480 3 30\n0 0 0 0 0 0 480\n1 0 nan 3 1 0 9\n2 0 1 3 -1 0 9\n", "nodes[1][2]"),
        ("2 1 480 3 30\n0 0 0 0 0 0 480\n1 0 1 3 1 0\n2 0 1 3 -1 0 9\n", "nodes[1]"),
        ("{", "file"),
        ('{"legs": 3, "vehicles": [], "speed_kmh": 28, "detour": 1.3}', "legs"),
        ('{"legs": [], "vehicles": [], "speed_kmh": 0, "detour": 1.3}', "speed_kmh"),
        ('{"legs": [{"p": [0, 0]}], "vehicles": [], "speed_kmh": 28, "detour": 1.3}', "legs[0].d"),
        (
            '{"legs": [], "vehicles": [{"depot": [0, "a"]}], "speed_kmh": 28, "detour": 1.3}',
            "vehicles[0].depot[1]",
        ),
    ],
)
def test_a_broken_file_is_refused_by_the_name_of_its_field(
    tmp_path: Path, text: str, field: str
) -> None:
    path = tmp_path / "instance"
    path.write_text(text)
    with pytest.raises(BadProblem) as error:
        read_instance(path)
    assert error.value.facts["field"] == field


def test_a_file_without_vehicles_leaves_everybody_with_that_reason(tmp_path: Path) -> None:
    day = json.loads((DATA / "made-24-legs.json").read_text())
    path = tmp_path / "day.json"
    path.write_text(json.dumps(day | {"vehicles": []}))
    answer = solve_file(path, seconds=0.5)
    assert len(answer["unserved"]) == 24
    assert set(answer["reasons"].values()) == {"no_vehicle"}


def test_fault_54_a_search_that_crashes_answers_with_the_plan_it_has_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def crash(*_: Any, **__: Any) -> None:
        raise MemoryError

    problem = random_problem(3, people=6, rich=True)
    monkeypatch.setattr(Island, "run", crash)
    plan = plan_day(problem, Limits(seconds=0.5))
    assert plan.broken_off
    assert plan.chosen
    assert faults_of(problem, plan) == []
    monkeypatch.undo()
    assert not plan_day(problem, Limits(seconds=None, iterations=5)).broken_off
