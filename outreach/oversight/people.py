"""Opening a figure: exactly the people it counts, a page at a time, with names only where the right is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.kernel.dates import age_on
from outreach.kernel.errors import NotAllowed, NotFound
from outreach.ledger.codes import EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident
from outreach.oversight.codes import ONLY_STATUSES, Basis, Dimension, Figure
from outreach.oversight.counting import Units, in_figure, units, value_of
from outreach.oversight.coverage import Reader, Unit, children_of, unit_of
from outreach.oversight.rollups import standing
from outreach.places.codes import AreaLevel
from outreach.places.models import Area

PAGE_SIZE = 50
GRID_DEPTH = 4  # the path of a community, '/1/2/3/', has four strokes


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one table: of which unit (None: the scope), by which basis, in which row."""

    campaign_id: int
    figure: Figure
    basis: Basis = Basis.REGISTRATION
    area_id: int | None = None
    dimension: Dimension = Dimension.ALL
    value: str = ""
    no_grid: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """One of the people behind a figure."""

    resident_id: int
    entry_id: int
    name: str
    age: int | None
    unit: str
    status: EntryStatus
    since: datetime
    next_action: str
    next_contact_on: date | None


@dataclass(frozen=True, slots=True)
class People:
    """A page of the people behind a figure, and how many there are in all."""

    unit: Unit | None
    total: int
    people: tuple[Person, ...]


def check_names(unit_path: str | None, scope: Scope) -> None:
    """Raise NotAllowed unless names may be shown everywhere within the unit (or within the scope)."""
    allowed = scope.sees_names if unit_path is None else scope.names_at(unit_path)
    if not allowed or not scope.paths:
        raise NotAllowed("names_not_allowed")


def people_of(
    session: Session, cell: Cell, *, scope: Scope, now: datetime, page: int = 1
) -> People:
    """Return one page of exactly the people whom the figure counts.

    NotFound outside the scope; NotAllowed where the reader may see figures and no names.
    """
    unit = unit_in_scope(session, cell.area_id, scope=scope)
    check_names(unit.path if unit else None, scope)
    day = standing(session, now=now).day
    total = _total(session, cell, unit, scope, now=now)
    rows = session.execute(
        _over(select(LedgerEntry, Resident, Area.name), cell, unit, scope, day, named=True)
        .order_by(*_order(unit))
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    )
    return People(unit, total, tuple(person_of(row[0], row[1], row[2], day) for row in rows))


