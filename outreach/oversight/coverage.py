"""Where units stand: sums of a unit and its children, read from rollups and counted anew where touched."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.campaigns.codes import CampaignState
from outreach.campaigns.models import Campaign
from outreach.kernel.errors import NotFound
from outreach.oversight.codes import Basis, Dimension
from outreach.oversight.counting import Question, count_by_unit
from outreach.oversight.models import Rollup
from outreach.oversight.rollups import RowKey, Standing, live, standing
from outreach.oversight.rules import COLUMNS, NOBODY, Counts, total
from outreach.places.codes import AreaLevel
from outreach.places.models import Area

MOST_UNITS = 2000


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of the tree as pages show it."""

    id: int
    name: str
    level: AreaLevel
    path: str
    latitude: float | None = None
    longitude: float | None = None
    boundary: dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class UnitCounts:
    """A unit and its sums."""

    unit: Unit
    counts: Counts


@dataclass(frozen=True, slots=True)
class ValueCounts:
    """One value of a dimension and its sums."""

    value: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class CampaignName:
    """A campaign as a choice."""

    id: int
    zh: str
    en: str

    def label(self, language: str) -> str:
        """Return its name."""
        return self.en if language.startswith("en") else self.zh


@dataclass(frozen=True, slots=True)
class Coverage:
    """A unit (or several roots of a scope together) with its children and its finer tables.

    ``without_grid`` are people of a community who belong to no grid (yet): children and they together
    are the whole.
    """

    campaign: CampaignName
    basis: Basis
    day: date
    unit: Unit | None
    above: tuple[Unit, ...]
    whole: Counts
    children: tuple[UnitCounts, ...]
    without_grid: Counts
    by_value: dict[Dimension, tuple[ValueCounts, ...]]


def campaigns(session: Session) -> list[CampaignName]:
    """Return the campaigns that leaders can look at, the newest first."""
    rows = session.scalars(
        select(Campaign)
        .where(Campaign.state.not_in([CampaignState.DRAFT]))
        .order_by(Campaign.opens_on.desc(), Campaign.id)
    )
    return [CampaignName(c.id, c.name_zh, c.name_en) for c in rows]


def choose_campaign(session: Session, campaign_id: int | None) -> CampaignName:
    """Return the campaign asked for, else the one with an open drive that began first; NotFound if none."""
    found = campaigns(session)
    if campaign_id is not None:
        found = [c for c in found if c.id == campaign_id]
    if not found:
        raise NotFound("no_campaign")
    return found[0] if campaign_id is not None else found[-1]


def unit_of(area: Area) -> Unit:
    """Return an area as pages show it."""
    return Unit(
        area.id, area.name, area.level, area.path, area.latitude, area.longitude, area.boundary
    )


def units_by_id(session: Session, ids: Sequence[int]) -> dict[int, Unit]:
    """Return areas by id."""
    rows = session.scalars(select(Area).where(Area.id.in_(ids)).order_by(Area.id))
    return {area.id: unit_of(area) for area in rows}


def children_of(session: Session, unit: Unit | None, *, scope: Scope) -> list[Unit]:
    """Return the units directly below one, or the roots of a scope; inactive ones too: people stay there."""
    question = select(Area).order_by(Area.code, Area.name, Area.id).limit(MOST_UNITS)
    if unit is not None:
        question = question.where(Area.parent_id == unit.id)
    elif scope.is_everywhere:
        question = question.where(Area.parent_id.is_(None))
    else:
        question = question.where(Area.path.in_(scope.paths))
    return [unit_of(area) for area in session.scalars(question)]


def above(session: Session, unit: Unit, *, scope: Scope) -> tuple[Unit, ...]:
    """Return the units above one that lie within the scope, from the top."""
    ids = [int(part) for part in unit.path.strip("/").split("/")][:-1]
    found = units_by_id(session, ids)
    return tuple(found[i] for i in ids if i in found and scope.covers(found[i].path))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader wants to see."""

    campaign: CampaignName
    basis: Basis
    area_id: int | None
    dimensions: tuple[Dimension, ...] = ()


def coverage(session: Session, asked: Asked, *, scope: Scope, now: datetime) -> Coverage:
    """Return where a unit stands (None: the roots of the scope); NotFound outside the scope."""
    fresh = standing(session, now=now)
    unit = _unit(session, asked.area_id, scope=scope)
    below = children_of(session, unit, scope=scope)
    if unit is None and len(below) == 1:
        unit, below = below[0], children_of(session, below[0], scope=scope)
    reader = Reader(session, fresh, asked.campaign.id, asked.basis)
    own = [unit] if unit is not None else below
    rows = reader.rows([u.id for u in own], (Dimension.ALL, *asked.dimensions))
    whole = total(rows.get((u.id, Dimension.ALL, ""), NOBODY) for u in own)
    sums = rows if unit is None else reader.rows([u.id for u in below], (Dimension.ALL,))
    children = tuple(UnitCounts(u, sums.get((u.id, Dimension.ALL, ""), NOBODY)) for u in below)
    is_community = unit is not None and unit.level is AreaLevel.COMMUNITY
    return Coverage(
        campaign=asked.campaign,
        basis=asked.basis,
        day=fresh.day,
        unit=unit,
        above=above(session, unit, scope=scope) if unit is not None else (),
        whole=whole,
        children=children,
        without_grid=whole - total(c.counts for c in children) if is_community else NOBODY,
        by_value=_by_value(rows, [u.id for u in own], asked.dimensions),
    )


def _unit(session: Session, area_id: int | None, *, scope: Scope) -> Unit | None:
    if area_id is None:
        return None
    area = session.get(Area, area_id)
    if area is None or not scope.covers(area.path):
        raise NotFound("area")
    return unit_of(area)


def _by_value(
    rows: dict[tuple[int, Dimension, str], Counts],
    ids: Sequence[int],
    dimensions: Sequence[Dimension],
) -> dict[Dimension, tuple[ValueCounts, ...]]:
    from outreach.oversight.codes import VALUE_LABELS

    found: dict[Dimension, tuple[ValueCounts, ...]] = {}
    for dimension in dimensions:
        values = {v for (i, d, v) in rows if d is dimension and i in set(ids)}
        order = [*VALUE_LABELS[dimension], *sorted(values - VALUE_LABELS[dimension].keys())]
        found[dimension] = tuple(
            ValueCounts(value, total(rows.get((i, dimension, value), NOBODY) for i in ids))
            for value in order
            if value in values
        )
    return found


Key = tuple[int, Dimension, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a unit stands in the tree."""

    path: str
    level: AreaLevel
    parent_id: int | None

    def concerns(self, unit: Place) -> bool:
        """Whether this community is below the unit, or the unit is one of its grids."""
        return self.path.startswith(unit.path) or unit.path.startswith(self.path)


