"""One island: a search of its own, with its own plan, memory, route pool and random numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from outreach.routing.chance import new_chance
from outreach.routing.compiling import Compiled
from outreach.routing.insertion import insert_by_regret
from outreach.routing.network import Flags, Nodes, box_network, box_units
from outreach.routing.pool import box_pool, new_pool, note_route
from outreach.routing.pricing import box_memory, new_memory
from outreach.routing.search import Dials, Progress, box_progress, search, total_cost
from outreach.routing.tours import Tours, box_tours, copy_of, empty_tours, refresh

BATCH = 20  # units of the first plan that are inserted by regret at a time


class Island:
    """Everything one thread needs; nothing is shared but the problem."""

    def __init__(self, compiled: Compiled, *, seed: int) -> None:
        self.compiled = compiled
        self.net = box_network(compiled.net)
        self.units = box_units(compiled.units)
        self.now = empty_tours(compiled.net, compiled.units, compiled.longest)
        self.trial = copy_of(self.now)
        self.best = copy_of(self.now)
        self._now, self._trial, self._best = map(box_tours, (self.now, self.trial, self.best))
        self.memory = new_memory(compiled.net, compiled.longest)
        self.boxed_memory = box_memory(self.memory)
        self.progress = Progress(np.zeros(2), np.zeros(len(compiled.net.kind), np.int32))
        self._progress = box_progress(self.progress)
        self.pool = new_pool()
        self.boxed_pool = box_pool(self.pool)
        self.chance = new_chance(seed)
        self.everyone = _placeable(compiled)

    @property
    def cost(self) -> float:
        """Return the cost of the best plan of this stretch."""
        return float(self.progress.cost[1])

    def start_from(self, tours: Tours) -> None:
        """Take over a plan as the current and the best one."""
        for mine in (self.now, self.trial, self.best):
            for target, source in zip(mine, tours, strict=True):
                target[...] = source
        self.memory.touched[:] = 0
        self.progress.stale[:] = 0
        self.progress.cost[:] = total_cost(self.units, self._now)

    def construct(self, should_stop: Callable[[], bool] | None = None) -> bool:
        """Fill the current plan with whoever is not in it yet; return whether all were tried.

        They go in by regret, batch by batch in the order of priority and time of day.
        """
        missing = self._in_order(self.everyone[self.now.option[self.everyone] < 0])
        first = 0
        for first in range(0, len(missing), BATCH):
            batch = missing[first : first + BATCH]
            insert_by_regret(
                self.net, self.compiled.weights, self.units, self._now, self.boxed_memory,
                self.chance, batch, len(batch), 0.0,
            )  # fmt: skip
            if should_stop is not None and should_stop():
                break
        self.start_from(copy_of(self.now))
        self.note_all()
        return first + BATCH >= len(missing)

    def _in_order(self, units: Nodes) -> Nodes:
        """Sort units by priority, then by when their first leg is due."""
        arrays = self.compiled.units
        legs = arrays.legs[arrays.first_leg[arrays.first_option[units]]]
        due = self.compiled.net.late[2 * legs]
        return units[np.lexsort((due, -arrays.penalty[units]))]

    def note_all(self) -> None:
        """Put every route of the current plan into the pool."""
        for v in range(len(self.now.size)):
            note_route(self.boxed_pool, self.net, self._now, v)

    def run(
        self,
        rounds: int,
        *,
        warm: float,
        cold: float,
        dials: Dials,
        units: Nodes | None = None,
        vehicles: Flags | None = None,
    ) -> None:
        """Search for a number of rounds, within a part of the plan when one is given."""
        scope = self.everyone if units is None else units
        self.memory.scope[:] = 1 if vehicles is None else vehicles
        search(
            self.net, self.compiled.weights, self.units, self._now, self._trial, self._best,
            self.boxed_memory, self._progress, self.boxed_pool, self.chance, scope, len(scope), rounds,
            warm, cold, dials,
        )  # fmt: skip

    def boxed(self, tours: Tours) -> Tours:
        """Return tours by reference, for a kernel."""
        return box_tours(tours)

    def price(self, tours: Tours) -> float:
        """Return the whole cost of some tours."""
        return float(total_cost(self.units, box_tours(tours)))

    def refreshed(self, tours: Tours, v: int) -> bool:
        """Recompute a route of some tours; return whether it is feasible."""
        return bool(refresh(self.net, self.compiled.weights, box_tours(tours), v))


def _placeable(compiled: Compiled) -> Nodes:
    """Return the units with an option all of whose legs fit some vehicle; no other is worth a try."""
    drivable = np.asarray(compiled.net.fits.any(axis=0))
    units = [
        any(all(drivable[g] for g in option.legs) for option in row.options)
        for row in compiled.unit_rows
    ]
    return np.flatnonzero(units).astype(np.int32)
