"""When a car will be at its coming stops: the last tap plus the planned way, said as an estimate (5g)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.kernel.geo import Point, distance_m

FRESH_FOR = timedelta(minutes=45)  # no word from the car for longer: no promise of minutes
POSITION_FRESH_FOR = timedelta(minutes=3)
EARLY = timedelta(minutes=5)
DETOUR = 1.4
TOWN_M_PER_S = 6.5


@dataclass(frozen=True, slots=True)
class StopTimes:
    """One stop of a run as it was planned, and as it went."""

    stop_id: int
    arrives_at: datetime
    departs_at: datetime
    reached_at: datetime | None
    done_at: datetime | None
    point: Point | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """The last word from a car: when anything was tapped, and where it is if it shares that."""

    at: datetime | None = None
    seen_at: datetime | None = None
    point: Point | None = None

    @property
    def last(self) -> datetime | None:
        """The newest word of either kind."""
        known = [at for at in (self.at, self.seen_at) if at is not None]
        return max(known, default=None)


@dataclass(frozen=True, slots=True)
class Expected:
    """When a stop is expected; ``as_of`` is the last word it rests on, None when there was none."""

    stop_id: int
    at: datetime
    as_of: datetime | None
    is_fresh: bool


def expected_times(
    stops: Sequence[StopTimes], *, heard: Heard, now: datetime
) -> dict[int, Expected]:
    """Return the expected times of every stop not done yet, in the order of driving."""
    as_of = heard.last
    is_fresh = as_of is not None and now - as_of <= FRESH_FOR
    found: dict[int, Expected] = {}
    left_at: datetime | None = None  # when the car left (or will leave) the stop before
    planned_left: datetime | None = None
    for stop in stops:
        if stop.done_at is not None:
            left_at, planned_left = stop.done_at, stop.departs_at
            continue
        at = stop.reached_at or _arrival(stop, left_at, planned_left)
        if stop.reached_at is None:
            if not found and left_at is not None:
                at = _by_position(stop, heard, now=now) or at
            # A car that is early waits until the hour that was told: nobody is hurried down.
            at = max(at, stop.arrives_at - EARLY, now)
        found[stop.stop_id] = Expected(stop.stop_id, at, as_of, is_fresh)
        left_at = max(at + (stop.departs_at - stop.arrives_at), now)
        planned_left = stop.departs_at
    return found


def _arrival(stop: StopTimes, left_at: datetime | None, planned_left: datetime | None) -> datetime:
    if left_at is None or planned_left is None:
        return stop.arrives_at
    return left_at + max(timedelta(0), stop.arrives_at - planned_left)


def _by_position(stop: StopTimes, heard: Heard, *, now: datetime) -> datetime | None:
    """Where the car is tells more of its next stop than the plan does, while it is fresh."""
    if heard.point is None or heard.seen_at is None or stop.point is None:
        return None
    if now - heard.seen_at > POSITION_FRESH_FOR:
        return None
    way_s = distance_m(heard.point, stop.point) * DETOUR / TOWN_M_PER_S
    return heard.seen_at + timedelta(seconds=round(way_s))
