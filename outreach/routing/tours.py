"""The routes under construction: flat arrays, refreshed as a whole whenever a route changes.

Positions run from 0 (the start of the shift) over the stops 1 … size to size + 1 (its end).
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from outreach.routing.boxes import BoxType, Reference, reference_to
from outreach.routing.cost import Weights, price
from outreach.routing.network import PAUSE, RIDE, Ints, Network, Nodes, Units, wide
from outreach.routing.problem import Floats
from outreach.routing.schedule import earliest_starts, latest_starts, unhurried_starts


class Tours(NamedTuple):
    """All routes with what the search asks about them again and again."""

    seq: Nodes  # [vehicle, position] node
    size: Nodes  # [vehicle] stops
    low: Floats  # [vehicle, position] earliest feasible start of service
    high: Floats  # [vehicle, position] latest feasible start of service
    gap: Floats  # [vehicle, position] service there and the drive to the next position
    served: Floats  # [vehicle, position] service there alone
    where: Nodes  # [vehicle, position] place
    load: Floats  # [vehicle, position, dimension] on leaving the position
    aboard: Nodes  # [vehicle, position] parties on board on leaving the position
    groups: Ints  # [vehicle, position] groups of those on board
    avoids: Ints  # [vehicle, position] groups avoided by those on board
    cost: Floats  # [vehicle]
    drive: Floats  # [vehicle]
    mark: Ints  # [vehicle] fingerprint of the sequence and the kind of vehicle
    spot: Nodes  # [node] position in its route
    vehicle: Nodes  # [leg] -1 when not driven
    option: Nodes  # [unit] -1 when not placed
    used: Floats  # [resource]


class ToursType(BoxType):
    """The numba type of a tours box."""


class ToursBox(Reference):
    """``Tours`` by reference."""


reference_to(ToursBox, ToursType, Tours._fields)


@nb.njit(cache=True)
def box_tours(t: Tours) -> Tours:
    """Return the arrays of a ``Tours`` by reference."""
    return ToursBox(  # type: ignore[no-untyped-call, return-value]
        t.seq,
        t.size,
        t.low,
        t.high,
        t.gap,
        t.served,
        t.where,
        t.load,
        t.aboard,
        t.groups,
        t.avoids,
        t.cost,
        t.drive,
        t.mark,
        t.spot,
        t.vehicle,
        t.option,
        t.used,
    )


def empty_tours(net: Network, units: Units, longest: int) -> Tours:
    """Return tours without a stop."""
    vehicles, legs = len(net.kind), len(net.ride)
    wide = (vehicles, longest + 2)
    return Tours(
        seq=np.zeros(wide, np.int32),
        size=np.zeros(vehicles, np.int32),
        low=np.zeros(wide),
        high=np.zeros(wide),
        gap=np.zeros(wide),
        served=np.zeros(wide),
        where=np.zeros(wide, np.int32),
        load=np.zeros((*wide, net.load.shape[2])),
        aboard=np.zeros(wide, np.int32),
        groups=np.zeros(wide, np.int64),
        avoids=np.zeros(wide, np.int64),
        cost=np.zeros(vehicles),
        drive=np.zeros(vehicles),
        mark=np.zeros(vehicles, np.int64),
        spot=np.zeros(2 * legs, np.int32),
        vehicle=np.full(legs, -1, np.int32),
        option=np.full(len(units.penalty), -1, np.int32),
        used=np.zeros(len(units.room)),
    )


def copy_of(tours: Tours) -> Tours:
    """Return tours that share nothing with the given ones."""
    return Tours._make(array.copy() for array in tours)


@nb.njit(cache=True, nogil=True)
def refresh(net: Network, weights: Weights, tours: Tours, v: int) -> bool:
    """Recompute everything about route ``v`` from its sequence; return whether it is feasible."""
    size = wide(tours.size[v])
    kind = net.kind[v]
    seq, where, gap, served = tours.seq[v], tours.where[v], tours.gap[v], tours.served[v]
    load, aboard = tours.load[v], tours.aboard[v]
    dimensions = load.shape[1]
    fine = True
    where[0] = net.start[v]
    aboard[0] = 0
    tours.groups[v, 0] = 0
    tours.avoids[v, 0] = 0
    for d in range(dimensions):
        load[0, d] = 0.0
    mark = np.int64(kind + 1) * np.int64(-7046029254386353131)
    driving = 0.0
    rides = 0
    for k in range(1, size + 2):
        leaving = 0.0 if k == 1 else net.service[kind, seq[k - 1]]
        if k <= size:
            node = seq[k]
            where[k] = net.place[node] if net.place[node] >= 0 else where[k - 1]
        else:
            where[k] = net.end[v]
        drive = net.travel[where[k - 1], where[k]]
        driving += drive
        served[k - 1] = leaving
        gap[k - 1] = leaving + drive
        if k > size:
            break
        leg = node >> 1
        tours.spot[node] = k
        tours.vehicle[leg] = v
        mark = (mark ^ np.int64(node + 1)) * np.int64(6364136223846793005) + np.int64(
            1442695040888963407
        )
        mark ^= (mark >> 29) & np.int64(0x7FFFFFFFF)
        sign = 0 if net.form[leg] != RIDE else (-1 if node & 1 else 1)
        aboard[k] = aboard[k - 1] + sign
        rides += sign != 0
        if net.form[leg] == PAUSE and aboard[k] > 0:
            fine = False
        for d in range(dimensions):
            load[k, d] = load[k - 1, d] + sign * net.load[kind, leg, d]
            if load[k, d] > net.capacity[v, d] + 1e-9:
                fine = False
        if net.grouped:
            fine = _mix(net, tours, v, k, node) and fine
    gap[size + 1] = served[size + 1] = 0.0
    tours.mark[v] = mark
    tours.drive[v] = driving
    if not fine:
        return False
    return time_and_price(net, weights, tours, v, rides > 0)


@nb.njit(cache=True, nogil=True)
def time_and_price(net: Network, weights: Weights, tours: Tours, v: int, used: bool) -> bool:  # noqa: FBT001
    """Schedule route ``v`` and price it; return whether a schedule exists."""
    size = wide(tours.size[v])
    if not earliest_starts(
        net, v, tours.seq[v], size, tours.gap[v], tours.aboard[v], tours.spot, tours.low[v]
    ):
        return False
    if not latest_starts(
        net, v, tours.seq[v], size, tours.gap[v], tours.aboard[v], tours.spot, tours.high[v]
    ):
        return False
    excess = waiting = duty = 0.0
    if used and (weights.ride > 0.0 or weights.wait > 0.0 or weights.duty > 0.0):
        starts = tours.low[v].copy()
        excess, waiting = unhurried_starts(
            net, v, tours.seq[v], size, tours.gap[v], tours.aboard[v], tours.spot, starts
        )
        duty = starts[size + 1] - starts[0]
    tours.cost[v] = price(weights, tours.drive[v], excess, waiting, duty, used)
    if not used:
        tours.drive[v] = 0.0
    return True


@nb.njit(cache=True, nogil=True)
def _mix(net: Network, tours: Tours, v: int, k: int, node: int) -> bool:
    """Update who is on board after position ``k``; return whether nobody avoids the newcomer."""
    leg = node >> 1
    if net.form[leg] != RIDE:
        tours.groups[v, k] = tours.groups[v, k - 1]
        tours.avoids[v, k] = tours.avoids[v, k - 1]
        return True
    if node & 1 == 0:
        tours.groups[v, k] = tours.groups[v, k - 1] | net.group[leg]
        tours.avoids[v, k] = tours.avoids[v, k - 1] | net.avoid[leg]
        clash = (net.group[leg] & tours.avoids[v, k - 1]) | (
            net.avoid[leg] & tours.groups[v, k - 1]
        )
        return clash == 0  # type: ignore[no-any-return]
    groups = np.int64(0)
    avoids = np.int64(0)
    for j in range(1, k):
        other = tours.seq[v, j]
        if other & 1 == 0 and other != node ^ 1 and net.form[other >> 1] == RIDE:
            gone = False
            for i in range(j + 1, k + 1):
                if tours.seq[v, i] == other + 1:
                    gone = True
                    break
            if not gone:
                groups |= net.group[other >> 1]
                avoids |= net.avoid[other >> 1]
    tours.groups[v, k] = groups
    tours.avoids[v, k] = avoids
    return True


@nb.njit(cache=True, nogil=True)
def put_leg(
    net: Network,
    weights: Weights,
    tours: Tours,
    v: int,
    leg: int,
    after_pickup: int,
    after_dropoff: int,
) -> bool:
    """Insert a leg behind the two given old positions; return whether the route stays feasible."""
    size = tours.size[v]
    seq = tours.seq[v]
    solo = net.form[leg] != RIDE
    grown = 1 if solo else 2
    for k in range(size, after_pickup, -1):
        seq[k + (1 if solo or k <= after_dropoff else 2)] = seq[k]
    seq[after_pickup + 1] = 2 * leg
    if not solo:
        seq[after_dropoff + 2] = 2 * leg + 1
    tours.size[v] = size + grown
    return refresh(net, weights, tours, v)


@nb.njit(cache=True, nogil=True)
def drop_leg(tours: Tours, leg: int) -> int:
    """Take a leg out of its route's sequence, without refreshing; return the vehicle."""
    v = tours.vehicle[leg]
    seq = tours.seq[v]
    kept = 0
    for k in range(1, tours.size[v] + 1):
        if seq[k] >> 1 != leg:
            kept += 1
            seq[kept] = seq[k]
    tours.size[v] = kept
    tours.vehicle[leg] = -1
    return v  # type: ignore[no-any-return]


