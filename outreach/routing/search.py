"""The inner loop of the search: ruin, recreate, accept, many thousand times a second."""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from outreach.routing.acceptance import accepted
from outreach.routing.boxes import BoxType, Reference, reference_to
from outreach.routing.chance import below, draw
from outreach.routing.cost import Weights
from outreach.routing.insertion import insert_by_regret, insert_in_turn
from outreach.routing.network import Flags, Ints, Network, Nodes, Units
from outreach.routing.pool import Pool, note_route
from outreach.routing.pricing import Memory
from outreach.routing.problem import Floats
from outreach.routing.removal import (
    absentees,
    remove_costly,
    remove_random,
    remove_related,
    remove_route,
    remove_strings,
    some_leg,
)
from outreach.routing.tails import exchange_tails
from outreach.routing.tours import Tours, copy_route, refresh

ABSENT_AT_MOST = 10


class Dials(NamedTuple):
    """How the search removes and inserts; islands may differ in them."""

    tails: float = 0.5  # share of rounds in which two routes exchange tails
    removed: float = 8.0  # units removed in the mean
    beside: float = 0.5  # how many of these in rounds with tails
    longest: float = 10.0  # longest string
    strings: float = 0.82  # shares of the ways to remove; the rest are whole routes
    related: float = 0.06
    costly: float = 0.04
    random: float = 0.04
    regret: float = 0.5  # share of insertions by regret
    blink: float = 0.03  # share of routes overlooked in greedy insertion
    noise: float = 0.5  # disturbance of regrets


DIALS = Dials()


class Progress(NamedTuple):
    """What a thread carries from one stretch of iterations to the next."""

    cost: Floats  # [current, best]
    stale: Nodes  # [vehicle] 1 where the best tours differ from the current ones


class ProgressType(BoxType):
    """The numba type of a progress box."""


class ProgressBox(Reference):
    """``Progress`` by reference."""


reference_to(ProgressBox, ProgressType, Progress._fields)


@nb.njit(cache=True)
def box_progress(t: Progress) -> Progress:
    """Return the arrays of a ``Progress`` by reference."""
    return ProgressBox(t.cost, t.stale)  # type: ignore[no-untyped-call, return-value]


@nb.njit(cache=True, nogil=True)
def total_cost(units: Units, tours: Tours) -> float:
    """Return the whole objective: routes, chosen options, and whoever is left."""
    total = 0.0
    for v in range(len(tours.cost)):
        total += tours.cost[v]
    for u in range(len(units.penalty)):
        option = tours.option[u]
        total += units.penalty[u] if option < 0 else units.option_cost[option]
    return total


@nb.njit(cache=True, nogil=True)
def _unit_cost(units: Units, tours: Tours, unit: int) -> float:
    option = tours.option[unit]
    return units.penalty[unit] if option < 0 else units.option_cost[option]  # type: ignore[no-any-return]


@nb.njit(cache=True, nogil=True)
def search(
    net: Network,
    weights: Weights,
    units: Units,
    now: Tours,
    trial: Tours,
    best: Tours,
    memory: Memory,
    progress: Progress,
    pool: Pool,
    chance: Ints,
    scope: Nodes,
    scoped: int,
    rounds: int,
    warm: float,
    cold: float,
    dials: Dials,
) -> float:
    """Run ``rounds`` of ruin and recreate on the units of the scope; return the best cost."""
    vehicles = len(net.kind)
    bank = np.zeros(len(units.penalty), np.int32)
    absent = np.zeros(len(units.penalty), np.int32)
    keys = np.zeros(len(units.penalty))
    listed = np.zeros(len(units.penalty), np.uint8)
    missing = 0
    for k in range(scoped):
        if now.option[scope[k]] < 0:
            listed[scope[k]] = 1
            absent[missing] = scope[k]
            missing += 1
    cooling = (cold / warm) ** (1.0 / max(1, rounds))
    heat = warm
    for _ in range(rounds):
        heat *= cooling
        if scoped == 0:
            break
        old = 0.0
        exchanging = draw(chance) < dials.tails
        wanted = 1 + below(chance, int(2 * dials.removed * (dials.beside if exchanging else 1.0)))
        count = ruin(
            net, units, trial, memory, chance, bank, scope, scoped, absent, missing, wanted, dials
        )
        count = absentees(units, trial, chance, bank, count, absent, missing, ABSENT_AT_MOST)
        if count == 0:
            continue
        for k in range(count):
            old += (
                units.penalty[bank[k]]
                if now.option[bank[k]] < 0
                else units.option_cost[now.option[bank[k]]]
            )
        if not _refreshed(net, weights, trial, memory):
            _take_back(now, trial, memory, bank, count)
            continue
        if exchanging:
            exchange_tails(net, weights, units, trial, memory, chance)
        recreate(net, weights, units, trial, memory, chance, bank, count, keys, dials)
        new = 0.0
        for k in range(count):
            new += _unit_cost(units, trial, bank[k])
        for v in range(vehicles):
            if memory.touched[v]:
                old += now.cost[v]
                new += trial.cost[v]
        change = new - old
        if accepted(chance, progress.cost[0] + change, progress.cost[0], heat):
            progress.cost[0] += change
            for v in range(vehicles):
                if memory.touched[v]:
                    copy_route(trial, now, v)
                    progress.stale[v] = 1
                    memory.touched[v] = 0
                    if change < 0.0:
                        note_route(pool, net, now, v)
            missing = _sync(trial, now, bank, count, absent, missing, listed)
            if progress.cost[0] < progress.cost[1] - 1e-7:
                progress.cost[1] = progress.cost[0]
                _keep(now, best, progress.stale)
        else:
            if new < old + 0.3 * heat * 20:
                for v in range(vehicles):
                    if memory.touched[v]:
                        note_route(pool, net, trial, v)
            _take_back(now, trial, memory, bank, count)
    return progress.cost[1]  # type: ignore[no-any-return]


