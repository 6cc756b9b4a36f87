"""Two routes exchange their tails where both cars are empty (2-opt*, Potvin & Rousseau 1995).

Taking people out and putting them back one by one hardly ever moves a whole afternoon from one car to
another, since every step on the way costs more. This does it in one step.
"""

from __future__ import annotations

import numba as nb

from outreach.routing.chance import draw
from outreach.routing.cost import Weights
from outreach.routing.network import Ints, Network, Nodes, Units, wide
from outreach.routing.pricing import NEVER, Memory, first_open
from outreach.routing.schedule import SLACK_S
from outreach.routing.tours import Tours, copy_route, refresh

OVERLOOKED = 0.3  # share of possible cuts left out at random, so that not always the same is done


@nb.njit(cache=True, nogil=True)
def exchange_tails(
    net: Network,
    weights: Weights,
    units: Units,
    now: Tours,
    trial: Tours,
    memory: Memory,
    chance: Ints,
    leg: int,
) -> bool:
    """Cut a leg's route of ``trial`` just before or behind it and exchange tails with another route.

    The exchange that drives least is made; when it turns out to break a rule, ``trial`` is again as
    ``now``, which it must equal before. Returns whether two routes have changed.
    """
    v = wide(trial.vehicle[leg])
    if v < 0 or not memory.scope[v]:
        return False
    cut = _empty_cut(trial, v, wide(trial.spot[2 * leg]), ahead=draw(chance) < 0.5)
    if cut < net.head[v]:
        return False
    w, other_cut = _cheapest_partner(net, trial, memory, chance, v, cut)
    if w < 0:
        return False
    if not _joined(net, weights, units, trial, v, cut, w, other_cut, memory.nodes):
        copy_route(now, trial, v)
        copy_route(now, trial, w)
        return False
    memory.touched[v] = 1
    memory.touched[w] = 1
    return True


@nb.njit(cache=True, nogil=True)
def _empty_cut(tours: Tours, v: int, pickup: int, ahead: bool) -> int:  # noqa: FBT001
    """Return the nearest position before (ahead) or behind a pickup at which the car leaves empty."""
    k = pickup - 1 if ahead else pickup
    while 0 < k < tours.size[v] and tours.aboard[v, k] > 0:
        k += -1 if ahead else 1
    return k


@nb.njit(cache=True, nogil=True)
def _cheapest_partner(
    net: Network, tours: Tours, memory: Memory, chance: Ints, v: int, cut: int
) -> tuple[int, int]:
    """Return the route and the cut in it whose tail follows this one's head at least driving, or -1."""
    size = wide(tours.size[v])
    here = tours.where[v, cut]
    leaving = tours.low[v, cut] + tours.served[v, cut]
    saved_here = tours.gap[v, cut] - tours.served[v, cut]
    least = NEVER
    best_w = best_k = wide(-1)
    last_empty = -1
    for w in range(len(net.kind)):
        if w == v or not memory.scope[w]:
            continue
        end = wide(tours.size[w])
        if end == 0:
            if net.kind[w] == last_empty:
                continue
            last_empty = net.kind[w]
        for k in range(max(wide(net.head[w]), first_open(tours.high[w], end, leaving)), end + 1):
            leaving_there = tours.low[w, k] + tours.served[w, k]
            if cut < size and leaving_there > tours.high[v, cut + 1] + SLACK_S:
                break
            if tours.aboard[w, k] > 0 or draw(chance) < OVERLOOKED:
                continue
            if (cut == size and k == end) or (cut == 0 and k == 0):
                continue  # nothing or everything would be exchanged
            # Each car ends its shift where it always does.
            onward = net.travel[here, net.end[v] if k == end else tours.where[w, k + 1]]
            back = net.travel[
                tours.where[w, k], net.end[w] if cut == size else tours.where[v, cut + 1]
            ]
            if k < end and leaving + onward > tours.high[w, k + 1] + SLACK_S:
                continue
            if cut < size and leaving_there + back > tours.high[v, cut + 1] + SLACK_S:
                continue
            change = onward + back - saved_here - (tours.gap[w, k] - tours.served[w, k])
            if change < least:
                least, best_w, best_k = change, w, k
    return best_w, best_k


@nb.njit(cache=True, nogil=True)
def _joined(
    net: Network,
    weights: Weights,
    units: Units,
    tours: Tours,
    v: int,
    cut: int,
    w: int,
    other_cut: int,
    scratch: Nodes,
) -> bool:
    """Exchange what follows two cuts; return whether both routes may be driven like that."""
    tail, other_tail = tours.size[v] - cut, tours.size[w] - other_cut
    room = tours.seq.shape[1] - 4
    if cut + other_tail > room or other_cut + tail > room:
        return False
    for k in range(tail):
        leg = tours.seq[v, cut + 1 + k] >> 1
        if not net.fits[w, leg] or units.leg_unit[leg] < 0:
            return False
        scratch[k] = tours.seq[v, cut + 1 + k]
    for k in range(other_tail):
        leg = tours.seq[w, other_cut + 1 + k] >> 1
        if not net.fits[v, leg] or units.leg_unit[leg] < 0:
            return False
    for k in range(other_tail):
        tours.seq[v, cut + 1 + k] = tours.seq[w, other_cut + 1 + k]
    for k in range(tail):
        tours.seq[w, other_cut + 1 + k] = scratch[k]
    tours.size[v] = cut + other_tail
    tours.size[w] = other_cut + tail
    return refresh(net, weights, tours, v) and refresh(net, weights, tours, w)
