"""Measure the dispatch engine beside OR-Tools, VROOM and PyVRP, every plan through the exact checkers.

    make bench-dispatch            a few instances, 1 and 10 seconds, two seeds
    make bench-dispatch FULL=1     all instances, 1, 10 and 60 seconds, five seeds (some hours)
    .venv/bin/python -m benchmarks.dispatch --help

The published instances lie in ``$OUTREACH_SHARED/data``. The other solvers are optional
(``pip install -r benchmarks/requirements.txt``); those that are absent are named in the table. With
``--write`` the table and the picture of gap against time go to ``docs/``. A run that has found the
published cost ends there, since nothing is left to be gained. With ``--runs FILE`` every run is kept in
a file and not measured again, so that a long table can be measured in parts; begin a new file whenever
the engine or the machine changes.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import math
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from itertools import product
from pathlib import Path
from statistics import mean
from time import perf_counter
from types import ModuleType

from benchmarks.chart import Line, steps_chart
from benchmarks.ledger import cpu_loop_s
from benchmarks.rivals import RIVALS, Rival
from outreach.routing.files import solve_file
from outreach.routing.instances import read_instance

ROOT = Path(__file__).resolve().parent.parent
CHECKERS = ROOT / "tests" / "data" / "engine"
DOCS = ROOT / "docs"
OURS = "this engine"
LATE = 1.5  # a solver that takes this many times its limit is said to
BESIDE_OR_TOOLS = ("a6-72", "a8-96")
SHORT = ("a6-72", "a8-96", "R5a", "servable-400-legs", "tight-400-legs")
HALF_A_CENT = 0.005  # costs are published with two decimals
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

    def published(self, name: str) -> float | None:
        """Return the greatest cost that rounds to the best known one; None where none is known."""
        return self.best[name] + HALF_A_CENT if name in self.best else None

    def hopeless(self, name: str) -> int:
        """Count the legs of a day that no car can drive even if it drives nothing else."""
        day = json.loads(self.path(name).read_text(encoding="utf-8"))
        legs, cars = len(day["legs"]), len(day["vehicles"])

        def drivable(leg: int, car: int) -> bool:
            routes = [[leg, leg + legs] if k == car else [] for k in range(cars)]
            return bool(self.day.check(day, routes)["feasible"])

        return sum(not any(drivable(leg + 1, car) for car in range(cars)) for leg in range(legs))


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
    found = solve_file(
        judge.path(name),
        seconds=seconds,
        threads=threads,
        seed=seed,
        enough=judge.published(name),
    )
    took = perf_counter() - began
    cost, left = judge.verdict(name, found["routes"])
    trajectory = tuple((s, u, c) for s, u, c in found["trajectory"])
    return Run(OURS, name, seconds, seed, took, cost, left, trajectory)


def run_rival(judge: Judge, rival: Rival, name: str, seconds: float) -> Run:
    """Plan an instance with another solver."""
    instance = read_instance(judge.path(name))
    began = perf_counter()
    routes = rival.solve(instance, seconds)
    took = perf_counter() - began
    cost, left = (None, 0) if routes is None else judge.verdict(name, routes)
    return Run(rival.name, name, seconds, 1, took, cost, left)


class Kept:
    """The runs so far, in a file when one is named, so that none is measured twice."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.runs: list[Run] = []
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                plain = json.loads(line)
                trajectory = tuple((s, left, cost) for s, left, cost in plain.pop("trajectory"))
                self.runs.append(Run(**plain, trajectory=trajectory))

    def measure(
        self, solver: str, name: str, seconds: float, seed: int, run: Callable[[], Run]
    ) -> None:
        """Measure once what is not there yet."""
        wanted = (solver, name, seconds, seed)
        if any((r.solver, r.instance, r.seconds, r.seed) == wanted for r in self.runs):
            return
        self.runs.append(run())
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(self.runs[-1])) + "\n")


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
    gap = round(mean(judge.gap(name, c) for c in costs), 2)
    return f"{gap + 0.0:.2f} %{said}"  # never a minus before zero