@nb.njit(cache=True, nogil=True)
def _refreshed(net: Network, weights: Weights, trial: Tours, memory: Memory) -> bool:
    """Refresh the touched routes; return whether they hold without those who were taken out.

    Mostly they do. But a car may wait longer with people on board where a stop in between is gone, and
    where a detour saves time a drive may take longer.
    """
    for v in range(len(memory.touched)):
        if memory.touched[v] and not refresh(net, weights, trial, v):
            return False
    return True


@nb.njit(cache=True, nogil=True)
def _take_back(now: Tours, trial: Tours, memory: Memory, bank: Nodes, count: int) -> None:
    """Make the trial tours equal to the current ones again."""
    for v in range(len(memory.touched)):
        if memory.touched[v]:
            copy_route(now, trial, v)
            memory.touched[v] = 0
    for k in range(count):
        trial.option[bank[k]] = now.option[bank[k]]
    for r in range(len(now.used)):
        trial.used[r] = now.used[r]


@nb.njit(cache=True, nogil=True)
def _sync(
    trial: Tours, now: Tours, bank: Nodes, count: int, absent: Nodes, missing: int, listed: Flags
) -> int:
    """Take over an accepted change; return how many units are not placed now."""
    for k in range(count):
        unit = bank[k]
        now.option[unit] = trial.option[unit]
        if now.option[unit] < 0 and not listed[unit]:
            listed[unit] = 1
            absent[missing] = unit
            missing += 1
    for r in range(len(now.used)):
        now.used[r] = trial.used[r]
    kept = 0
    for k in range(missing):
        if now.option[absent[k]] < 0:
            absent[kept] = absent[k]
            kept += 1
        else:
            listed[absent[k]] = 0
    return kept


@nb.njit(cache=True, nogil=True)
def _keep(now: Tours, best: Tours, stale: Nodes) -> None:
    """Make the best tours equal to the current ones."""
    for v in range(len(stale)):
        if stale[v]:
            copy_route(now, best, v)
            stale[v] = 0
    best.option[:] = now.option
    best.used[:] = now.used


@nb.njit(cache=True, nogil=True)
def ruin(
    net: Network,
    units: Units,
    trial: Tours,
    memory: Memory,
    chance: Ints,
    bank: Nodes,
    scope: Nodes,
    scoped: int,
    absent: Nodes,
    missing: int,
    wanted: int,
    dials: Dials,
) -> int:
    """Remove some ``wanted`` units around a random one and return how many it were."""
    seed = scope[below(chance, scoped)]
    if missing > 0 and draw(chance) < 0.3:
        seed = absent[below(chance, missing)]
    leg = some_leg(units, trial, chance, seed)
    way = draw(chance)
    if way < dials.strings:
        longest = 1 + below(chance, int(dials.longest))
        return remove_strings(units, trial, memory, chance, bank, leg, wanted, longest)
    way -= dials.strings
    if way < dials.related:
        return remove_related(units, trial, memory, chance, bank, leg, wanted)
    way -= dials.related
    if way < dials.costly:
        return remove_costly(net, units, trial, memory, chance, bank, scope, scoped, wanted)
    way -= dials.costly
    if way < dials.random:
        return remove_random(units, trial, memory, chance, bank, scope, scoped, min(wanted, 6))
    if trial.vehicle[leg] >= 0 and memory.scope[trial.vehicle[leg]]:
        return remove_route(units, trial, memory, chance, bank, trial.vehicle[leg], 2 * wanted)
    return remove_related(units, trial, memory, chance, bank, leg, wanted)


@nb.njit(cache=True, nogil=True)
def recreate(
    net: Network,
    weights: Weights,
    units: Units,
    trial: Tours,
    memory: Memory,
    chance: Ints,
    bank: Nodes,
    count: int,
    keys: Floats,
    dials: Dials,
) -> None:
    """Insert the units of the bank, by regret or in an order drawn at random."""
    way = draw(chance)
    if way < dials.regret:
        insert_by_regret(net, weights, units, trial, memory, chance, bank, count, dials.noise)
        return
    order = draw(chance)
    for k in range(count):
        leg = units.legs[units.first_leg[units.first_option[bank[k]]]]
        if order < 0.35:
            keys[k] = draw(chance)
        elif order < 0.6:
            keys[k] = net.late[2 * leg] - net.early[2 * leg] - 2.0 * net.direct[leg]
        elif order < 0.8:
            keys[k] = net.early[2 * leg + 1]
        else:
            keys[k] = -net.direct[leg]
    for k in range(1, count):
        unit, key = bank[k], keys[k]
        j = k - 1
        while j >= 0 and keys[j] > key:
            bank[j + 1], keys[j + 1] = bank[j], keys[j]
            j -= 1
        bank[j + 1], keys[j + 1] = unit, key
    insert_in_turn(net, weights, units, trial, memory, chance, bank, count, dials.blink)
