"""A sampled week: more cars never serve fewer in the mean, nothing overfills, and the answer adds up."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from outreach.oversight.week_rules import (
    Car,
    DayOutcome,
    Dials,
    Someone,
    WeekFacts,
    answer_of,
    drawn,
    outcome_of,
    problem_of,
    reached_on,
)
from outreach.places.matrix import TravelTable
from outreach.routing.engine import Limits, plan_day
from outreach.transport.rules import DoorFacts

MONDAY = date(2026, 12, 7)
PEOPLE = 30


@pytest.fixture
def facts() -> WeekFacts:
    mobility = ("M0", "M1", "M2", "M3")
    people = tuple(
        Someone(i, i, mobility[i % 4], DoorFacts(floor=i % 6 + 1, has_lift=i % 2 == 0))
        for i in range(1, PEOPLE + 1)
    )
    return WeekFacts(people, {1: 101, 2: 102}, Car(depot_address_id=101), ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def table(facts: WeekFacts) -> TravelTable:
    """Homes on a circle of ten minutes around two sites."""
    ids = [one.address_id for one in facts.people] + list(facts.sites.values())
    angle = np.linspace(0, 2 * np.pi, len(ids), endpoint=False)
    at = np.stack([np.cos(angle), np.sin(angle)], axis=1) * 600
    at[-2:] = [[0, 0], [120, 0]]
    seconds = np.hypot(*(at[:, None, :] - at[None, :, :]).transpose(2, 0, 1))
    return TravelTable({a: k for k, a in enumerate(ids)}, seconds, tuple(seconds.tolist()))


def served(facts: WeekFacts, table: TravelTable, dials: Dials) -> DayOutcome:
    people = drawn(facts, dials, day=0, seed=1)
    problem = problem_of(people, facts, dials, table, on=MONDAY)
    plan = plan_day(problem, Limits(seconds=None, iterations=60, threads=1))
    return outcome_of(plan, asked=len(people))


def test_without_cars_escorts_or_slots_nobody_is_served_and_the_reason_is_told(
    facts: WeekFacts, table: TravelTable
) -> None:
    told = {
        "no_vehicle": Dials(cars=0, escorts=4, slots=60, people=20),
        "nothing_offered": Dials(cars=4, escorts=0, slots=60, people=20),
        "resource_full": Dials(cars=4, escorts=4, slots=0, people=20),
    }
    for reason, dials in told.items():
        day = served(facts, table, dials)
        assert (day.served, dict(day.left)) == (0, {reason: 20})


def test_places_in_slots_are_never_overfilled_and_everybody_is_accounted_for(
    facts: WeekFacts, table: TravelTable
) -> None:
    day = served(facts, table, Dials(cars=9, escorts=9, slots=12, people=30))
    assert day.served <= 12
    assert day.served + sum(day.left.values()) == day.asked == 30


def test_more_cars_serve_more_of_the_same_people(facts: WeekFacts, table: TravelTable) -> None:
    few = served(facts, table, Dials(cars=1, escorts=6, slots=60, people=30))
    many = served(facts, table, Dials(cars=6, escorts=6, slots=60, people=30))
    assert few.served < many.served
    assert 0 < many.aboard_s < 45 * 60


def test_the_same_seed_draws_the_same_people_and_another_day_draws_others(
    facts: WeekFacts,
) -> None:
    dials = Dials(1, 1, 1, 10)
    assert drawn(facts, dials, day=0, seed=1) == drawn(facts, dials, day=0, seed=1)
    assert drawn(facts, dials, day=0, seed=1) != drawn(facts, dials, day=1, seed=1)


def test_a_weeks_answer_is_the_mean_of_its_days_by_hand() -> None:
    days = [
        DayOutcome(10, 8, 3600, 600, {"fleet_busy": 2}),
        DayOutcome(10, 4, 3600, 1200, {"fleet_busy": 5, "resource_full": 1}),
    ]
    answer = answer_of(days, Dials(cars=2, escorts=1, slots=10, people=10))
    assert (answer.served_a_day, answer.fewest, answer.most) == (6, 4, 8)
    assert (answer.people_per_car_day, answer.aboard_min) == (3, 15)
    assert answer.left == {"fleet_busy": 7, "resource_full": 1}


@pytest.mark.parametrize(
    ("people", "doses_a_day", "day"),
    [
        (0, 0.0, date(2026, 12, 7)),
        (10, 0.0, None),
        (10, 10.0, date(2026, 12, 8)),
        (12, 2.5, date(2026, 12, 14)),  # five days of work are a week
        (15, 2.5, date(2026, 12, 15)),
    ],
)
def test_the_goal_is_reached_after_so_many_working_days(
    people: int, doses_a_day: float, day: date | None
) -> None:
    assert reached_on(people, doses_a_day, today=MONDAY) == day
