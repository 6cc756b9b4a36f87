"""Between the kernels' tours and the callers' plans, in both directions."""

from __future__ import annotations

import numpy as np

from outreach.routing.compiling import Compiled
from outreach.routing.cost import MOVED_AT_MOST_S
from outreach.routing.islands import Island
from outreach.routing.network import PAUSE, RIDE, Flags, box_network
from outreach.routing.plan import (
    Cost,
    Plan,
    PlannedStop,
    PromiseKept,
    PromiseState,
    Route,
    Unserved,
)
from outreach.routing.problem import Floats, StopKind
from outreach.routing.reasons import reason_for
from outreach.routing.schedule import unhurried_starts
from outreach.routing.tours import Tours, copy_of, drop_leg


def plan_of(
    compiled: Compiled,
    tours: Tours,
    able: Flags,
    *,
    total: float,
    iterations: int = 0,
    complete: bool = True,
    broken_off: bool = False,
    trajectory: tuple[tuple[float, int, float], ...] = (),
) -> Plan:
    """Return the plan that some tours amount to, with a reason for everybody left."""
    routes, excess, waiting = [], 0.0, 0.0
    for v in range(len(tours.size)):
        route, more_excess, more_waiting = _route(compiled, tours, v)
        routes.append(route)
        excess += more_excess
        waiting += more_waiting
    unserved, chosen = [], {}
    weight = 0.0
    for unit, row in enumerate(compiled.unit_rows):
        if row.episode < 0:
            continue
        episode = compiled.problem.episodes[row.episode]
        if tours.option[unit] >= 0:
            option = tours.option[unit] - compiled.units.first_option[unit]
            chosen[episode.key] = row.options[option].option
        else:
            reason = reason_for(compiled, unit, tours, able, tried=complete)
            unserved.append(Unserved(episode.key, reason))
            weight += episode.priority
    chosen |= _under_way(compiled, chosen, {u.episode for u in unserved})
    promises = _promises(compiled, routes)
    cost = Cost(
        unserved_weight=weight,
        promises_moved=sum(p.state is PromiseState.MOVED for p in promises),
        promises_broken=sum(p.state is PromiseState.BROKEN for p in promises),
        driving_s=float(tours.drive.sum()),
        excess_ride_s=excess,
        waiting_s=waiting,
        total=total,
    )
    return Plan(
        routes=tuple(routes),
        chosen=chosen,
        unserved=tuple(unserved),
        promises=promises,
        cost=cost,
        without_break=_without_break(compiled, tours),
        iterations=iterations,
        complete=complete,
        broken_off=broken_off,
        trajectory=trajectory,
    )


def _without_break(compiled: Compiled, tours: Tours) -> tuple[str, ...]:
    """Return the vehicles that drive people without a break that was stated."""
    legs = [g for g, row in enumerate(compiled.leg_rows) if row.pause is not None]
    missing = {compiled.leg_rows[g].vehicle for g in legs if tours.vehicle[g] < 0}
    drives = {int(v) for v in tours.vehicle[compiled.net.form == RIDE]}
    return tuple(compiled.problem.vehicles[v].key for v in sorted(missing & drives))


