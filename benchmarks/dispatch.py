"""Measure the dispatch engine beside OR-Tools, VROOM and PyVRP, every plan through the exact checkers.

    make bench-dispatch            a few instances, 1 and 10 seconds, two seeds
    make bench-dispatch FULL=1     all instances, 1, 10 and 60 seconds, five seeds (about ten hours)
    .venv/bin/python -m benchmarks.dispatch --help

The published instances lie in ``$OUTREACH_SHARED/data``. The other solvers are optional
(``pip install -r benchmarks/requirements.txt``); those that are absent are named in the table. With
``--write`` the table and the picture of gap against time go to ``docs/``.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from time import perf_counter
from types import ModuleType

from benchmarks.chart import Line, steps_chart
from benchmarks.ledger import cpu_loop_s
from benchmarks.rivals import RIVALS
from outreach.routing.files import solve_file
from outreach.routing.instances import read_instance

ROOT = Path(__file__).resolve().parent.parent
CHECKERS = ROOT / "tests" / "data" / "engine"
DOCS = ROOT / "docs"
OURS = "this engine"
LATE = 1.5  # a solver that takes this many times its limit is said to
SHORT = ("a6-72", "a8-96", "R5a", "servable-400-legs", "tight-400-legs")
DAYS = ("servable-400-legs", "tight-400-legs", "large-1000-legs")


@dataclass(frozen=True)
class Run:
    """One plan of one solver: what the checker says of it."""

    solver: str
    instance: str
    seconds: float
    seed: int
    took_s: float
    cost: float | None  # None: no plan, or one that breaks a rule
    unserved: int = 0
    trajectory: tuple[tuple[float, int, float], ...] = ()


class Judge:
    """The checkers and the best known costs."""

    def __init__(self, shared: Path) -> None:
        self.data = shared / "data"
        if not self.data.is_dir():
            raise SystemExit(f"no published instances at {self.data}: set OUTREACH_SHARED")
        self.darp, self.day = _module("check_darp"), _module("check_day")
        with (self.data / "darp" / "best-known.csv").open(encoding="utf-8") as file:
            self.best = {r["instance"]: float(r["best_known_cost"]) for r in csv.DictReader(file)}

    def path(self, name: str) -> Path:
        """Return the file of an instance."""
        folder, ending = ("days", "json") if name in DAYS else ("darp", "txt")
        return self.data / folder / f"{name}.{ending}"

    def verdict(self, name: str, routes: list[list[int]]) -> tuple[float | None, int]:
        """Return the cost (None when a rule is broken) and how many legs are left."""
        path = self.path(name)
        if name in DAYS:
            found = self.day.check(json.loads(path.read_text(encoding="utf-8")), routes)
            cost = found["driving_minutes"] if found["feasible"] else None
            return cost, len(found["unserved"])
        instance = self.darp.read_instance(path)
        driven = {n for r in routes for n in r}
        left = [i for i in range(1, instance.n + 1) if i not in driven]
        fine, cost, _ = self.darp.check(instance, routes, left)
        return (cost if fine else None), len(left)

    def gap(self, name: str, cost: float) -> float:
        """Return the distance to the best known cost in per cent."""
        return 100.0 * (cost / self.best[name] - 1.0)


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, CHECKERS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_ours(judge: Judge, name: str, seconds: float, seed: int, threads: int) -> Run:
    """Plan an instance with the engine."""
    began = perf_counter()
    found = solve_file(judge.path(name), seconds=seconds, threads=threads, seed=seed)
    took = perf_counter() - began
    cost, left = judge.verdict(name, found["routes"])
    trajectory = tuple((s, u, c) for s, u, c in found["trajectory"])
    return Run(OURS, name, seconds, seed, took, cost, left, trajectory)


def run_rivals(judge: Judge, name: str, seconds: float) -> list[Run]:
    """Plan an instance with every other solver that is there."""
    runs = []
    instance = read_instance(judge.path(name))
    for rival in RIVALS:
        if not rival.present:
            continue
        began = perf_counter()
        routes = rival.solve(instance, seconds)
        took = perf_counter() - began
        cost, left = (None, 0) if routes is None else judge.verdict(name, routes)
        runs.append(Run(rival.name, name, seconds, 1, took, cost, left))
    return runs


def table(judge: Judge, runs: list[Run]) -> str:
    """Return a Markdown table: a row per instance and solver, a column per time limit."""
    limits = sorted({r.seconds for r in runs})
    head = ["instance", "solver", *(f"{s:g} s" for s in limits)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name in dict.fromkeys(r.instance for r in runs):
        for solver in dict.fromkeys(r.solver for r in runs):
            cells = [_cell(judge, name, _of(runs, name, solver, s)) for s in limits]
            if any(cells):
                lines.append("| " + " | ".join([name, solver, *cells]) + " |")
    return "\n".join(lines) + "\n"


def _of(runs: list[Run], name: str, solver: str, seconds: float) -> list[Run]:
    return [r for r in runs if (r.instance, r.solver, r.seconds) == (name, solver, seconds)]


def _cell(judge: Judge, name: str, runs: list[Run]) -> str:
    """Return the mean over seeds: per cent above the best known, or minutes and who is left."""
    if not runs:
        return ""
    costs = [r.cost for r in runs if r.cost is not None]
    late = max(runs, key=lambda r: r.took_s / r.seconds)
    said = f" (took {late.took_s:.0f} s)" if late.took_s > LATE * late.seconds + 1.0 else ""
    if len(costs) < len(runs):
        return "no plan that holds" + said
    left = mean(r.unserved for r in runs)
    if name in DAYS:
        return f"{mean(costs):.0f} min, {left:.1f} left{said}"
    if left:
        return f"{left:.1f} left{said}"
    return f"{mean(judge.gap(name, c) for c in costs):.2f} %{said}"


def bars(judge: Judge, runs: list[Run]) -> list[str]:
    """Return a line for every bar of the engine that these runs can tell of."""
    told = []
    for seconds, mean_gap, r5a, minutes, tight, large in (
        (1.0, 0.7, 3.5, 2880, 8, None),
        (10.0, 0.2, 1.5, 2720, 3, 12),
        (60.0, 0.05, 0.8, 2690, 2, 5),
    ):
        ours = [r for r in runs if r.solver == OURS and r.seconds == seconds]
        small = [r for r in ours if r.instance.startswith("a")]
        if len({r.instance for r in small}) == 24:
            gaps = [judge.gap(r.instance, r.cost) if r.cost else 100.0 for r in small]
            told.append(f"{seconds:g} s: mean gap of the 24 a: {mean(gaps):.3f} % (bar {mean_gap})")
        for name, bar, what in (
            ("R5a", r5a, "gap"),
            ("servable-400-legs", minutes, "minutes"),
            ("tight-400-legs", tight, "left"),
            ("large-1000-legs", large, "left"),
        ):
            mine = [r for r in ours if r.instance == name]
            if not mine or bar is None:
                continue
            figures = {
                "gap": [judge.gap(name, r.cost) if r.cost and name == "R5a" else 0.0 for r in mine],
                "minutes": [r.cost or 0.0 for r in mine],
                "left": [float(r.unserved) for r in mine],
            }[what]
            told.append(f"{seconds:g} s: {name}: {what} {mean(figures):.2f} (bar {bar})")
    return told


def picture(judge: Judge, runs: list[Run], name: str) -> str:
    """Return a picture of the gap against the time for one instance."""
    mine = [r for r in runs if r.solver == OURS and r.instance == name]
    longest = max(mine, key=lambda r: r.seconds)
    lines = [
        Line(OURS, [(s, judge.gap(name, c)) for s, left, c in longest.trajectory if left == 0])
    ]
    for rival in RIVALS:
        points = [
            (r.seconds, judge.gap(name, r.cost))
            for r in runs
            if r.solver == rival.name and r.instance == name and r.cost and not r.unserved
        ]
        lines.append(Line(rival.name, sorted(points), steps=False))
    return steps_chart(f"{name}: per cent above the best known, by seconds", lines)


def main() -> int:
    """Measure and tell."""
    options = _options()
    judge = Judge(Path(os.environ.get("OUTREACH_SHARED", "../shared")))
    names = options.instances or ([*judge.best, *DAYS] if options.full else SHORT)
    limits = options.seconds or ([1.0, 10.0, 60.0] if options.full else [1.0, 10.0])
    seeds = options.seeds or (5 if options.full else 2)
    loop = cpu_loop_s()
    solve_file(judge.path("a2-16"), seconds=0.3)
    solve_file(judge.path("tight-400-legs"), seconds=0.3)
    runs: list[Run] = []
    for name in names:
        for seconds in limits:
            runs += [run_ours(judge, name, seconds, s + 1, options.threads) for s in range(seeds)]
            runs += run_rivals(judge, name, seconds)
            rows = [r for r in runs if r.instance == name and r.seconds == seconds]
            for solver in dict.fromkeys(r.solver for r in rows):
                cell = _cell(judge, name, [r for r in rows if r.solver == solver])
                sys.stderr.write(f"{name} {seconds:g} s {solver}: {cell}\n")
    text = _page(judge, runs, seeds, options.threads, (loop, cpu_loop_s()))
    sys.stdout.write(text)
    if options.write:
        (DOCS / "bench-dispatch.md").write_text(text, encoding="utf-8")
        drawn = "R5a" if "R5a" in names else next(n for n in names if n not in DAYS)
        drawing = picture(judge, runs, drawn)
        (DOCS / "bench-dispatch.svg").write_text(drawing, encoding="utf-8")
    return 0


def _page(
    judge: Judge, runs: list[Run], seeds: int, threads: int, loop: tuple[float, float]
) -> str:
    absent = sorted({r.package for r in RIVALS if not r.present})
    over = max(r.took_s - r.seconds for r in runs if r.solver == OURS)
    lines = [
        "# The dispatch engine beside other solvers",
        "",
        f"Written by `make bench-dispatch`. Mean of {seeds} seeds for this engine on {threads} threads;",
        "the others run once with their own defaults. Every plan passed the exact checkers; one that",
        f"breaks a rule is no plan. A fixed CPU loop took {loop[0]:.2f} s before and {loop[1]:.2f} s",
        f"after. This engine's longest overrun of a time limit was {over:.2f} s.",
        *([f"Not installed, hence not measured: {', '.join(absent)}."] if absent else []),
        "",
        "![Gap against time](bench-dispatch.svg)",
        "",
        table(judge, runs),
        *(f"- {line}" for line in bars(judge, runs)),
    ]
    return "\n".join(lines) + "\n"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dispatch", description=__doc__)
    parser.add_argument("instances", nargs="*", help="names; a few by default")
    parser.add_argument("--full", action="store_true", default=bool(os.environ.get("FULL")))
    parser.add_argument("--seconds", type=float, action="append", help="a time limit; repeatable")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="write the page into docs/")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
