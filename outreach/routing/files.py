"""Solves an instance file and answers in the checkers' conventions, for the command line."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Any

from outreach.routing.cost import BENCHMARK
from outreach.routing.engine import Limits, plan_day
from outreach.routing.instances import MINUTE_S, read_instance
from outreach.routing.plan import Plan
from outreach.routing.problem import StopKind


def solve_file(
    path: Path,
    *,
    seconds: float | None = 10.0,
    threads: int = 2,
    seed: int = 1,
    iterations: int | None = None,
    enough: float | None = None,
) -> dict[str, Any]:
    """Return routes (one list per vehicle in the file's order), cost, unserved and trajectory.

    The cost is the driving: distance in a Cordeau file, minutes in a day file. A plan that serves
    everybody at a cost of at most ``enough`` ends the search.
    """
    instance = read_instance(path)
    limits = Limits(seconds, iterations, threads, seed)
    reached = Event()

    def look(_: float, plan: Plan) -> None:
        if enough is not None and not plan.unserved and plan.cost.driving_s <= enough * MINUTE_S:
            reached.set()

    plan = plan_day(
        instance.problem,
        limits,
        weights=BENCHMARK,
        on_progress=look if enough is not None else None,
        should_stop=reached.is_set,
    )
    routes = [
        [
            instance.number_of(stop.leg, dropoff=stop.kind is StopKind.DROPOFF)
            for stop in route.stops
            if stop.leg is not None
        ]
        for route in plan.routes
    ]
    return {
        "routes": routes,
        "cost": plan.cost.driving_s / MINUTE_S,
        "unserved": sorted(int(u.episode) for u in plan.unserved),
        "reasons": {u.episode: u.reason.value for u in plan.unserved},
        "iterations": plan.iterations,
        "trajectory": [[round(s, 3), left, cost / MINUTE_S] for s, left, cost in plan.trajectory],
    }
