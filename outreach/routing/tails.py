"""Two routes exchange their tails where both cars are empty (2-opt*, Potvin & Rousseau 1995).

Taking people out and putting them back one by one hardly ever moves a whole afternoon from one car to
another, since every step on the way costs more. This does it in one step, while some people are out and
the routes have slack. A driver's own breaks do not change cars: each driver rests where the other would
have.
"""

from __future__ import annotations

import numba as nb

from outreach.routing.chance import below, draw
from outreach.routing.cost import Weights
from outreach.routing.network import PAUSE, Ints, Network, Nodes, Units, wide
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
    _swap(net, tours, v, cut, w, other_cut, memory.nodes)
    if refresh(net, weights, tours, v) and refresh(net, weights, tours, w):
        memory.touched[w] = 1
        return True
    _swap(net, tours, v, cut, w, other_cut, memory.nodes)
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
    behind = _stop_behind(net, tours, v, cut)
    saved_here = _drive_to_tail(net, tours, here, v, v, cut)
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
        begin = first_open(tours.high[w], end, leaving)
        while net.floating and begin > 0 and net.form[tours.seq[w, begin] >> 1] == PAUSE:
            begin -= 1  # what bounds this driver's rest does not bound the other's
        for k in range(max(wide(net.head[w]), begin), end + 1):
            leaving_there = tours.low[w, k] + tours.served[w, k]
            if cut < size and leaving_there > tours.high[v, behind] + SLACK_S:
                break
            if tours.aboard[w, k] > 0 or draw(chance) < OVERLOOKED:
                continue
            if (cut == size and k == end) or (cut == 0 and k == 0):
                continue  # nothing or everything would be exchanged
            # Each car ends its shift where it always does.
            onward = _drive_to_tail(net, tours, here, v, w, k)
            there = tours.where[w, k]
            back = _drive_to_tail(net, tours, there, w, v, cut)
            if (
                k < end
                and leaving + onward > tours.high[w, _stop_behind(net, tours, w, k)] + SLACK_S
            ):
                continue
            if cut < size and leaving_there + back > tours.high[v, behind] + SLACK_S:
                continue
            saved_there = _drive_to_tail(net, tours, there, w, w, k)
            change = onward + back - saved_here - saved_there
            if change < least:
                least, best_w, best_k = change, w, k
    return best_w, best_k


@nb.njit(cache=True, nogil=True, inline="always")
def _drive_to_tail(net: Network, tours: Tours, place: int, car: int, w: int, k: int) -> float:
    """Return the drive of a car from a place to the stop that follows position ``k`` of route ``w``."""
    k = _stop_behind(net, tours, w, k)
    return net.travel[place, net.end[car] if k > tours.size[w] else tours.where[w, k]]  # type: ignore[no-any-return]


@nb.njit(cache=True, nogil=True, inline="always")
def _stop_behind(net: Network, tours: Tours, v: int, k: int) -> int:
    """Return the position of the first stop behind ``k`` with a place of its own: breaks have none."""
    k += 1
    while net.floating and k <= tours.size[v] and net.place[tours.seq[v, k]] < 0:
        k += 1
    return k


@nb.njit(cache=True, nogil=True)
def _may_exchange(
    net: Network, units: Units, tours: Tours, v: int, cut: int, w: int, other_cut: int
) -> bool:
    """Tell whether two tails have room on the other route, and nobody in them is bound to a car."""
    room = tours.seq.shape[1] - 4
    grown = tours.size[w] - other_cut - (tours.size[v] - cut)
    if tours.size[v] + grown > room or tours.size[w] - grown > room:
        return False
    breaks = _breaks_that_fit(net, units, tours, v, cut, w)
    return breaks >= 0 and breaks == _breaks_that_fit(net, units, tours, w, other_cut, v)


@nb.njit(cache=True, nogil=True)
def _breaks_that_fit(
    net: Network, units: Units, tours: Tours, v: int, cut: int, target: int
) -> int:
    """Count the breaks behind a cut; -1 if the target vehicle may not drive all others there.

    What has begun stays on its car.
    """
    breaks = 0
    for k in range(cut + 1, tours.size[v] + 1):
        leg = tours.seq[v, k] >> 1
        if net.form[leg] == PAUSE:
            breaks += 1
        elif not net.fits[target, leg] or units.leg_unit[leg] < 0:
            return -1
    return breaks


@nb.njit(cache=True, nogil=True)
def _swap(
    net: Network, tours: Tours, v: int, cut: int, w: int, other_cut: int, scratch: Nodes
) -> None:
    """Exchange what follows two cuts, without refreshing; doing it again undoes it.

    Both tails hold equally many breaks; these are exchanged back, the first for the first and so on.
    """
    tail, other_tail = tours.size[v] - cut, tours.size[w] - other_cut
    for k in range(tail):
        scratch[k] = tours.seq[v, cut + 1 + k]
    for k in range(other_tail):
        tours.seq[v, cut + 1 + k] = tours.seq[w, other_cut + 1 + k]
    for k in range(tail):
        tours.seq[w, other_cut + 1 + k] = scratch[k]
    tours.size[v] = cut + other_tail
    tours.size[w] = other_cut + tail
    k, other_k = cut, other_cut
    while net.floating:
        k, other_k = _next_break(net, tours, v, k), _next_break(net, tours, w, other_k)
        if k > tours.size[v]:
            break
        tours.seq[v, k], tours.seq[w, other_k] = tours.seq[w, other_k], tours.seq[v, k]


@nb.njit(cache=True, nogil=True)
def _next_break(net: Network, tours: Tours, v: int, k: int) -> int:
    """Return the position of the first break behind ``k``, or one behind the last stop."""
    k += 1
    while k <= tours.size[v] and net.form[tours.seq[v, k] >> 1] != PAUSE:
        k += 1
    return k
