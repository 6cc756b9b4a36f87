"""Turns a ``Problem`` into the kernels' arrays, and keeps the way back to the caller's names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from outreach.routing.cost import MOVED_AT_MOST_S, Weights
from outreach.routing.neighbours import NEAREST, nearest_legs
from outreach.routing.network import (
    ANYWHERE,
    CHECKPOINT,
    HORIZON_S,
    NOWHERE_S,
    PAUSE,
    RIDE,
    Ints,
    Network,
    Units,
)
from outreach.routing.problem import (
    Break,
    Floats,
    Leg,
    Option,
    Problem,
    Promise,
    Ready,
    StopKind,
    Vehicle,
)

LONGEST_ROUTE = 600
BREAK_PRIORITY = 100.0  # of a driver who is out: people of a higher one may cost the rest


@dataclass(slots=True)
class LegRow:
    """Where a kernel leg comes from: a caller's leg, a driver's break or a car's present place."""

    leg: Leg | None = None
    vehicle: int = -1
    pause: Break | None = None
    ready: Ready | None = None


@dataclass(slots=True)
class OptionRow:
    """Where a kernel option comes from."""

    option: str
    legs: list[int]
    cost: float = 0.0
    uses: list[tuple[int, float]] = field(default_factory=list)


@dataclass(slots=True)
class UnitRow:
    """Where a kernel unit comes from; no episode (-1) means a driver's break."""

    episode: int
    penalty: float
    options: list[OptionRow] = field(default_factory=list)


@dataclass(slots=True)
class Compiled:
    """A problem ready for the kernels, with the way back to the caller's names."""

    problem: Problem
    weights: Weights
    net: Network
    units: Units
    leg_rows: list[LegRow]
    unit_rows: list[UnitRow]
    heads: list[list[int]]  # nodes each route begins with, in order
    aboard: list[list[int]]  # drop-off nodes still owed to people on board after the head
    longest: int  # room for stops in a route


