"""Small invented days for the engine's tests."""

from __future__ import annotations

import os
import random
from typing import Any

import numpy as np

from outreach.routing.problem import (
    Break,
    Episode,
    Leg,
    Option,
    Problem,
    Promise,
    Resource,
    Stop,
    Use,
    Vehicle,
    alone,
)

# Random problems per property; the long run asks for ten thousand.
CASES = int(os.environ.get("OUTREACH_ROUTING_CASES", "60"))


def table(points: list[tuple[float, float]], *, seconds_per_km: float = 120.0) -> np.ndarray:
    """Return straight-line seconds between points given in kilometres."""
    x, y = np.array(points).T
    apart: np.ndarray = np.hypot(x[:, None] - x, y[:, None] - y)
    return apart * seconds_per_km


def line(*km: float) -> np.ndarray:
    """Return a table of places along a straight road, 120 s per km."""
    return table([(k, 0.0) for k in km])


def car(key: str = "car", seats: float = 4.0, **about: Any) -> Vehicle:
    """Return a car at place 0 that works eight hours."""
    facts: dict[str, Any] = {"shift_end_s": 28_800.0, **about}
    return Vehicle(key, (seats,), 0, 0, **facts)


def ride(key: str, a: int, b: int, **about: Any) -> Leg:
    """Return a leg from place a to place b without any further wish."""
    return Leg(key, Stop(a), Stop(b), **about)


def visit(
    key: str, home: int, site: int, at: float, *, slot: str | None = None, **about: Any
) -> Option:
    """Return a slot with the ride there (up to 15 minutes early) and home (ready after 40)."""
    there = Leg(
        f"{key}/{at:g}/there",
        Stop(home, 0.0, 86_400.0, 120.0),
        Stop(site, at - 900, at, 60.0),
        **about,
    )
    back = Leg(
        f"{key}/{at:g}/back",
        Stop(site, at + 2400, at + 3900, 60.0),
        Stop(home, 0.0, 86_400.0, 120.0),
        **about,
    )
    return Option(f"{at:g}", (there, back), (Use(slot),) if slot else ())


def random_problem(seed: int, *, people: int, rich: bool) -> Problem:
    """Return a random problem; a rich one uses every feature there is."""
    chance = random.Random(seed)
    points = [(chance.uniform(-4, 4), chance.uniform(-4, 4)) for _ in range(2 + people)]
    travel = table(points)
    if rich:
        travel = travel * np.array(
            [[1.0 + 0.1 * (a > b) for b in range(len(points))] for a in range(len(points))]
        )
    cars = tuple(_random_car(chance, k, rich=rich) for k in range(chance.randint(1, 3)))
    resources = (
        (Resource("early", chance.randint(1, 3)), Resource("late", chance.randint(1, 4)))
        if rich
        else ()
    )
    episodes = tuple(_random_episode(chance, k, rich=rich) for k in range(people))
    return Problem(
        travel,
        cars,
        episodes,
        resources,
        max_wait_aboard_s=chance.choice([300.0, 900.0, float("inf")]) if rich else float("inf"),
        dimensions=("seats", "chairs"),
    )


def _random_car(chance: random.Random, k: int, *, rich: bool) -> Vehicle:
    pause = (Break(9000.0, 16_000.0, 1200.0),) if rich and chance.random() < 0.3 else ()
    return Vehicle(
        f"car {k}",
        (float(chance.randint(2, 4)), float(chance.randint(0, 1))),
        0,
        chance.choice([0, 1]) if rich else 0,
        0.0,
        chance.choice([14_400.0, 28_800.0]),
        max_duty_s=chance.choice([10_000.0, float("inf")]),
        displaces=((1, 0, 2.0),) if rich and chance.random() < 0.5 else (),
        features=frozenset(["ramp"]) if chance.random() < 0.6 else frozenset(),
        breaks=pause,
        service_factor=chance.choice([1.0, 1.5]) if rich else 1.0,
        service_extra_s=chance.choice([0.0, 30.0]) if rich else 0.0,
    )


def _random_episode(chance: random.Random, k: int, *, rich: bool) -> Episode:
    home = 2 + k
    if not rich or chance.random() < 0.4:
        return alone(
            _random_leg(chance, f"p{k}", home, rich=rich),
            priority=chance.choice([1.0, 2.0]) if rich else 1.0,
        )
    options = []
    for at, slot in (
        (chance.randrange(4000, 8000), "early"),
        (chance.randrange(9000, 14_000), "late"),
    ):
        needs = frozenset(["ramp"]) if chance.random() < 0.2 else frozenset()
        cap = chance.choice([900.0, 2400.0])
        about: dict[str, Any] = {
            "needs": needs,
            "max_ride_s": cap,
            "load": (1.0, float(chance.random() < 0.2)),
        }
        options.append(visit(f"p{k}", home, 1, float(at), slot=slot, **about))
    return Episode(f"p{k}", tuple(options), priority=chance.choice([1.0, 1.0, 3.0]))


def _random_leg(chance: random.Random, key: str, home: int, *, rich: bool) -> Leg:
    at = chance.uniform(1500, 12_000)
    ends = (home, 1) if chance.random() < 0.5 else (1, home)
    late_there = Stop(ends[1], at - chance.choice([600.0, 1200.0]), at, chance.choice([0.0, 120.0]))
    return Leg(
        key,
        Stop(ends[0], 0.0, 28_800.0, chance.choice([0.0, 180.0])),
        late_there,
        load=(1.0, 0.0) if not rich or chance.random() < 0.7 else (0.0, 1.0),
        max_ride_s=chance.choice([700.0, 1200.0, 1800.0]),
        groups=frozenset([f"g{chance.randint(0, 1)}"]) if rich else frozenset(),
        avoids=frozenset(["g0"]) if rich and chance.random() < 0.2 else frozenset(),
        promise=Promise(at - 900.0) if rich and chance.random() < 0.2 else None,
    )