@nb.njit(cache=True, nogil=True)
def copy_route(source: Tours, target: Tours, v: int) -> None:
    """Make route ``v`` of ``target`` equal to that of ``source``."""
    for k in range(1, target.size[v] + 1):
        leg = target.seq[v, k] >> 1
        if target.vehicle[leg] == v:
            target.vehicle[leg] = -1
    end = source.size[v] + 2
    for k in range(end):
        target.seq[v, k] = source.seq[v, k]
        target.low[v, k] = source.low[v, k]
        target.high[v, k] = source.high[v, k]
        target.gap[v, k] = source.gap[v, k]
        target.served[v, k] = source.served[v, k]
        target.where[v, k] = source.where[v, k]
        target.aboard[v, k] = source.aboard[v, k]
        target.groups[v, k] = source.groups[v, k]
        target.avoids[v, k] = source.avoids[v, k]
        for d in range(source.load.shape[2]):
            target.load[v, k, d] = source.load[v, k, d]
    for k in range(1, source.size[v] + 1):
        target.spot[source.seq[v, k]] = k
        target.vehicle[source.seq[v, k] >> 1] = v
    target.size[v] = source.size[v]
    target.cost[v] = source.cost[v]
    target.drive[v] = source.drive[v]
    target.mark[v] = source.mark[v]
