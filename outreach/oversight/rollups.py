"""Sums kept per unit: written by counting whole communities, exact at every moment.

An act that changes a person leaves a touch of the person's communities in its own transaction. Readers
add up rollup rows and count touched communities anew, so that a figure is never older than the facts;
the tick (``refresh``) writes what was touched and removes the touches it saw.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, union
from sqlalchemy.orm import Session

from outreach.campaigns.models import Campaign
from outreach.ledger.codes import EntryStatus
from outreach.ledger.entries import among
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident, Stay
from outreach.oversight.codes import ONLY_STATUSES, Basis, Dimension
from outreach.oversight.counting import Question, count_by_unit
from outreach.oversight.models import Rollup, RollupState, RollupTouch
from outreach.oversight.rules import COLUMNS, NOBODY, Counts
from outreach.places.codes import AreaLevel
from outreach.places.models import Area
from outreach.places.queries import local_day

CHUNK = 4000
# So many communities are written at once that memory and the number of variables stay flat.
COMMUNITIES_AT_ONCE = 200

RowKey = tuple[int, Basis, Dimension, str]  # area, basis, dimension, value


def touch_residents(
    session: Session, resident_ids: Sequence[int], *, communities: Iterable[int] = ()
) -> None:
    """Note that these people's communities (registered, of any stay, and ``communities``) changed.

    ``communities`` are those in which their lines stood before the act.
    """
    ids = sorted(set(resident_ids))
    found = set(communities)
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        homes = select(Resident.community_id).where(among(Resident.id, some))
        stays = select(Stay.community_id).where(
            among(Stay.resident_id, some), Stay.community_id.is_not(None)
        )
        found |= {int(i) for i in session.scalars(union(homes, stays)) if i is not None}
    touch(session, found)


def touch(session: Session, community_ids: Iterable[int]) -> None:
    """Note that these communities must be counted anew."""
    ids = sorted(set(community_ids))
    if ids:
        session.execute(insert(RollupTouch), [{"community_id": i} for i in ids])


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of the rollups: the day of their ages, and which communities wait to be counted."""

    day: date
    is_built: bool
    touched: frozenset[int]


def standing(session: Session, *, now: datetime) -> Standing:
    """Return how fresh the rollups are; without any, every community counts as touched."""
    state = session.scalars(select(RollupState).order_by(RollupState.id).limit(1)).first()
    if state is None:
        everywhere = select(Area.id).where(Area.level == AreaLevel.COMMUNITY)
        return Standing(local_day(session, now), False, frozenset(session.scalars(everywhere)))  # noqa: FBT003
    touched = frozenset(session.scalars(select(RollupTouch.community_id).distinct()))
    return Standing(state.on, is_built=True, touched=touched)


def refresh(session: Session, *, now: datetime) -> int:
    """Write the sums of touched communities and of all above them; return how many there were.

    The first call, and the first of a new local day, writes everything.
    """
    day = local_day(session, now)
    state = session.scalars(
        select(RollupState).order_by(RollupState.id).limit(1).with_for_update()
    ).first()
    if state is None or state.on != day:
        return rebuild(session, day=day, now=now)
    seen = session.execute(select(RollupTouch.id, RollupTouch.community_id)).all()
    if not seen:
        return 0
    communities = sorted({row.community_id for row in seen})
    _write(session, communities, day=day)
    last = max(row.id for row in seen)
    listed = [row.id for row in seen]
    # On PostgreSQL a touch below the last one may still be in another's hands: remove only those seen.
    for start in range(0, len(listed), CHUNK):
        some = listed[start : start + CHUNK]
        session.execute(delete(RollupTouch).where(RollupTouch.id.in_(some), RollupTouch.id <= last))
    return len(communities)


def rebuild(session: Session, *, day: date, now: datetime) -> int:
    """Write every sum anew for the local day; return how many communities there are."""
    seen = list(session.scalars(select(RollupTouch.id)))
    communities = list(
        session.scalars(select(Area.id).where(Area.level == AreaLevel.COMMUNITY).order_by(Area.id))
    )
    _write(session, communities, day=day, whole=True)
    for start in range(0, len(seen), CHUNK):
        session.execute(delete(RollupTouch).where(RollupTouch.id.in_(seen[start : start + CHUNK])))
    state = session.scalars(select(RollupState).order_by(RollupState.id).limit(1)).first()
    if state is None:
        session.add(RollupState(on=day, rebuilt_at=now))
    else:
        state.on, state.rebuilt_at = day, now
    session.flush()
    return len(communities)


