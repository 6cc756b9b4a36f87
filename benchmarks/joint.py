"""Measure what choosing slots together with the rides is worth: people served, both rides.

    make bench-joint               ten generated days, twelve and eight cars
    .venv/bin/python -m benchmarks.joint --days 2 --seconds 5

Each day has 200 residents who allow three to six slots each. *Fixed*: first come, first served gives
each the first free slot of their list, then the rides are planned. *Together*: the engine chooses
among all slots anybody allowed. Same engine, same time, same threads. The bar: together serves at
least 10 % more people in the mean of ten days and never fewer on any of them.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from dataclasses import replace
from math import hypot
from statistics import mean

import numpy as np

from benchmarks.ledger import cpu_loop_s
from outreach.routing.engine import Limits, plan_day
from outreach.routing.problem import (
    Episode,
    Leg,
    Option,
    Problem,
    Resource,
    Stop,
    Use,
    Vehicle,
)

SEEDS = tuple(range(101, 111))
PEOPLE, SITES, SLOTS = 200, 3, 14
ROOM = 6  # people a site can take in one slot of half an hour
BAR = 10.0
MINUTE, HALF_HOUR, DAY_S = 60.0, 1800.0, 8 * 3600.0
KM_S = 3600.0 / 25.0 * 1.3  # seconds per kilometre as the crow flies
STAY_S, MOST_WAIT_S, MOST_RIDE_S = 40 * MINUTE, 25 * MINUTE, 45 * MINUTE


def make_day(seed: int, cars: int) -> Problem:
    """Return a district day: homes around a few quarters, three sites, slots of half an hour."""
    chance = random.Random(seed)
    quarters = [(chance.uniform(-8, 8), chance.uniform(-8, 8)) for _ in range(7)]
    sites = [(chance.uniform(-4, 4), chance.uniform(-4, 4)) for _ in range(SITES)]
    homes = []
    for _ in range(PEOPLE):
        x, y = chance.choice(quarters)
        homes.append((x + chance.gauss(0, 1.2), y + chance.gauss(0, 1.2)))
    places = [(0.0, 0.0), *sites, *homes]
    travel = np.array([[hypot(a - c, b - d) * KM_S for c, d in places] for a, b in places])
    episodes = tuple(_episode(k, chance, homes[k], sites) for k in range(PEOPLE))
    resources = tuple(
        Resource(f"site {s} slot {t}", ROOM) for s in range(SITES) for t in range(SLOTS)
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


def first_come_first_served(day: Problem) -> Problem:
    """Return the day with one slot per person: the first on their list that still has room."""
    room = {r.key: r.capacity for r in day.resources}
    episodes = []
    for episode in day.episodes:
        option = next((o for o in episode.options if room[o.uses[0].resource] >= 1), None)
        if option is not None:
            room[option.uses[0].resource] -= 1
        episodes.append(replace(episode, options=() if option is None else (option,)))
    return replace(day, episodes=tuple(episodes))


def measure(cars: int, seeds: tuple[int, ...], limits: Limits) -> dict[str, object]:
    """Return people served either way on each day, and what choosing together adds."""
    rows = []
    for seed in seeds:
        day = make_day(seed, cars)
        served = [
            PEOPLE - len(plan_day(problem, limits).unserved)
            for problem in (first_come_first_served(day), day)
        ]
        rows.append((seed, *served))
        sys.stderr.write(f"{cars} cars, day {seed}: fixed {served[0]}, together {served[1]}\n")
    more = [100.0 * (b / a - 1.0) for _, a, b in rows]
    return {
        "cars": cars,
        "days": rows,
        "mean_more_percent": round(mean(more), 2),
        "least_more_percent": round(min(more), 2),
        "bar_percent": BAR,
    }


def main() -> int:
    """Measure and tell; exit 1 when a bar was missed."""
    options = _options()
    limits = Limits(seconds=options.seconds, threads=options.threads, seed=1)
    plan_day(make_day(1, 3), replace(limits, seconds=0.3))
    results = [measure(cars, SEEDS[: options.days], limits) for cars in options.cars or (12, 8)]
    told = {
        "seconds": options.seconds,
        "threads": options.threads,
        "cpu_loop_s": round(cpu_loop_s(), 2),
        "results": results,
    }
    sys.stdout.write(json.dumps(told) + "\n" if options.json else _told(told, results))
    return int(
        any(
            float(str(r["mean_more_percent"])) < BAR or float(str(r["least_more_percent"])) < 0
            for r in results
        )
    )


def _told(told: dict[str, object], results: list[dict[str, object]]) -> str:
    lines = [f"{told['seconds']} s, {told['threads']} threads, CPU loop {told['cpu_loop_s']} s"]
    lines += [
        f"{r['cars']} cars: {r['mean_more_percent']} % more in the mean, {r['least_more_percent']} %"
        f" on the worst day (bar {r['bar_percent']} % and 0 %)"
        for r in results
    ]
    return "\n".join(lines) + "\n"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.joint", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each of the two plans")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--days", type=int, default=len(SEEDS))
    parser.add_argument("--cars", type=int, action="append", help="repeatable; 12 and 8 by default")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
