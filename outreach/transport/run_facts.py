"""A run as plain facts: car, crew, riders and stops going in, times and breaches coming out (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

LONGEST_WAIT_ABOARD_S = 15 * 60.0
Travel = Callable[[int, int], float]


class Breach(StrEnum):
    """What a run can break."""

    LATE_PICKUP = "late_pickup"
    LATE_DROPOFF = "late_dropoff"
    RIDE_TOO_LONG = "ride_too_long"
    WAITS_ABOARD = "waits_aboard"
    TOO_MANY_SEATS = "too_many_seats"
    TOO_MANY_CHAIRS = "too_many_chairs"
    NO_RAMP = "no_ramp"
    BEFORE_SHIFT = "before_shift"
    AFTER_SHIFT = "after_shift"
    NO_BREAK = "no_break"
    DAY_TOO_LONG = "day_too_long"
    CAR_UNFIT = "car_unfit"
    DRIVER_UNFIT = "driver_unfit"
    ESCORT_UNFIT = "escort_unfit"
    NO_DRIVER = "no_driver"
    NO_ESCORT = "no_escort"
    OUT_OF_ORDER = "out_of_order"
    HALF_A_RIDE = "half_a_ride"


@dataclass(frozen=True, slots=True)
class Rider:
    """One leg as the check sees it; windows are (from, until) for the start of service."""

    leg_id: int
    pickup_place: int
    dropoff_place: int
    pickup: tuple[float, float]
    dropoff: tuple[float, float]
    pickup_service_s: float
    dropoff_service_s: float
    max_ride_s: float
    seats: int = 1
    chairs: int = 0
    needs_ramp: bool = False
    wants_escort: bool = False
    told: tuple[float, float] | None = None  # the pickup that the family was promised


@dataclass(frozen=True, slots=True)
class Car:
    """A car as the check sees it; ``seats`` are those for passengers and escort."""

    seats: int
    chairs: int
    start_place: int
    end_place: int
    seats_lost_per_chair: int = 0
    has_ramp: bool = False
    unfit: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """The crew's hours on this run."""

    starts_s: float
    ends_s: float
    break_from_s: float | None = None
    break_until_s: float | None = None
    longest_day_s: float = 8 * 3600.0
    has_driver: bool = True
    has_escort: bool = False
    driver_unfit: tuple[str, ...] = ()
    escort_unfit: tuple[str, ...] = ()

    @property
    def rest_s(self) -> float:
        """How long the break is; 0 without one."""
        if self.break_from_s is None or self.break_until_s is None:
            return 0.0
        return self.break_until_s - self.break_from_s


@dataclass(frozen=True, slots=True)
class Halt:
    """One stop of a run: whose, which end, and when it was done if it was."""

    leg_id: int
    is_pickup: bool
    done_at_s: float | None = None
    left_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that a run breaks; ``facts`` are numbers for the sentence."""

    breach: Breach
    leg_id: int | None = None
    position: int | None = None
    facts: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def cause(self) -> tuple[Breach, int | None]:
        """What makes two violations the same one before and after a change."""
        return self.breach, self.leg_id


@dataclass(frozen=True, slots=True)
class TimedHalt:
    """A stop with its times, the load after it, and how much later it could be."""

    leg_id: int
    is_pickup: bool
    reaches_s: float
    starts_s: float
    leaves_s: float
    seats_taken: int
    chairs_taken: int
    slack_s: float
    earliest_leaves_s: float
    is_done: bool


@dataclass(frozen=True, slots=True)
class RunCheck:
    """The schedule of a run and everything it breaks."""

    halts: tuple[TimedHalt, ...]
    violations: tuple[Violation, ...]
    driving_s: float
    leaves_depot_s: float
    back_at_s: float

    @property
    def is_fine(self) -> bool:
        """Whether nothing is broken."""
        return not self.violations


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Everything of one run that the check needs."""

    car: Car
    duty: Duty
    halts: tuple[Halt, ...]
    riders: Mapping[int, Rider]
    not_before_s: float | None = None  # nothing new can happen before now