def _route(compiled: Compiled, tours: Tours, v: int) -> tuple[Route, float, float]:
    """Return one vehicle's route with the unhurried times, its excess ride and its waiting."""
    net, size = compiled.net, int(tours.size[v])
    vehicle = compiled.problem.vehicles[v]
    if size == 0:
        at = float(net.opens[v])
        return Route(vehicle.key, at, (), at, 0.0), 0.0, 0.0
    starts = tours.low[v].copy()
    excess, waiting = unhurried_starts(
        box_network(net), v, tours.seq[v], size, tours.gap[v], tours.aboard[v], tours.spot, starts
    )
    stops = []
    load = np.zeros(net.capacity.shape[1])
    for k in range(1, size + 1):
        node = int(tours.seq[v, k])
        row = compiled.leg_rows[node >> 1]
        served = float(net.service[net.kind[v], node])
        if row.leg is not None:
            load = load + np.array(row.leg.load) * (-1.0 if node & 1 else 1.0)
        stops.append(
            PlannedStop(
                kind=_kind(int(net.form[node >> 1]), node),
                leg=None if row.leg is None else row.leg.key,
                place=int(tours.where[v, k]),
                arrive_s=float(starts[k - 1] + tours.gap[v, k - 1]),
                start_s=float(starts[k]),
                depart_s=float(starts[k]) + served,
                load_after=tuple(float(q) for q in load),
            )
        )
    route = Route(
        vehicle.key, float(starts[0]), tuple(stops), float(starts[size + 1]), float(tours.drive[v])
    )
    return route, float(excess), float(waiting)


def _kind(form: int, node: int) -> StopKind:
    if form == RIDE:
        return StopKind.DROPOFF if node & 1 else StopKind.PICKUP
    return StopKind.BREAK if form == PAUSE else StopKind.READY


def _under_way(compiled: Compiled, chosen: dict[str, str], left: set[str]) -> dict[str, str]:
    """Return the options of episodes whose rides are all locked into heads already."""
    locked = {stop.leg for vehicle in compiled.problem.vehicles for stop in vehicle.head}
    return {
        episode.key: option.key
        for episode in compiled.problem.episodes
        if episode.key not in chosen and episode.key not in left
        for option in episode.options
        if any(leg.key in locked for leg in option.legs)
    }


def _promises(compiled: Compiled, routes: list[Route]) -> tuple[PromiseKept, ...]:
    planned = {
        s.leg: s.start_s for r in routes for s in r.stops if s.kind is StopKind.PICKUP and s.leg
    }
    found = []
    for episode in compiled.problem.episodes:
        for option in episode.options:
            for leg in option.legs:
                if leg.promise is not None:
                    told, at = leg.promise.pickup_at_s, planned.get(leg.key)
                    state = _state(at, told, leg.promise.tolerance_s)
                    found.append(PromiseKept(leg.key, state, told, at))
    return tuple(found)


def _state(at: float | None, told: float, tolerance: float) -> PromiseState:
    if at is None or abs(at - told) > max(MOVED_AT_MOST_S, tolerance) + 1e-3:
        return PromiseState.BROKEN
    return PromiseState.KEPT if abs(at - told) <= tolerance + 1e-3 else PromiseState.MOVED


def resume(compiled: Compiled, island: Island, begun: Tours, plan: Plan) -> Tours:
    """Return tours that follow a plan as far as it still holds under the problem as it is now.

    Unit by unit in driving order, whatever would make its route impossible stays out, to be placed
    anew by the search.
    """
    tours = copy_of(begun)
    numbers = _legs_meant(compiled, plan)
    by_vehicle = {v.key: k for k, v in enumerate(compiled.problem.vehicles)}
    for route in plan.routes:
        if route.vehicle in by_vehicle:
            _follow(compiled, island, tours, by_vehicle[route.vehicle], route, numbers)
    _settle_units(compiled, island, tours)
    return tours


def _legs_meant(compiled: Compiled, plan: Plan) -> dict[str, int]:
    """Return for each leg of the plan the kernel leg: of its promise variants the strictest met."""
    meant: dict[str, int] = {}
    starts = {
        s.leg: s.start_s
        for r in plan.routes
        for s in r.stops
        if s.kind is StopKind.PICKUP and s.leg
    }
    for row in compiled.unit_rows:
        for option in row.options:
            for g in option.legs:
                leg = compiled.leg_rows[g].leg
                if leg is None or leg.key not in starts or leg.key in meant:
                    continue
                early, late = compiled.net.early[2 * g], compiled.net.late[2 * g]
                if early - 1e-3 <= starts[leg.key] <= late + 1e-3 or leg.promise is None:
                    meant[leg.key] = g
    return meant


