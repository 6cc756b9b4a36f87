"""The engine's four calls: plan a day, recommend a place, repair a plan, explain a refusal.

All four take a ``Problem``, never touch the clock or a database, and answer with plans whose every
stop has passed the one exact schedule test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from outreach.routing.assembly import plan_of, resume
from outreach.routing.budget import Budget
from outreach.routing.compiling import Compiled, compile_problem
from outreach.routing.cost import PRODUCT, Weights
from outreach.routing.insertion import place_option
from outreach.routing.islands import Island
from outreach.routing.network import Flags
from outreach.routing.plan import Plan, PlannedStop, PromiseKept, PromiseState, Reason, Route
from outreach.routing.problem import Episode, HeadStop, Problem, Ready, StopKind, Vehicle
from outreach.routing.reasons import forbid_hopeless, keep_rests, servable_alone
from outreach.routing.solve import Best, begun, run
from outreach.routing.tours import Tours, copy_of

OnPlan = Callable[[float, Plan], None]
QUICK_ITERATIONS = 300
KEPT_FIRST = 1.1  # how much more a person of the plan in force counts: several broken promises


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a call may search, on how many threads, and from which seed.

    With ``iterations`` (per thread) and without ``seconds``, equal inputs give equal plans.
    """

    seconds: float | None = 10.0
    iterations: int | None = None
    threads: int = 2
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """One way of placing a caller: what it adds to the plan's cost and when the car comes."""

    option: str
    added_s: float
    pickups: tuple[tuple[str, str, float, float], ...]  # leg, vehicle, pickup and drop-off seconds


@dataclass(frozen=True, slots=True)
class Repair:
    """A plan after something happened, and what became of every told time."""

    plan: Plan
    promises: tuple[PromiseKept, ...]
    newly_left: tuple[str, ...]  # episodes the plan in force served and this one does not

    def count(self, state: PromiseState) -> int:
        """Return how many promises ended in a state."""
        return sum(p.state is state for p in self.promises)


class Prepared:
    """A compiled problem with one island and the tours everyone starts from."""

    def __init__(self, problem: Problem, weights: Weights, *, seed: int = 1) -> None:
        self.compiled: Compiled = compile_problem(problem, weights)
        self.island = Island(self.compiled, seed=seed)
        self.begun: Tours = begun(self.compiled, self.island)
        keep_rests(self.compiled, self.begun)
        self.able: Flags = servable_alone(self.compiled, self.begun)
        forbid_hopeless(self.compiled, self.able)

    def keep_first(self, in_force: Plan) -> None:
        """Count the people of the plan in force a little more than others of the same priority."""
        for unit, row in enumerate(self.compiled.unit_rows):
            known = row.episode >= 0 and self.compiled.problem.episodes[row.episode].key
            if known in in_force.chosen:
                self.compiled.units.penalty[unit] *= KEPT_FIRST

    def plan(self, tours: Tours, **about: object) -> Plan:
        """Return the plan some tours amount to."""
        total = self.island.price(tours)
        return plan_of(self.compiled, tours, self.able, total=total, **about)  # type: ignore[arg-type]


