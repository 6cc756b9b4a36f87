"""Why not, and what would help: the smallest changes that a real re-solve has confirmed (N10).

Nothing is offered on suspicion. Each change is made to a copy of the problem, the copy is planned
anew from the plan in force, and the change is shown only if the person is then served, nobody who
was served is left, and no told time is broken that was not broken before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from outreach.kernel.clock import monotonic_s
from outreach.routing.cost import PRODUCT, Weights
from outreach.routing.engine import Limits, plan_day, reason_of
from outreach.routing.plan import Plan, PromiseState, Reason
from outreach.routing.problem import Episode, Leg, Option, Problem, Vehicle

MORE_RIDE_S = 600.0
PROMISE_SHIFT_S = 300.0
SHARE_OF_TIME = 0.9  # of the limit; the rest is for compiling the last re-solve


class ChangeKind(StrEnum):
    """What could be changed, from the smallest to the largest."""

    REPLAN = "replan"  # nothing: planning anew finds room
    LONGER_RIDE = "longer_ride"  # ten more minutes on board for this person
    MOVE_PROMISE = "move_promise"  # one family's told time moves by five minutes
    OTHER_SLOT = "other_slot"  # a slot or day not among those allowed so far
    ANOTHER_VEHICLE = "another_vehicle"  # one more vehicle of a kind that fits


@dataclass(frozen=True, slots=True)
class Offer:
    """A change that works, with the plan that proves it."""

    kind: ChangeKind
    detail: str  # the option's, leg's or vehicle's key the change is about
    plan: Plan


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an episode is not placed and which changes would place it, smallest first."""

    reason: Reason
    offers: tuple[Offer, ...]
    tried: tuple[ChangeKind, ...]


def explain(
    problem: Problem,
    plan: Plan,
    episode_key: str,
    limits: Limits = Limits(seconds=8.0),  # noqa: B008  (frozen)
    *,
    other_options: Sequence[Option] = (),
    offers_at_most: int = 3,
    weights: Weights = PRODUCT,
) -> Explanation | None:
    """Return why an episode is not in the plan and what would help, or None when it is in it.

    ``other_options`` are slots and days the family did not name but might accept.
    """
    reason = reason_of(plan, episode_key)
    if reason is None:
        return None
    until = monotonic_s() + SHARE_OF_TIME * (limits.seconds or 86_400.0)
    episode = next(e for e in problem.episodes if e.key == episode_key)
    changes = list(_changes(problem, plan, episode, other_options))
    offers: list[Offer] = []
    tried: list[ChangeKind] = []
    for number, (kind, detail, changed) in enumerate(changes):
        left = until - monotonic_s()
        if left <= 0.0 or len(offers) >= offers_at_most:
            break
        share = limits
        if limits.seconds is not None:
            share = replace(limits, seconds=left / (len(changes) - number))
        tried.append(kind)
        proof = plan_day(changed, share, in_force=plan, weights=weights, should_stop=None)
        if _proves(plan, proof, episode_key):
            offers.append(Offer(kind, detail, proof))
            if kind is ChangeKind.REPLAN:
                break
    return Explanation(reason, tuple(offers), tuple(tried))


def _proves(before: Plan, after: Plan, episode: str) -> bool:
    """Tell whether a plan serves the episode at nobody's expense."""
    left = {u.episode for u in after.unserved}
    if episode in left or any(key in left for key in before.chosen):
        return False
    broken = {p.leg for p in before.promises if p.state is PromiseState.BROKEN}
    return all(p.state is not PromiseState.BROKEN or p.leg in broken for p in after.promises)


def _changes(
    problem: Problem, plan: Plan, episode: Episode, other_options: Sequence[Option]
) -> Iterator[tuple[ChangeKind, str, Problem]]:
    yield ChangeKind.REPLAN, episode.key, problem
    longer = replace(episode, options=tuple(_longer(o) for o in episode.options))
    if longer != episode:
        yield ChangeKind.LONGER_RIDE, episode.key, _with(problem, longer)
    for option in other_options:
        more = replace(episode, options=(option,))
        yield ChangeKind.OTHER_SLOT, option.key, _with(problem, more)
    for key in _promises_in_the_way(problem, plan, episode):
        yield ChangeKind.MOVE_PROMISE, key, _promise_loosened(problem, key)
    for vehicle in _one_of_each_kind(problem, episode):
        spare = replace(vehicle, key=f"{vehicle.key}+", head=(), ready=None, breaks=vehicle.breaks)
        changed = replace(problem, vehicles=(*problem.vehicles, spare))
        yield ChangeKind.ANOTHER_VEHICLE, vehicle.key, changed


def _longer(option: Option) -> Option:
    legs = tuple(replace(leg, max_ride_s=leg.max_ride_s + MORE_RIDE_S) for leg in option.legs)
    return replace(option, legs=legs)


def _with(problem: Problem, episode: Episode) -> Problem:
    episodes = tuple(episode if e.key == episode.key else e for e in problem.episodes)
    return replace(problem, episodes=episodes)


def _promises_in_the_way(problem: Problem, plan: Plan, episode: Episode) -> list[str]:
    """Return the promised legs whose pickups are nearest in time to what the episode wants."""
    wanted = [
        0.5 * (leg.pickup.earliest_s + min(leg.pickup.latest_s, leg.dropoff.latest_s))
        for option in episode.options
        for leg in option.legs
    ]
    told = [
        (min(abs(p.told_s - w) for w in wanted), p.leg)
        for p in plan.promises
        if p.planned_s is not None
    ]
    return [leg for _, leg in sorted(told)[:2]] if wanted else []


def _promise_loosened(problem: Problem, key: str) -> Problem:
    def loosened(leg: Leg) -> Leg:
        if leg.key != key or leg.promise is None:
            return leg
        wider = replace(leg.promise, tolerance_s=leg.promise.tolerance_s + PROMISE_SHIFT_S)
        return replace(leg, promise=wider)

    episodes = tuple(
        replace(
            e,
            options=tuple(
                replace(o, legs=tuple(loosened(leg) for leg in o.legs)) for o in e.options
            ),
        )
        for e in problem.episodes
    )
    return replace(problem, episodes=episodes)


def _one_of_each_kind(problem: Problem, episode: Episode) -> list[Vehicle]:
    """Return one vehicle of each capacity that could carry the episode, the smallest first."""
    legs = [leg for option in episode.options for leg in option.legs]
    found: dict[object, Vehicle] = {}
    for vehicle in problem.vehicles:
        alike = (vehicle.capacity, vehicle.features, vehicle.displaces)
        if any(leg.needs <= vehicle.features for leg in legs):
            found.setdefault(alike, vehicle)
    return sorted(found.values(), key=lambda v: (sum(v.capacity), v.key))[:2]
