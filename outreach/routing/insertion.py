"""Where a leg or a whole episode goes in best, greedily or by regret."""

from __future__ import annotations

import numba as nb
import numpy as np

from outreach.routing.chance import draw
from outreach.routing.cost import Weights
from outreach.routing.network import Flags, Ints, Network, Nodes, Units, wide
from outreach.routing.pricing import NEVER, Memory, price_in_route
from outreach.routing.problem import Floats
from outreach.routing.tours import Tours, drop_leg, put_leg, refresh

OPTIONS_LOOKED_AT = 3.0


@nb.njit(cache=True, nogil=True)
def best_route(
    net: Network,
    weights: Weights,
    units: Units,
    tours: Tours,
    memory: Memory,
    chance: Ints,
    leg: int,
    blink: float,
) -> tuple[float, float, int, int, int]:
    """Return a leg's two least prices over the routes worth a look, both vehicles, and the best place.

    Worth a look are the routes of near legs and, of the unused vehicles, the first of each kind; when
    none of them will do, all the others. With
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
                best, best_v, best_place = cost, v, place  # type: ignore[assignment]
            elif cost < second:
                second, second_v = cost, v
        return best, second, best_v, second_v, best_place  # type: ignore[return-value]
    memory.asking[0] += 1
    asking = memory.asking[0]
    for rank in range(units.near.shape[1]):
        other = units.near[leg, rank]
        if other < 0:
            break
        v = wide(tours.vehicle[other])
        if v < 0 or memory.asked[v] == asking:
            continue
        memory.asked[v] = asking
        if not memory.scope[v] or not net.fits[v, leg] or (blink > 0.0 and draw(chance) < blink):
            continue
        cost, place = price_in_route(net, weights, tours, memory, leg, v)
        if cost < best:
            second, second_v = best, best_v
            best, best_v, best_place = cost, v, place  # type: ignore[assignment]
        elif cost < second:
            second, second_v = cost, v
    last_empty = -1
    for v in range(vehicles):
        if memory.asked[v] == asking or not memory.scope[v]:
            continue
        if tours.size[v] > net.head[v] + 1 and best < NEVER:
            continue
        if tours.size[v] == 0 and net.kind[v] == last_empty:
            continue
        last_empty = net.kind[v]
        if not net.fits[v, leg]:
            continue
        cost, place = price_in_route(net, weights, tours, memory, leg, v)
        if cost < best:
            second, second_v = best, best_v
            best, best_v, best_place = cost, v, place  # type: ignore[assignment]
        elif cost < second:
            second, second_v = cost, v
    return best, second, best_v, second_v, best_place  # type: ignore[return-value]


@nb.njit(cache=True, nogil=True)
def resources_free(units: Units, tours: Tours, option: int) -> bool:
    """Tell whether every counting resource still has what an option takes."""
    for k in range(units.first_use[option], units.first_use[option + 1]):
        r = units.use_resource[k]
        if tours.used[r] + units.use_amount[k] > units.room[r] + 1e-9:
            return False
    return True


@nb.njit(cache=True, nogil=True)
def take_resources(units: Units, tours: Tours, option: int, sign: int) -> None:
    """Count an option's resources as used (+1) or free again (-1)."""
    for k in range(units.first_use[option], units.first_use[option + 1]):
        tours.used[units.use_resource[k]] += sign * units.use_amount[k]