def plan_day(
    problem: Problem,
    limits: Limits = Limits(),
    *,
    in_force: Plan | None = None,
    afresh: bool = False,
    weights: Weights = PRODUCT,
    on_progress: OnPlan | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Plan:
    """Return the best plan found within the limits, starting from the plan in force if there is one.

    Whoever is in the plan in force counts ``KEPT_FIRST`` times, so as not to be left for somebody of
    equal priority; this holds too when the search is to start ``afresh``, from empty cars.

    ``on_progress`` gets the spent share of the budget and the best plan so far; ``should_stop`` ends
    the search early with that plan.
    """
    budget = Budget(limits.seconds, limits.iterations, should_stop)
    prepared = Prepared(problem, weights, seed=limits.seed * 1000)
    start = prepared.begun
    if in_force is not None:
        prepared.keep_first(in_force)
        if not afresh:
            start = resume(prepared.compiled, prepared.island, start, in_force)

    def report(share: float, best: Best) -> None:
        if on_progress is not None:
            on_progress(share, prepared.plan(best.tours, trajectory=tuple(best.trajectory)))

    best = run(
        prepared.compiled,
        budget=budget,
        threads=limits.threads,
        seed=limits.seed,
        start=start,
        on_progress=report if on_progress is not None else None,
    )
    return prepared.plan(
        best.tours,
        iterations=budget.spent,
        complete=best.complete,
        broken_off=best.broken_off,
        trajectory=tuple(best.trajectory),
    )


def recommend(
    problem: Problem, plan: Plan, episode: Episode, *, weights: Weights = PRODUCT, at_most: int = 5
) -> tuple[Place, ...]:
    """Return the best places for one caller in a plan that otherwise stays as it is, cheapest first.

    Every option is tried by itself; nobody who is in the plan is moved.
    """
    others = _as_planned(problem, plan, but=episode.key)
    prepared = Prepared(replace(problem, episodes=(*others, episode)), weights)
    compiled, island = prepared.compiled, prepared.island
    present = resume(compiled, island, prepared.begun, plan)
    unit = next(u for u, row in enumerate(compiled.unit_rows) if row.episode == len(others))
    base = island.price(present) - float(compiled.units.penalty[unit])
    places = []
    seen = set()
    for k, row in enumerate(compiled.unit_rows[unit].options):
        if row.option in seen:
            continue
        tours = copy_of(present)
        option = int(compiled.units.first_option[unit]) + k
        if _placed(prepared, tours, unit, option):
            seen.add(row.option)
            added = island.price(tours) - base
            places.append(
                Place(row.option, added, _pickups(prepared.plan(tours), row.option, episode))
            )
    return tuple(sorted(places, key=lambda p: p.added_s)[:at_most])


def _as_planned(problem: Problem, plan: Plan, *, but: str) -> tuple[Episode, ...]:
    """Return everybody the plan places with the option it chose; all else would only cost time."""
    locked = {stop.leg for vehicle in problem.vehicles for stop in vehicle.head}
    kept = []
    for episode in problem.episodes:
        options = tuple(o for o in episode.options if o.key == plan.chosen.get(episode.key))
        begun = any(leg.key in locked for o in episode.options for leg in o.legs)
        if episode.key != but and (options or begun):
            kept.append(episode if begun else replace(episode, options=options))
    return tuple(kept)


def _placed(prepared: Prepared, tours: Tours, unit: int, option: int) -> bool:
    compiled, island = prepared.compiled, prepared.island
    units = compiled.units
    span = slice(units.first_use[option], units.first_use[option + 1])
    over = tours.used[units.use_resource[span]] + units.use_amount[span]
    if (over > units.room[units.use_resource[span]] + 1e-9).any():
        return False
    return bool(
        place_option(
            island.net, compiled.weights, island.units, island.boxed(tours), island.boxed_memory,
            island.chance, unit, option, 0.0,
        )
    )  # fmt: skip


def _pickups(
    plan: Plan, option: str, episode: Episode
) -> tuple[tuple[str, str, float, float], ...]:
    legs = next(o.legs for o in episode.options if o.key == option)
    found = []
    for leg in legs:
        times, vehicle = plan.times_of(leg.key), plan.vehicle_of(leg.key)
        if times is not None and vehicle is not None:
            found.append((leg.key, vehicle, *times))
    return tuple(found)


def repair(
    problem: Problem,
    in_force: Plan,
    limits: Limits = Limits(seconds=3.0),
    *,
    weights: Weights = PRODUCT,
    should_stop: Callable[[], bool] | None = None,
) -> Repair:
    """Return a plan for the problem as it is now that keeps as many told times as it can.

    The problem says what happened: a broken car is missing or ends its shift, what was driven is in
    the heads of its vehicles (so that people on board stay on board), told times are promises of
    legs, and a no-show is an episode that is gone.
    """
    plan = plan_day(problem, limits, in_force=in_force, weights=weights, should_stop=should_stop)
    left = {u.episode for u in plan.unserved}
    newly = tuple(k for k in in_force.chosen if k in left)
    return Repair(plan, plan.promises, newly)


def under_way(problem: Problem, plan: Plan, *, now_s: float) -> Problem:
    """Return the problem at an instant of its day: what a plan has begun by then is locked.

    Stops whose service has started become the heads of their vehicles at their planned times. A
    vehicle on its way to a stop is free for other orders when and where it gets there. A caller who
    knows actual times passes a plan that carries them.
    """
    vehicles = []
    by_key = {route.vehicle: route for route in plan.routes}
    for vehicle in problem.vehicles:
        route = by_key.get(vehicle.key)
        done = [] if route is None else [s for s in route.stops if s.start_s <= now_s]
        head = tuple(
            HeadStop(s.leg, s.kind, s.start_s)
            for s in done
            if s.leg is not None and s.kind in (StopKind.PICKUP, StopKind.DROPOFF)
        )
        breaks = tuple(
            b
            for b in vehicle.breaks
            if not any(
                s.kind is StopKind.BREAK and b.earliest_s <= s.start_s <= b.latest_s for s in done
            )
        )
        ready = _ready(route, vehicle, done, now_s)
        coming = () if route is None else route.stops[len(done) :]
        to_do = frozenset(stop.leg for stop in coming if stop.leg)
        after = replace(vehicle, head=head, breaks=breaks, ready=ready, finishes=to_do)
        if _off_duty(route, vehicle, done, ready.from_s):
            home = route.back_s if route is not None and done else vehicle.shift_start_s
            after = replace(after, ready=None, shift_end_s=home)
        vehicles.append(after)
    return replace(problem, vehicles=tuple(vehicles))


def _off_duty(
    route: Route | None, vehicle: Vehicle, done: list[PlannedStop], free_s: float
) -> bool:
    """Tell whether a vehicle has nothing left to do and no time for anything else."""
    if route is not None and len(done) < len(route.stops):
        return False
    left_s = route.leave_s if route is not None and done else free_s
    return free_s > vehicle.shift_end_s or free_s - left_s > vehicle.max_duty_s


def _ready(route: Route | None, vehicle: Vehicle, done: list[PlannedStop], now_s: float) -> Ready:
    """Return where and from when a vehicle can take new orders."""
    if route is None or not route.stops or (not done and now_s < route.leave_s):
        return Ready(vehicle.start_place, max(now_s, vehicle.shift_start_s))
    if len(done) < len(route.stops):
        coming = route.stops[len(done)]
        return Ready(coming.place, max(now_s, coming.arrive_s))
    return Ready(vehicle.end_place, max(now_s, route.back_s))


def reason_of(plan: Plan, episode: str) -> Reason | None:
    """Return why an episode is not in a plan, or None when it is."""
    return next((u.reason for u in plan.unserved if u.episode == episode), None)
