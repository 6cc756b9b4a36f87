"""Where a leg or a whole episode goes in best: exact, pruned by cost, and remembered.

The price of putting a leg into a route depends on the two alone, and the search meets the same pairs
again and again; so every answer is kept under the fingerprint of the route.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from outreach.routing.boxes import BoxType, Reference, reference_to
from outreach.routing.chance import below, draw, shuffle
from outreach.routing.network import PAUSE, RIDE, Flags, Floats, Ints, Network, Nodes, Units
from outreach.routing.schedule import SLACK_S, admits
from outreach.routing.tours import drop_leg, put_leg, refresh

NEVER = 1e17  # the price of what cannot be done
NOT_MEMORISED = 1 << 16


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
def box_memory(t):
    """Return the arrays of a ``Memory`` by reference."""
    return MemoryBox(
        t.key, t.price, t.place, t.starts, t.gaps, t.nodes, t.asked, t.asking, t.touched, t.scope
    )


def new_memory(net: Network, longest: int, bits: int = 19) -> Memory:
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
def price_in_route(net, weights, tours, memory, leg, v):
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
def _work_out(net, weights, tours, memory, leg, v):
    size = tours.size[v]
    if size + 4 > tours.seq.shape[1]:
        return NEVER, np.int64(0)
    if net.form[leg] != RIDE:
        return _work_out_solo(net, weights, tours, memory, leg, v)
    kind = net.kind[v]
    travel, low, high, gap = net.travel, tours.low[v], tours.high[v], tours.gap[v]
    seq, where = tours.seq[v], tours.where[v]
    p, d = 2 * leg, 2 * leg + 1
    here, there = net.place[p], net.place[d]
    serve_p, serve_d = net.service[kind, p], net.service[kind, d]
    early_p, late_p, early_d, late_d = net.early[p], net.late[p], net.early[d], net.late[d]
    cap, direct = net.ride[leg], net.direct[leg]
    best = NEVER
    best_i = best_j = 0
    unused = weights.vehicle if size == 0 else 0.0
    for i in range(net.head[v], size + 1):
        leaving = low[i] + gap[i] - travel[where[i], where[i + 1]]
        if leaving > late_p + SLACK_S:
            break
        if not _room(net, tours, v, kind, leg, i):
            continue
        start_p = max(early_p, leaving + travel[where[i], here])
        if start_p > late_p + SLACK_S:
            continue
        k = i + 1
        if net.floating:
            while k <= size and net.place[seq[k]] < 0:
                k += 1
        ahead = where[k]
        before = travel[where[i], ahead]
        to_p = travel[where[i], here]
        # The drop-off right behind the pickup.
        start_d = max(early_d, start_p + serve_p + direct)
        if start_d <= late_d + SLACK_S:
            detour = to_p + direct + travel[there, ahead] - before
            cost = weights.drive * detour + unused
            if weights.ride > 0.0:
                cost += weights.ride * tours.aboard[v, i] * (detour + serve_p + serve_d)
            if (
                cost < best
                and start_d + serve_d + travel[there, where[i + 1]] <= high[i + 1] + SLACK_S
                and admits(net, tours, v, leg, i, i, memory.starts, memory.gaps, memory.nodes)
            ):
                best, best_i, best_j = cost, i, i
        if i == size:
            break
        # The drop-off further on: walk along with the new passenger on board.
        detour_p = to_p + travel[here, ahead] - before
        cost_p = weights.drive * detour_p + unused
        if weights.ride > 0.0:
            cost_p += weights.ride * tours.aboard[v, i] * (detour_p + serve_p)
        if cost_p >= best:
            continue
        start = start_p + serve_p + travel[here, where[i + 1]]
        on_board = travel[here, where[i + 1]]
        for j in range(i + 1, size + 1):
            start = max(low[j], start)
            if start > high[j] + SLACK_S or on_board > cap + SLACK_S:
                break
            if net.form[seq[j] >> 1] == PAUSE or not _room(net, tours, v, kind, leg, j):
                break
            leaving = gap[j] - travel[where[j], where[j + 1]]
            if start + leaving > late_d + SLACK_S:
                break
            start_d = max(early_d, start + leaving + travel[where[j], there])
            if (
                start_d <= late_d + SLACK_S
                and on_board + leaving + travel[where[j], there] <= cap + SLACK_S
            ):
                k = j + 1
                if net.floating:
                    while k <= size and net.place[seq[k]] < 0:
                        k += 1
                detour_d = (
                    travel[where[j], there] + travel[there, where[k]] - travel[where[j], where[k]]
                )
                cost = cost_p + weights.drive * detour_d
                if weights.ride > 0.0:
                    cost += weights.ride * tours.aboard[v, j] * (detour_d + serve_d)
                    cost += weights.ride * max(0.0, start_d - start_p - serve_p - direct)
                if (
                    cost < best
                    and start_d + serve_d + travel[there, where[j + 1]] <= high[j + 1] + SLACK_S
                    and admits(net, tours, v, leg, i, j, memory.starts, memory.gaps, memory.nodes)
                ):
                    best, best_i, best_j = cost, i, j
            start += gap[j]
            on_board += gap[j]
    return best, (np.int64(best_i) << 16) | np.int64(best_j)


@nb.njit(cache=True, nogil=True)
def _work_out_solo(net, weights, tours, memory, leg, v):
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
    return best, (np.int64(best_i) << 16) | np.int64(best_i)


@nb.njit(cache=True, nogil=True, inline="always")
def _room(net, tours, v, kind, leg, k):
    """Tell whether a leg may be on board on leaving position ``k``."""
    for d in range(net.capacity.shape[1]):
        if tours.load[v, k, d] + net.load[kind, leg, d] > net.capacity[v, d] + 1e-9:
            return False
    if net.grouped:
        clash = (net.group[leg] & tours.avoids[v, k]) | (net.avoid[leg] & tours.groups[v, k])
        return clash == 0
    return True


@nb.njit(cache=True, nogil=True)
def best_route(net, weights, units, tours, memory, chance, leg, blink):
    """Return a leg's two least prices over the routes worth a look, both vehicles, and the best place.

    Worth a look are the routes of near legs and, of the unused vehicles, the first of each kind. With
    probability ``blink`` a route is overlooked, which keeps greedy insertion from always doing the same.
    """
    vehicles = len(net.kind)
    best, second = NEVER, NEVER
    best_v = second_v = -1
    best_place = np.int64(0)
    if vehicles <= 24:
        last_empty = -1
        for v in range(vehicles):
            if not memory.scope[v] or not net.fits[v, leg]:
                continue
            if tours.size[v] == 0:
                if net.kind[v] == last_empty:
                    continue
                last_empty = net.kind[v]
            if blink > 0.0 and draw(chance) < blink:
                continue
            cost, place = price_in_route(net, weights, tours, memory, leg, v)
            if cost < best:
                second, second_v = best, best_v
                best, best_v, best_place = cost, v, place
            elif cost < second:
                second, second_v = cost, v
        return best, second, best_v, second_v, best_place
    memory.asking[0] += 1
    asking = memory.asking[0]
    for rank in range(units.near.shape[1]):
        other = units.near[leg, rank]
        if other < 0:
            break
        v = tours.vehicle[other]
        if v < 0 or memory.asked[v] == asking:
            continue
        memory.asked[v] = asking
        if not memory.scope[v] or not net.fits[v, leg] or (blink > 0.0 and draw(chance) < blink):
            continue
        cost, place = price_in_route(net, weights, tours, memory, leg, v)
        if cost < best:
            second, second_v = best, best_v
            best, best_v, best_place = cost, v, place
        elif cost < second:
            second, second_v = cost, v
    last_empty = -1
    for v in range(vehicles):
        if tours.size[v] > net.head[v] + 1 or memory.asked[v] == asking or not memory.scope[v]:
            continue
        if tours.size[v] == 0 and net.kind[v] == last_empty:
            continue
        last_empty = net.kind[v]
        if not net.fits[v, leg]:
            continue
        cost, place = price_in_route(net, weights, tours, memory, leg, v)
        if cost < best:
            second, second_v = best, best_v
            best, best_v, best_place = cost, v, place
        elif cost < second:
            second, second_v = cost, v
    return best, second, best_v, second_v, best_place


@nb.njit(cache=True, nogil=True)
def resources_free(units, tours, option):
    """Tell whether every counting resource still has what an option takes."""
    for k in range(units.first_use[option], units.first_use[option + 1]):
        r = units.use_resource[k]
        if tours.used[r] + units.use_amount[k] > units.room[r] + 1e-9:
            return False
    return True


@nb.njit(cache=True, nogil=True)
def take_resources(units, tours, option, sign):
    """Count an option's resources as used (+1) or free again (-1)."""
    for k in range(units.first_use[option], units.first_use[option + 1]):
        tours.used[units.use_resource[k]] += sign * units.use_amount[k]


