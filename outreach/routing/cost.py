"""The one cost function: every weight of the objective, in one place, and the price of one route.

Everything is expressed in seconds of driving. The product's order of wishes (people by priority, then
promises, then time) is kept by weights that lie far enough apart that no sum of lower wishes on a
real day outweighs one higher wish; the benchmark profile asks for driving alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb


class Weights(NamedTuple):
    """Prices in seconds of driving."""

    person: float  # one person of priority 1 left at home
    promise_broken: float  # a told time missed by more than ``MOVED_AT_MOST_S``
    promise_moved: float  # a told time missed by less
    drive: float  # a second at the wheel
    ride: float  # a second on board beyond the direct ride
    wait: float  # a second of the vehicle standing between its first and last stop
    vehicle: float  # a vehicle that leaves its depot at all
    duty: float  # fairness: per second, times the share of ten hours the shift is long


PRODUCT = Weights(
    person=1e7,
    promise_broken=2e5,
    promise_moved=2e4,
    drive=1.0,
    ride=0.15,
    wait=0.05,
    vehicle=300.0,
    duty=0.1,
)
BENCHMARK = Weights(
    person=1e7,
    promise_broken=2e5,
    promise_moved=2e4,
    drive=1.0,
    ride=0.0,
    wait=0.0,
    vehicle=0.0,
    duty=0.0,
)
MOVED_AT_MOST_S = 900.0
FULL_DAY_S = 36_000.0


@nb.njit(cache=True, nogil=True, inline="always")
def price(
    weights: Weights,
    driving: float,
    excess: float,
    waiting: float,
    duty: float,
    used: bool,  # noqa: FBT001
) -> float:
    """Return the weighted cost of one route; duty counts squared, so that long days cost more."""
    if not used:
        return 0.0
    return (
        weights.vehicle
        + weights.drive * driving
        + weights.ride * excess
        + weights.wait * waiting
        + weights.duty * duty * duty / FULL_DAY_S
    )
