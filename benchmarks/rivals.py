"""Hands a file's problem to other people's solvers, each as well as it can be stated there.

Nobody but the engine and OR-Tools can cap the time on board. For VROOM and PyVRP the windows are
therefore *made safe*: narrowed until any schedule within them keeps the cap (``safe_windows``); what
they lose by that is the price of the missing rule. All of them are optional: ``benchmarks/requirements.in``.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from outreach.routing.instances import Instance
from outreach.routing.problem import Leg

UNITS = 100.0 / 60.0  # the others count in whole numbers: hundredths of a minute
LATEST = 10**7
LEFT_BEHIND = 10**7  # price of a leg that is not served, in the same units
Routes = list[list[int]]  # in the checkers' numbering, one list per vehicle
Solve = Callable[[Instance, float], Routes | None]


@dataclass(frozen=True)
class Rival:
    """One way of using one solver."""

    name: str
    package: str
    solve: Solve

    @property
    def present(self) -> bool:
        """Tell whether its package is installed."""
        return importlib.util.find_spec(self.package) is not None


def whole(seconds: float, *, up: bool = False) -> int:
    """Return seconds in whole units; durations are rounded up, so that plans stay possible."""
    value = min(max(seconds, -LATEST), LATEST) * UNITS
    return int(np.ceil(value - 1e-9)) if up else int(np.floor(value + 1e-9))


def safe_windows(leg: Leg) -> tuple[int, int, int, int]:
    """Return pickup and drop-off windows within which every schedule keeps the cap on board."""
    p, d = leg.pickup, leg.dropoff
    most = p.service_s + leg.max_ride_s
    early_p, late_d = p.earliest_s, min(d.latest_s, p.latest_s + most)
    if d.latest_s - d.earliest_s <= p.latest_s - p.earliest_s:
        early_p = max(early_p, late_d - most)
    else:
        late_d = min(late_d, early_p + most)
    return (
        whole(early_p, up=True),
        whole(min(p.latest_s, LATEST)),
        whole(d.earliest_s, up=True),
        whole(late_d),
    )


def _legs(instance: Instance) -> list[Leg]:
    return [e.options[0].legs[0] for e in instance.problem.episodes]


def _table(instance: Instance) -> Any:
    return np.ceil(np.minimum(instance.problem.travel_s, LATEST) * UNITS - 1e-9).astype(np.int64)


def ortools(*, constraint: bool, strategy: str) -> Solve:
    """Return a solver by OR-Tools; the cap is a constraint of its own or the dimension's limit."""

    def solve(instance: Instance, seconds: float) -> Routes | None:
        from ortools.constraint_solver import pywrapcp, routing_enums_pb2

        legs, fleet, size = _legs(instance), instance.problem.vehicles, instance.size
        count = 2 * size + 2 * len(fleet)
        starts = [2 * size + 2 * k for k in range(len(fleet))]
        manager = pywrapcp.RoutingIndexManager(count, len(fleet), starts, [s + 1 for s in starts])
        routing = pywrapcp.RoutingModel(manager)
        place = [g.pickup.place for g in legs] + [g.dropoff.place for g in legs]
        service = [whole(g.pickup.service_s, up=True) for g in legs]
        service += [whole(g.dropoff.service_s, up=True) for g in legs]
        for v in fleet:
            place += [v.start_place, v.end_place]
            service += [0, 0]
        drive = _table(instance)[np.ix_(place, place)]
        time_of = routing.RegisterTransitMatrix((drive + np.array(service)[:, None]).tolist())
        routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(drive.tolist()))
        latest = max(whole(min(v.shift_end_s, LATEST)) for v in fleet)
        routing.AddDimension(time_of, latest, latest, False, "time")
        time = routing.GetDimensionOrDie("time")
        _ortools_loads(instance, legs, routing, len(place))
        for k, v in enumerate(fleet):
            opens, closes = whole(v.shift_start_s, up=True), whole(min(v.shift_end_s, LATEST))
            time.CumulVar(routing.Start(k)).SetRange(opens, closes)
            time.CumulVar(routing.End(k)).SetRange(opens, closes)
            if v.max_duty_s < LATEST:
                time.SetSpanUpperBoundForVehicle(whole(v.max_duty_s), k)
        model = routing.solver()
        for g, leg in enumerate(legs):
            p, d = manager.NodeToIndex(g), manager.NodeToIndex(g + size)
            routing.AddPickupAndDelivery(p, d)
            model.Add(routing.VehicleVar(p) == routing.VehicleVar(d))
            model.Add(time.CumulVar(p) <= time.CumulVar(d))
            routing.AddDisjunction([p], LEFT_BEHIND)
            routing.AddDisjunction([d], LEFT_BEHIND)
            for index, stop in ((p, leg.pickup), (d, leg.dropoff)):
                late = min(whole(min(stop.latest_s, LATEST)), latest)
                time.CumulVar(index).SetRange(min(whole(stop.earliest_s, up=True), late), late)
            cap = whole(leg.max_ride_s) + service[g]
            if constraint:
                model.Add(time.CumulVar(d) - time.CumulVar(p) <= cap)
            else:
                time.SetPickupToDeliveryLimitFunctionForPair(lambda _p, _d, cap=cap: cap, g)
        how = pywrapcp.DefaultRoutingSearchParameters()
        how.first_solution_strategy = getattr(routing_enums_pb2.FirstSolutionStrategy, strategy)
        how.local_search_metaheuristic = (
            routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        )
        how.time_limit.FromMilliseconds(int(seconds * 1000))
        found = routing.SolveWithParameters(how)
        return None if found is None else _ortools_routes(routing, manager, found, len(fleet), size)

    return solve


