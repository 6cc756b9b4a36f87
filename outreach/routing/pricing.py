"""What it costs to put one leg into one route: exact, pruned by cost, and remembered.

The price depends on the leg and the route alone, and the search meets the same pairs again and
again; so every answer is kept under the fingerprint of the route.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from outreach.routing.boxes import BoxType, Reference, reference_to
from outreach.routing.cost import Weights
from outreach.routing.network import PAUSE, RIDE, Flags, Ints, Network, Nodes, wide
from outreach.routing.problem import Floats
from outreach.routing.schedule import SLACK_S, admits
from outreach.routing.tours import Tours

NEVER = 1e17  # the price of what cannot be done
BITS = 16  # of the memory's size: larger ones leave the processor's own caches and cost more time


class Memory(NamedTuple):
    """Prices of insertions already worked out, and scratch space for one thread."""

    key: Ints
    price: Floats
    place: Ints
    starts: Floats  # scratch of the schedule test
    gaps: Floats
    nodes: Nodes
    asked: Nodes  # [vehicle] the question for which the vehicle was last looked at
    asking: Ints  # [1] number of the present question
    touched: Flags  # [vehicle] changed since the current solution
    scope: Flags  # [vehicle] may be changed by this thread


class MemoryType(BoxType):
    """The numba type of a memory box."""


class MemoryBox(Reference):
    """``Memory`` by reference."""


reference_to(MemoryBox, MemoryType, Memory._fields)


@nb.njit(cache=True)
def box_memory(t: Memory) -> Memory:
    """Return the arrays of a ``Memory`` by reference."""
    return MemoryBox(  # type: ignore[no-untyped-call, return-value]
        t.key, t.price, t.place, t.starts, t.gaps, t.nodes, t.asked, t.asking, t.touched, t.scope
    )


def new_memory(net: Network, longest: int, bits: int = BITS) -> Memory:
    """Return an empty memory for one thread."""
    return Memory(
        key=np.zeros(1 << bits, np.int64),
        price=np.zeros(1 << bits),
        place=np.zeros(1 << bits, np.int64),
        starts=np.zeros(longest + 6),
        gaps=np.zeros(longest + 6),
        nodes=np.zeros(longest + 6, np.int32),
        asked=np.zeros(len(net.kind), np.int32),
        asking=np.zeros(1, np.int64),
        touched=np.zeros(len(net.kind), np.uint8),
        scope=np.ones(len(net.kind), np.uint8),
    )


@nb.njit(cache=True, nogil=True)
def price_in_route(
    net: Network, weights: Weights, tours: Tours, memory: Memory, leg: int, v: int
) -> tuple[float, int]:
    """Return the least price of a leg in route ``v`` and its place (both positions in one number)."""
    key = tours.mark[v] ^ (np.int64(leg + 1) * np.int64(-4417276706812531889))
    key ^= (key >> 32) & np.int64(0xFFFFFFFF)
    slot = key & np.int64(len(memory.key) - 1)
    if memory.key[slot] == key:
        return memory.price[slot], memory.place[slot]
    cost, place = _work_out(net, weights, tours, memory, leg, v)
    memory.key[slot] = key
    memory.price[slot] = cost
    memory.place[slot] = place
    return cost, place


@nb.njit(cache=True, nogil=True)
def _work_out(
    net: Network, weights: Weights, tours: Tours, memory: Memory, leg: int, v: int
) -> tuple[float, int]:
    size = tours.size[v]
    if size + 4 > tours.seq.shape[1]:
        return NEVER, np.int64(0)  # type: ignore[return-value]
    if net.form[leg] != RIDE:
        return _work_out_solo(net, weights, tours, memory, leg, v)
    kind = net.kind[v]
    low, high, gap, served = tours.low[v], tours.high[v], tours.gap[v], tours.served[v]
    seq, where = tours.seq[v], tours.where[v]
    p, d = 2 * leg, 2 * leg + 1
    here, there = net.place[p], net.place[d]
    to_here, from_here = net.back[here], net.travel[here]
    to_there, from_there = net.back[there], net.travel[there]
    serve_p, serve_d = net.service[kind, p], net.service[kind, d]
    early_p, late_p, early_d, late_d = net.early[p], net.late[p], net.early[d], net.late[d]
    cap, direct = net.ride[leg], net.direct[leg]
    best = NEVER
    best_i = best_j = 0
    unused = weights.vehicle if size == 0 else 0.0
    first = max(wide(net.head[v]), first_open(high, size, early_p + serve_p))
    for i in range(first, size + 1):
        leaving = low[i] + served[i]
        if leaving > late_p + SLACK_S:
            break
        start_p = max(early_p, leaving + to_here[where[i]])
        onward = start_p + serve_p + _drive_on(net, tours, v, from_here, i + 1)
        if start_p > late_p + SLACK_S or onward > high[i + 1] + SLACK_S:
            continue
        k = i + 1
        before = gap[i] - served[i]
        if net.floating:
            while k <= size and net.place[seq[k]] < 0:
                k += 1
            before = net.travel[where[i], where[k]]
        ahead = where[k]
        detour_p = to_here[where[i]] + from_here[ahead] - before
        cost_p = weights.drive * detour_p + unused
        if weights.ride > 0.0:
            cost_p += weights.ride * tours.aboard[v, i] * (detour_p + serve_p)
        if cost_p >= best or not _room(net, tours, v, kind, leg, i):
            continue
        # The drop-off right behind the pickup.
        start_d = max(early_d, start_p + serve_p + direct)
        if start_d <= late_d + SLACK_S:
            detour = to_here[where[i]] + direct + from_there[ahead] - before
            cost = weights.drive * detour + unused
            if weights.ride > 0.0:
                cost += weights.ride * tours.aboard[v, i] * (detour + serve_p + serve_d)
            if (
                cost < best
                and start_d + serve_d + _drive_on(net, tours, v, from_there, i + 1)
                <= high[i + 1] + SLACK_S
                and admits(net, tours, v, leg, i, i, memory.starts, memory.gaps, memory.nodes)
            ):
                best, best_i, best_j = cost, i, i
        # The drop-off further on: walk along with the new passenger on board.
        start = onward
        on_board = from_here[where[i + 1]]
        for j in range(i + 1, size + 1):
            start = max(low[j], start)
            leaving = start + served[j]
            if start > high[j] + SLACK_S or on_board > cap + SLACK_S or leaving > late_d + SLACK_S:
                break
            if net.form[seq[j] >> 1] == PAUSE or not _room(net, tours, v, kind, leg, j):
                break
            start_d = max(early_d, leaving + to_there[where[j]])
            if (
                start_d <= late_d + SLACK_S
                and start_d + serve_d + _drive_on(net, tours, v, from_there, j + 1)
                <= high[j + 1] + SLACK_S
                and on_board + served[j] + to_there[where[j]] <= cap + SLACK_S
            ):
                k = j + 1
                before = gap[j] - served[j]
                if net.floating:
                    while k <= size and net.place[seq[k]] < 0:
                        k += 1
                    before = net.travel[where[j], where[k]]
                detour_d = to_there[where[j]] + from_there[where[k]] - before
                cost = cost_p + weights.drive * detour_d
                if weights.ride > 0.0:
                    cost += weights.ride * tours.aboard[v, j] * (detour_d + serve_d)
                    cost += weights.ride * max(0.0, start_d - start_p - serve_p - direct)
                if cost < best and admits(
                    net, tours, v, leg, i, j, memory.starts, memory.gaps, memory.nodes
                ):
                    best, best_i, best_j = cost, i, j
            start += gap[j]
            on_board += gap[j]
    return best, (np.int64(best_i) << 16) | np.int64(best_j)  # type: ignore[return-value]


@nb.njit(cache=True, nogil=True, inline="always")
def first_open(high: Floats, size: int, ready: float) -> int:
    """Return the first position whose next stop can still start as late as ``ready``."""
    first, last = 0, size
    while first < last:
        middle = (first + last) >> 1
        if high[middle + 1] + SLACK_S < ready:
            first = middle + 1
        else:
            last = middle
    return first


@nb.njit(cache=True, nogil=True, inline="always")
def _drive_on(net: Network, tours: Tours, v: int, row: Floats, k: int) -> float:
    """Return the drive from a place (its row of the table) to position ``k``; a break comes along."""
    if net.floating and k <= tours.size[v] and net.place[tours.seq[v, k]] < 0:
        return 0.0
    return row[tours.where[v, k]]  # type: ignore[no-any-return]


@nb.njit(cache=True, nogil=True)
def _work_out_solo(
    net: Network, weights: Weights, tours: Tours, memory: Memory, leg: int, v: int
) -> tuple[float, int]:
    """Return the best place of a driver's break: only where the car is empty."""
    best = NEVER
    best_i = 0
    for i in range(net.head[v], tours.size[v] + 1):
        if tours.aboard[v, i] > 0:
            continue
        wasted = max(0.0, net.early[2 * leg] - tours.low[v, i] - tours.gap[v, i])
        cost = (weights.wait + 1e-3) * wasted
        if cost < best and admits(
            net, tours, v, leg, i, i, memory.starts, memory.gaps, memory.nodes
        ):
            best, best_i = cost, i
    return best, (np.int64(best_i) << 16) | np.int64(best_i)  # type: ignore[return-value]


@nb.njit(cache=True, nogil=True, inline="always")
def _room(net: Network, tours: Tours, v: int, kind: int, leg: int, k: int) -> bool:
    """Tell whether a leg may be on board on leaving position ``k``."""
    for d in range(net.capacity.shape[1]):
        if tours.load[v, k, d] + net.load[kind, leg, d] > net.capacity[v, d] + 1e-9:
            return False
    if net.grouped:
        clash = (net.group[leg] & tours.avoids[v, k]) | (net.avoid[leg] & tours.groups[v, k])
        return clash == 0  # type: ignore[no-any-return]
    return True
