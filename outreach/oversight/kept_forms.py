"""Superiors' forms as they are kept: added with their mapping, filled with the figures of the moment."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.oversight.codes import Basis, Dimension, Figure
from outreach.oversight.coverage import CampaignName, Reader
from outreach.oversight.forms import (
    FilledCell,
    FormSheet,
    fill,
    marks_of,
    open_form,
    place,
    suggest,
)
from outreach.oversight.models import ReportForm
from outreach.oversight.people import check_names
from outreach.oversight.rollups import standing
from outreach.oversight.rules import NOBODY
from outreach.places.models import Area


@dataclass(frozen=True, slots=True)
class FormLine:
    """A kept form in a list."""

    id: int
    name: str
    area: str
    cells: tuple[FilledCell, ...]
    made_at: datetime


def add_form(
    session: Session,
    *,
    name: str,
    content: bytes,
    area_id: int,
    scope: Scope,
    by: int,
    now: datetime,
) -> ReportForm:
    """Keep a form; cells whose heading and row are understood are mapped by themselves."""
    area = _area(session, area_id, scope)
    if not name.strip():
        raise InvalidInput("field_required", field="name")
    sheet = open_form(content)
    cells = suggest(sheet, _units(session, area))
    form = ReportForm(
        area_id=area.id,
        name=name.strip(),
        file=content,
        cells=_stored(cells),
        marks=marks_of(sheet, cells),
        made_by=by,
        made_at=now,
    )
    session.add(form)
    session.flush()
    return form


def replace_file(session: Session, *, form_id: int, content: bytes, scope: Scope) -> ReportForm:
    """Take a newer file of the same form; FormChanged says what moved, and nothing is kept."""
    form = _form(session, form_id, scope)
    fill(content, {}, marks=form.marks)
    form.file = content
    session.flush()
    return form


def map_cells(session: Session, *, form_id: int, text: str, scope: Scope) -> ReportForm:
    """Set which cell gets which figure of which unit: one 'B5 vaccinated UNIT' a line."""
    form = _form(session, form_id, scope)
    units = _units(session, _area(session, form.area_id, scope))
    cells = [_line(line, units) for line in text.splitlines() if line.strip()]
    sheet = open_form(form.file)
    if {cell.cell for cell in cells} & sheet.formulas:
        raise InvalidInput("form_formula", field="cells")
    form.cells, form.marks = _stored(cells), marks_of(sheet, cells)
    session.flush()
    return form


def filled(
    session: Session,
    *,
    form_id: int,
    campaign: CampaignName,
    scope: Scope,
    now: datetime,
    basis: Basis = Basis.REGISTRATION,
) -> bytes:
    """Return the form filled with the figures of this moment; only for readers who see every number."""
    form = _form(session, form_id, scope)
    check_names(_area(session, form.area_id, scope).path, scope)
    cells = cells_of(form)
    reader = Reader(session, standing(session, now=now), campaign.id, basis)
    rows = reader.rows(sorted({cell.area_id for cell in cells}), (Dimension.ALL,))
    values = {
        cell.cell: rows.get((cell.area_id, Dimension.ALL, ""), NOBODY).of(Figure(cell.figure))
        for cell in cells
    }
    return fill(form.file, values, marks=form.marks)


def forms_of(session: Session, *, scope: Scope) -> list[FormLine]:
    """Return the kept forms within the scope, newest first."""
    rows = session.execute(
        select(ReportForm, Area.name, Area.path)
        .join(Area, Area.id == ReportForm.area_id)
        .order_by(ReportForm.made_at.desc(), ReportForm.id)
        .limit(500)
    )
    return [
        FormLine(row[0].id, row[0].name, row[1], cells_of(row[0]), row[0].made_at)
        for row in rows
        if scope.covers(row[2])
    ]


def cells_of(form: ReportForm) -> tuple[FilledCell, ...]:
    """Return the mapping of a kept form."""
    return tuple(FilledCell(**cell) for cell in form.cells["cells"])


def mapping_text(session: Session, cells: tuple[FilledCell, ...]) -> str:
    """Return a mapping as the lines that ``map_cells`` reads."""
    names = {
        area.id: area.name
        for area in session.scalars(select(Area).where(Area.id.in_([c.area_id for c in cells])))
    }
    return "\n".join(f"{c.cell} {c.figure} {names.get(c.area_id, '?')}" for c in cells)


def sheet_of(session: Session, *, form_id: int, scope: Scope) -> FormSheet:
    """Return what stands in a kept form."""
    return open_form(_form(session, form_id, scope).file)


def _stored(cells: list[FilledCell]) -> dict[str, object]:
    return {"cells": [asdict(cell) for cell in cells]}


def _line(line: str, units: dict[str, int]) -> FilledCell:
    parts = line.split(None, 2)
    if len(parts) != 3 or parts[1] not in set(Figure) or parts[2] not in units:
        raise InvalidInput("form_line", field="cells", line=line[:60])
    place(parts[0])
    return FilledCell(parts[0], parts[1], units[parts[2]])


def _units(session: Session, area: Area) -> dict[str, int]:
    rows = session.scalars(
        select(Area)
        .where(Area.path.startswith(area.path, autoescape=True))
        .order_by(Area.path.desc())
    )
    # Of two units of one name the higher one wins: forms speak of streets before grids.
    return {row.name: row.id for row in rows}


def _area(session: Session, area_id: int, scope: Scope) -> Area:
    area = session.get(Area, area_id)
    if area is None or not scope.covers(area.path):
        raise NotFound("area")
    return area


def _form(session: Session, form_id: int, scope: Scope) -> ReportForm:
    form = session.get(ReportForm, form_id)
    if form is None:
        raise NotFound("not_found")
    _area(session, form.area_id, scope)
    return form