class Reader:
    """Reads sums of units: kept rows, corrected by a fresh count of every touched community below."""

    def __init__(self, session: Session, fresh: Standing, campaign_id: int, basis: Basis) -> None:
        self._session = session
        self._fresh = fresh
        self._campaign_id = campaign_id
        self._basis = basis
        self._counted: dict[tuple[tuple[int, ...], Dimension, bool], dict[RowKey, Counts]] = {}

    def rows(self, area_ids: Sequence[int], dimensions: Sequence[Dimension]) -> dict[Key, Counts]:
        """Return the sums of these units for the dimensions, by (unit, dimension, value)."""
        if not area_ids:
            return {}
        places = self._places(area_ids)
        found = self._kept(area_ids, dimensions)
        self._add_grids(found, places, dimensions)
        self._correct(found, places, dimensions)
        return {key: counts for key, counts in found.items() if counts}

    def _places(self, area_ids: Collection[int]) -> dict[int, Place]:
        rows = self._session.execute(
            select(Area.id, Area.path, Area.level, Area.parent_id).where(Area.id.in_(area_ids))
        )
        return {row.id: Place(row.path, row.level, row.parent_id) for row in rows}

    def _kept(
        self, area_ids: Collection[int], dimensions: Sequence[Dimension]
    ) -> dict[Key, Counts]:
        if not self._fresh.is_built:
            return {}
        rows = self._session.execute(
            select(
                Rollup.area_id,
                Rollup.dimension,
                Rollup.value,
                *(getattr(Rollup, name) for name in COLUMNS),
            ).where(
                Rollup.area_id.in_(area_ids),
                Rollup.campaign_id == self._campaign_id,
                Rollup.basis == self._basis,
                Rollup.dimension.in_(dimensions),
            )
        )
        return {(r[0], r[1], r[2]): Counts(*r[3:]) for r in rows}

    def _correct(
        self, found: dict[Key, Counts], places: dict[int, Place], dimensions: Sequence[Dimension]
    ) -> None:
        """Replace what is kept of touched communities by what is counted now, in every unit asked for."""
        touched = {
            i: touched
            for i, touched in self._places(self._fresh.touched).items()
            if any(touched.concerns(place) for place in places.values())
        }
        if not touched:
            return
        grids = any(place.level is AreaLevel.GRID for place in places.values())
        now = self._count_now(tuple(sorted(touched)), dimensions, grids=grids)
        old = self._kept(touched, dimensions)
        for unit, place in places.items():
            if place.level is AreaLevel.GRID:
                if place.parent_id in touched:
                    counts = now.get((unit, self._basis, Dimension.ALL, ""), NOBODY)
                    found[(unit, Dimension.ALL, "")] = counts
                continue
            mine = {i for i, t in touched.items() if t.path.startswith(place.path)}
            for (area, dimension, value), counts in old.items():
                if area in mine:
                    key = (unit, dimension, value)
                    found[key] = found.get(key, NOBODY) - counts
            for (area, _, dimension, value), counts in now.items():
                if area in mine and dimension in dimensions:
                    key = (unit, dimension, value)
                    found[key] = found.get(key, NOBODY) + counts

    def _count_now(
        self, communities: tuple[int, ...], dimensions: Sequence[Dimension], *, grids: bool
    ) -> dict[RowKey, Counts]:
        """Count touched communities (and their grids) as of this moment, each table once per reader."""
        asked = Question(self._campaign_id, self._basis, self._fresh.day, communities)
        found: dict[RowKey, Counts] = {}
        for dimension in dimensions:
            key = (communities, dimension, grids and dimension is Dimension.ALL)
            if key not in self._counted:
                self._counted[key] = live(
                    self._session, asked, dimensions=(dimension,), with_grids=key[2]
                )
            found |= self._counted[key]
        return found

    def _add_grids(
        self, found: dict[Key, Counts], places: dict[int, Place], dimensions: Sequence[Dimension]
    ) -> None:
        """Count the finer tables of grids, which are not kept: a grid holds a dozen people."""
        grids = {i: p.parent_id for i, p in places.items() if p.level is AreaLevel.GRID}
        communities = tuple(sorted({p for p in grids.values() if p is not None}))
        asked = Question(self._campaign_id, self._basis, self._fresh.day, communities)
        for dimension in dimensions if grids else ():
            if dimension is Dimension.ALL:
                continue
            rows = count_by_unit(self._session, asked, dimension=dimension, unit="grid")
            for (grid, value), counts in rows.items():
                if grid in grids:
                    found[(grid, dimension, value)] = counts
