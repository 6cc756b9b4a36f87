"""What is missing about people, counted by area; each figure opens exactly the people it counts (N7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.ledger_filter import NO_GRID, LedgerFilter, conditions, lacks
from outreach.ledger.models import Resident
from outreach.places.models import Area

GAPS = ("phone", "address", "birth_date", "id_number", "grid")


@dataclass(frozen=True, slots=True)
class GapLine:
    """One area: how many lines it has, and how many lack what. ``grid_id`` 0 are people without a grid."""

    area_id: int
    grid_id: int | None
    name: str
    lines: int
    lacking: dict[str, int]


def gap_lines(
    session: Session, *, campaign_id: int, scope: Scope, day: date
) -> tuple[list[GapLine], GapLine]:
    """Return what is missing by community, or by grid where there is one community only, and in all."""
    asked = LedgerFilter(campaign_id=campaign_id)
    sums = [func.sum(case((lacks(gap), 1), else_=0)).label(gap) for gap in GAPS]
    rows = session.execute(
        select(LedgerEntry.community_id, LedgerEntry.grid_id, func.count().label("lines"), *sums)
        .select_from(LedgerEntry)
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .where(*conditions(session, asked=asked, scope=scope, day=day))
        .group_by(LedgerEntry.community_id, LedgerEntry.grid_id)
    ).all()
    by_grid = len({row.community_id for row in rows}) == 1
    found: dict[tuple[int, int | None], GapLine] = {}
    total = GapLine(0, None, "", 0, dict.fromkeys(GAPS, 0))
    for row in rows:
        key = (row.community_id, (row.grid_id or NO_GRID) if by_grid else None)
        line = found.get(key) or GapLine(*key, "", 0, dict.fromkeys(GAPS, 0))
        counts = {gap: getattr(row, gap) for gap in GAPS}
        found[key] = _plus(line, row.lines, counts)
        total = _plus(total, row.lines, counts)
    return _named(session, list(found.values())), total


def _plus(line: GapLine, lines: int, counts: dict[str, int]) -> GapLine:
    lacking = {gap: line.lacking[gap] + counts[gap] for gap in GAPS}
    return GapLine(line.area_id, line.grid_id, line.name, line.lines + lines, lacking)


def _named(session: Session, lines: list[GapLine]) -> list[GapLine]:
    wanted = {line.grid_id or line.area_id for line in lines}
    names = dict(session.execute(select(Area.id, Area.name).where(Area.id.in_(wanted))).all())
    named = [
        GapLine(
            line.area_id,
            line.grid_id,
            "" if line.grid_id == NO_GRID else names.get(line.grid_id or line.area_id, ""),
            line.lines,
            line.lacking,
        )
        for line in lines
    ]
    return sorted(named, key=lambda line: (-sum(line.lacking.values()), line.name))
