"""The optimum of tiny problems by trying everything: routes per set of legs, then all partitions.

What is passed over cannot be part of any plan: on straight roads, without bounds on waiting, taking a
person out of a route that holds leaves one that holds and drives no more.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from outreach.routing.problem import Leg, Problem, Vehicle

NEVER = float("inf")


def least_cost(problem: Problem, *, left_out: float) -> tuple[int, float]:
    """Return the fewest people left and, with that, the least driving (legs that stand alone)."""
    legs = [e.options[0].legs[0] for e in problem.episodes]
    everyone = frozenset(range(len(legs)))

    @cache
    def route_cost(car: Vehicle, served: frozenset[int]) -> float:
        if any(route_cost(car, served - {g}) == NEVER for g in served):
            return NEVER
        return _cheapest_route(problem, car, legs, served)

    @cache
    def best(v: int, open_legs: frozenset[int]) -> float:
        if v == len(problem.vehicles):
            return left_out * len(open_legs)
        car = replace(problem.vehicles[v], key="", features=frozenset())
        return min(
            cost + best(v + 1, open_legs - served)
            for served in _subsets(open_legs)
            if (cost := route_cost(car, served)) < NEVER
        )

    total = best(0, everyone)
    missing = int(total // left_out)
    return missing, total - missing * left_out


def _subsets(items: frozenset[int]) -> list[frozenset[int]]:
    ordered = sorted(items)
    return [
        frozenset(x for k, x in enumerate(ordered) if mask >> k & 1)
        for mask in range(1 << len(ordered))
    ]


def _cheapest_route(
    problem: Problem, car: Vehicle, legs: list[Leg], served: frozenset[int]
) -> float:
    """Return the least driving over all orders of the stops, NEVER when none of them holds."""
    if not served:
        return 0.0
    travel = problem.travel_s
    best = NEVER

    def go(
        path: list[tuple[int, bool]], aboard: dict[int, float], here: int, at: float, cost: float
    ) -> None:
        """Try what can follow; ``aboard`` has how long each has ridden at least, ``at`` is the time."""
        nonlocal best
        if cost + float(travel[here, car.end_place]) >= best:
            return
        if len(path) == 2 * len(served):
            if _schedulable(problem, car, legs, path):
                best = cost + float(travel[here, car.end_place])
            return
        for g in served - {g for g, dropping in path if dropping}:
            leg = legs[g]
            stop = leg.dropoff if g in aboard else leg.pickup
            drive = float(travel[here, stop.place])
            start = max(stop.earliest_s, at + drive)
            if start > stop.latest_s or any(
                ridden + drive > legs[other].max_ride_s for other, ridden in aboard.items()
            ):
                continue
            riding = {other: ridden + drive + stop.service_s for other, ridden in aboard.items()}
            if g in aboard:
                del riding[g]
            else:
                riding[g] = 0.0
            if sum(legs[other].load[0] for other in riding) <= car.capacity[0]:
                done = start + stop.service_s
                go([*path, (g, g in aboard)], riding, stop.place, done, cost + drive)

    go([], {}, car.start_place, car.shift_start_s, 0.0)
    return best


def _schedulable(
    problem: Problem, car: Vehicle, legs: list[Leg], path: list[tuple[int, bool]]
) -> bool:
    """Decide by Bellman and Ford's algorithm on the graph of difference constraints."""
    count = len(path) + 3  # start, stops, end, origin of time
    origin = count - 1
    arcs: list[tuple[int, int, float]] = []  # x[b] <= x[a] + w

    def window(k: int, early: float, late: float) -> None:
        arcs.append((origin, k, late))
        arcs.append((k, origin, -early))

    window(0, car.shift_start_s, car.shift_end_s)
    here, served = car.start_place, 0.0
    at: dict[tuple[int, bool], int] = {}
    for k, (g, dropping) in enumerate(path, 1):
        stop = legs[g].dropoff if dropping else legs[g].pickup
        window(k, stop.earliest_s, stop.latest_s)
        arcs.append((k, k - 1, -(served + problem.travel_s[here, stop.place])))
        here, served = stop.place, stop.service_s
        at[g, dropping] = k
    last = len(path) + 1
    window(last, car.shift_start_s, car.shift_end_s)
    arcs.append((last, last - 1, -(served + problem.travel_s[here, car.end_place])))
    for (g, dropping), k in at.items():
        if dropping:
            arcs.append((at[g, False], k, legs[g].pickup.service_s + legs[g].max_ride_s))
    arcs.append((0, last, car.max_duty_s))
    value = [0.0] * count
    for _ in range(count + 1):
        moved = False
        for a, b, w in arcs:
            if value[a] + w < value[b] - 1e-7:
                value[b] = value[a] + w
                moved = True
        if not moved:
            return True
    return False
