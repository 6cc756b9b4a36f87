"""Where a leg would fit into a run, what it would cost, or what it would break (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from outreach.transport.stop_check import (
    Halt,
    Rider,
    RunCheck,
    RunFacts,
    TimedHalt,
    Travel,
    Violation,
    check_run,
    keeps_every_bound,
    new_violations,
)

TRIED_WHEN_NOTHING_FITS = 3
EXACT_TRIES = 60


@dataclass(frozen=True, slots=True)
class Insertion:
    """The best way of taking a leg into a run; ``breaks`` is empty when it fits."""

    pickup_position: int
    dropoff_position: int
    cost_s: float
    breaks: tuple[Violation, ...]
    check: RunCheck

    @property
    def fits(self) -> bool:
        """Whether the run can take the leg without breaking anything."""
        return not self.breaks


def best_insertion(
    run: RunFacts, rider: Rider, travel: Travel, *, before: RunCheck | None = None
) -> Insertion:
    """Return the cheapest place that breaks nothing, else the one that breaks least.

    Positions that no schedule could keep are passed over by bounds; the rest are checked exactly, in
    order of driving added. Done stops keep their place.
    """
    before = before or check_run(run, travel)
    first = _first_free(run)
    ranked = sorted(_candidates(run, rider, travel, before, first))
    for cost, at, to in ranked[:EXACT_TRIES]:
        changed = with_leg(run, rider, at, to)
        if before.is_fine and not keeps_every_bound(changed, travel):
            continue
        after = check_run(changed, travel)
        breaks = new_violations(before, after)
        if not breaks:
            return Insertion(at, to, cost, (), after)
    return _least_bad(run, rider, travel, before, first)


def with_leg(run: RunFacts, rider: Rider, pickup_at: int, dropoff_at: int) -> RunFacts:
    """Return the run with the leg's stops at these positions of the new order."""
    halts = list(run.halts)
    halts.insert(pickup_at, Halt(rider.leg_id, is_pickup=True))
    halts.insert(dropoff_at, Halt(rider.leg_id, is_pickup=False))
    return replace(run, halts=tuple(halts), riders={**run.riders, rider.leg_id: rider})


def _first_free(run: RunFacts) -> int:
    done = [i for i, halt in enumerate(run.halts) if halt.done_at_s is not None]
    return done[-1] + 1 if done else 0


def _candidates(
    run: RunFacts, rider: Rider, travel: Travel, before: RunCheck, first: int
) -> Iterator[tuple[float, int, int]]:
    """Yield (driving added, pickup position, drop-off position) that simple bounds do not exclude."""
    halts = before.halts
    places = [_place(run, h.leg_id, is_pickup=h.is_pickup) for h in halts]
    start, end = run.car.start_place, run.car.end_place
    size = len(halts)
    for at in range(first, size + 1):
        came_from = places[at - 1] if at else start
        leaves = halts[at - 1].earliest_leaves_s if at else run.duty.starts_s
        reach = leaves + travel(came_from, rider.pickup_place)
        if reach > rider.pickup[1]:
            continue
        boarded = max(reach, rider.pickup[0]) + rider.pickup_service_s
        for to in range(at, size + 1):
            if to > at and _latest_start(halts[to - 1]) < boarded:
                break  # everything further on would come too late
            if boarded + travel(rider.pickup_place, rider.dropoff_place) > rider.dropoff[1]:
                break
            yield _added(rider, travel, places, at, to, (start, end)), at, to + 1


def _latest_start(halt: TimedHalt) -> float:
    return halt.starts_s + max(0.0, halt.slack_s)


def _added(
    rider: Rider,
    travel: Travel,
    places: list[int],
    at: int,
    to: int,
    ends: tuple[int, int],
) -> float:
    """Return the driving seconds that the two stops add."""
    start, end = ends
    size = len(places)
    came_from = places[at - 1] if at else start
    goes_to = places[at] if at < size else end
    up, down = rider.pickup_place, rider.dropoff_place
    was = travel(came_from, goes_to) if size else 0.0
    if to == at:
        return travel(came_from, up) + travel(up, down) + travel(down, goes_to) - was
    added = travel(came_from, up) + travel(up, goes_to) - was
    before_down = places[to - 1]
    after_down = places[to] if to < size else end
    return (
        added
        + travel(before_down, down)
        + travel(down, after_down)
        - travel(before_down, after_down)
    )


def _least_bad(
    run: RunFacts, rider: Rider, travel: Travel, before: RunCheck, first: int
) -> Insertion:
    """Return the insertion to show when none fits: near the wished time, breaking least."""
    size = len(run.halts)
    wished = sum(rider.pickup) / 2
    near = sorted(
        range(first, size + 1),
        key=lambda at: abs((before.halts[at - 1].leaves_s if at else run.duty.starts_s) - wished),
    )[:TRIED_WHEN_NOTHING_FITS]
    places = [_place(run, h.leg_id, is_pickup=h.is_pickup) for h in run.halts]
    best: Insertion | None = None
    for at in near:
        for to in range(at, min(size, at + 1) + 1):
            after = check_run(with_leg(run, rider, at, to + 1), travel)
            breaks = new_violations(before, after)
            ends = (run.car.start_place, run.car.end_place)
            cost = _added(rider, travel, places, at, to, ends)
            found = Insertion(at, to + 1, cost, breaks, after)
            if best is None or (len(breaks), cost) < (len(best.breaks), best.cost_s):
                best = found
    assert best is not None  # noqa: S101 - there is always the end of the run
    return best


def _place(run: RunFacts, leg_id: int, *, is_pickup: bool) -> int:
    rider = run.riders[leg_id]
    return rider.pickup_place if is_pickup else rider.dropoff_place
