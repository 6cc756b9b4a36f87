"""The optimum of tiny problems by trying everything: routes per set of legs, then all partitions."""

from __future__ import annotations

from functools import cache

from outreach.routing.problem import Leg, Problem, Vehicle


def least_cost(problem: Problem, *, left_out: float) -> tuple[int, float]:
    """Return the fewest people left and, with that, the least driving (legs that stand alone)."""
    legs = [e.options[0].legs[0] for e in problem.episodes]
    everyone = frozenset(range(len(legs)))

    @cache
    def route_cost(v: int, served: frozenset[int]) -> float:
        return _cheapest_route(problem, problem.vehicles[v], legs, served)

    @cache
    def best(v: int, open_legs: frozenset[int]) -> float:
        if v == len(problem.vehicles):
            return left_out * len(open_legs)
        return min(
            cost + best(v + 1, open_legs - served)
            for served in _subsets(open_legs)
            if (cost := route_cost(v, served)) < float("inf")
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
    if not served:
        return 0.0
    travel = problem.travel_s
    best = float("inf")

    def go(path: list[tuple[int, bool]], here: int, at: float, cost: float, load: float) -> None:
        nonlocal best
        if cost >= best:
            return
        done = set(path)
        if len(path) == 2 * len(served):
            total = cost + travel[here, car.end_place]
            if total < best and _schedulable(problem, car, legs, path):
                best = float(total)
            return
        for g in sorted(served):
            boarded, dropped = (g, False) in done, (g, True) in done
            if dropped:
                continue
            stop = legs[g].dropoff if boarded else legs[g].pickup
            if not boarded and load + legs[g].load[0] > car.capacity[0]:
                continue
            start = max(stop.earliest_s, at + travel[here, stop.place])
            if start > stop.latest_s:
                continue
            go(
                [*path, (g, boarded)],
                stop.place,
                start + stop.service_s,
                cost + travel[here, stop.place],
                load + legs[g].load[0] * (-1 if boarded else 1),
            )

    go([], car.start_place, car.shift_start_s, 0.0, 0.0)
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