def compile_problem(problem: Problem, weights: Weights) -> Compiled:
    """Return the arrays of a problem; locked stops become the heads of their vehicles' routes."""
    locked = sorted({stop.leg for v in problem.vehicles for stop in v.head})
    rows = [LegRow(problem.legs[key]) for key in locked]
    number = {key: k for k, key in enumerate(locked)}
    started = _started(problem, set(locked))
    units = _episode_units(problem, weights, rows, set(locked), started)
    heads, aboard = _heads(problem, rows, number)
    units += _break_units(problem, weights, rows, heads)
    net = _network(problem, rows, heads, number)
    arrays = _unit_arrays(units, len(rows), _room_left(problem, started.values()))
    driven = sum(min((len(o.legs) for o in unit.options), default=0) for unit in units)
    variety = max(1, min(4, len(rows) // max(1, driven)))
    # Of several variants of a leg at most one is driven, so that more neighbours are needed.
    near = nearest_legs(net, arrays.leg_unit, variety * NEAREST)
    arrays = arrays._replace(near=near)
    fixed = max((len(h) + len(a) for h, a in zip(heads, aboard, strict=True)), default=0)
    longest = fixed + min(2 * len(rows), LONGEST_ROUTE) + 2
    return Compiled(problem, weights, net, arrays, rows, units, heads, aboard, longest)


def _started(problem: Problem, locked: set[str]) -> dict[int, Option]:
    """Return the options that are under way, by the number of their episodes (of several the first)."""
    return {
        number: option
        for number, episode in enumerate(problem.episodes)
        for option in reversed(episode.options)
        if any(leg.key in locked for leg in option.legs)
    }


def _room_left(problem: Problem, started: Iterable[Option]) -> Floats:
    """Return what is left of each resource: what is under way uses it whatever becomes of the rest."""
    left = {resource.key: resource.capacity for resource in problem.resources}
    for option in started:
        for use in option.uses:
            left[use.resource] -= use.amount
    return np.array(list(left.values()), np.float64)


def _episode_units(
    problem: Problem,
    weights: Weights,
    rows: list[LegRow],
    locked: set[str],
    started: dict[int, Option],
) -> list[UnitRow]:
    """Return a unit per episode; what is under way keeps its option, less the locked legs."""
    resource = {r.key: k for k, r in enumerate(problem.resources)}
    units = []
    for number, episode in enumerate(problem.episodes):
        unit = UnitRow(number, weights.person * episode.priority)
        under_way = started.get(number)
        for option in episode.options if under_way is None else [under_way]:
            free = [g for g in option.legs if g.key not in locked]
            uses = [] if under_way else [(resource[u.resource], u.amount) for u in option.uses]
            variants = [_promise_variants(g, weights, rows) for g in free]
            for choice in product(*variants) if free else ():
                cost = option.cost_s + sum(c for _, c in choice)
                unit.options.append(OptionRow(option.key, [g for g, _ in choice], cost, uses))
        if unit.options or under_way is None:
            units.append(unit)
    return units


def _promise_variants(leg: Leg, weights: Weights, rows: list[LegRow]) -> list[tuple[int, float]]:
    """Add a leg with its promise kept, moved a little, and broken; return each with its price.

    So a soft promise needs no kernel of its own: it is a choice between hard windows.
    """
    told = leg.promise
    if told is None:
        variants = [(leg, 0.0)]
    else:
        little = max(MOVED_AT_MOST_S, told.tolerance_s)
        variants = [
            (_told(leg, told, told.tolerance_s), 0.0),
            (_told(leg, told, little), weights.promise_moved),
            (leg, weights.promise_broken),
        ]
    first = len(rows)
    rows.extend(LegRow(variant) for variant, _ in variants)
    return [(first + k, price) for k, (_, price) in enumerate(variants)]


def _told(leg: Leg, told: Promise, by_s: float) -> Leg:
    early = max(leg.pickup.earliest_s, told.pickup_at_s - by_s)
    late = min(leg.pickup.latest_s, told.pickup_at_s + by_s)
    return replace(leg, pickup=replace(leg.pickup, earliest_s=early, latest_s=late))


def _heads(
    problem: Problem, rows: list[LegRow], number: dict[str, int]
) -> tuple[list[list[int]], list[list[int]]]:
    """Return each vehicle's fixed first nodes and the drop-offs it still owes."""
    heads, aboard = [], []
    for k, vehicle in enumerate(problem.vehicles):
        nodes = [2 * number[s.leg] + (s.kind is StopKind.DROPOFF) for s in vehicle.head]
        owed = [n + 1 for n in nodes if n % 2 == 0 and n + 1 not in nodes]
        if vehicle.ready is not None:
            nodes.append(2 * len(rows))
            rows.append(LegRow(vehicle=k, ready=vehicle.ready))
        heads.append(nodes)
        aboard.append(owed)
    return heads, aboard


def _break_units(
    problem: Problem, weights: Weights, rows: list[LegRow], heads: list[list[int]]
) -> list[UnitRow]:
    """Return a unit per break; a driver who has not begun rests before anybody is taken."""
    units = []
    above_all = BREAK_PRIORITY + sum(episode.priority for episode in problem.episodes)
    for k, vehicle in enumerate(problem.vehicles):
        priority = BREAK_PRIORITY if heads[k] else above_all
        for pause in vehicle.breaks:
            option = OptionRow("break", [len(rows)])
            rows.append(LegRow(vehicle=k, pause=pause))
            units.append(UnitRow(-1, weights.person * priority, [option]))
    return units


def _network(
    problem: Problem, rows: list[LegRow], heads: list[list[int]], number: dict[str, int]
) -> Network:
    fleet = problem.vehicles
    travel = problem.travel_s.view()
    if np.isinf(travel).any():
        travel = np.where(np.isinf(travel), NOWHERE_S, travel)
    back = travel if (travel == travel.T).all() else np.ascontiguousarray(travel.T)
    travel.setflags(write=False)
    back.setflags(write=False)
    kind, samples = _kinds(fleet)
    place = np.full(2 * len(rows), ANYWHERE, np.int32)
    early = np.zeros(2 * len(rows))
    late = np.full(2 * len(rows), HORIZON_S)
    base = np.zeros(2 * len(rows))
    ride = np.full(len(rows), HORIZON_S)
    form = np.full(len(rows), RIDE, np.uint8)
    for g, row in enumerate(rows):
        if row.leg is not None:
            ride[g] = min(row.leg.max_ride_s, HORIZON_S)
            for n, stop in ((2 * g, row.leg.pickup), (2 * g + 1, row.leg.dropoff)):
                place[n], base[n] = stop.place, stop.service_s
                early[n], late[n] = stop.earliest_s, min(stop.latest_s, HORIZON_S)
        elif row.ready is not None:
            form[g], place[2 * g], early[2 * g] = CHECKPOINT, row.ready.place, row.ready.from_s
        elif row.pause is not None:
            form[g], base[2 * g] = PAUSE, row.pause.length_s
            early[2 * g], late[2 * g] = row.pause.earliest_s, min(row.pause.latest_s, HORIZON_S)
    _hold_what_has_begun(problem, number, early, late)
    service = _service(samples, rows, base)
    direct = np.array(
        [
            travel[place[2 * g], place[2 * g + 1]] if form[g] == RIDE else 0.0
            for g in range(len(rows))
        ]
    )
    _tighten(early, late, service.min(axis=0) if len(service) else base, ride, direct, form)
    group, avoid = _groups(problem, rows)
    return Network(
        travel=travel,
        back=back,
        place=place,
        early=early,
        late=late,
        service=service,
        ride=ride,
        direct=direct,
        form=form,
        load=_loads(problem, samples, rows),
        group=group,
        avoid=avoid,
        kind=kind,
        start=np.array([v.start_place for v in fleet], np.int32),
        end=np.array([v.end_place for v in fleet], np.int32),
        opens=np.array([max(v.shift_start_s, -HORIZON_S) for v in fleet], np.float64),
        closes=np.array([min(v.shift_end_s, HORIZON_S) for v in fleet], np.float64),
        duty=np.array([min(v.max_duty_s, HORIZON_S) for v in fleet], np.float64),
        capacity=np.array([v.capacity for v in fleet], np.float64).reshape(
            len(fleet), len(problem.dimensions)
        ),
        head=np.array([len(h) for h in heads], np.int32),
        fits=_fits(problem, rows),
        waiting=float(min(problem.max_wait_aboard_s, HORIZON_S)),
        floating=bool((form == PAUSE).any()),
        grouped=bool(avoid.any()),
    )


def _kinds(
    fleet: tuple[Vehicle, ...],
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int32]], list[Vehicle]]:
    """Number the vehicles so that two of one kind are exchangeable; heads and breaks set apart."""
    seen: dict[object, int] = {}
    samples: list[Vehicle] = []
    kind = np.zeros(len(fleet), np.int32)
    for k, v in enumerate(fleet):
        alike: object = replace(v, key="", features=frozenset(), finishes=frozenset())
        if v.head or v.ready or v.breaks:
            alike = v.key
        if alike not in seen:
            seen[alike] = len(samples)
            samples.append(v)
        kind[k] = seen[alike]
    return kind, samples