def counted_campaigns(session: Session) -> list[int]:
    """Return the campaigns that have any line."""
    return list(
        session.scalars(
            select(Campaign.id)
            .where(select(LedgerEntry.id).where(LedgerEntry.campaign_id == Campaign.id).exists())
            .order_by(Campaign.id)
        )
    )


def live(
    session: Session,
    asked: Question,
    *,
    dimensions: Iterable[Dimension],
    with_grids: bool = True,
) -> dict[RowKey, Counts]:
    """Return the rollup rows of communities (and their grids) as counted from the lines at this moment."""
    rows: dict[RowKey, Counts] = {}
    if with_grids:
        grids = count_by_unit(session, asked, dimension=Dimension.ALL, unit="grid")
        for (grid, _), counts in grids.items():
            rows[(grid, asked.basis, Dimension.ALL, "")] = counts
    for dimension in dimensions:
        for (community, value), counts in count_by_unit(
            session, asked, dimension=dimension, unit="community"
        ).items():
            rows[(community, asked.basis, dimension, value)] = counts
    return rows


def _write(session: Session, communities: Sequence[int], *, day: date, whole: bool = False) -> None:
    paths = _paths(session)
    for campaign_id in counted_campaigns(session):
        if whole:
            session.execute(delete(Rollup).where(Rollup.campaign_id == campaign_id))
        for basis in Basis:
            rows: dict[RowKey, Counts] = {}
            parts = [None] if whole else list(_parts(communities))
            for part in parts:
                asked = Question(campaign_id, basis, day, part)
                rows |= live(session, asked, dimensions=Dimension)
                if part is not None:
                    _remove(session, campaign_id, basis, _with_grids(part, paths))
            _insert(session, campaign_id, rows)
            _sum_up(session, campaign_id, basis, communities, paths)


def _parts(ids: Sequence[int]) -> Iterable[tuple[int, ...]]:
    for start in range(0, len(ids), COMMUNITIES_AT_ONCE):
        yield tuple(ids[start : start + COMMUNITIES_AT_ONCE])


@dataclass(frozen=True, slots=True)
class Node:
    """One area as rollups need it."""

    id: int
    parent_id: int | None
    level: AreaLevel


def _paths(session: Session) -> dict[int, Node]:
    rows = session.execute(select(Area.id, Area.parent_id, Area.level))
    return {row.id: Node(row.id, row.parent_id, row.level) for row in rows}


def _with_grids(communities: Collection[int], nodes: dict[int, Node]) -> list[int]:
    wanted = set(communities)
    grids = [n.id for n in nodes.values() if n.parent_id in wanted]
    return [*sorted(wanted), *sorted(grids)]


def _remove(session: Session, campaign_id: int, basis: Basis, area_ids: Sequence[int]) -> None:
    for start in range(0, len(area_ids), CHUNK):
        session.execute(
            delete(Rollup).where(
                Rollup.campaign_id == campaign_id,
                Rollup.basis == basis,
                Rollup.area_id.in_(area_ids[start : start + CHUNK]),
            )
        )


def _insert(session: Session, campaign_id: int, rows: dict[RowKey, Counts]) -> None:
    listed = [
        {
            "area_id": area,
            "campaign_id": campaign_id,
            "basis": basis,
            "dimension": dimension,
            "value": value,
            **{name: getattr(counts, name) for name in COLUMNS},
        }
        for (area, basis, dimension, value), counts in rows.items()
        if counts
    ]
    for start in range(0, len(listed), CHUNK):
        session.execute(insert(Rollup), listed[start : start + CHUNK])


def _sum_up(
    session: Session,
    campaign_id: int,
    basis: Basis,
    communities: Sequence[int],
    nodes: dict[int, Node],
) -> None:
    """Write the rows of streets, then of districts, as sums of the rows below them."""
    above = {nodes[i].parent_id for i in communities if i in nodes} - {None}
    while above:
        ids = sorted(i for i in above if i is not None)
        _remove(session, campaign_id, basis, ids)
        sums = [func.sum(getattr(Rollup, name)).label(name) for name in COLUMNS]
        question = (
            select(Area.parent_id, Rollup.dimension, Rollup.value, *sums)
            .join(Area, Area.id == Rollup.area_id)
            .where(
                Rollup.campaign_id == campaign_id,
                Rollup.basis == basis,
                Area.parent_id.in_(ids),
            )
            .group_by(Area.parent_id, Rollup.dimension, Rollup.value)
        )
        rows: dict[RowKey, Counts] = {}
        for row in session.execute(question):
            counts = Counts(*(int(getattr(row, name)) for name in COLUMNS))
            rows[(row.parent_id, basis, row.dimension, row.value)] = counts
        _insert(session, campaign_id, rows)
        above = {nodes[i].parent_id for i in ids} - {None}


