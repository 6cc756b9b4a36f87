"""Makes district days for measurements: homes around a few quarters, three sites, half-hour slots.

The same seed always makes the same day. Nothing in it is anybody's: points, slots and people are drawn.
"""

from __future__ import annotations

import random
from math import hypot

import numpy as np

from outreach.routing.problem import Episode, Leg, Option, Problem, Resource, Stop, Use, Vehicle

SITES, SLOTS = 3, 14
ROOM_PER_PERSON = 0.03  # places of a site in one slot, per resident of the day
MINUTE, HALF_HOUR, DAY_S = 60.0, 1800.0, 8 * 3600.0
KM_S = 3600.0 / 25.0 * 1.3  # seconds per kilometre as the crow flies
STAY_S, MOST_WAIT_S, MOST_RIDE_S = 40 * MINUTE, 25 * MINUTE, 45 * MINUTE


def make_day(seed: int, cars: int, people: int = 200) -> Problem:
    """Return a day on which every resident allows three to six slots."""
    chance = random.Random(seed)
    quarters = [(chance.uniform(-8, 8), chance.uniform(-8, 8)) for _ in range(7)]
    sites = [(chance.uniform(-4, 4), chance.uniform(-4, 4)) for _ in range(SITES)]
    homes = []
    for _ in range(people):
        x, y = chance.choice(quarters)
        homes.append((x + chance.gauss(0, 1.2), y + chance.gauss(0, 1.2)))
    places = [(0.0, 0.0), *sites, *homes]
    travel = np.array([[hypot(a - c, b - d) * KM_S for c, d in places] for a, b in places])
    episodes = tuple(_episode(k, chance, homes[k], sites) for k in range(people))
    resources = tuple(
        Resource(f"site {s} slot {t}", float(round(ROOM_PER_PERSON * people)))
        for s in range(SITES)
        for t in range(SLOTS)
    )
    vehicles = tuple(
        Vehicle(f"car {k}", (4.0, 1.0), 0, 0, 0.0, DAY_S, displaces=((1, 0, 1.0),))
        for k in range(cars)
    )
    return Problem(travel, vehicles, episodes, resources, dimensions=("seats", "chairs"))


def _episode(
    k: int, chance: random.Random, home: tuple[float, float], sites: list[tuple[float, float]]
) -> Episode:
    """Return one resident with three to six slots, as a family names them: mostly near in time."""
    load = (0.0, 1.0) if chance.random() < 0.12 else (1.0, 0.0)
    if load[0] and chance.random() < 0.2:
        load = (2.0, 0.0)  # a companion
    service = chance.choice((2, 3, 4, 6)) * MINUTE
    by_distance = sorted(
        range(SITES), key=lambda s: hypot(home[0] - sites[s][0], home[1] - sites[s][1])
    )
    allowed = by_distance[: 1 if chance.random() < 0.6 else 2]
    wished = chance.randrange(SLOTS)
    count = chance.randint(3, 6)
    ranked = sorted(
        ((s, t) for s in allowed for t in range(SLOTS)),
        key=lambda st: abs(st[1] - wished) + 2 * allowed.index(st[0]) + chance.random(),
    )
    options = tuple(_option(k, s, t, load, service) for s, t in ranked[:count])
    return Episode(f"person {k}", options)


def _option(k: int, site: int, slot: int, load: tuple[float, float], service: float) -> Option:
    at = 3600.0 + slot * HALF_HOUR
    home, clinic = 1 + SITES + k, 1 + site
    key = f"site {site} slot {slot}"
    there = Leg(
        f"{k}/{key}/there",
        Stop(home, service_s=service),
        Stop(clinic, at - 25 * MINUTE, at - 5 * MINUTE, MINUTE),
        load,
        MOST_RIDE_S,
    )
    ready = at + STAY_S
    back = Leg(
        f"{k}/{key}/back",
        Stop(clinic, ready, ready + MOST_WAIT_S, MINUTE),
        Stop(home, service_s=service),
        load,
        MOST_RIDE_S,
    )
    return Option(key, (there, back), (Use(key),))
