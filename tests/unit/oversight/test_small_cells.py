"""Moment 6f: what is hidden cannot be worked out from the totals, by any reader with paper and pencil."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from outreach.ledger.codes import EntryStatus
from outreach.oversight.codes import Figure
from outreach.oversight.protected import OPEN, PARTS, parts_of, row_masks, top_mask
from outreach.oversight.rules import Counts, total
from outreach.oversight.smallcells import (
    SMALL,
    is_small,
    merge_neighbours,
    merge_smallest,
    protect,
    protect_line,
)

TABLES = st.integers(2, 5).flatmap(
    lambda columns: st.lists(
        st.lists(
            st.one_of(st.integers(0, 9), st.integers(0, 60)), min_size=columns, max_size=columns
        ),
        min_size=2,
        max_size=5,
    )
)


def width(cells: list[list[int]], hidden: list[tuple[int, int]], at: tuple[int, int]) -> float:
    """Return how far apart the numbers lie that a hidden cell could hold, given all that is shown."""
    rows, columns = len(cells), len(cells[0])
    equations = [[float(cell[0] == r) for cell in hidden] for r in range(rows)]
    equations += [[float(cell[1] == c) for cell in hidden] for c in range(columns)]
    sums = [float(sum(cells[r][c] for r, c in hidden if r == row)) for row in range(rows)]
    sums += [float(sum(cells[r][c] for r, c in hidden if c == column)) for column in range(columns)]
    aim = np.array([float(cell == at) for cell in hidden])
    low = linprog(aim, A_eq=equations, b_eq=sums, method="highs").fun
    high = -linprog(-aim, A_eq=equations, b_eq=sums, method="highs").fun
    return float(high - low)


@given(TABLES)
@settings(max_examples=120, deadline=None)
def test_moment_6f_no_small_number_follows_from_the_totals(cells: list[list[int]]) -> None:
    hidden = sorted(protect(cells))
    everything = [(r, c) for r in range(len(cells)) for c in range(len(cells[0]))]
    small = [at for at in everything if is_small(cells[at[0]][at[1]])]
    assert set(small) <= set(hidden)
    for at in small[:4]:
        # Some numbers follow from the totals alone, whatever is hidden: rows that small are merged before.
        if width(cells, everything, at) >= 1 - 1e-6:
            assert width(cells, hidden, at) >= 1 - 1e-6


@given(st.lists(st.integers(0, 30), min_size=2, max_size=8))
def test_a_line_with_a_total_hides_none_or_at_least_two(values: list[int]) -> None:
    hidden = protect_line(values)
    assert {i for i, v in enumerate(values) if is_small(v)} <= hidden
    assert len(hidden) != 1


@given(st.lists(st.integers(0, 60), min_size=1, max_size=12))
def test_merged_rows_hold_everyone_once_and_none_is_small(totals: list[int]) -> None:
    for merge in (merge_neighbours, merge_smallest):
        groups = merge(totals)
        assert sorted(i for group in groups for i in group.rows) == list(range(len(totals)))
        sizes = [sum(totals[i] for i in group.rows) for group in groups]
        if sum(totals) >= 20:
            assert not [size for size in sizes if 0 < size < 20]


def test_neighbouring_bands_stay_in_order() -> None:
    groups = merge_neighbours([30, 3, 40, 2])
    assert [group.rows for group in groups] == [(0, 1), (2, 3)]


COUNTS = st.builds(
    Counts,
    **{str(status): st.integers(0, 25) for status in EntryStatus},
)


@given(st.lists(COUNTS, min_size=2, max_size=5))
@settings(max_examples=100, deadline=None)
def test_masks_of_children_never_show_a_small_part(rows: list[Counts]) -> None:
    whole = total(rows)
    for mask, counts in zip(row_masks(rows, whole=whole, mask=top_mask(whole)), rows, strict=True):
        for name, people in zip(PARTS, parts_of(counts), strict=True):
            assert name in mask.hidden or not 0 < people < SMALL
        assert not mask.shows(Figure.TO_CONTACT)
    assert row_masks(rows, whole=whole, mask=OPEN) == [OPEN] * len(rows)
