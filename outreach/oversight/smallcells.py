"""PURE: protecting small numbers from readers who may not see names (moment 6f).

A number of one to four people is hidden, and with it as many others as it takes that nobody can work it
out from the totals. Rows and columns are the two sides of a graph whose edges are the hidden cells: what
is hidden can be computed exactly when its edge is a bridge, so cells are hidden until no such edge is one.
Whoever is hidden anywhere is hidden everywhere: a unit's own sums carry the mask of its parent's table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SMALL = 5
LEAST_ROW = 20

At = tuple[int, int]
Grid = Sequence[Sequence[int]]


def is_small(people: int) -> bool:
    """Whether so few people could be recognised."""
    return 0 < people < SMALL


def protect_line(values: Sequence[int], *, preset: Iterable[int] = ()) -> frozenset[int]:
    """Return which numbers of a line with a public total to hide."""
    hidden = {i for i, people in enumerate(values) if is_small(people)} | set(preset)
    if len(hidden) == 1:
        others = [i for i in range(len(values)) if i not in hidden]
        # A zero protects too, when nothing else is left: the reader cannot know that it is one.
        others.sort(key=lambda i: (values[i] == 0, values[i], i))
        hidden |= set(others[:1])
    return frozenset(hidden)


def protect(
    cells: Grid, *, total: Sequence[int] = (), total_hidden: Iterable[int] = ()
) -> frozenset[At]:
    """Return which cells of a table to hide, as (row, column).

    Rows have public totals. ``total`` is the row of column totals (computed when empty), of which
    ``total_hidden`` are hidden already and nothing else can be hidden.
    """
    rows = [list(row) for row in cells]
    if not rows:
        return frozenset()
    known = list(total) or [sum(column) for column in zip(*rows, strict=True)]
    last = len(rows)
    preset = {(last, c) for c in total_hidden}
    if last == 1:
        # The only child is its parent: what is hidden above is hidden here.
        return frozenset((0, c) for c in {c for _, c in preset} | protect_line(rows[0]))
    table = _Table([*rows, known], last, preset)
    while (bare := table.first_bare()) is not None and table.cover(bare):
        pass
    return frozenset(at for at in table.hidden if at[0] != last)


class _Table:
    """A table whose last row are its totals; cells gather in ``hidden`` until all that matter are covered."""

    def __init__(self, rows: list[list[int]], last: int, preset: set[At]) -> None:
        self.rows = rows
        self.last = last
        small = {
            (r, c)
            for r, row in enumerate(rows[:last])
            for c, people in enumerate(row)
            if is_small(people)
        }
        self.matter = small | preset
        self.hidden = set(self.matter)
        self._hopeless: set[At] = set()

    def first_bare(self) -> At | None:
        """Return a cell that can be worked out, or None."""
        bare = (bridges(self.hidden) & self.matter) - self._hopeless
        return min(bare) if bare else None

    def cover(self, at: At) -> bool:
        """Hide what closes a rectangle around the cell at least cost; remember when there is none."""
        row, column = at
        best: tuple[tuple[int, int], list[At]] | None = None
        for r in range(self.last + 1):
            for c in range(len(self.rows[0])):
                if r == row or c == column:
                    continue
                corners = [(row, c), (r, column), (r, c)]
                fresh = [corner for corner in corners if corner not in self.hidden]
                if any(r_ == self.last for r_, _ in fresh):
                    continue
                cost = (
                    sum(self.rows[r_][c_] == 0 for r_, c_ in fresh),
                    sum(self.rows[r_][c_] for r_, c_ in fresh),
                )
                if best is None or (cost, fresh) < best:
                    best = (cost, fresh)
        if best is None or not best[1]:
            self._hopeless.add(at)
        else:
            self.hidden |= set(best[1])
        return True


def bridges(cells: Iterable[At]) -> set[At]:
    """Return the cells that are on no closed path of hidden cells: those that can be computed."""
    edges = sorted(cells)
    ends = [(("row", r), ("column", c)) for r, c in edges]
    beside: dict[tuple[str, int], list[tuple[int, tuple[str, int]]]] = {}
    for i, (one, other) in enumerate(ends):
        beside.setdefault(one, []).append((i, other))
        beside.setdefault(other, []).append((i, one))
    order: dict[tuple[str, int], int] = {}
    low: dict[tuple[str, int], int] = {}
    found: set[At] = set()
    for root, first in beside.items():
        if root in order:
            continue
        order[root] = low[root] = len(order)
        stack = [(root, -1, iter(first))]
        while stack:
            node, came_by, rest = stack[-1]
            for edge, next_node in rest:
                if edge == came_by:
                    continue
                if next_node in order:
                    low[node] = min(low[node], order[next_node])
                    continue
                order[next_node] = low[next_node] = len(order)
                stack.append((next_node, edge, iter(beside[next_node])))
                break
            else:
                stack.pop()
                if stack:
                    parent = stack[-1][0]
                    low[parent] = min(low[parent], low[node])
                    if low[node] > order[parent]:
                        found.add(edges[came_by])
    return found


@dataclass(frozen=True, slots=True)
class Merged:
    """Rows that are shown as one, by their places in the table."""

    rows: tuple[int, ...]


def merge_neighbours(totals: Sequence[int], *, least: int = LEAST_ROW) -> list[Merged]:
    """Join neighbouring rows (age bands) until none is small; an empty table stays as it is."""
    groups: list[list[int]] = [[i] for i in range(len(totals))]
    while len(groups) > 1:
        sizes = [sum(totals[i] for i in group) for group in groups]
        small = [i for i, size in enumerate(sizes) if 0 < size < least]
        if not small:
            break
        here = min(small, key=lambda i: (sizes[i], i))
        near = [i for i in (here - 1, here + 1) if 0 <= i < len(groups)]
        to = min(near, key=lambda i: (sizes[i] == 0, sizes[i], i))
        first, second = sorted((here, to))
        groups[first : second + 1] = [groups[first] + groups[second]]
    return [Merged(tuple(group)) for group in groups]


def merge_smallest(totals: Sequence[int], *, least: int = LEAST_ROW) -> list[Merged]:
    """Put all small rows (grids, reasons) together; with the next one up where they are too few still."""
    small = [i for i, people in enumerate(totals) if 0 < people < least]
    rest = sorted((i for i in range(len(totals)) if i not in small), key=lambda i: (totals[i], i))
    rest = [i for i in rest if totals[i] > 0]
    if not small:
        return [Merged((i,)) for i in range(len(totals))]
    # One row alone would be named by its absence: it takes a neighbour with it.
    while rest and (len(small) == 1 or sum(totals[i] for i in small) < least):
        small.append(rest.pop(0))
    joined = tuple(sorted(small))
    kept = [Merged((i,)) for i in range(len(totals)) if i not in joined]
    return [*kept, Merged(joined)]
