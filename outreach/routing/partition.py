"""Recombines the routes of the pool exactly: filtered set partitioning with HiGHS.

The model chooses routes, one option per unit, and nobody twice, at least cost. It is first solved
without whole numbers, by column generation over the pool. That gives a lower bound and a reduced
cost for every route; a route whose reduced cost exceeds the distance between the bound and the best
plan known cannot be part of a better plan, so the whole-number model holds only the few that remain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import highspy
import numpy as np

from outreach.kernel.clock import monotonic_s
from outreach.routing.network import Network, Nodes, Units
from outreach.routing.pool import Columns
from outreach.routing.problem import Floats

BATCH = 1500  # routes added per round of column generation
STAGES = (300, 800, 2000)  # routes in the whole-number models, one after the other
LEAVING_COSTS = 40.0  # in mean costs per unit: enough to serve all, small enough for exact sums


class Choice(NamedTuple):
    """A recombination: which columns to drive and which option each unit takes (absent: none)."""

    columns: list[int]
    options: dict[int, int]


@dataclass(slots=True)
class Model:
    """The fixed part: rows for units, legs with a choice, kinds of vehicles and resources."""

    rows: int
    lower: Floats
    upper: Floats
    leg_row: Nodes
    kind_row: Nodes
    extra_cost: Floats  # columns for options and for leaving a unit out
    extra_rows: list[list[tuple[int, float]]]
    option_column: dict[int, int]
    simple: dict[int, int]  # unit with one option of one leg -> its row


def recombine(
    net: Network,
    units: Units,
    columns: Columns,
    best: float,
    *,
    seconds: float,
    nodes: int,
) -> Choice | None:
    """Return a recombination that costs less than ``best``, or None.

    People left out count as in ``fair_penalties``, here and in ``best``.
    """
    model = _model(net, units, fair_penalties(units, best))
    until = monotonic_s() + seconds
    duals, bound = _relaxation(model, columns, until)
    if duals is None:
        return None
    reduced = _reduced_costs(model, columns, duals)
    order = np.argsort(reduced, kind="stable")
    found: Choice | None = None
    value = best
    for size in STAGES:
        # A better plan found among few routes narrows the gap, and with it the next, larger model.
        inside = int(np.searchsorted(reduced[order], value - bound + 1e-6))
        chosen = order[: min(size, inside)]
        if not len(chosen) or value - bound <= 1e-6 * max(1.0, value):
            break
        left = until - monotonic_s()
        if left < 0.02:
            break
        better = _whole_numbers(model, units, columns, chosen, value, left, nodes)
        if better is not None:
            found, value = better
        if inside <= size:
            break
    return found


def fair_penalties(units: Units, best: float) -> Floats:
    """Return penalties in the order of the true ones, scaled down so that sums stay exact."""
    least = units.penalty.min(initial=np.inf)
    scale = LEAVING_COSTS * max(1.0, best) / max(1, len(units.penalty)) / max(least, 1e-9)
    return units.penalty * min(1.0, scale)  # type: ignore[no-any-return]


def _model(net: Network, units: Units, penalty: Floats) -> Model:
    count = len(units.penalty)
    lower, upper = [1.0] * count, [1.0] * count
    leg_row = np.full(len(units.leg_unit), -1, np.int32)
    extra_cost: list[float] = list(penalty)
    extra_rows: list[list[tuple[int, float]]] = [[(u, 1.0)] for u in range(count)]
    option_column: dict[int, int] = {}
    simple: dict[int, int] = {}
    for u in range(count):
        options = range(units.first_option[u], units.first_option[u + 1])
        if len(options) == 1:
            o = options[0]
            if units.first_leg[o + 1] - units.first_leg[o] == 1 and not units.option_cost[o]:
                leg_row[units.legs[units.first_leg[o]]] = u
                simple[u] = o
                continue
        for o in options:
            option_column[o] = len(extra_cost)
            entry = [(u, 1.0)]
            for g in units.legs[units.first_leg[o] : units.first_leg[o + 1]]:
                if leg_row[g] < 0:
                    leg_row[g] = len(lower)
                    lower.append(0.0)
                    upper.append(0.0)
                entry.append((int(leg_row[g]), -1.0))
            extra_cost.append(float(units.option_cost[o]))
            extra_rows.append(entry)
    kinds = int(net.kind.max(initial=-1)) + 1
    kind_row = (len(lower) + np.arange(kinds)).astype(np.int32)
    for kind in range(kinds):
        cars = np.flatnonzero(net.kind == kind)
        lower.append(1.0 if net.head[cars[0]] > 0 else 0.0)
        upper.append(float(len(cars)))
    first_resource = len(lower)
    lower += [-np.inf] * len(units.room)
    upper += [float(r) for r in units.room]
    for o, column in option_column.items():
        for k in range(units.first_use[o], units.first_use[o + 1]):
            row = first_resource + int(units.use_resource[k])
            extra_rows[column].append((row, float(units.use_amount[k])))
    for u, o in simple.items():
        for k in range(units.first_use[o], units.first_use[o + 1]):
            # Serving the unit is 1 - (left out), which moves the amount to the right-hand side.
            row = first_resource + int(units.use_resource[k])
            extra_rows[u].append((row, -float(units.use_amount[k])))
            upper[row] -= float(units.use_amount[k])
    return Model(
        len(lower),
        np.array(lower),
        np.array(upper),
        leg_row,
        kind_row,
        np.array(extra_cost),
        extra_rows,
        option_column,
        simple,
    )


def _solver(model: Model, columns: Columns, chosen: Nodes, *, whole: bool) -> highspy.Highs:
    """Return a HiGHS model of the extra columns followed by the chosen routes."""
    # The plain class: the comfortable one prints a banner to stdout, where a caller's JSON goes.
    solver = highspy._Highs()  # type: ignore[attr-defined]  # noqa: SLF001
    solver.setOptionValue("output_flag", False)  # noqa: FBT003
    solver.setOptionValue("threads", 1)
    starts: list[int] = []
    rows: list[int] = []
    values: list[float] = []
    for entry in model.extra_rows:
        starts.append(len(rows))
        rows.extend(r for r, _ in entry)
        values.extend(a for _, a in entry)
    route_starts, route_rows = _route_entries(model, columns, chosen)
    problem = highspy.HighsLp()
    extra = len(model.extra_cost)
    problem.num_col_ = extra + len(chosen)
    problem.num_row_ = model.rows
    problem.col_cost_ = np.concatenate([model.extra_cost, columns.cost[chosen]])
    problem.col_lower_ = np.zeros(problem.num_col_)
    problem.col_upper_ = np.ones(problem.num_col_)
    problem.row_lower_ = np.where(np.isinf(model.lower), -highspy.kHighsInf, model.lower)
    problem.row_upper_ = np.where(np.isinf(model.upper), highspy.kHighsInf, model.upper)
    matrix = problem.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kColwise
    matrix.start_ = np.concatenate([np.array(starts, np.int32), len(rows) + route_starts])
    matrix.index_ = np.concatenate([np.array(rows, np.int32), route_rows])
    matrix.value_ = np.concatenate([np.array(values), np.ones(len(route_rows))])
    if whole:
        problem.integrality_ = [highspy.HighsVarType.kInteger] * problem.num_col_
    solver.passModel(problem)
    return solver  # type: ignore[no-any-return]


def _route_entries(model: Model, columns: Columns, chosen: Nodes) -> tuple[Nodes, Nodes]:
    """Return the sparse entries of some routes: their legs' rows and their kind's row."""
    sizes = (columns.first[1:] - columns.first[:-1])[chosen]
    starts = np.concatenate([[0], np.cumsum(sizes + 1)]).astype(np.int32)
    rows = np.empty(starts[-1], np.int32)
    inside = np.arange(starts[-1]) - np.repeat(starts[:-1], sizes + 1)
    is_leg = inside < np.repeat(sizes, sizes + 1)
    source = np.repeat(columns.first[:-1][chosen], sizes + 1) + inside
    rows[is_leg] = model.leg_row[columns.legs[source[is_leg]]]
    rows[~is_leg] = model.kind_row[columns.kind[chosen]]
    fixed = rows < 0  # a leg that stays in its head needs no row
    if fixed.any():
        owner = np.repeat(np.arange(len(chosen)), sizes + 1)[~fixed]
        starts = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(chosen)))])
        rows = rows[~fixed]
    return starts.astype(np.int32), rows


def _reduced_costs(model: Model, columns: Columns, duals: Floats) -> Floats:
    by_leg = np.where(model.leg_row >= 0, duals[model.leg_row], 0.0)
    sums = np.concatenate([[0.0], np.cumsum(by_leg[columns.legs])])
    covered = sums[columns.first[1:]] - sums[columns.first[:-1]]
    return columns.cost - covered - duals[model.kind_row[columns.kind]]  # type: ignore[no-any-return]


def _relaxation(model: Model, columns: Columns, until: float) -> tuple[Floats | None, float]:
    """Solve without whole numbers; return the duals and the bound, or None when it takes too long."""
    sizes = np.maximum(1, columns.first[1:] - columns.first[:-1])
    chosen = np.argsort(columns.cost / sizes, kind="stable")[:BATCH]
    solver = _solver(model, columns, chosen, whole=False)
    for _ in range(60):
        left = until - monotonic_s()
        if left < 0.02:
            break
        solver.setOptionValue("time_limit", solver.getRunTime() + left)
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None, 0.0
        duals = np.array(solver.getSolution().row_dual)
        reduced = _reduced_costs(model, columns, duals)
        reduced[chosen] = 0.0
        wanted = np.flatnonzero(reduced < -1e-6)
        if len(wanted) == 0:
            return duals, float(solver.getInfo().objective_function_value)
        wanted = wanted[np.argsort(reduced[wanted], kind="stable")[:BATCH]]
        starts, rows = _route_entries(model, columns, wanted)
        ones = np.ones(len(wanted))
        solver.addCols(
            len(wanted),
            columns.cost[wanted],
            np.zeros(len(wanted)),
            ones,
            len(rows),
            starts[:-1],  # type: ignore[arg-type]
            rows,  # type: ignore[arg-type]
            np.ones(len(rows)),
        )
        chosen = np.concatenate([chosen, wanted])
    return None, 0.0


def _whole_numbers(
    model: Model,
    units: Units,
    columns: Columns,
    chosen: Nodes,
    best: float,
    seconds: float,
    nodes: int,
) -> tuple[Choice, float] | None:
    solver = _solver(model, columns, chosen, whole=True)
    solver.setOptionValue("time_limit", seconds)
    solver.setOptionValue("mip_max_nodes", nodes)
    solver.setOptionValue("objective_bound", best)
    solver.setOptionValue("mip_rel_gap", 1e-7)
    solver.run()
    value = solver.getInfo().objective_function_value
    if not value < best - 1e-6:
        return None
    taken = np.array(solver.getSolution().col_value) > 0.5
    if not taken.any():
        return None
    extra = len(model.extra_cost)
    options = {int(units.option_unit[o]): o for o, c in model.option_column.items() if taken[c]}
    options |= {u: o for u, o in model.simple.items() if not taken[u]}
    columns_taken = [int(c) for c in chosen[np.flatnonzero(taken[extra:])]]
    return Choice(columns_taken, options), float(value)
