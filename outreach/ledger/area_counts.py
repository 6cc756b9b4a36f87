"""Counts by area that sum, and the filter that opens each of them into exactly its people (N7)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.ledger.codes import BESIDE_DENOMINATOR, DUE, STRUCK_OFF, EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.ledger_filter import NO_GRID, LedgerFilter, conditions
from outreach.ledger.models import Resident
from outreach.ledger.visibility import Basis, community_on
from outreach.places.codes import AreaLevel
from outreach.places.models import Area
from outreach.places.queries import children, get_area


@dataclass(frozen=True, slots=True)
class AreaCounts:
    """How the lines of one area divide by status; the parts always sum to ``total`` (N7)."""

    area_id: int | None
    grid_id: int | None
    name: str
    by_status: dict[EntryStatus, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Return every line, those beside the denominator included."""
        return sum(self.by_status.values())

    @property
    def denominator(self) -> int:
        """Return the lines of which coverage is a part (decisions §1)."""
        return self.total - sum(self.by_status.get(s, 0) for s in BESIDE_DENOMINATOR)

    @property
    def due(self) -> int:
        """Return the open part."""
        return sum(self.by_status.get(status, 0) for status in DUE)

    @property
    def struck_off(self) -> int:
        """Return the closed part."""
        return sum(self.by_status.get(status, 0) for status in STRUCK_OFF)

    @property
    def vaccinated(self) -> int:
        """Return the vaccinated."""
        return self.by_status.get(EntryStatus.VACCINATED, 0)


def counts_below(
    session: Session, *, campaign_id: int, area_id: int, scope: Scope, day: date, basis: Basis
) -> list[AreaCounts]:
    """Return the counts of each area directly below ``area_id``, those with nobody included.

    Below a community the parts are its grids, and people without one stand in a part of their own; so
    the parts sum to the whole (``filter_of`` opens each into its people).
    """
    area = get_area(session, area_id)
    asked = LedgerFilter(campaign_id=campaign_id, area_id=area_id, basis=basis)
    where = conditions(session, asked=asked, scope=scope, day=day)
    if area.level is AreaLevel.COMMUNITY:
        return _by_grid(session, area, where)
    is_staying = basis is Basis.STAYING
    community = community_on(basis, day) if is_staying else LedgerEntry.community_id.expression
    question = select(community.label("community"), LedgerEntry.status, func.count())
    question = question.select_from(LedgerEntry)
    if is_staying:
        question = question.join(Resident, Resident.id == LedgerEntry.resident_id)
    rows = session.execute(question.where(*where).group_by(community, LedgerEntry.status)).all()
    paths = dict(
        session.execute(
            select(Area.id, Area.path).where(Area.id.in_({row[0] for row in rows}))
        ).all()
    )
    parts = {c.id: AreaCounts(c.id, None, c.name) for c in children(session, area_id)}
    roots = {c.path: c.id for c in children(session, area_id)}
    own = AreaCounts(area_id, None, area.name)
    for community_id, status, number in rows:
        path = paths[community_id]
        root = next((i for p, i in roots.items() if path.startswith(p)), None)
        part = parts[root] if root is not None else own
        part.by_status[status] = part.by_status.get(status, 0) + number
    return [*parts.values(), *([own] if own.by_status else [])]


def filter_of(
    counts: AreaCounts, *, campaign_id: int, community_id: int | None, basis: Basis
) -> LedgerFilter:
    """Return the filter that opens a part of ``counts_below`` into exactly the people it counts."""
    asked = LedgerFilter(campaign_id=campaign_id, area_id=counts.area_id, basis=basis)
    if counts.grid_id is None:
        return asked
    return replace(asked, area_id=community_id, grid_id=counts.grid_id)


def _by_grid(session: Session, area: Area, where: list[ColumnElement[bool]]) -> list[AreaCounts]:
    rows = session.execute(
        select(LedgerEntry.grid_id, LedgerEntry.status, func.count())
        .select_from(LedgerEntry)
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .where(*where)
        .group_by(LedgerEntry.grid_id, LedgerEntry.status)
    ).all()
    parts = {c.id: AreaCounts(c.id, c.id, c.name) for c in children(session, area.id)}
    rest = AreaCounts(area.id, NO_GRID, "")
    names = {row[0] for row in rows if row[0] is not None} - set(parts)
    for grid in session.scalars(select(Area).where(Area.id.in_(names)).order_by(Area.id)):
        # Somebody of another community's grid who stays here counts here, under that grid's name.
        parts[grid.id] = AreaCounts(grid.id, grid.id, grid.name)
    for grid_id, status, number in rows:
        part = parts[grid_id] if grid_id is not None else rest
        part.by_status[status] = part.by_status.get(status, 0) + number
    return [*parts.values(), *([rest] if rest.by_status else [])]
