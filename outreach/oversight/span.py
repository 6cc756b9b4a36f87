"""Of which units and which days work is measured, and the people behind a measured number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from outreach.ledger.entry_models import LedgerEntry
from outreach.oversight.coverage import Unit
from outreach.places.codes import AreaLevel
from outreach.places.models import Area

LONGEST_DAYS = 92


@dataclass(frozen=True, slots=True)
class Span:
    """Units (several roots of a scope together), a campaign, and whole local days."""

    units: tuple[Unit, ...]
    campaign_id: int
    since: date
    until: date
    zone: ZoneInfo

    @property
    def from_at(self) -> datetime:
        """The first instant."""
        return datetime.combine(self.since, time(0), tzinfo=self.zone)

    @property
    def before_at(self) -> datetime:
        """The first instant that is over."""
        return datetime.combine(self.until + timedelta(days=1), time(0), tzinfo=self.zone)

    def covers(self, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """Return the condition that an instant lies in these days."""
        return (column >= self.from_at) & (column < self.before_at)

    def mine(self) -> ColumnElement[bool]:
        """Return the condition that a line of the ledger is counted in these units and this campaign."""
        return (
            (LedgerEntry.campaign_id == self.campaign_id)
            & LedgerEntry.is_counted
            & within_units(self.units, LedgerEntry.community_id, LedgerEntry.grid_id)
        )


def within_units(
    units: tuple[Unit, ...],
    community: InstrumentedAttribute[int],
    grid: InstrumentedAttribute[int | None],
) -> ColumnElement[bool]:
    """Return the condition that a row belongs to one of the units, by registration."""
    grids = [unit.id for unit in units if unit.level is AreaLevel.GRID]
    paths = [unit.path for unit in units if unit.level is not AreaLevel.GRID]
    parts: list[ColumnElement[bool]] = []
    if paths:
        inside = select(Area.id).where(
            Area.level == AreaLevel.COMMUNITY,
            or_(*(Area.path.startswith(path, autoescape=True) for path in paths)),
        )
        parts.append(community.in_(inside))
    if grids:
        parts.append(grid.in_(grids))
    return or_(*parts)


Lines = Select[int]
ListOf = Callable[[Span, str], Lines]


def how_many(session: Session, lines: Lines) -> int:
    """Return how many different lines a list holds."""
    return session.scalar(select(func.count()).select_from(lines.distinct().subquery())) or 0