def _hold_what_has_begun(
    problem: Problem, number: dict[str, int], early: Floats, late: Floats
) -> None:
    """Hold locked stops at their actual times."""
    for vehicle in problem.vehicles:
        for stop in vehicle.head:
            g = number[stop.leg]
            n = 2 * g + (stop.kind is StopKind.DROPOFF)
            if stop.at_s is not None:
                early[n] = late[n] = stop.at_s


def _service(samples: list[Vehicle], rows: list[LegRow], base: Floats) -> Floats:
    solo = np.repeat([row.leg is None for row in rows], 2)
    return np.array(
        [np.where(solo, base, base * v.service_factor + v.service_extra_s) for v in samples],
        np.float64,
    ).reshape(len(samples), len(base))


def _tighten(
    early: Floats, late: Floats, service: Floats, ride: Floats, direct: Floats, form: Ints
) -> None:
    """Narrow each end's window by what the other end, the drive and the ride cap imply."""
    for g in np.flatnonzero(form == RIDE):
        if early[2 * g] == late[2 * g]:
            continue  # held at its actual time, whatever the other end now allows
        p, d = 2 * g, 2 * g + 1
        least, most = service[p] + direct[g], service[p] + ride[g]
        early[d] = max(early[d], early[p] + least)
        late[p] = min(late[p], late[d] - least)
        early[p] = max(early[p], early[d] - most)
        if ride[g] < HORIZON_S:
            late[d] = min(late[d], late[p] + most)


