"""The search as a whole: islands on threads that anneal, recombine and exchange, until time is up.

Small problems: every island anneals a plan of its own in cycles; between cycles the routes that all
of them have seen are recombined exactly, and the result is where the next cycle starts. Large
problems: all islands work on one plan, each within its own share of the vehicles, and the shares are
dealt anew many times a second, so that a day with five thousand legs costs no more per iteration
than one with four hundred.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice, permutations

import numpy as np

from outreach.routing.acceptance import temperature
from outreach.routing.budget import Budget
from outreach.routing.compiling import Compiled
from outreach.routing.islands import Island
from outreach.routing.network import HORIZON_S, RIDE
from outreach.routing.partition import Choice, fair_penalties, recombine
from outreach.routing.pool import Columns, gather, keep_rows
from outreach.routing.search import DIALS, Dials
from outreach.routing.shares import deal, merge
from outreach.routing.tours import Tours, copy_of, empty_tours

log = logging.getLogger(__name__)

TOGETHER_FROM = 150  # units of one leg from which all islands work on one plan
TOGETHER_FROM_PAIRED = 600  # the same for units of several legs, which shares tend to tear apart
RECOMBINE_UP_TO = 30.0  # mean stops of a route; longer ones hardly ever fit together anew
CYCLE_PER_UNIT = 1000  # iterations of one annealing cycle, per unit
HURRY_PER_UNIT = 300  # iterations per unit in the whole budget below which the search is hurried
STRETCH_S = (0.025, 0.1)  # seconds between two looks at the clock: least and most
STRETCH_PER_UNIT_S = 6e-5  # in between they grow with the plan, which is copied each time
STRETCH = 500  # iterations between two looks when iterations are counted
FIRST_SPEED = 2000.0  # iterations per second assumed before any were measured
POOL_FULL = 0.7
FINISH_SHARE = 0.8  # the last recombination starts after this share of the time
FINISH_S = 4.0  # but not earlier than this before the end
ORDERS_AT_MOST = 120  # of people on board getting out, before their limits count as broken
NODES = 60  # branch-and-bound nodes of one whole-number model


@dataclass(slots=True)
class Best:
    """The best plan so far, and how it came about."""

    tours: Tours
    cost: float
    complete: bool = True  # whether everybody was tried at least once
    broken_off: bool = False  # whether the search failed before its time was up
    trajectory: list[tuple[float, int, float]] = field(default_factory=list)


Found = tuple[Columns, Choice] | None
OnProgress = Callable[[float, "Best"], None]


@dataclass(slots=True)
class Search:
    """One run over a compiled problem."""

    compiled: Compiled
    islands: list[Island]
    budget: Budget
    best: Best
    on_progress: OnProgress | None
    speed: float = FIRST_SPEED
    dials: Dials = DIALS

    def offer(self, tours: Tours, cost: float) -> bool:
        """Keep a plan if it is better than the best; return whether it was."""
        if cost >= self.best.cost - 1e-7:
            return False
        self.best.tours = copy_of(tours)
        self.best.cost = cost
        self.note()
        return True

    def note(self) -> None:
        """Write the present best into the trajectory and tell whoever listens."""
        tours = self.best.tours
        unserved = int((tours.option < 0).sum())
        self.best.trajectory.append((self.budget.elapsed_s, unserved, float(tours.cost.sum())))
        if self.on_progress is not None:
            self.on_progress(self.budget.share(), self.best)

    def rounds(self) -> int:
        """Return the iterations until the next look at the clock."""
        least, most = STRETCH_S
        seconds = STRETCH_PER_UNIT_S * len(self.compiled.units.penalty)
        return self.budget.stretch(self.speed, min(most, max(least, seconds)), STRETCH)

    def cost_per_unit(self) -> float:
        """Return the scale of temperatures: what one placed unit costs in the mean."""
        placed = int((self.best.tours.option >= 0).sum())
        return max(1.0, float(self.best.tours.cost.sum())) / max(1, placed)


def run(
    compiled: Compiled,
    *,
    budget: Budget,
    threads: int = 2,
    seed: int = 1,
    start: Tours | None = None,
    on_progress: OnProgress | None = None,
    dials: Dials = DIALS,
) -> Best:
    """Return the best plan found within the budget; the first full plan is there at once."""
    islands = [Island(compiled, seed=seed * 1000 + k) for k in range(max(1, threads))]
    first = islands[0]
    tours = start if start is not None else begun(compiled, first)
    first.start_from(tours)
    all_tried = first.construct(budget.over if budget.seconds is not None else None)
    best = Best(copy_of(first.now), first.cost, complete=all_tried)
    search = Search(compiled, islands, budget, best, on_progress, dials=dials)
    search.note()
    for island in islands[1:]:
        island.start_from(best.tours)
    if len(first.everyone) == 0:
        return best
    try:
        with ThreadPoolExecutor(max_workers=len(islands) + 1) as workers:
            if _is_large(compiled, first) and len(compiled.net.kind) > len(islands):
                _search_together(search, workers)
            else:
                _search_apart(search, workers)
    except (ArithmeticError, LookupError, MemoryError, RuntimeError, ValueError):
        # Whatever went wrong inside, the day has a plan: the best one so far, and it says so.
        log.exception("the search broke off")
        search.best.broken_off = True
    return search.best


def _is_large(compiled: Compiled, island: Island) -> bool:
    """Tell whether the threads should share one plan instead of having one each."""
    paired = bool((np.diff(compiled.units.first_leg) > 1).any())
    return len(island.everyone) >= (TOGETHER_FROM_PAIRED if paired else TOGETHER_FROM)


def begun(compiled: Compiled, island: Island) -> Tours:
    """Return tours that hold the locked heads and the people on board, and nothing else."""
    tours = empty_tours(compiled.net, compiled.units, compiled.longest)
    for v, (head, owed) in enumerate(zip(compiled.heads, compiled.aboard, strict=True)):
        if any(_begins(island, tours, v, [*head, *order]) for order in _orders(compiled, owed)):
            continue
        nodes = [*head, *_by_due_time(compiled, owed)]
        _forgive_the_late(compiled, v, nodes)
        if not _begins(island, tours, v, nodes):
            _forgive_the_shift(compiled, v, nodes)
            _begins(island, tours, v, nodes)
    return tours


def _begins(island: Island, tours: Tours, v: int, nodes: list[int]) -> bool:
    """Give a vehicle its first stops; return whether they hold."""
    tours.size[v] = len(nodes)
    tours.seq[v, 1 : len(nodes) + 1] = nodes
    return island.refreshed(tours, v)


def _orders(compiled: Compiled, owed: list[int]) -> Iterator[list[int]]:
    """Yield orders in which people on board can get out, likely ones first."""
    due = _by_due_time(compiled, owed)
    yield due
    yield owed
    yield from map(list, islice(permutations(due), ORDERS_AT_MOST))


def _by_due_time(compiled: Compiled, owed: list[int]) -> list[int]:
    return sorted(owed, key=lambda node: float(compiled.net.late[node]))


def _forgive_the_late(compiled: Compiled, v: int, nodes: list[int]) -> None:
    """Drop the limits that a late day has already broken: people on board get home all the same."""
    net = compiled.net
    net.late[nodes] = np.maximum(net.early[nodes], HORIZON_S)
    net.ride[[n >> 1 for n in nodes]] = HORIZON_S
    _let_them_sit(compiled, v, nodes)


def _let_them_sit(compiled: Compiled, v: int, nodes: list[int]) -> None:
    """Let more people than a car has room for fill it exactly, so that nobody joins them."""
    net = compiled.net
    legs = [n >> 1 for n in nodes]
    loads = net.load[net.kind[v]]
    signs = [0 if net.form[n >> 1] != RIDE else (-1 if n & 1 else 1) for n in nodes]
    most = np.cumsum(loads[legs] * np.array(signs)[:, None], axis=0).max(axis=0, initial=0.0)
    loads[legs] *= np.minimum(1.0, net.capacity[v] / np.maximum(most, 1e-9))


def _forgive_the_shift(compiled: Compiled, v: int, nodes: list[int]) -> None:
    """Drop the end of a shift that cannot be kept any more: what was begun is finished, no more."""
    compiled.net.closes[v] = compiled.net.duty[v] = HORIZON_S
    if not nodes:  # nothing was begun: the shift ends before it begins
        compiled.net.fits[v] = 0
    finishes = compiled.problem.vehicles[v].finishes
    for g, row in enumerate(compiled.leg_rows):
        if row.leg is not None and row.leg.key not in finishes:
            compiled.net.fits[v, g] = 0


def _search_apart(search: Search, workers: ThreadPoolExecutor) -> None:
    """Anneal in cycles, one plan per island; recombine what they saw while they go on."""
    budget, islands = search.budget, search.islands
    units = len(search.compiled.units.penalty)
    recombining: Future[Found] | None = None
    cycle = 0
    while not budget.over():
        start = budget.share()
        end = start + _cycle_share(search, CYCLE_PER_UNIT * units, start)
        scale = search.cost_per_unit()
        while not budget.over() and budget.share() < end - 1e-9:
            inside = (budget.share() - start) / (end - start)
            is_hurried = _iterations_in_all(search) < HURRY_PER_UNIT * units
            heat = temperature(inside, scale, first=cycle == 0, is_hurried=is_hurried)
            _stretch(search, workers, [(island, heat) for island in islands])
            for island in islands:
                search.offer(island.best, island.cost)
            if recombining is not None and recombining.done() and budget.iterations is None:
                _take(search, recombining)
                recombining = None
        _take(search, recombining)
        recombining = None
        sizes = search.best.tours.size
        short = sizes.sum() <= RECOMBINE_UP_TO * max(1, int((sizes > 0).sum()))
        if short and not budget.over():
            recombining = _start_recombining(search, workers)
        _exchange(search, cycle)
        cycle += 1
    _take(search, recombining)
    for island in islands:
        search.offer(island.best, island.cost)


def _cycle_share(search: Search, per_cycle: int, start: float) -> float:
    """Return the share of the budget for the next cycle, so that cycles end with the budget."""
    budget = search.budget
    left = 1.0 - start
    if budget.iterations is None:
        last = max(FINISH_SHARE, 1.0 - FINISH_S / max(1e-9, budget.seconds or 1.0))
        if start < last - 1e-9:
            left = last - start
    count = max(1, round(left * _iterations_in_all(search) / max(1, per_cycle)))
    return left / count


def _iterations_in_all(search: Search) -> int:
    """Return how many iterations the whole budget holds, by the speed so far."""
    if search.budget.iterations is not None:
        return search.budget.iterations
    return int(search.speed * (search.budget.seconds or 0.0))


def _stretch(
    search: Search, workers: ThreadPoolExecutor, tasks: list[tuple[Island, float]]
) -> None:
    """Let every island run for a moment at its temperature."""
    rounds = search.rounds()
    before = search.budget.elapsed_s
    jobs = [
        workers.submit(island.run, rounds, warm=heat, cold=heat, dials=search.dials)
        for island, heat in tasks
    ]
    for job in jobs:
        job.result()
    _measure(search, rounds, before)


def _measure(search: Search, rounds: int, before: float) -> None:
    search.budget.spent += rounds
    taken = max(1e-4, search.budget.elapsed_s - before)
    search.speed = 0.5 * search.speed + 0.5 * min(rounds / taken, 4.0 * search.speed)


def _exchange(search: Search, cycle: int) -> None:
    """Start the next cycle: one island from the best plan, the others from it every other time."""
    for k, island in enumerate(search.islands):
        if k == 0 or (cycle + k) % 2 == 0:
            island.start_from(search.best.tours)
        else:
            island.start_from(copy_of(island.best))
        island.note_all()
        rows = int(island.pool.size[0])
        if rows > POOL_FULL * len(island.pool.key):
            _thin_out(island, rows)


def _thin_out(island: Island, rows: int) -> None:
    """Forget the dearer half of the pool, by cost per stop."""
    sizes = np.diff(island.pool.first[: rows + 1])
    per_stop = island.pool.cost[:rows] / np.maximum(1, sizes)
    keep_rows(island.boxed_pool, (per_stop <= np.median(per_stop)).astype(np.uint8))


def _start_recombining(search: Search, workers: ThreadPoolExecutor) -> Future[Found]:
    columns = gather([island.pool for island in search.islands])
    budget = search.budget
    seconds = 86_400.0 if budget.iterations is not None else max(0.1, budget.left_s - 0.05)
    best = _fair_cost(search)
    return workers.submit(_recombined, search.compiled, columns, best, seconds)


def _fair_cost(search: Search) -> float:
    """Return the best plan's cost with the penalties that the recombination uses."""
    tours, units = search.best.tours, search.compiled.units
    routes = float(tours.cost.sum())
    placed = tours.option[tours.option >= 0]
    left = fair_penalties(units, routes)[tours.option < 0].sum()
    return routes + float(units.option_cost[placed].sum()) + float(left)