@nb.njit(cache=True, nogil=True)
def best_option(
    net: Network,
    weights: Weights,
    units: Units,
    tours: Tours,
    memory: Memory,
    chance: Ints,
    unit: int,
    blink: float,
    thrifty: bool,  # noqa: FBT001
) -> tuple[float, float, int]:
    """Return a unit's least and second-least price and the option that has the least.

    A thrifty look takes in the first option (told times kept) and a few of the others at random.
    """
    best, second = NEVER, NEVER
    chosen = -1
    first = units.first_option[unit]
    count = units.first_option[unit + 1] - first
    overlook = 1.0 - OPTIONS_LOOKED_AT / count if thrifty else 0.0
    for option in range(first, first + count):
        if units.option_cost[option] >= best or not resources_free(units, tours, option):
            continue
        if option > first and overlook > 0.0 and draw(chance) < overlook:
            continue
        total = units.option_cost[option]
        regret = NEVER
        for k in range(units.first_leg[option], units.first_leg[option + 1]):
            cost, other, _, _, _ = best_route(
                net, weights, units, tours, memory, chance, wide(units.legs[k]), blink
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
def place_option(
    net: Network,
    weights: Weights,
    units: Units,
    tours: Tours,
    memory: Memory,
    chance: Ints,
    unit: int,
    option: int,
    blink: float,
) -> bool:
    """Insert every leg of an option, or leave the tours as they were; return whether it worked."""
    first, last = units.first_leg[option], units.first_leg[option + 1]
    for k in range(first, last):
        leg = wide(units.legs[k])
        cost, _, v, _, place = best_route(net, weights, units, tours, memory, chance, leg, blink)
        if cost < NEVER:
            memory.touched[v] = 1
            if put_leg(net, weights, tours, v, leg, place >> 16, place & 0xFFFF):
                continue
            drop_leg(tours, leg)
            refresh(net, weights, tours, v)
        for j in range(first, k):
            w = wide(drop_leg(tours, wide(units.legs[j])))
            refresh(net, weights, tours, w)
        return False
    take_resources(units, tours, option, 1)
    tours.option[unit] = option
    return True


@nb.njit(cache=True, nogil=True)
def remove_unit(units: Units, tours: Tours, memory: Memory, unit: int) -> None:
    """Take a unit out of the sequences; the touched routes still have to be refreshed."""
    option = tours.option[unit]
    for k in range(units.first_leg[option], units.first_leg[option + 1]):
        memory.touched[drop_leg(tours, wide(units.legs[k]))] = 1
    take_resources(units, tours, option, -1)
    tours.option[unit] = -1


@nb.njit(cache=True, nogil=True)
def insert_in_turn(
    net: Network,
    weights: Weights,
    units: Units,
    tours: Tours,
    memory: Memory,
    chance: Ints,
    bank: Nodes,
    count: int,
    blink: float,
) -> None:
    """Insert the units of the bank one after the other, each where it is cheapest."""
    for k in range(count):
        unit = wide(bank[k])
        _, _, option = best_option(
            net, weights, units, tours, memory, chance, unit, blink, blink > 0.0
        )
        if option >= 0:
            place_option(net, weights, units, tours, memory, chance, unit, option, blink)


@nb.njit(cache=True, nogil=True)
def insert_by_regret(
    net: Network,
    weights: Weights,
    units: Units,
    tours: Tours,
    memory: Memory,
    chance: Ints,
    bank: Nodes,
    count: int,
    noise: float,
) -> None:
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
                    net, weights, units, tours, memory, chance, wide(unit[k]), noise > 0.0
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
        chosen, taken = wide(unit[pick]), wide(option[pick])
        left -= 1
        _move(left, pick, unit, best, second, best_v, second_v, option, due)
        if not place_option(net, weights, units, tours, memory, chance, chosen, taken, 0.0):
            continue
        first, last = units.first_leg[taken], units.first_leg[taken + 1]
        for k in range(left):
            if best_v[k] < 0:
                due[k] = 1
                continue
            leg = wide(units.legs[units.first_leg[option[k]]])
            for j in range(first, last):
                v = wide(tours.vehicle[units.legs[j]])
                if v == best_v[k] or v == second_v[k]:
                    due[k] = 1
                elif net.fits[v, leg]:
                    cost, _ = price_in_route(net, weights, tours, memory, leg, v)
                    cost += units.option_cost[option[k]]
                    if cost < second[k]:
                        due[k] = 1


@nb.njit(cache=True, nogil=True)
def _two_best(
    net: Network,
    weights: Weights,
    units: Units,
    tours: Tours,
    memory: Memory,
    chance: Ints,
    unit: int,
    thrifty: bool,  # noqa: FBT001
) -> tuple[float, float, int, int, int]:
    """Return a unit's best and second-best price, their vehicles (-1: ask anew) and the option."""
    only = units.first_option[unit]
    if units.first_option[unit + 1] == only + 1 and (
        units.first_leg[only + 1] == units.first_leg[only] + 1
        and units.first_use[only + 1] == units.first_use[only]
    ):
        leg = wide(units.legs[units.first_leg[only]])
        best, second, v, w, _ = best_route(net, weights, units, tours, memory, chance, leg, 0.0)
        extra = units.option_cost[only]
        return best + extra, second + extra, v, w, only if best < NEVER else -1
    best, second, option = best_option(
        net, weights, units, tours, memory, chance, unit, 0.0, thrifty
    )
    return best, second, -1, -1, option


@nb.njit(cache=True, nogil=True, inline="always")
def _move(
    source: int,
    target: int,
    unit: Nodes,
    best: Floats,
    second: Floats,
    best_v: Nodes,
    second_v: Nodes,
    option: Nodes,
    due: Flags,
) -> None:
    """Overwrite an entry of the waiting list by its last one."""
    unit[target], option[target], due[target] = unit[source], option[source], due[source]
    best[target], second[target] = best[source], second[source]
    best_v[target], second_v[target] = best_v[source], second_v[source]
