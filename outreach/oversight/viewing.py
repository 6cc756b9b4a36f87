"""A unit's standing as a reader may see it: rows with masks, small rows put together, reasons told or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.oversight.codes import ONLY_STATUSES, Dimension, Figure
from outreach.oversight.coverage import Asked, Coverage, Unit, coverage
from outreach.oversight.protected import CLOSED, OPEN, Mask, row_masks, top_mask
from outreach.oversight.rules import Counts, total
from outreach.oversight.smallcells import (
    LEAST_ROW,
    Merged,
    merge_neighbours,
    merge_smallest,
)
from outreach.places.codes import AreaLevel


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: a unit or several put together, or one value or several."""

    units: tuple[Unit, ...]
    values: tuple[str, ...]
    counts: Counts
    mask: Mask
    is_without_grid: bool = False

    @property
    def opens(self) -> bool:
        """Whether its figures may be opened into people."""
        return self.mask.is_open


@dataclass(frozen=True, slots=True)
class View:
    """What a reader sees of a unit."""

    coverage: Coverage
    mask: Mask
    rows: tuple[Row, ...]
    tables: dict[Dimension, tuple[Row, ...]]

    @property
    def sees_names(self) -> bool:
        """Whether figures open into people."""
        return self.mask.is_open


# Masks are made from the top of the tree for every reader alike: two different masks of the same sums
# would together show what each hides.
FIGURES_EVERYWHERE = Scope(paths=("/",))


# Rows and masks of units that many of their children ask for within one transaction.
Known = dict[int | None, tuple[Row, ...]]


def view_of(
    session: Session, asked: Asked, *, scope: Scope, now: datetime, known: Known | None = None
) -> View:
    """Return the standing of a unit with everything hidden that the reader must not see.

    ``known`` keeps tables of upper units between calls of one transaction, campaign and basis.
    """
    found = coverage(session, asked, scope=scope, now=now)
    return seen_as(session, asked, found, scope=scope, now=now, known=known)


def seen_as(
    session: Session,
    asked: Asked,
    found: Coverage,
    *,
    scope: Scope,
    now: datetime,
    known: Known | None = None,
) -> View:
    """Return what a reader with this scope sees of a standing that was read already."""
    path = found.unit.path if found.unit is not None else None
    names = scope.names_at(path) if path is not None else scope.sees_names
    if names:
        mask, rows = OPEN, _unit_rows(found, OPEN)
    elif found.unit is None and not scope.is_everywhere:
        mask, rows = _several(session, asked, found, now=now)
    else:
        mask = _mask_of(session, asked, found, now=now, known={} if known is None else known)
        rows = _unit_rows(found, mask)
    return View(
        coverage=found,
        mask=mask,
        rows=rows,
        tables={
            d: _value_rows(found, d, mask) for d in asked.dimensions if _may_see(found, d, mask)
        },
    )


def _several(
    session: Session, asked: Asked, found: Coverage, *, now: datetime
) -> tuple[Mask, tuple[Row, ...]]:
    """Return several roots of a scope side by side; of their sum only what all of them show."""
    rows = []
    for child in found.children:
        own = replace(asked, area_id=child.unit.id, dimensions=())
        page = coverage(session, own, scope=FIGURES_EVERYWHERE, now=now)
        mask = _mask_of(session, own, page, now=now, known={})
        rows.append(Row((child.unit,), (), child.counts, mask))
    hidden = frozenset().union(*(row.mask.hidden for row in rows))
    return Mask(hidden), tuple(rows)


