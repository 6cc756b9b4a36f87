"""Two routes exchange their tails where both cars are empty (2-opt*, Potvin & Rousseau 1995).

Taking people out and putting them back one by one hardly ever moves a whole afternoon from one car to
another, since every step on the way costs more. This does it in one step, while some people are out and
the routes have slack.
"""

from __future__ import annotations

import numba as nb

from outreach.routing.chance import below, draw
from outreach.routing.cost import Weights
from outreach.routing.network import Ints, Network, Nodes, Units, wide
from outreach.routing.pricing import NEVER, Memory, first_open
from outreach.routing.schedule import SLACK_S
from outreach.routing.tours import Tours, refresh

OVERLOOKED = 0.3  # share of possible cuts left out at random, so that not always the same is done


@nb.njit(cache=True, nogil=True)
def exchange_tails(
    net: Network, weights: Weights, units: Units, tours: Tours, memory: Memory, chance: Ints
) -> bool:
    """Cut a touched route anywhere and exchange tails with the route where that drives least.

    The tours must be refreshed. Returns whether tails were exchanged: when either new route would break
    a rule, both are as before.
    """
    v = _some_touched(tours, memory, chance)
    if v < 0:
        return False
    some_stop = 1 + below(chance, wide(tours.size[v]))
    cut = _empty_cut(tours, v, some_stop, draw(chance) < 0.5)
    if cut < net.head[v]:
        return False
    w, other_cut = _cheapest_partner(net, tours, memory, chance, v, cut)
    if w < 0 or not _may_exchange(net, units, tours, v, cut, w, other_cut):
        return False
    _swap(tours, v, cut, w, other_cut, memory.nodes)
    if refresh(net, weights, tours, v) and refresh(net, weights, tours, w):
        memory.touched[w] = 1
        return True
    _swap(tours, v, cut, w, other_cut, memory.nodes)
    refresh(net, weights, tours, v)
    refresh(net, weights, tours, w)
    return False


@nb.njit(cache=True, nogil=True)
def _some_touched(tours: Tours, memory: Memory, chance: Ints) -> int:
    """Return a random one of the touched routes that still have stops, or -1."""
    chosen = wide(-1)
    seen = 0
    for v in range(len(tours.size)):
        if memory.touched[v] and tours.size[v] > 0:
            seen += 1
            if below(chance, seen) == 0:
                chosen = wide(v)
    return chosen


@nb.njit(cache=True, nogil=True)
def _empty_cut(tours: Tours, v: int, stop: int, ahead: bool) -> int:  # noqa: FBT001
    """Return the nearest position before a stop (ahead), or from it on, that the car leaves empty."""
    k = stop - 1 if ahead else stop
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
def _may_exchange(
    net: Network, units: Units, tours: Tours, v: int, cut: int, w: int, other_cut: int
) -> bool:
    """Tell whether two tails have room on the other route, and nobody in them is bound to a car."""
    room = tours.seq.shape[1] - 4
    grown = tours.size[w] - other_cut - (tours.size[v] - cut)
    if tours.size[v] + grown > room or tours.size[w] - grown > room:
        return False
    return _all_fit(net, units, tours, v, cut, w) and _all_fit(net, units, tours, w, other_cut, v)


@nb.njit(cache=True, nogil=True)
def _all_fit(net: Network, units: Units, tours: Tours, v: int, cut: int, target: int) -> bool:
    """Tell whether the target vehicle may drive everybody behind a cut; what has begun stays."""
    for k in range(cut + 1, tours.size[v] + 1):
        leg = tours.seq[v, k] >> 1
        if not net.fits[target, leg] or units.leg_unit[leg] < 0:
            return False
    return True


@nb.njit(cache=True, nogil=True)
def _swap(tours: Tours, v: int, cut: int, w: int, other_cut: int, scratch: Nodes) -> None:
    """Exchange what follows two cuts, without refreshing; doing it again undoes it."""
    tail, other_tail = tours.size[v] - cut, tours.size[w] - other_cut
    for k in range(tail):
        scratch[k] = tours.seq[v, cut + 1 + k]
    for k in range(other_tail):
        tours.seq[v, cut + 1 + k] = tours.seq[w, other_cut + 1 + k]
    for k in range(tail):
        tours.seq[w, other_cut + 1 + k] = scratch[k]
    tours.size[v] = cut + other_tail
    tours.size[w] = other_cut + tail
