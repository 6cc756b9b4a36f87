"""Measure the engine's other calls and its growth: recommend, repair, explain, large days, memory.

    .venv/bin/python -m benchmarks.dispatch_calls [--json]

Days are generated (``benchmarks/days.py``). The bars are for an idle machine with two cores; the
day of 5 000 legs is planned in a process of its own, whose peak memory counts.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from dataclasses import replace
from time import perf_counter

from benchmarks.days import make_day
from benchmarks.joint import first_come_first_served
from benchmarks.ledger import cpu_loop_s
from outreach.routing.engine import Limits, plan_day, recommend, repair, under_way
from outreach.routing.explaining import explain
from outreach.routing.plan import Plan
from outreach.routing.problem import Problem

CALLERS = 60
LARGE_LIMIT_S = 10.0


def recommend_p95_s(day: Problem, plan: Plan) -> float:
    """Return the time within which nineteen of twenty callers hear their best places."""
    taken = []
    for episode in day.episodes[:CALLERS]:
        without = replace(day, episodes=tuple(e for e in day.episodes if e is not episode))
        began = perf_counter()
        recommend(without, plan, episode)
        taken.append(perf_counter() - began)
    return sorted(taken)[int(0.95 * len(taken))]


def repair_s(day: Problem, plan: Plan) -> float:
    """Return how long a plan takes to mend after a car broke down in the middle of the day."""
    later = under_way(day, plan, now_s=4 * 3600.0)
    broken = replace(later.vehicles[0], shift_end_s=4 * 3600.0 + 60.0)
    began = perf_counter()
    repair(replace(later, vehicles=(broken, *later.vehicles[1:])), plan)
    return perf_counter() - began


def explain_s(day: Problem, plan: Plan) -> float:
    """Return the longest time that explaining one of three left people takes."""
    longest = 0.0
    for left in plan.unserved[:3]:
        began = perf_counter()
        explain(day, plan, left.episode)
        longest = max(longest, perf_counter() - began)
    return longest


def insertion_s() -> float:
    """Return how long one more person takes to place into a day of 2 000 legs."""
    day = first_come_first_served(make_day(7, 100, 1000))
    caller, rest = day.episodes[0], replace(day, episodes=day.episodes[1:])
    plan = plan_day(rest, Limits(seconds=5.0))
    recommend(rest, plan, caller)
    began = perf_counter()
    recommend(rest, plan, caller)
    return perf_counter() - began


def large_day() -> dict[str, float]:
    """Plan 5 000 legs in this process; return its peak memory and by how much it overran."""
    day = first_come_first_served(make_day(9, 260, 2500))
    plan_day(first_come_first_served(make_day(1, 3, 20)), Limits(seconds=0.3))
    began = perf_counter()
    plan = plan_day(day, Limits(seconds=LARGE_LIMIT_S))
    over = perf_counter() - began - LARGE_LIMIT_S
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 if sys.platform == "linux" else 2**20
    )
    return {"peak_mb": peak, "over_s": over, "left": len(plan.unserved)}


def measure() -> dict[str, tuple[float, float]]:
    """Return every figure beside its bar."""
    day = make_day(5, 14)
    plan_day(day, Limits(seconds=0.3))
    fixed = first_come_first_served(day)
    plan = plan_day(fixed, Limits(seconds=5.0))
    few = first_come_first_served(make_day(5, 9))
    tight = plan_day(few, Limits(seconds=3.0))
    child = subprocess.run(
        [sys.executable, "-m", "benchmarks.dispatch_calls", "--large"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    large = json.loads(child.stdout)
    return {
        "recommend_p95_ms": (round(1000 * recommend_p95_s(day, plan)), 200),
        "repair_s": (round(repair_s(fixed, plan), 2), 5),
        "explain_s": (round(explain_s(few, tight), 2), 10),
        "insertion_into_2000_s": (round(insertion_s(), 2), 1),
        "legs_5000_peak_mb": (round(large["peak_mb"]), 1024),
        "legs_5000_over_s": (round(large["over_s"], 2), 0.1 * LARGE_LIMIT_S + 0.2),
    }


def main() -> int:
    """Measure and tell; exit 1 when a bar was missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.dispatch_calls", description=__doc__
    )
    parser.add_argument("--large", action="store_true", help="only the day of 5 000 legs, as JSON")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.large:
        sys.stdout.write(json.dumps(large_day()) + "\n")
        return 0
    found = measure()
    if options.json:
        sys.stdout.write(json.dumps({**found, "cpu_loop_s": round(cpu_loop_s(), 2)}) + "\n")
    else:
        lines = [f"{name:24} {value:8} (bar {bar})\n" for name, (value, bar) in found.items()]
        sys.stdout.write("".join(lines) + f"{'cpu_loop_s':24} {cpu_loop_s():8.2f}\n")
    return int(any(value > bar for value, bar in found.values()))


if __name__ == "__main__":
    raise SystemExit(main())