def _mask_of(
    session: Session, asked: Asked, found: Coverage, *, now: datetime, known: Known
) -> Mask:
    """Return the mask that the unit carries in its parent's table; at the top, its own."""
    if found.unit is None:
        return top_mask(found.whole)
    parts = found.unit.path.strip("/").split("/")
    parent = int(parts[-2]) if len(parts) > 1 else None
    if parent not in known:
        upper = replace(asked, area_id=parent, dimensions=())
        above = coverage(session, upper, scope=FIGURES_EVERYWHERE, now=now)
        if above.unit is not None and above.unit.id == found.unit.id:
            # The only district is the top itself.
            return top_mask(found.whole)
        mask = _mask_of(session, upper, above, now=now, known=known)
        known[parent] = _unit_rows(above, mask)
    for row in known[parent]:
        if found.unit.id in {u.id for u in row.units}:
            return row.mask if len(row.units) == 1 else CLOSED
    return CLOSED


def _unit_rows(found: Coverage, mask: Mask) -> tuple[Row, ...]:
    parts: list[tuple[tuple[Unit, ...], Counts, bool]] = [
        ((child.unit,), child.counts, False) for child in found.children
    ]
    if found.without_grid:
        parts.append(((), found.without_grid, True))
    if not mask.is_open and found.unit is not None and found.unit.level is AreaLevel.COMMUNITY:
        groups = merge_smallest([counts.denominator for _, counts, _ in parts])
        parts = [_joined(parts, group) for group in groups]
    masks = row_masks([counts for _, counts, _ in parts], whole=found.whole, mask=mask)
    return tuple(
        Row(units, (), counts, row_mask, is_without_grid=bare)
        for (units, counts, bare), row_mask in zip(parts, masks, strict=True)
    )


def _joined(
    parts: Sequence[tuple[tuple[Unit, ...], Counts, bool]], group: Merged
) -> tuple[tuple[Unit, ...], Counts, bool]:
    chosen = [parts[i] for i in group.rows]
    units = tuple(unit for units, _, _ in chosen for unit in units)
    return units, total(counts for _, counts, _ in chosen), any(bare for *_, bare in chosen)


def _may_see(found: Coverage, dimension: Dimension, mask: Mask) -> bool:
    """Reasons are told from the community upward to readers without names (moment 6f)."""
    is_grid = found.unit is not None and found.unit.level is AreaLevel.GRID
    return mask.is_open or not (is_grid and dimension in ONLY_STATUSES)


def _value_rows(found: Coverage, dimension: Dimension, mask: Mask) -> tuple[Row, ...]:
    values = found.by_value.get(dimension, ())
    if mask.is_open:
        return tuple(Row((), (v.value,), v.counts, OPEN) for v in values)
    if dimension in ONLY_STATUSES:
        return _reason_rows(found, dimension, mask)
    sizes = [v.counts.denominator for v in values]
    ordered = dimension in {Dimension.AGE, Dimension.DOSES}
    groups = merge_neighbours(sizes) if ordered else merge_smallest(sizes)
    rows = [
        (
            tuple(values[i].value for i in group.rows),
            total(values[i].counts for i in group.rows),
        )
        for group in groups
    ]
    masks = row_masks([counts for _, counts in rows], whole=found.whole, mask=mask)
    return tuple(
        Row((), names, counts, row_mask)
        for (names, counts), row_mask in zip(rows, masks, strict=True)
    )


def _reason_rows(found: Coverage, dimension: Dimension, mask: Mask) -> tuple[Row, ...]:
    """Return reasons with rare ones put together; none where their sum itself is hidden."""
    figures = [Figure(status) for status in sorted(ONLY_STATUSES[dimension])]
    if not all(mask.shows(figure) for figure in figures):
        return ()
    values = found.by_value.get(dimension, ())
    sizes = [sum(v.counts.of(figure) for figure in figures) for v in values]
    groups = merge_smallest(sizes, least=LEAST_ROW // 4)
    rows = []
    for group in groups:
        counts = total(values[i].counts for i in group.rows)
        if not all(counts.of(figure) == 0 or counts.of(figure) >= 5 for figure in figures):
            return ()
        rows.append(Row((), tuple(values[i].value for i in group.rows), counts, Mask()))
    return tuple(rows)
