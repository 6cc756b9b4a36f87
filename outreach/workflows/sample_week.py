"""What if we had so many cars, escorts and slots: a week is sampled and the engine plans its days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from outreach.accounts.rules import Scope
from outreach.db import Database
from outreach.oversight.measures import span_of
from outreach.oversight.week_facts import read_week
from outreach.oversight.week_rules import (
    DAYS,
    DayOutcome,
    Dials,
    answer_of,
    drawn,
    outcome_of,
    problem_of,
)
from outreach.places.matrix import travel_table
from outreach.places.queries import local_day, local_zone
from outreach.ports.travel import TravelTimes

if TYPE_CHECKING:
    from outreach.routing.engine import Limits

SAMPLE_WEEK = "sample_week"
SECONDS_A_DAY = 1.0
SEED = 7
Tell = Callable[[float], None]


def sample_week(
    database: Database,
    travel: TravelTimes,
    *,
    arguments: dict[str, Any],
    now: datetime,
    tell: Tell | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Plan the days of a sampled week and return the answer as plain values.

    ``arguments`` hold the dials (``cars escorts slots people``), ``campaign``, ``area`` or None, and the
    asker's ``paths``. The same people give the same sample, so that two answers differ by the dials alone.
    """
    from outreach.routing.engine import Limits, plan_day

    dials = Dials(**{name: int(arguments[name]) for name in ("cars", "escorts", "slots", "people")})
    with database.read() as session:
        zone, today = local_zone(session), local_day(session, now)
        span = span_of(
            session,
            area_id=arguments["area"],
            campaign_id=int(arguments["campaign"]),
            days=(today, today),
            zone=zone,
            scope=Scope(tuple(arguments["paths"])),
        )
        facts, points = read_week(session, span)
    monday = today + timedelta(days=7 - today.weekday())
    days: list[DayOutcome] = []
    for number in range(DAYS):
        if should_stop is not None and should_stop():
            break
        people = drawn(facts, dials, day=number, seed=SEED)
        used = {one.address_id for one in people} | set(facts.sites.values())
        used.add(facts.car.depot_address_id)
        on = monday + timedelta(days=number)
        leaving = datetime.combine(on, time(9), tzinfo=zone)
        table = travel_table({i: points[i] for i in used}, travel, leaving=leaving)
        problem = problem_of(people, facts, dials, table, on=on)
        plan = plan_day(problem, _limits(Limits), should_stop=should_stop)
        days.append(outcome_of(plan, asked=len(people)))
        if tell is not None:
            tell((number + 1) / DAYS)
    if not days:
        return {}
    told = {"dials": asdict(dials), "bed_bound": facts.bed_bound, "pool": len(facts.people)}
    return asdict(answer_of(days, dials)) | told


def _limits(limits: type[Limits]) -> Limits:
    # One thread: a leader's question runs beside the pages that others work with.
    return limits(seconds=SECONDS_A_DAY, threads=1, seed=SEED)