def _ortools_loads(instance: Instance, legs: list[Leg], routing: Any, nodes: int) -> None:
    size = instance.size
    for d in range(len(instance.problem.dimensions)):
        loads = [int(g.load[d]) for g in legs]
        loads += [-q for q in loads] + [0] * (nodes - 2 * size)
        callback = routing.RegisterUnaryTransitVector(loads)
        capacity = [int(v.capacity[d]) for v in instance.problem.vehicles]
        routing.AddDimensionWithVehicleCapacity(callback, 0, capacity, True, f"load {d}")


def _ortools_routes(routing: Any, manager: Any, found: Any, fleet: int, size: int) -> Routes:
    routes = []
    for k in range(fleet):
        route, index = [], found.Value(routing.NextVar(routing.Start(k)))
        while not routing.IsEnd(index):
            route.append(manager.IndexToNode(index) + 1)
            index = found.Value(routing.NextVar(index))
        routes.append(route)
    return _only_whole(routes, size)


def _only_whole(routes: Routes, size: int) -> Routes:
    """Leave out stops whose other end was not driven."""
    return [[n for n in r if (n + size if n <= size else n - size) in set(r)] for r in routes]


def vroom(instance: Instance, seconds: float) -> Routes | None:
    """Solve by VROOM's library, with safe windows."""
    import vroom as library

    problem = library.Input()
    table = _table(instance)
    # Its 32-bit figures hold a day in hundredths of a minute; what is further away is never driven.
    problem.set_durations_matrix(
        profile="car", matrix_input=np.minimum(table, 10**6).astype(np.uint32)
    )
    for k, v in enumerate(instance.problem.vehicles):
        window = library.TimeWindow(
            whole(v.shift_start_s, up=True), min(whole(v.shift_end_s), 10**6)
        )
        problem.add_vehicle(
            library.Vehicle(
                k,
                start=v.start_place,
                end=v.end_place,
                capacity=[int(q) for q in v.capacity],
                time_window=window,
            )
        )
    for g, leg in enumerate(_legs(instance)):
        ep, lp, ed, ld = safe_windows(leg)
        if ep > lp or ed > ld:
            continue
        steps = [
            library.ShipmentStep(
                g + 1,
                stop.place,
                default_service=whole(stop.service_s, up=True),
                time_windows=[library.TimeWindow(early, late)],
            )
            for stop, early, late in ((leg.pickup, ep, lp), (leg.dropoff, ed, ld))
        ]
        problem.add_shipment(*steps, amount=library.Amount([int(q) for q in leg.load]))
    found = problem.solve(exploration_level=5, nb_threads=2, timeout=timedelta(seconds=seconds))
    routes: Routes = [[] for _ in instance.problem.vehicles]
    for row in found.routes.itertuples():
        if row.type in ("pickup", "delivery"):
            routes[int(row.vehicle_id)].append(
                int(row.id) + (instance.size if row.type == "delivery" else 0)
            )
    return routes


def pyvrp(instance: Instance, seconds: float) -> Routes | None:
    """Solve by PyVRP's shipments, with safe windows."""
    from pyvrp import Model
    from pyvrp import solve as search
    from pyvrp.stop import MaxRuntime

    model, table = Model(), _table(instance)
    places = [model.add_location(0, 0) for _ in range(len(table))]
    depots = {}
    for k, v in enumerate(instance.problem.vehicles):
        for place in (v.start_place, v.end_place):
            if place not in depots:
                depots[place] = model.add_depot(places[place])
        model.add_vehicle_type(
            1,
            [int(q) for q in v.capacity],
            depots[v.start_place],
            depots[v.end_place],
            tw_early=whole(v.shift_start_s, up=True),
            tw_late=whole(v.shift_end_s),
            shift_duration=whole(min(v.max_duty_s, LATEST)),
            name=str(k),
        )
    able: dict[int, int] = {}
    for g, leg in enumerate(_legs(instance)):
        ep, lp, ed, ld = safe_windows(leg)
        if ep > lp or ed > ld:
            continue
        able[len(able)] = g + 1
        model.add_shipment(
            places[leg.pickup.place],
            places[leg.dropoff.place],
            ep,
            lp,
            whole(leg.pickup.service_s, up=True),
            ed,
            ld,
            whole(leg.dropoff.service_s, up=True),
            [int(q) for q in leg.load],
            prize=LEFT_BEHIND,
            required=False,
        )
    # Edge by edge a day of 400 legs would take minutes to state.
    data = model.data().replace(distance_matrices=[table], duration_matrices=[table])
    result = search(data, MaxRuntime(seconds), seed=1, collect_stats=False)
    if not result.is_feasible():
        return None
    routes: Routes = [[] for _ in instance.problem.vehicles]
    for route in result.best.routes():
        for step in route.schedule():
            if step.is_pickup() or step.is_delivery():
                late = instance.size if step.is_delivery() else 0
                routes[route.vehicle_type()].append(able[step.idx] + late)
    return routes


RIVALS = (
    Rival(
        "OR-Tools, cap as a constraint",
        "ortools",
        ortools(constraint=True, strategy="PARALLEL_CHEAPEST_INSERTION"),
    ),
    Rival(
        "OR-Tools, cap as the pair's limit",
        "ortools",
        ortools(constraint=False, strategy="PARALLEL_CHEAPEST_INSERTION"),
    ),
    Rival(
        "OR-Tools, limit, local insertion",
        "ortools",
        ortools(constraint=False, strategy="LOCAL_CHEAPEST_INSERTION"),
    ),
    Rival("VROOM, windows made safe", "vroom", vroom),
    Rival("PyVRP, windows made safe", "pyvrp", pyvrp),
)
