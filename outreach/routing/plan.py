"""A finished plan: who rides when with whom, who is left and why, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from outreach.routing.problem import StopKind


class Reason(StrEnum):
    """Why an episode is not in the plan; each is a fact that can be checked, never a guess."""

    NO_VEHICLE = "no_vehicle"  # there is no vehicle at all
    FITS_NO_VEHICLE = "fits_no_vehicle"  # load, aids or exclusions fit no vehicle of the day
    WINDOW_IMPOSSIBLE = "window_impossible"  # a window ends before it begins
    UNREACHABLE = "unreachable"  # no finite way to, between or from the places
    RIDE_TOO_LONG = "ride_too_long"  # even the direct ride exceeds the cap on ride time
    WINDOW_SHORTER_THAN_DRIVE = "window_shorter_than_drive"  # the windows leave no time to drive
    OUTSIDE_SHIFTS = "outside_shifts"  # no vehicle could do it within its shift, even alone
    NOTHING_OFFERED = "nothing_offered"  # the episode came without any option
    RESOURCE_FULL = "resource_full"  # every allowed slot is taken by the people placed
    FLEET_BUSY = "fleet_busy"  # servable alone, but not beside the people placed
    NOT_TRIED = "not_tried"  # time ran out before this episode could be tried


class PromiseState(StrEnum):
    """What became of a time told to a family."""

    KEPT = "kept"
    MOVED = "moved"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """One stop of a route with its times; ``arrive_s`` to ``start_s`` is waiting."""

    kind: StopKind
    leg: str | None
    place: int
    arrive_s: float
    start_s: float
    depart_s: float
    load_after: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """What one vehicle does: leaves, stops, comes back."""

    vehicle: str
    leave_s: float
    stops: tuple[PlannedStop, ...]
    back_s: float
    driving_s: float


@dataclass(frozen=True, slots=True)
class Unserved:
    """An episode that is not placed, with a true reason."""

    episode: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class PromiseKept:
    """One promise beside what the plan does: ``shift_s`` is planned minus told."""

    leg: str
    state: PromiseState
    told_s: float
    planned_s: float | None

    @property
    def shift_s(self) -> float | None:
        """Return by how much the pickup moved (later is positive); None when nobody comes."""
        return None if self.planned_s is None else self.planned_s - self.told_s


@dataclass(frozen=True, slots=True)
class Cost:
    """The parts of the objective in their own units; ``total`` weighs them (``cost.py``)."""

    unserved_weight: float
    promises_moved: int
    promises_broken: int
    driving_s: float
    excess_ride_s: float
    waiting_s: float
    total: float


@dataclass(frozen=True)
class Plan:
    """The answer to a ``Problem``."""

    routes: tuple[Route, ...]
    chosen: Mapping[str, str]
    unserved: tuple[Unserved, ...]
    promises: tuple[PromiseKept, ...]
    cost: Cost
    without_break: tuple[str, ...] = ()  # vehicles whose driver is out and cannot rest as stated
    iterations: int = 0
    complete: bool = True  # everybody was tried at least once
    broken_off: bool = False  # the search failed; this is the best plan it had until then
    trajectory: tuple[tuple[float, int, float], ...] = field(default=())

    def times_of(self, leg: str) -> tuple[float, float] | None:
        """Return when service starts at both ends of a leg, or None when it is not driven."""
        found = {s.kind: s.start_s for r in self.routes for s in r.stops if s.leg == leg}
        if StopKind.PICKUP in found and StopKind.DROPOFF in found:
            return found[StopKind.PICKUP], found[StopKind.DROPOFF]
        return None

    def vehicle_of(self, leg: str) -> str | None:
        """Return the key of the vehicle that drives a leg."""
        for route in self.routes:
            if any(stop.leg == leg for stop in route.stops):
                return route.vehicle
        return None
