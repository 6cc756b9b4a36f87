"""What templates show of sums: rows of figures that open their people, and charts made of the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for

from outreach.oversight.codes import (
    BESIDE,
    DEFINITIONS,
    ONLY_STATUSES,
    VALUE_LABELS,
    Dimension,
    Figure,
)
from outreach.oversight.coverage import Coverage
from outreach.oversight.protected import Mask
from outreach.oversight.rules import Counts
from outreach.oversight.viewing import Row, View
from outreach.web.filters import listed
from outreach.web.i18n import _, language

UNIT_COLUMNS = (
    Figure.DENOMINATOR,
    Figure.VACCINATED,
    Figure.EXEMPT,
    Figure.BOOKED,
    Figure.DUE,
    Figure.DEFERRED,
    Figure.DECLINED,
    Figure.UNREACHABLE,
    Figure.MOVED,
)
CHART_PARTS = UNIT_COLUMNS[1:]


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure: its number (None: hidden), and the address of exactly the people it counts."""

    figure: Figure
    label: str
    meaning: str
    value: int | None
    to: str = ""
    size: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table."""

    name: str
    to: str
    figures: tuple[Shown, ...]
    coverage: float | None
    is_total: bool = False

    def of(self, figure: Figure) -> Shown:
        """Return one figure of the row."""
        return next(shown for shown in self.figures if shown.figure is figure)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with the same columns, and the words for them."""

    title: str
    columns: tuple[Figure, ...]
    lines: tuple[Line, ...]
    has_coverage: bool = True

    @property
    def headings(self) -> list[tuple[str, str]]:
        """Return the headings as the table component takes them."""
        columns = [(DEFINITIONS[f].label.label(language()), "text-end") for f in self.columns]
        share = [(DEFINITIONS["coverage"].label.label(language()), "text-end")]
        return [(self.title, ""), *(share if self.has_coverage else []), *columns]

    @property
    def has_hidden(self) -> bool:
        """Whether any figure is hidden."""
        return any(shown.value is None for line in self.lines for shown in line.figures)

    def chart(self, figures: Sequence[Figure], *, with_links: bool = True) -> dict[str, Any]:
        """Return the same rows as a chart."""
        lines = [line for line in self.lines if not line.is_total]
        series = []
        for figure in figures:
            shown = [line.of(figure) for line in lines]
            series.append(
                {
                    "name": DEFINITIONS[figure].label.label(language()),
                    "values": [s.value for s in shown],
                    "to": [s.to if with_links else "" for s in shown],
                }
            )
        return {
            "kind": "stack",
            "sideways": True,
            "whole": True,
            "labels": [line.name for line in lines],
            "series": series,
        }


@dataclass(frozen=True, slots=True)
class Place:
    """What an address of a figure needs besides the figure."""

    campaign_id: int
    basis: str
    area_id: int | None

    def people(self, figure: Figure, **more: str | int) -> str:
        """Return the address of the people behind a figure."""
        values: dict[str, Any] = {"figure": figure, "campaign": self.campaign_id}
        values |= {"basis": self.basis, **more}
        if self.area_id is not None:
            values["area"] = self.area_id
        return url_for("standing.people", **values)


def place_of(coverage: Coverage, area_id: int | None = None) -> Place:
    """Return the place of a unit of this standing."""
    own = coverage.unit.id if coverage.unit is not None else None
    return Place(coverage.campaign.id, coverage.basis, area_id if area_id is not None else own)


def shown(figure: Figure, counts: Counts, mask: Mask, place: Place, **more: str | int) -> Shown:
    """Return one figure as its reader may see it."""
    label, meaning = DEFINITIONS[figure].words(language())
    if not mask.shows(figure):
        return Shown(figure, label, meaning, None)
    value = counts.of(figure)
    return Shown(
        figure, label, meaning, value, place.people(figure, **more) if mask.is_open else ""
    )


