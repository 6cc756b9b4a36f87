"""Where a leg would fit into a run, what it would cost, or what it would break (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from outreach.transport.run_facts import Halt, Rider, RunCheck, RunFacts, Travel, Violation
from outreach.transport.stop_check import (
    Judged,
    check_run,
    judge_run,
    keeps_every_bound,
    new_violations,
)

TRIED_WHEN_NOTHING_FITS = 3
EXACT_TRIES = 60
TRIES_IN_A_BROKEN_RUN = (
    8  # no bound tells there what would break it more: each try is a whole check
)


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
    if _can_never_ride(run, rider):
        return _least_bad(run, rider, travel, before, first)
    ranked = sorted(_candidates(run, rider, travel, before, first))
    for cost, at, to in ranked[: EXACT_TRIES if before.is_fine else TRIES_IN_A_BROKEN_RUN]:
        changed = with_leg(run, rider, at, to)
        if before.is_fine and not keeps_every_bound(changed, travel):
            continue
        after = judge_run(changed, travel)
        if not new_violations(before, after):
            return Insertion(at, to, cost, (), after.check())
    return _least_bad(run, rider, travel, before, first)


def with_leg(run: RunFacts, rider: Rider, pickup_at: int, dropoff_at: int) -> RunFacts:
    """Return the run with the leg's stops at these positions of the new order."""
    halts = list(run.halts)
    halts.insert(pickup_at, Halt(rider.leg_id, is_pickup=True))
    halts.insert(dropoff_at, Halt(rider.leg_id, is_pickup=False))
    return replace(run, halts=tuple(halts), riders={**run.riders, rider.leg_id: rider})


def _can_never_ride(run: RunFacts, rider: Rider) -> bool:
    """Tell whether car or crew lack what the person needs, wherever in the run it is."""
    car, duty = run.car, run.duty
    lacks_ramp = rider.needs_ramp and not car.has_ramp
    lacks_escort = rider.wants_escort and not duty.has_escort
    is_too_big = rider.chairs > car.chairs or rider.seats > car.seats - duty.has_escort
    return lacks_ramp or lacks_escort or is_too_big


def _first_free(run: RunFacts) -> int:
    done = [i for i, halt in enumerate(run.halts) if halt.done_at_s is not None]
    return done[-1] + 1 if done else 0


def _candidates(
    run: RunFacts, rider: Rider, travel: Travel, before: RunCheck, first: int
) -> Iterator[tuple[float, int, int]]:
    """Yield (driving added, pickup position, drop-off position) that simple bounds do not exclude."""
    line = _Line(run, before, travel)
    ends = (run.car.start_place, run.car.end_place)
    size = len(line.places)
    for at in range(first, size + 1):
        came_from = line.places[at - 1] if at else ends[0]
        reach = line.leaves(at - 1) + travel(came_from, rider.pickup_place)
        if reach > rider.pickup[1]:
            continue
        boarded = max(reach, rider.pickup[0]) + rider.pickup_service_s
        clock, here = boarded, rider.pickup_place
        for to in range(at, size + 1):
            if to > at:
                # One more stop between boarding and leaving: is there time and room for it?
                clock += travel(here, line.places[to - 1])
                clock = max(clock, line.opens[to - 1])
                if clock > line.closes[to - 1] or not line.has_room(to - 1, rider):
                    break
                clock += line.service[to - 1]
                here = line.places[to - 1]
            elif at and not line.has_room(at - 1, rider):
                break
            off = max(clock + travel(here, rider.dropoff_place), rider.dropoff[0])
            if off > rider.dropoff[1]:
                break
            if line.is_in_time_after(to, off + rider.dropoff_service_s, rider.dropoff_place):
                yield _added(rider, travel, line.places, at, to, ends), at, to + 1


class _Line:
    """A run as parallel lists, for bounds that never exclude what the exact check would allow."""

    def __init__(self, run: RunFacts, before: RunCheck, travel: Travel) -> None:
        self.car, self.travel, self.halts = run.car, travel, before.halts
        self.starts_s = run.duty.starts_s
        self.ends_s, self.back_at_s = run.duty.ends_s, before.back_at_s
        self.places = [_place(run, h.leg_id, is_pickup=h.is_pickup) for h in run.halts]
        self.opens: list[float] = []
        self.closes: list[float] = []
        self.service: list[float] = []
        for halt, timed in zip(run.halts, before.halts, strict=True):
            rider = run.riders[halt.leg_id]
            window = rider.pickup if halt.is_pickup else rider.dropoff
            self.opens.append(window[0])
            # What is late already may stay as late as it is.
            self.closes.append(max(window[1], timed.starts_s))
            self.service.append(
                rider.pickup_service_s if halt.is_pickup else rider.dropoff_service_s
            )

    def leaves(self, at: int) -> float:
        """The earliest the car can leave a stop (-1: the depot)."""
        return self.halts[at].earliest_leaves_s if at >= 0 else self.starts_s

    def has_room(self, at: int, rider: Rider) -> bool:
        """Whether the party fits in beside those aboard after a stop."""
        halt = self.halts[at]
        displaced = rider.chairs * self.car.seats_lost_per_chair
        seats = halt.seats_taken + rider.seats + displaced
        is_over = halt.seats_taken > self.car.seats
        return is_over or (
            seats <= self.car.seats and halt.chairs_taken + rider.chairs <= self.car.chairs
        )

    def is_in_time_after(self, at: int, clock: float, here: int) -> bool:
        """Whether everything from a stop on can still be in time when the car leaves ``here`` then."""
        for i in range(at, len(self.places)):
            start = max(clock + self.travel(here, self.places[i]), self.opens[i])
            if start > self.closes[i]:
                return False
            clock, here = start + self.service[i], self.places[i]
            if clock <= self.halts[i].earliest_leaves_s:
                return True  # the delay is used up: all further stops are as early as before
        back = clock + self.travel(here, self.car.end_place)
        return back <= max(self.ends_s, self.back_at_s)


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
    """Return the insertion to show when none fits: breaking least, then near the wished time."""
    size = len(run.halts)
    wished = sum(rider.pickup) / 2
    near = sorted(
        range(first, size + 1),
        key=lambda at: abs((before.halts[at - 1].leaves_s if at else run.duty.starts_s) - wished),
    )[:TRIED_WHEN_NOTHING_FITS]
    places = [_place(run, h.leg_id, is_pickup=h.is_pickup) for h in run.halts]
    ends = (run.car.start_place, run.car.end_place)
    tried: list[tuple[int, float, int, int, Judged]] = []
    for at, to in [(a, b) for a in near for b in range(a, min(size, a + 1) + 1)]:
        after = judge_run(with_leg(run, rider, at, to + 1), travel)
        broken = len(new_violations(before, after))
        tried.append((broken, _added(rider, travel, places, at, to, ends), at, to, after))
        if broken <= 1:
            break  # nearest to the wished time, and nothing breaks less
    best = tried[-1] if tried[-1][0] <= 1 else min(tried, key=lambda one: one[:2])
    _, cost, at, to, after = best
    return Insertion(at, to + 1, cost, new_violations(before, after), after.check())


def _place(run: RunFacts, leg_id: int, *, is_pickup: bool) -> int:
    rider = run.riders[leg_id]
    return rider.pickup_place if is_pickup else rider.dropoff_place