def _loads(problem: Problem, samples: list[Vehicle], rows: list[LegRow]) -> Floats:
    """Return what a leg takes of each kind of vehicle, displaced seats included."""
    size = len(problem.dimensions)
    own = np.array([row.leg.load if row.leg else (0.0,) * size for row in rows], np.float64)
    loads = np.repeat(own.reshape(1, len(rows), size), len(samples), axis=0)
    for k, vehicle in enumerate(samples):
        for by, of, amount in vehicle.displaces:
            loads[k, :, of] += amount * own.reshape(len(rows), size)[:, by]
    return loads


def _groups(problem: Problem, rows: list[LegRow]) -> tuple[Ints, Ints]:
    names = sorted({g for leg in problem.legs.values() for g in leg.groups | leg.avoids})
    bit = {name: 1 << k for k, name in enumerate(names)}
    group, avoid = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    for g, row in enumerate(rows):
        if row.leg is not None:
            group[g] = sum(bit[name] for name in row.leg.groups)
            avoid[g] = sum(bit[name] for name in row.leg.avoids)
    return group, avoid


def _fits(problem: Problem, rows: list[LegRow]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    fits = np.ones((len(problem.vehicles), len(rows)), np.uint8)
    for g, row in enumerate(rows):
        leg = row.leg
        if leg is None:
            fits[:, g] = 0
            fits[row.vehicle, g] = 1
        elif leg.needs or leg.not_vehicles or leg.vehicle is not None:
            for k, vehicle in enumerate(problem.vehicles):
                fits[k, g] = (
                    leg.needs <= vehicle.features
                    and vehicle.key not in leg.not_vehicles
                    and leg.vehicle in (None, vehicle.key)
                )
    return fits


def _unit_arrays(units: list[UnitRow], legs: int, room: Floats) -> Units:
    options = [(u, option) for u, unit in enumerate(units) for option in unit.options]
    leg_unit = np.full(legs, -1, np.int32)
    for u, option in options:
        leg_unit[option.legs] = u

    def starts(sizes: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
        return np.cumsum([0, *sizes]).astype(np.int32)

    return Units(
        first_option=starts([len(unit.options) for unit in units]),
        option_unit=np.array([u for u, _ in options], np.int32),
        first_leg=starts([len(option.legs) for _, option in options]),
        legs=np.array([g for _, option in options for g in option.legs], np.int32),
        option_cost=np.array([option.cost for _, option in options], np.float64),
        first_use=starts([len(option.uses) for _, option in options]),
        use_resource=np.array([r for _, o in options for r, _ in o.uses], np.int32),
        use_amount=np.array([a for _, o in options for _, a in o.uses], np.float64),
        room=room,
        penalty=np.array([unit.penalty for unit in units], np.float64),
        leg_unit=leg_unit,
        near=np.zeros((legs, 0), np.int32),
    )