def _recombined(compiled: Compiled, columns: Columns, best: float, seconds: float) -> Found:
    choice = recombine(compiled.net, compiled.units, columns, best, seconds=seconds, nodes=NODES)
    return None if choice is None else (columns, choice)


def _take(search: Search, recombining: Future[Found] | None) -> None:
    """Build the recombined plan, once it is there, and keep it when it is better."""
    if recombining is None:
        return
    found = recombining.result()
    if found is None:
        return
    columns, choice = found
    tours = built(search.compiled, search.islands[0], columns, choice)
    if tours is not None:
        search.offer(tours, search.islands[0].price(tours))


def built(compiled: Compiled, island: Island, columns: Columns, choice: Choice) -> Tours | None:
    """Return the tours of a recombination, or None when a route does not hold."""
    tours = empty_tours(compiled.net, compiled.units, compiled.longest)
    free: dict[int, list[int]] = {}
    for v, kind in enumerate(compiled.net.kind):
        free.setdefault(int(kind), []).append(v)
    for column in choice.columns:
        v = free[int(columns.kind[column])].pop(0)
        nodes = columns.route(column)
        tours.size[v] = len(nodes)
        tours.seq[v, 1 : len(nodes) + 1] = nodes
    for v in range(len(tours.size)):
        if not island.refreshed(tours, v):
            return None
    units = compiled.units
    for unit, option in choice.options.items():
        tours.option[unit] = option
        span = slice(units.first_use[option], units.first_use[option + 1])
        np.add.at(tours.used, units.use_resource[span], units.use_amount[span])
    return tours


def _search_together(search: Search, workers: ThreadPoolExecutor) -> None:
    """Anneal one plan; each island changes its own share of the vehicles, dealt anew each time."""
    budget, islands = search.budget, search.islands
    chance = np.random.default_rng(int(islands[0].chance[0]) & 0xFFFFFFFF)
    present = copy_of(search.best.tours)
    while not budget.over():
        heat = temperature(budget.share(), search.cost_per_unit(), first=True)
        hands = deal(search.compiled, present, islands[0].everyone, len(islands), chance)
        rounds = search.rounds()
        before = budget.elapsed_s
        jobs = []
        for island, hand in zip(islands, hands, strict=True):
            island.start_from(present)
            island.now.used[:] = island.trial.used[:] = hand.used
            jobs.append(
                workers.submit(
                    island.run,
                    rounds,
                    warm=heat,
                    cold=heat,
                    dials=search.dials,
                    units=hand.units,
                    vehicles=hand.vehicles,
                )
            )
        for job in jobs:
            job.result()
        _measure(search, rounds, before)
        merge(present, [island.now for island in islands], hands)
        search.offer(present, islands[0].price(present))
