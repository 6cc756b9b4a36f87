"""Compiles every kernel once, so that no request ever waits for a compiler.

Run as ``python -m outreach.routing.warm`` at set-up, with ``NUMBA_CACHE_DIR`` where the kernels are to
live; a process calls ``warm()`` at start to load them.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np

from outreach.kernel.clock import monotonic_s
from outreach.routing.engine import Limits, plan_day, recommend, repair, under_way
from outreach.routing.problem import (
    Break,
    Episode,
    Leg,
    Option,
    Problem,
    Resource,
    Stop,
    Use,
    Vehicle,
    alone,
)

PLACES = 9


def warm() -> float:
    """Run a small day through every call; return the seconds it took."""
    began = monotonic_s()
    problem = _small_day(cars=3)
    plan = plan_day(problem, Limits(seconds=None, iterations=60, threads=2, seed=1))
    recommend(problem, plan, problem.episodes[0])
    later = under_way(problem, plan, now_s=4000.0)
    repair(later, plan, Limits(seconds=None, iterations=20, threads=1, seed=1))
    many = replace(problem, episodes=_crowd(160))
    plan_day(many, Limits(seconds=None, iterations=20, threads=2, seed=1))
    plan_day(replace(many, episodes=_crowd(620)), Limits(0.2, 4, threads=1))
    return monotonic_s() - began


def _small_day(*, cars: int) -> Problem:
    line = np.arange(PLACES) * 300.0
    vehicles = tuple(
        Vehicle(f"car {k}", (4.0,), 0, 0, 0.0, 40_000.0, breaks=(Break(0.0, 30_000.0, 600.0),))
        for k in range(cars)
    )
    episodes = tuple(
        Episode(
            f"person {k}",
            tuple(_option(k, slot) for slot in range(2)),
        )
        for k in range(6)
    )
    slots = tuple(Resource(f"slot {s}", 4.0) for s in range(2))
    return Problem(np.abs(line[:, None] - line), vehicles, episodes, slots)


def _option(k: int, slot: int) -> Option:
    at = 6000.0 + 1800.0 * slot
    home = 1 + k % (PLACES - 2)
    there = Leg(f"{k}/{slot}/there", Stop(home), Stop(PLACES - 1, at - 900.0, at, 60.0))
    back = Leg(f"{k}/{slot}/back", Stop(PLACES - 1, at + 2400.0, at + 4200.0, 60.0), Stop(home))
    return Option(f"slot {slot}", (there, back), (Use(f"slot {slot}"),), 10.0 * slot)


def _crowd(count: int) -> tuple[Episode, ...]:
    return tuple(
        alone(Leg(f"leg {k}", Stop(1 + k % 7), Stop(8 - k % 7 if k % 7 != 3 else 0)))
        for k in range(count)
    )


if __name__ == "__main__":
    sys.stdout.write(f"kernels ready in {warm():.1f} s\n")