def people_of_lines(
    session: Session, entry_ids: Sequence[int], *, unit: Unit | None, day: date, page: int = 1
) -> People:
    """Return one page of the people of these lines, whatever became of them since."""
    ids = sorted(set(entry_ids))[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    rows = session.execute(
        select(LedgerEntry, Resident, Area.name)
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .join(Area, Area.id == func.coalesce(LedgerEntry.grid_id, LedgerEntry.community_id))
        .where(LedgerEntry.id.in_(ids))
        .order_by(LedgerEntry.id)
    )
    people = tuple(person_of(row[0], row[1], row[2], day) for row in rows)
    return People(unit, len(set(entry_ids)), people)


def ids_of(session: Session, cell: Cell, *, scope: Scope, now: datetime) -> list[int]:
    """Return the resident ids behind a figure: for exports and for the test that opens every figure."""
    unit = unit_in_scope(session, cell.area_id, scope=scope)
    check_names(unit.path if unit else None, scope)
    day = standing(session, now=now).day
    question = _over(select(LedgerEntry.resident_id), cell, unit, scope, day)
    return list(session.scalars(question.order_by(LedgerEntry.id)))


def _total(session: Session, cell: Cell, unit: Unit | None, scope: Scope, *, now: datetime) -> int:
    """Return the figure itself, read as the table read it: no line is counted to open a list."""
    fresh = standing(session, now=now)
    if cell.no_grid:
        question = _over(select(func.count()), cell, unit, scope, fresh.day)
        return session.scalar(question) or 0
    own = [unit] if unit is not None else children_of(session, None, scope=scope)
    reader = Reader(session, fresh, cell.campaign_id, cell.basis)
    rows = reader.rows([u.id for u in own], (cell.dimension,))
    found = (c for (_, _, value), c in rows.items() if value == cell.value)
    return sum(counts.of(cell.figure) for counts in found)


def _order(unit: Unit | None) -> tuple[Any, ...]:
    """Return the order of a named list: by unit.

    An index has the order of lines, and a long list ends at its first page. Within one community the
    order is said by the place shown: along that index SQLite would read the whole campaign.
    """
    if unit is not None and unit.level is AreaLevel.COMMUNITY:
        return Area.id, LedgerEntry.id
    return LedgerEntry.community_id, LedgerEntry.grid_id, LedgerEntry.id


def unit_in_scope(session: Session, area_id: int | None, *, scope: Scope) -> Unit | None:
    """Return the unit; NotFound unless it lies within the scope."""
    if area_id is None:
        return None
    area = session.get(Area, area_id)
    if area is None or not scope.covers(area.path):
        raise NotFound("area")
    return unit_of(area)


def person_of(entry: LedgerEntry, resident: Resident, place: str, day: date) -> Person:
    """Return a line and its person as lists show them."""
    return Person(
        resident_id=resident.id,
        entry_id=entry.id,
        name=resident.name,
        age=age_on(day, born_on=resident.born_on) if resident.born_on else None,
        unit=place,
        status=entry.status,
        since=entry.status_since,
        next_action=entry.next_action,
        next_contact_on=entry.next_contact_on,
    )


def _over(
    question: Select[*tuple[Any, ...]],
    cell: Cell,
    unit: Unit | None,
    scope: Scope,
    day: date,
    *,
    named: bool = False,
) -> Select[*tuple[Any, ...]]:
    belong = units(cell.basis, day, cell.campaign_id)
    needs_resident = (
        named or cell.dimension is not Dimension.ALL or cell.basis is Basis.REGISTRATION
    )
    question = belong.join(question, with_resident=needs_resident)
    if named:
        place = func.coalesce(belong.grid, belong.community)
        question = question.join(Area, Area.id == place)
    conditions = [
        LedgerEntry.campaign_id == cell.campaign_id,
        LedgerEntry.is_counted,
        in_figure(cell.figure, cell.basis),
        _place_condition(cell, unit, scope, belong),
    ]
    if cell.no_grid:
        conditions.append(belong.grid.is_(None))
    if cell.dimension is not Dimension.ALL:
        conditions.append(value_of(cell.dimension, day) == cell.value)
        if cell.dimension in ONLY_STATUSES:
            conditions.append(LedgerEntry.status.in_(sorted(ONLY_STATUSES[cell.dimension])))
    return question.where(*conditions)


def _place_condition(
    cell: Cell, unit: Unit | None, scope: Scope, belong: Units
) -> ColumnElement[bool]:
    if unit is not None and unit.level is AreaLevel.GRID:
        # By residence a guest has no grid here, and by registration the grid is the line's own.
        condition: ColumnElement[bool] = belong.grid == unit.id
        return condition
    if unit is not None and unit.level is AreaLevel.COMMUNITY:
        within: ColumnElement[bool] = belong.within([unit.id])
        return within
    if unit is None and scope.is_everywhere:
        return belong.within(None)
    paths: Sequence[str] = (unit.path,) if unit is not None else scope.paths
    inside = select(Area.id).where(
        Area.level == AreaLevel.COMMUNITY,
        or_(*(Area.path.startswith(path, autoescape=True) for path in paths)),
    )
    below: ColumnElement[bool] = belong.within(inside)
    if unit is None and any(path.count("/") > GRID_DEPTH for path in scope.paths):
        grids = select(Area.id).where(Area.level == AreaLevel.GRID, Area.path.in_(scope.paths))
        below = or_(below, belong.grid.in_(grids))
    return below