def bars(judge: Judge, runs: list[Run]) -> list[str]:
    """Return a line for every bar of the engine that these runs can tell of."""
    told = []
    for seconds, mean_gap, r5a, ratio, minutes, tight, large in (
        (1.0, 0.7, 3.5, 0.2, 2880, 8, None),
        (10.0, 0.2, 1.5, 0.2, 2720, 3, 12),
        (60.0, 0.05, 0.8, 0.1, 2690, 2, 5),
    ):
        at = [r for r in runs if r.seconds == seconds]
        ours = [r for r in at if r.solver == OURS]
        small = [name for name in judge.best if name.startswith("a")]
        if {r.instance for r in ours} >= set(small):
            gaps = [_gap(judge, _named(ours, name)) for name in small]
            reached = sum(round(gap, 2) <= 0.0 for gap in gaps)
            told.append(
                f"{seconds:g} s: mean gap of the {len(small)} a: {mean(gaps):.3f} % (bar {mean_gap}),"
                f" 0.00 % on {reached}"
            )
        if _named(ours, "R5a"):
            gap = _gap(judge, _named(ours, "R5a"))
            told.append(f"{seconds:g} s: R5a: gap {gap:.2f} % (bar {r5a})")
        for name in BESIDE_OR_TOOLS:
            rivals = [r for r in _named(at, name) if r.solver.startswith("OR-Tools")]
            others = [judge.gap(name, r.cost) for r in rivals if r.cost and not r.unserved]
            if others and _named(ours, name):
                part = _gap(judge, _named(ours, name)) / min(others)
                told.append(f"{seconds:g} s: {name}: {part:.3f} of OR-Tools' gap (bar {ratio})")
        mine = _named(ours, "servable-400-legs")
        if mine:
            driven = mean(r.cost or math.inf for r in mine)
            full = max(_first_full_s(r) for r in mine)
            told.append(
                f"{seconds:g} s: servable-400-legs: {driven:.0f} minutes (bar {minutes}), everybody"
                f" placed after {full:.2f} s at the latest (bar 0.3)"
            )
        for name, bar in (("tight-400-legs", tight), ("large-1000-legs", large)):
            mine = _named(ours, name)
            if mine and bar is not None:
                left = mean(r.unserved if r.cost is not None else math.inf for r in mine)
                told.append(
                    f"{seconds:g} s: {name}: {left:.1f} left (bar {bar});"
                    f" {judge.hopeless(name)} can be driven by no car, even alone"
                )
    return told


def _named(runs: list[Run], name: str) -> list[Run]:
    return [r for r in runs if r.instance == name]


def _gap(judge: Judge, runs: list[Run]) -> float:
    """Return the mean gap in per cent; infinite when a plan breaks a rule or leaves somebody."""
    return mean(
        math.inf if r.cost is None or r.unserved else judge.gap(r.instance, r.cost) for r in runs
    )


def _first_full_s(run: Run) -> float:
    """Return after how many seconds everybody was placed."""
    return next((s for s, left, _ in run.trajectory if left == 0), math.inf)


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
    loop = cpu_loop_s()
    solve_file(judge.path("a2-16"), seconds=0.3)
    solve_file(judge.path("tight-400-legs"), seconds=0.3)
    runs = _measured(judge, options)
    loops = (loop, cpu_loop_s())
    text = _page(judge, runs, options.threads, loops, in_parts=options.runs is not None)
    sys.stdout.write(text)
    if options.write:
        (DOCS / "bench-dispatch.md").write_text(text, encoding="utf-8")
        files = [r.instance for r in runs if r.instance not in DAYS]
        drawing = picture(judge, runs, "R5a" if "R5a" in files else files[0])
        (DOCS / "bench-dispatch.svg").write_text(drawing, encoding="utf-8")
    return 0


def _measured(judge: Judge, options: argparse.Namespace) -> list[Run]:
    """Return the runs that were asked for, and whatever the named file held before."""
    names = options.instances or ([*judge.best, *DAYS] if options.full else SHORT)
    limits = options.seconds or ([1.0, 10.0, 60.0] if options.full else [1.0, 10.0])
    seeds = options.seeds or (5 if options.full else 2)
    rivals = [] if options.alone else [rival for rival in RIVALS if rival.present]
    kept = Kept(options.runs)
    for name, seconds in product(names, limits):
        for seed in range(1, seeds + 1):
            ours = partial(run_ours, judge, name, seconds, seed, options.threads)
            kept.measure(OURS, name, seconds, seed, ours)
        for rival in rivals:
            theirs = partial(run_rival, judge, rival, name, seconds)
            kept.measure(rival.name, name, seconds, 1, theirs)
        for solver in dict.fromkeys(r.solver for r in _named(kept.runs, name)):
            cell = _cell(judge, name, _of(kept.runs, name, solver, seconds))
            sys.stderr.write(f"{name} {seconds:g} s {solver}: {cell}\n")
    return kept.runs


def _page(
    judge: Judge, runs: list[Run], threads: int, loop: tuple[float, float], *, in_parts: bool
) -> str:
    seeds = len({r.seed for r in runs if r.solver == OURS})
    absent = sorted({r.package for r in RIVALS if not r.present})
    over = max(r.took_s - r.seconds for r in runs if r.solver == OURS)
    lines = [
        "# The dispatch engine beside other solvers",
        "",
        f"Written by `make bench-dispatch`. Mean of {seeds} seeds for this engine on {threads} threads;",
        "the others run once with their own defaults. Every plan passed the exact checkers; one that",
        f"breaks a rule is no plan. A fixed CPU loop took {loop[0]:.2f} s before and {loop[1]:.2f} s",
        f"after. This engine's longest overrun of a time limit was {over:.2f} s.",
        *(["Measured in parts, not all in one sitting."] if in_parts else []),
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
    parser.add_argument("--alone", action="store_true", help="without the other solvers")
    parser.add_argument("--runs", type=Path, help="a file that keeps the runs; see above")
    parser.add_argument("--write", action="store_true", help="write the page into docs/")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