@nb.njit(cache=True, nogil=True)
def best_option(net, weights, units, tours, memory, chance, unit, blink):
    """Return the cheapest option of a unit: its price, the regret of not taking it now, the option."""
    best, second = NEVER, NEVER
    chosen = -1
    for option in range(units.first_option[unit], units.first_option[unit + 1]):
        if units.option_cost[option] >= best or not resources_free(units, tours, option):
            continue
        total = units.option_cost[option]
        regret = NEVER
        for k in range(units.first_leg[option], units.first_leg[option + 1]):
            cost, other, _, _, _ = best_route(
                net, weights, units, tours, memory, chance, units.legs[k], blink
            )
            total += cost
            regret = min(regret, other - cost)
            if total >= NEVER:
                break
        if total < best:
            second = min(best, total + regret)
            best, chosen = total, option
        elif total < second:
            second = total
    return best, second, chosen


@nb.njit(cache=True, nogil=True)
def place_option(net, weights, units, tours, memory, chance, unit, option, blink):
    """Insert every leg of an option, or leave the tours as they were; return whether it worked."""
    first, last = units.first_leg[option], units.first_leg[option + 1]
    for k in range(first, last):
        leg = units.legs[k]
        cost, _, v, _, place = best_route(net, weights, units, tours, memory, chance, leg, blink)
        if cost < NEVER:
            memory.touched[v] = 1
            if put_leg(net, weights, tours, v, leg, place >> 16, place & 0xFFFF):
                continue
            drop_leg(tours, leg)
            refresh(net, weights, tours, v)
        for j in range(first, k):
            w = drop_leg(tours, units.legs[j])
            refresh(net, weights, tours, w)
        return False
    take_resources(units, tours, option, 1)
    tours.option[unit] = option
    return True


