"""PURE: protecting small numbers from readers who may not see names (moment 6f).

A number of one to four people is hidden, and with it as many others as it takes that nobody can work it
out from the totals: a hidden number is safe when people can be moved around a circle of hidden cells
without any becoming negative, because then another number fits the same totals. What is hidden anywhere
is hidden everywhere: a unit's own sums carry the mask of its parent's table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SMALL = 5
LEAST_ROW = 20

At = tuple[int, int]
Node = tuple[str, int]
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
    table.cover_all()
    return frozenset(at for at in table.hidden if at[0] != last)


class _Table:
    """A table whose last row are its totals; cells gather in ``hidden`` until each that matters is safe."""

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
        self.hidden: set[At] = set()
        self._ways: dict[Node, set[Node]] = {}
        self._hide(self.matter)

    def cover_all(self) -> None:
        """Hide what it takes; what is hidden later only adds ways, so each cell is looked at once."""
        for at in sorted(self.matter):
            if not self._is_safe(at):
                self._cover(at)

    def _may_rise(self, at: At) -> bool:
        # A total stands in its column with the other sign: it "rises" when people are taken from it.
        return at[0] != self.last or self.rows[at[0]][at[1]] > 0

    def _may_fall(self, at: At) -> bool:
        return at[0] == self.last or self.rows[at[0]][at[1]] > 0

    def _is_safe(self, at: At) -> bool:
        """Whether the hidden cells let this one be another number: a circle on which people can be moved."""
        rises = self._may_rise(at) and self._leads(("column", at[1]), ("row", at[0]), at)
        return rises or (self._may_fall(at) and self._leads(("row", at[0]), ("column", at[1]), at))

    def _leads(self, start: Node, goal: Node, without: At) -> bool:
        """Whether moving people along hidden cells leads from one line to another."""
        closed = {(("row", without[0]), ("column", without[1]))}
        closed |= {(column, row) for row, column in closed}
        seen, waiting = {start}, [start]
        while waiting:
            here = waiting.pop()
            if here == goal:
                return True
            for node in self._ways.get(here, ()):
                if node not in seen and (here, node) not in closed:
                    seen.add(node)
                    waiting.append(node)
        return False

    def _hide(self, cells: Iterable[At]) -> None:
        for cell in cells:
            self.hidden.add(cell)
            row, column = ("row", cell[0]), ("column", cell[1])
            if self._may_rise(cell):
                self._ways.setdefault(row, set()).add(column)
            if self._may_fall(cell):
                self._ways.setdefault(column, set()).add(row)

    def _cover(self, at: At) -> None:
        """Hide what closes a rectangle around the cell at least cost; nothing where none can be closed."""
        row, column = at
        best: tuple[tuple[int, int], list[At]] | None = None
        for r in range(self.last + 1):
            for c in range(len(self.rows[0])):
                beside, below, across = (row, c), (r, column), (r, c)
                if r == row or c == column or not self._turns(at, beside, below, across):
                    continue
                fresh = [cell for cell in (beside, below, across) if cell not in self.hidden]
                if any(cell[0] == self.last for cell in fresh):
                    continue
                people = [self.rows[i][j] for i, j in fresh]
                cost = (people.count(0), sum(people))
                if best is None or (cost, fresh) < best:
                    best = (cost, fresh)
        if best is not None:
            self._hide(best[1])

    def _turns(self, at: At, beside: At, below: At, across: At) -> bool:
        up, down = self._may_rise, self._may_fall
        return (up(at) and down(beside) and down(below) and up(across)) or (
            down(at) and up(beside) and up(below) and down(across)
        )


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
