"""The one exact test of time: a route is schedulable iff its difference constraints have a solution.

With B_k the start of service at position k of a route, every rule about time has one of two forms:

* forward, ``B_k + gap_k <= B_{k+1}`` and ``early_k <= B_k <= late_k`` (service, driving, windows);
* backward, ``B_j - B_i <= c`` for i before j: the ride cap from pickup to drop-off, the longest
  duty from start to end of the shift, the longest wait between neighbours with people on board.

Such a system has a least and a greatest solution, found by relaxing forward and backward rules in
turn from the windows until nothing moves. A system that still moves after as many rounds as there
are rules has a positive cycle, hence no solution: the test is exact and always ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba as nb

from outreach.routing.network import HORIZON_S, RIDE, Network, Nodes
from outreach.routing.problem import Floats

if TYPE_CHECKING:
    from outreach.routing.tours import Tours

SLACK_S = 1e-6  # rounding errors of sums of seconds stay below this
NO, YES, UNCLEAR = 0, 1, 2


@nb.njit(cache=True, nogil=True)
def earliest_starts(
    net: Network,
    v: int,
    seq: Nodes,
    size: int,
    gap: Floats,
    aboard: Nodes,
    spot: Nodes,
    low: Floats,
) -> bool:
    """Fill ``low`` with the least solution; return False when there is none."""
    last = size + 1
    kind = net.kind[v]
    low[0] = net.opens[v]
    for k in range(1, last):
        low[k] = net.early[seq[k]]
    low[last] = net.opens[v]
    bounded = net.waiting < HORIZON_S
    first = 1
    for _ in range(2 * last + 3):
        for k in range(first, last + 1):
            arrival = low[k - 1] + gap[k - 1]
            low[k] = max(low[k], arrival)
            if low[k] > (net.late[seq[k]] if k < last else net.closes[v]) + SLACK_S:
                return False
        first = last + 1
        if low[last] - net.duty[v] > low[0] + SLACK_S:
            low[0] = low[last] - net.duty[v]
            first = 1
        for k in range(last, 0, -1):
            if k < last and seq[k] & 1:
                leg = seq[k] >> 1
                i = spot[seq[k] ^ 1]
                needed = low[k] - net.ride[leg] - net.service[kind, 2 * leg]
                if needed > low[i] + SLACK_S:
                    low[i] = needed
                    first = min(first, i + 1)
                    if needed > net.late[2 * leg] + SLACK_S:
                        return False
            if bounded and aboard[k - 1] > 0:
                needed = low[k] - gap[k - 1] - net.waiting
                if needed > low[k - 1] + SLACK_S:
                    low[k - 1] = needed
                    first = min(first, max(1, k - 1))
        if first > last:
            return True
    return False


@nb.njit(cache=True, nogil=True)
def latest_starts(
    net: Network,
    v: int,
    seq: Nodes,
    size: int,
    gap: Floats,
    aboard: Nodes,
    spot: Nodes,
    high: Floats,
) -> bool:
    """Fill ``high`` with the greatest solution; return False when there is none."""
    last = size + 1
    kind = net.kind[v]
    high[0] = net.closes[v]
    for k in range(1, last):
        high[k] = net.late[seq[k]]
    high[last] = net.closes[v]
    bounded = net.waiting < HORIZON_S
    first = last - 1
    for _ in range(2 * last + 3):
        for k in range(first, -1, -1):
            leaving = high[k + 1] - gap[k]
            high[k] = min(high[k], leaving)
            if high[k] < (net.early[seq[k]] if k > 0 else net.opens[v]) - SLACK_S:
                return False
        first = -1
        if high[0] + net.duty[v] < high[last] - SLACK_S:
            high[last] = high[0] + net.duty[v]
            first = last - 1
        for k in range(1, last + 1):
            if k < last and seq[k] & 1:
                leg = seq[k] >> 1
                i = spot[seq[k] ^ 1]
                allowed = high[i] + net.service[kind, 2 * leg] + net.ride[leg]
                if allowed < high[k] - SLACK_S:
                    high[k] = allowed
                    first = max(first, k - 1)
            if bounded and aboard[k - 1] > 0:
                allowed = high[k - 1] + gap[k - 1] + net.waiting
                if allowed < high[k] - SLACK_S:
                    high[k] = allowed
                    first = max(first, k - 1)
        if first < 0:
            return True
    return False


@nb.njit(cache=True, nogil=True)
def unhurried_starts(
    net: Network,
    v: int,
    seq: Nodes,
    size: int,
    gap: Floats,
    aboard: Nodes,
    spot: Nodes,
    starts: Floats,
) -> tuple[float, float]:
    """Turn the least solution into one people like; return excess ride and waiting seconds.

    Departures and pickups move as late as the stop after them allows, last first, so that nobody
    boards only to wait; drop-offs stay as early as they can be. Moving one start later can break only
    a rule that bounds it from above, and those are the three limits tested here.
    """
    last = size + 1
    kind = net.kind[v]
    bounded = net.waiting < HORIZON_S
    for k in range(last - 1, -1, -1):
        if k > 0 and (seq[k] & 1 or net.form[seq[k] >> 1] != RIDE):
            continue
        latest = starts[k + 1] - gap[k]
        latest = min(latest, net.late[seq[k]] if k > 0 else net.closes[v])
        if bounded and k > 0 and aboard[k - 1] > 0:
            latest = min(latest, starts[k - 1] + gap[k - 1] + net.waiting)
        starts[k] = max(starts[k], latest)
    excess = waiting = 0.0
    for k in range(1, last + 1):
        waiting += max(0.0, starts[k] - starts[k - 1] - gap[k - 1])
        if k < last and seq[k] & 1:
            leg = seq[k] >> 1
            boarded = starts[spot[seq[k] ^ 1]] + net.service[kind, 2 * leg]
            excess += max(0.0, starts[k] - boarded - net.direct[leg])
    return excess, waiting


@nb.njit(cache=True, nogil=True)
def admits(
    net: Network,
    tours: Tours,
    v: int,
    leg: int,
    after_pickup: int,
    after_dropoff: int,
    starts: Floats,
    gaps: Floats,
    nodes: Nodes,
) -> bool:
    """Tell exactly whether a leg may stand behind two positions of route ``v``.

    The route's own least solution is where relaxation starts, and its greatest solution is where it
    gives up, so that only the stops that really move are looked at (given that a detour never
    saves time, which holds for shortest paths).
    """
    kind = net.kind[v]
    solo = net.form[leg] != RIDE
    if not solo and not net.floating:
        answer = _plainly(net, tours, v, leg, after_pickup, after_dropoff, starts)
        if answer != UNCLEAR:
            return answer == YES
    grown = 1 if solo else 2
    size = tours.size[v]
    last = size + 1 + grown
    seq, low, gap = tours.seq[v], tours.low[v], tours.gap[v]
    p, d = after_pickup + 1, after_dropoff + 2
    for k in range(p):
        starts[k], gaps[k], nodes[k] = low[k], gap[k], seq[k]
    starts[p], nodes[p] = net.early[2 * leg], 2 * leg
    if solo:
        for k in range(p, size + 2):
            starts[k + 1], gaps[k + 1], nodes[k + 1] = low[k], gap[k], seq[k]
    else:
        for k in range(p, after_dropoff + 1):
            starts[k + 1], gaps[k + 1], nodes[k + 1] = low[k], gap[k], seq[k]
        starts[d], nodes[d] = net.early[2 * leg + 1], 2 * leg + 1
        for k in range(after_dropoff + 1, size + 2):
            starts[k + 2], gaps[k + 2], nodes[k + 2] = low[k], gap[k], seq[k]
    if net.floating:
        _gaps_anew(net, v, kind, nodes, last, gaps)
    else:
        _gaps_around(net, tours, v, kind, leg, after_pickup, after_dropoff, solo, gaps)
    bounded = net.waiting < HORIZON_S
    first = p
    must = p if solo else d
    for _ in range(2 * last + 3):
        reach = last
        for k in range(first, last + 1):
            arrival = starts[k - 1] + gaps[k - 1]
            if arrival > starts[k]:
                starts[k] = arrival
            elif k > must:
                reach = k
                break
            if starts[k] > _latest(net, tours, v, leg, k, p, d, solo) + SLACK_S:
                return False
        first = last + 1
        low_must = must
        must = 0
        if reach == last and starts[last] - net.duty[v] > starts[0] + SLACK_S:
            starts[0] = starts[last] - net.duty[v]
            first = 1
            if starts[0] > tours.high[v, 0] + SLACK_S:
                return False
        for k in range(max(reach, low_must), 0, -1):
            if k < last and nodes[k] & 1:
                other = nodes[k] >> 1
                if other == leg:
                    i = p
                else:
                    i = tours.spot[nodes[k] ^ 1]
                    i += (i >= p) + (not solo and i > after_dropoff)
                needed = starts[k] - net.ride[other] - net.service[kind, 2 * other]
                if needed > starts[i] + SLACK_S:
                    if needed > _latest(net, tours, v, leg, i, p, d, solo) + SLACK_S:
                        return False
                    starts[i] = needed
                    first = min(first, i + 1)
                    must = max(must, i + 1)
            if bounded:
                old = k - 1 if k <= p else (k - 2 if solo or k <= d else k - 3)
                people = tours.aboard[v, old] + (not solo and p < k <= d)
                needed = starts[k] - gaps[k - 1] - net.waiting
                if people > 0 and needed > starts[k - 1] + SLACK_S:
                    if needed > _latest(net, tours, v, leg, k - 1, p, d, solo) + SLACK_S:
                        return False
                    starts[k - 1] = needed
                    first = min(first, max(1, k - 1))
                    must = max(must, k)
        if first > last:
            return True
    return False


@nb.njit(cache=True, nogil=True)
def _plainly(net: Network, tours: Tours, v: int, leg: int, i: int, j: int, starts: Floats) -> int:
    """Answer the cases in which moving later starts is enough, which are most of them.

    The stops behind the new ones are pushed until the push dies away. When that breaks no rule that
    bounds a difference, it is a schedule; when it does, earlier starts might have to move too.
    """
    low, high, gap, where = tours.low[v], tours.high[v], tours.gap[v], tours.where[v]
    aboard, seq = tours.aboard[v], tours.seq[v]
    kind, last = net.kind[v], tours.size[v] + 1
    p, d = 2 * leg, 2 * leg + 1
    from_here, from_there = net.travel[net.place[p]], net.travel[net.place[d]]
    to_there = net.back[net.place[d]]
    at = low[i] + tours.served[v, i] + net.back[net.place[p], where[i]]
    start_p = max(at, net.early[p])
    if start_p > net.late[p] + SLACK_S:
        return NO
    if start_p - at > net.waiting and aboard[i] > 0:
        return UNCLEAR
    boarded = start_p + net.service[kind, p]
    at = boarded + (net.direct[leg] if i == j else from_here[where[i + 1]])
    for k in range(i + 1, j + 1):
        start = max(at, low[k])
        if start > high[k] + SLACK_S:
            return NO
        if start - at > net.waiting:
            return UNCLEAR
        starts[k] = start
        at = start + (gap[k] if k < j else tours.served[v, k] + to_there[where[k]])
    start_d = max(at, net.early[d])
    if start_d > net.late[d] + SLACK_S:
        return NO
    if start_d - boarded > net.ride[leg] + SLACK_S or start_d - at > net.waiting:
        return UNCLEAR
    at = start_d + net.service[kind, d] + from_there[where[j + 1]]
    reach = j
    for k in range(j + 1, last + 1):
        if at <= low[k]:
            if low[k] - at > net.waiting and aboard[k - 1] > 0:
                return UNCLEAR
            break
        if at > high[k] + SLACK_S:
            return NO
        starts[k] = at
        at += gap[k]
        reach = k
    if reach == last and starts[last] - net.duty[v] > low[0] + SLACK_S:
        return UNCLEAR
    for k in range(i + 1, min(reach, last - 1) + 1):
        node = seq[k]
        if node & 1 and starts[k] > low[k]:
            other = tours.spot[node ^ 1]
            began = low[other] if other <= i else starts[other]
            if starts[k] - net.ride[node >> 1] - net.service[kind, node ^ 1] > began + SLACK_S:
                return UNCLEAR
    return YES


@nb.njit(cache=True, nogil=True, inline="always")
def _latest(
    net: Network,
    tours: Tours,
    v: int,
    leg: int,
    k: int,
    p: int,
    d: int,
    solo: bool,  # noqa: FBT001
) -> float:
    """Return the latest start at position ``k`` of the lengthened route."""
    if k < p:
        return tours.high[v, k]  # type: ignore[no-any-return]
    if k == p:
        return net.late[2 * leg]  # type: ignore[no-any-return]
    if solo:
        return tours.high[v, k - 1]  # type: ignore[no-any-return]
    if k < d:
        return tours.high[v, k - 1]  # type: ignore[no-any-return]
    if k == d:
        return net.late[2 * leg + 1]  # type: ignore[no-any-return]
    return tours.high[v, k - 2]  # type: ignore[no-any-return]


@nb.njit(cache=True, nogil=True, inline="always")
def _gaps_around(
    net: Network,
    tours: Tours,
    v: int,
    kind: int,
    leg: int,
    after_pickup: int,
    after_dropoff: int,
    solo: bool,  # noqa: FBT001
    gaps: Floats,
) -> None:
    """Set the gaps that a new leg changes, when every stop has its own place."""
    where, gap = tours.where[v], tours.gap[v]
    travel, place = net.travel, net.place
    i, j = after_pickup, after_dropoff
    here = place[2 * leg]
    gaps[i] = gap[i] - travel[where[i], where[i + 1]] + travel[where[i], here]
    if solo:
        gaps[i + 1] = net.service[kind, 2 * leg] + travel[here, where[i + 1]]
        return
    there = place[2 * leg + 1]
    if i == j:
        gaps[i + 1] = net.service[kind, 2 * leg] + travel[here, there]
    else:
        gaps[i + 1] = net.service[kind, 2 * leg] + travel[here, where[i + 1]]
        gaps[j + 1] = gap[j] - travel[where[j], where[j + 1]] + travel[where[j], there]
    gaps[j + 2] = net.service[kind, 2 * leg + 1] + travel[there, where[j + 1]]


@nb.njit(cache=True, nogil=True)
def _gaps_anew(net: Network, v: int, kind: int, nodes: Nodes, last: int, gaps: Floats) -> None:
    """Recompute all gaps, since a break without a place of its own moves with its predecessor."""
    here = net.start[v]
    for k in range(last):
        there = net.end[v] if k + 1 == last else net.place[nodes[k + 1]]
        if there < 0:
            there = here
        served = 0.0 if k == 0 else net.service[kind, nodes[k]]
        gaps[k] = served + net.travel[here, there]
        here = there
