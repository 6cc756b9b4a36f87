"""Which units to take out next: strings of neighbouring stops, related, costly, random, whole routes.

Every operator fills the front of ``bank`` and returns how many units it holds; a unit is taken at
most once and only if all its routes are within the thread's scope.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from outreach.routing.chance import below, draw
from outreach.routing.insertion import remove_unit
from outreach.routing.network import RIDE, Ints, Network, Nodes, Units
from outreach.routing.pricing import Memory
from outreach.routing.tours import Tours

STRING_AT_MOST = 12  # units in one string
SPLIT_SHARE = 0.5  # how often a string leaves a gap of stops that stay


@nb.njit(cache=True, nogil=True)
def movable(units: Units, tours: Tours, memory: Memory, unit: int) -> bool:
    """Tell whether a unit is placed and all its routes may be changed by this thread."""
    option = tours.option[unit]
    if option < 0:
        return False
    for k in range(units.first_leg[option], units.first_leg[option + 1]):
        if not memory.scope[tours.vehicle[units.legs[k]]]:
            return False
    return True


@nb.njit(cache=True, nogil=True)
def _take(units: Units, tours: Tours, memory: Memory, bank: Nodes, count: int, unit: int) -> int:
    if unit < 0 or not movable(units, tours, memory, unit):
        return count
    remove_unit(units, tours, memory, unit)
    bank[count] = unit
    return count + 1


@nb.njit(cache=True, nogil=True)
def some_leg(units: Units, tours: Tours, chance: Ints, unit: int) -> int:
    """Return a random leg of the option a unit has chosen, or of its first one when it has none."""
    option = tours.option[unit]
    if option < 0:
        option = units.first_option[unit]
    first = units.first_leg[option]
    return units.legs[first + below(chance, units.first_leg[option + 1] - first)]  # type: ignore[no-any-return]


@nb.njit(cache=True, nogil=True)
def remove_strings(
    units: Units,
    tours: Tours,
    memory: Memory,
    chance: Ints,
    bank: Nodes,
    seed_leg: int,
    wanted: int,
    longest: int,
) -> int:
    """Remove short strings of stops from routes near a leg (Christiaens & Vanden Berghe 2020)."""
    count = 0
    memory.asking[0] += 1
    asking = memory.asking[0]
    for rank in range(-1, units.near.shape[1]):
        if count >= wanted:
            break
        leg = seed_leg if rank < 0 else units.near[seed_leg, rank]
        if leg < 0:
            break
        v = tours.vehicle[leg]
        if v < 0 or memory.asked[v] == asking or not memory.scope[v] or units.leg_unit[leg] < 0:
            continue
        memory.asked[v] = asking
        length = 1 + below(chance, min(longest, wanted - count))
        count = _remove_string(units, tours, memory, chance, bank, count, v, leg, length)
    return count


@nb.njit(cache=True, nogil=True)
def _remove_string(
    units: Units,
    tours: Tours,
    memory: Memory,
    chance: Ints,
    bank: Nodes,
    count: int,
    v: int,
    leg: int,
    length: int,
) -> int:
    """Remove units with a stop in a window of the route around one of the leg's own stops."""
    size = tours.size[v]
    seq = tours.seq[v].copy()
    around = tours.spot[2 * leg + below(chance, 2)]
    if around < 1 or around > size or seq[around] >> 1 != leg:
        around = tours.spot[2 * leg]
    low = around - below(chance, length)
    kept = 1 + below(chance, length) if draw(chance) < SPLIT_SHARE and length > 1 else 0
    gap_at = low + below(chance, length)
    taken = 0
    k = max(1, low)
    while k <= size and taken < length:
        if not (gap_at <= k < gap_at + kept) or seq[k] >> 1 == leg:
            before = count
            count = _take(units, tours, memory, bank, count, units.leg_unit[seq[k] >> 1])
            taken += count - before
        k += 1
    return count