@nb.njit(cache=True, nogil=True)
def remove_unit(units, tours, memory, unit):
    """Take a unit out of the sequences; the touched routes still have to be refreshed."""
    option = tours.option[unit]
    for k in range(units.first_leg[option], units.first_leg[option + 1]):
        memory.touched[drop_leg(tours, units.legs[k])] = 1
    take_resources(units, tours, option, -1)
    tours.option[unit] = -1


@nb.njit(cache=True, nogil=True)
def insert_in_turn(net, weights, units, tours, memory, chance, bank, count, blink):
    """Insert the units of the bank one after the other, each where it is cheapest."""
    for k in range(count):
        unit = bank[k]
        _, _, option = best_option(net, weights, units, tours, memory, chance, unit, blink)
        if option >= 0:
            place_option(net, weights, units, tours, memory, chance, unit, option, blink)


@nb.njit(cache=True, nogil=True)
def insert_by_regret(net, weights, units, tours, memory, chance, bank, count, noise):
    """Insert first whoever would lose most by waiting (Ropke & Pisinger 2006).

    The regret of a unit is the difference between its best and its second-best place. After an
    insertion only the changed routes are priced again, unless they held one of these two places.
    """
    unit = bank[:count].copy()
    best, second = np.empty(count), np.empty(count)
    best_v, second_v = np.empty(count, np.int32), np.empty(count, np.int32)
    option = np.empty(count, np.int32)
    due = np.ones(count, np.uint8)
    left = count
    while left > 0:
        pick = -1
        most = -np.inf
        k = 0
        while k < left:
            if due[k]:
                best[k], second[k], best_v[k], second_v[k], option[k] = _two_best(
                    net, weights, units, tours, memory, chance, unit[k]
                )
                due[k] = 0
            if option[k] < 0:
                left -= 1
                _move(left, k, unit, best, second, best_v, second_v, option, due)
                continue
            regret = min(second[k], best[k] + units.penalty[unit[k]]) - best[k]
            regret = regret * (1.0 + noise * (draw(chance) - 0.5)) - 1e-3 * best[k]
            if regret > most:
                pick, most = k, regret
            k += 1
        if pick < 0:
            return
        chosen, taken = unit[pick], option[pick]
        left -= 1
        _move(left, pick, unit, best, second, best_v, second_v, option, due)
        if not place_option(net, weights, units, tours, memory, chance, chosen, taken, 0.0):
            continue
        first, last = units.first_leg[taken], units.first_leg[taken + 1]
        for k in range(left):
            if best_v[k] < 0:
                due[k] = 1
                continue
            leg = units.legs[units.first_leg[option[k]]]
            for j in range(first, last):
                v = tours.vehicle[units.legs[j]]
                if v == best_v[k] or v == second_v[k]:
                    due[k] = 1
                elif net.fits[v, leg]:
                    cost, _ = price_in_route(net, weights, tours, memory, leg, v)
                    cost += units.option_cost[option[k]]
                    if cost < second[k]:
                        due[k] = 1


@nb.njit(cache=True, nogil=True)
def _two_best(net, weights, units, tours, memory, chance, unit):
    """Return a unit's best and second-best price, their vehicles (-1: ask anew) and the option."""
    only = units.first_option[unit]
    if units.first_option[unit + 1] == only + 1 and (
        units.first_leg[only + 1] == units.first_leg[only] + 1
        and units.first_use[only + 1] == units.first_use[only]
    ):
        leg = units.legs[units.first_leg[only]]
        best, second, v, w, _ = best_route(net, weights, units, tours, memory, chance, leg, 0.0)
        extra = units.option_cost[only]
        return best + extra, second + extra, v, w, only if best < NEVER else -1
    best, second, option = best_option(net, weights, units, tours, memory, chance, unit, 0.0)
    return best, second, -1, -1, option


@nb.njit(cache=True, nogil=True, inline="always")
def _move(source, target, unit, best, second, best_v, second_v, option, due):
    """Overwrite an entry of the waiting list by its last one."""
    unit[target], option[target], due[target] = unit[source], option[source], due[source]
    best[target], second[target] = best[source], second[source]
    best_v[target], second_v[target] = best_v[source], second_v[source]