def _follow(
    compiled: Compiled, island: Island, tours: Tours, v: int, route: Route, numbers: dict[str, int]
) -> None:
    """Rebuild one route stop by stop of the plan, leaving out what no longer fits."""
    wanted = [
        2 * numbers[s.leg] + (s.kind is StopKind.DROPOFF)
        for s in route.stops
        if s.leg is not None and s.leg in numbers
    ]
    wanted = [n for n in wanted if compiled.net.fits[v, n >> 1]]
    both = {n >> 1 for n in wanted if n ^ 1 in wanted}
    head = [int(n) for n in tours.seq[v, 1 : tours.size[v] + 1]]
    owed = [n for n in head if compiled.leg_rows[n >> 1].leg is not None and n & 1]
    free = head[: int(compiled.net.head[v])]
    after = [n for n in owed if n not in free]
    kept: list[int] = []
    for leg in dict.fromkeys(n >> 1 for n in wanted if n >> 1 in both):
        trial = [n for n in wanted if n >> 1 in {*kept, leg}]
        if _holds(island, tours, v, [*free, *_woven(route, compiled, after, trial)]):
            kept.append(leg)
    _holds(island, tours, v, [*free, *_woven(route, compiled, after, _only(wanted, kept))])


def _only(nodes: list[int], legs: list[int]) -> list[int]:
    return [n for n in nodes if n >> 1 in legs]


def _woven(route: Route, compiled: Compiled, owed: list[int], nodes: list[int]) -> list[int]:
    """Return the nodes with the drop-offs owed to people on board at their planned positions."""
    rank = {(s.leg, s.kind): k for k, s in enumerate(route.stops)}

    def position(node: int) -> int:
        leg = compiled.leg_rows[node >> 1].leg
        kind = StopKind.DROPOFF if node & 1 else StopKind.PICKUP
        return rank.get((leg.key if leg else None, kind), -1)

    return sorted([*owed, *nodes], key=position)


def _holds(island: Island, tours: Tours, v: int, nodes: list[int]) -> bool:
    """Set a route if it is feasible, else put back what was there; return whether it was set."""
    size, before = int(tours.size[v]), tours.seq[v].copy()
    for n in before[1 : size + 1]:
        tours.vehicle[n >> 1] = -1
    if len(nodes) + 2 < tours.seq.shape[1]:
        tours.size[v] = len(nodes)
        tours.seq[v, 1 : len(nodes) + 1] = nodes
        if island.refreshed(tours, v):
            return True
        for n in nodes:
            tours.vehicle[n >> 1] = -1
    tours.size[v] = size
    tours.seq[v] = before
    island.refreshed(tours, v)
    return False


def _settle_units(compiled: Compiled, island: Island, tours: Tours) -> None:
    """Choose the options whose legs are all driven, and take the legs of half-placed ones out."""
    units = compiled.units
    used: Floats = tours.used
    for unit in range(len(units.penalty)):
        for option in range(units.first_option[unit], units.first_option[unit + 1]):
            legs = units.legs[units.first_leg[option] : units.first_leg[option + 1]]
            span = slice(units.first_use[option], units.first_use[option + 1])
            resources, amounts = units.use_resource[span], units.use_amount[span]
            fits = (used[resources] + amounts <= units.room[resources] + 1e-9).all()
            if fits and all(tours.vehicle[g] >= 0 for g in legs):
                tours.option[unit] = option
                np.add.at(used, resources, amounts)
                break
    taken = {
        int(g)
        for unit in np.flatnonzero(tours.option >= 0)
        for g in units.legs[
            units.first_leg[tours.option[unit]] : units.first_leg[tours.option[unit] + 1]
        ]
    }
    for g in np.flatnonzero((tours.vehicle >= 0) & (units.leg_unit >= 0)):
        if int(g) not in taken:
            v = int(drop_leg(island.boxed(tours), int(g)))
            island.refreshed(tours, v)