@nb.njit(cache=True, nogil=True)
def remove_related(
    units: Units,
    tours: Tours,
    memory: Memory,
    chance: Ints,
    bank: Nodes,
    seed_leg: int,
    wanted: int,
) -> int:
    """Remove units that could stand in each other's place (Shaw 1998), favouring the closest."""
    count = _take(units, tours, memory, bank, 0, units.leg_unit[seed_leg])
    width = units.near.shape[1]
    leg = seed_leg
    tries = 0
    while count < wanted and tries < 4 * wanted:
        tries += 1
        rank = int(width * draw(chance) ** 3)
        other = units.near[leg, rank]
        if other >= 0:
            count = _take(units, tours, memory, bank, count, units.leg_unit[other])
        if count > 0:
            leg = some_leg(units, tours, chance, bank[below(chance, count)])
    return count


@nb.njit(cache=True, nogil=True)
def remove_random(
    units: Units,
    tours: Tours,
    memory: Memory,
    chance: Ints,
    bank: Nodes,
    scope: Nodes,
    scoped: int,
    wanted: int,
) -> int:
    """Remove units anywhere."""
    count = 0
    for _ in range(wanted):
        count = _take(units, tours, memory, bank, count, scope[below(chance, scoped)])
    return count


@nb.njit(cache=True, nogil=True)
def remove_costly(
    net: Network,
    units: Units,
    tours: Tours,
    memory: Memory,
    chance: Ints,
    bank: Nodes,
    scope: Nodes,
    scoped: int,
    wanted: int,
) -> int:
    """Remove units whose stops make long detours (Ropke & Pisinger 2006), among a random sample."""
    sample = min(scoped, 6 * wanted)
    detours = np.full(sample, -np.inf)
    drawn = np.zeros(sample, np.int32)
    for s in range(sample):
        unit = scope[below(chance, scoped)]
        drawn[s] = unit
        option = tours.option[unit]
        if option < 0:
            continue
        detours[s] = 0.0
        for k in range(units.first_leg[option], units.first_leg[option + 1]):
            detours[s] += _detour(net, tours, units.legs[k])
        detours[s] *= 0.7 + 0.6 * draw(chance)
    count = 0
    for _ in range(sample):
        dearest = 0
        for s in range(1, sample):
            if detours[s] > detours[dearest]:
                dearest = s
        if count >= wanted or detours[dearest] == -np.inf:
            break
        detours[dearest] = -np.inf
        count = _take(units, tours, memory, bank, count, drawn[dearest])
    return count


@nb.njit(cache=True, nogil=True)
def _detour(net: Network, tours: Tours, leg: int) -> float:
    """Return what driving a route saves without a leg, as if its two stops were apart."""
    total = 0.0
    v = tours.vehicle[leg]
    where = tours.where[v]
    for n in range(2 * leg, 2 * leg + (2 if net.form[leg] == RIDE else 1)):
        k = tours.spot[n]
        total += (
            net.travel[where[k - 1], where[k]]
            + net.travel[where[k], where[k + 1]]
            - net.travel[where[k - 1], where[k + 1]]
        )
    return total


@nb.njit(cache=True, nogil=True)
def remove_route(
    units: Units, tours: Tours, memory: Memory, chance: Ints, bank: Nodes, v: int, wanted: int
) -> int:
    """Remove up to ``wanted`` units from one route, from a random stop on."""
    size = tours.size[v]
    seq = tours.seq[v].copy()
    count = 0
    start = below(chance, size) if size > 0 else 0
    for k in range(size):
        if count >= wanted:
            break
        count = _take(
            units, tours, memory, bank, count, units.leg_unit[seq[1 + (start + k) % size] >> 1]
        )
    return count


@nb.njit(cache=True, nogil=True)
def absentees(
    units: Units,
    tours: Tours,
    chance: Ints,
    bank: Nodes,
    count: int,
    absent: Nodes,
    missing: int,
    at_most: int,
) -> int:
    """Add units that are not placed yet, at most so many, drawn at random."""
    for k in range(min(missing, at_most)):
        j = k + below(chance, missing - k)
        absent[k], absent[j] = absent[j], absent[k]
        bank[count] = absent[k]
        count += 1
    return count