@dataclass(frozen=True, slots=True)
class Difference:
    """A rollup row that a recount did not confirm."""

    area_id: int
    campaign_id: int
    basis: Basis
    dimension: Dimension
    value: str
    kept: Counts
    counted: Counts


def prove(session: Session, *, now: datetime) -> list[Difference]:
    """Recount every unit from the lines and return what differs from the sums kept (there must be none).

    Counted person by person in Python, along each person's path in the tree, so that the proof shares no
    grouping with what it proves. Touched communities are counted first; a difference is repaired.
    """
    refresh(session, now=now)
    state = session.scalars(
        select(RollupState).order_by(RollupState.id).limit(1).with_for_update()
    ).one()
    found: list[Difference] = []
    nodes = _paths(session)
    for campaign_id in counted_campaigns(session):
        for basis in Basis:
            kept = _kept(session, campaign_id, basis)
            counted = _recount(session, campaign_id, basis, state.on, nodes)
            for key in sorted(kept.keys() | counted.keys()):
                was, is_ = kept.get(key, NOBODY), counted.get(key, NOBODY)
                if was != is_:
                    found.append(Difference(key[0], campaign_id, basis, key[1], key[2], was, is_))
    if found:
        rebuild(session, day=state.on, now=now)
    state.proved_at, state.differences = now, len(found)
    session.flush()
    return found


def _kept(
    session: Session, campaign_id: int, basis: Basis
) -> dict[tuple[int, Dimension, str], Counts]:
    rows = session.execute(
        select(
            Rollup.area_id,
            Rollup.dimension,
            Rollup.value,
            *(getattr(Rollup, name) for name in COLUMNS),
        ).where(Rollup.campaign_id == campaign_id, Rollup.basis == basis)
    )
    return {(r[0], r[1], r[2]): Counts(*r[3:]) for r in rows}


def _recount(
    session: Session, campaign_id: int, basis: Basis, day: date, nodes: dict[int, Node]
) -> dict[tuple[int, Dimension, str], Counts]:
    from outreach.oversight.counting import is_elsewhere, is_unknown, units, value_of

    belong = units(basis, day, campaign_id)
    values = [value_of(dimension, day).label(str(dimension)) for dimension in Dimension]
    question = belong.join(
        select(
            belong.community.label("community"),
            belong.grid.label("grid"),
            LedgerEntry.status,
            is_unknown().label("unknown"),
            is_elsewhere(basis).label("elsewhere"),
            *values,
        ),
        with_resident=True,
    ).where(LedgerEntry.campaign_id == campaign_id, LedgerEntry.is_counted)
    tally: dict[tuple[int, Dimension, str], dict[str, int]] = {}
    for row in session.execute(question):
        for area in _units_above(row.community, row.grid, nodes):
            for dimension in Dimension:
                if not _speaks_of(dimension, area, row.status, nodes):
                    continue
                key = (area, dimension, getattr(row, str(dimension)))
                _tally(tally.setdefault(key, {}), row)
    return {key: Counts(**cell) for key, cell in tally.items()}


def _units_above(community: int, grid: int | None, nodes: dict[int, Node]) -> list[int]:
    path = [grid] if grid is not None else []
    here: int | None = community
    while here is not None:
        path.append(here)
        here = nodes[here].parent_id
    return path


def _speaks_of(
    dimension: Dimension, area: int, status: EntryStatus, nodes: dict[int, Node]
) -> bool:
    if nodes[area].level is AreaLevel.GRID and dimension is not Dimension.ALL:
        return False
    return dimension not in ONLY_STATUSES or status in ONLY_STATUSES[dimension]


def _tally(cell: dict[str, int], row: Any) -> None:  # noqa: ANN401 - a result row
    if row.elsewhere:
        cell["elsewhere"] = cell.get("elsewhere", 0) + 1
        return
    cell[str(row.status)] = cell.get(str(row.status), 0) + 1
    if row.unknown:
        cell["unknown"] = cell.get("unknown", 0) + 1
