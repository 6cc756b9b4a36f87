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
import sys
from dataclasses import replace
from statistics import mean

from benchmarks.days import make_day
from benchmarks.ledger import cpu_loop_s
from outreach.routing.engine import Limits, plan_day
from outreach.routing.problem import Problem

SEEDS = tuple(range(101, 111))
PEOPLE = 200
BAR = 10.0


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
        day = make_day(seed, cars, PEOPLE)
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