def unit_table(view: View) -> Table:
    """Return the children of a unit with their sums, and the sum of all."""
    coverage = view.coverage
    columns = UNIT_COLUMNS + tuple(f for f in BESIDE if _is_needed(view, f))
    lines = [_unit_line(view, row, columns) for row in view.rows]
    if len(view.rows) != 1 or coverage.unit is not None:
        lines.append(
            _line(
                _("All together"),
                "",
                columns,
                coverage.whole,
                view.mask,
                place_of(coverage),
                total=True,
            )
        )
    return Table(_("Unit"), columns, tuple(lines))


def _is_needed(view: View, figure: Figure) -> bool:
    return view.mask.is_open and view.coverage.whole.of(figure) > 0


def _unit_line(view: View, row: Row, columns: tuple[Figure, ...]) -> Line:
    if row.is_without_grid and not row.units:
        place = place_of(view.coverage)
        return _line(_("In no grid"), "", columns, row.counts, row.mask, place, no_grid=1)
    if len(row.units) != 1:
        name = _("%(count)s small grids together", count=len(row.units))
        return _line(name, "", columns, row.counts, row.mask, place_of(view.coverage))
    unit = row.units[0]
    coverage = view.coverage
    to = url_for(
        "standing.show", area_id=unit.id, campaign=coverage.campaign.id, basis=coverage.basis
    )
    return _line(unit.name, to, columns, row.counts, row.mask, place_of(coverage, unit.id))


def _line(
    name: str,
    to: str,
    columns: tuple[Figure, ...],
    counts: Counts,
    mask: Mask,
    place: Place,
    *,
    total: bool = False,
    **more: str | int,
) -> Line:
    return Line(
        name=name,
        to=to,
        figures=tuple(shown(f, counts, mask, place, **more) for f in columns),
        coverage=counts.coverage if mask.shows("coverage") else None,
        is_total=total,
    )


def value_table(view: View, dimension: Dimension) -> Table:
    """Return a unit's people told apart by one dimension."""
    place = place_of(view.coverage)
    only = ONLY_STATUSES.get(dimension)
    columns = tuple(Figure(s) for s in sorted(only)) if only else UNIT_COLUMNS
    lines = []
    for row in view.tables.get(dimension, ()):
        more: dict[str, Any] = {"by": str(dimension), "value": row.values[0]}
        name = _value_name(dimension, row)
        lines.append(_line(name, "", columns, row.counts, row.mask, place, **more))
    return Table(dimension_label(dimension), columns, tuple(lines), has_coverage=only is None)


def dimension_label(dimension: Dimension) -> str:
    """Return what a dimension is called."""
    from outreach.oversight.codes import DIMENSION_LABELS

    return DIMENSION_LABELS[dimension].label(language())


def _value_name(dimension: Dimension, row: Row) -> str:
    labels = VALUE_LABELS[dimension]
    names = [labels[v].label(language()) if v in labels else v for v in row.values]
    return listed(names)


SHADES = ("#b42323", "#c67c00", "#d9b300", "#5aa469", "#0b6e4f")
FULL_CIRCLE_M = 450


def map_of(view: View, *, tiles: str) -> dict[str, Any] | None:
    """Return the children on a map: their own boundaries, circles where there are none; None without any.

    Made of the same rows as the table beside it; a hidden share has no colour of its own.
    """
    coverage = view.coverage
    most = max((row.counts.denominator for row in view.rows), default=0)
    shapes: list[dict[str, Any]] = []
    for row in view.rows:
        if len(row.units) != 1:
            continue
        unit = row.units[0]
        share = row.counts.coverage if row.mask.shows("coverage") else None
        shape: dict[str, Any] = {
            "label": f"{unit.name} {'–' if share is None else f'{share:.1%}'}",
            "color": "#5f6b7a" if share is None else SHADES[min(int(share * 5), 4)],
            "to": url_for(
                "standing.show",
                area_id=unit.id,
                campaign=coverage.campaign.id,
                basis=coverage.basis,
            ),
        }
        if unit.boundary:
            shapes.append(shape | {"geometry": unit.boundary})
        elif unit.latitude is not None and unit.longitude is not None and most:
            radius = FULL_CIRCLE_M * max(0.25, (row.counts.denominator / most) ** 0.5)
            at = [unit.latitude, unit.longitude]
            shapes.append(shape | {"at": at, "radius_m": round(radius)})
    return {"shapes": shapes, "tiles": tiles} if shapes else None
