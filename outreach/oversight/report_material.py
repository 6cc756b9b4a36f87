"""What the reports of one evening share: read once for all their units, not once for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.ledger.entry_models import LedgerEntry
from outreach.oversight.changes import Change
from outreach.oversight.coverage import Unit, unit_of
from outreach.oversight.history import (
    PACE_DAYS,
    Bridge,
    Sight,
    bridge_of,
    changes_between,
    frozen_by_unit,
    frozen_days,
    speed_of,
)
from outreach.oversight.responsibility import TargetLine, targets
from outreach.oversight.rules import NOBODY, Counts
from outreach.oversight.span import Span
from outreach.oversight.traffic import HARMS, LISTS
from outreach.oversight.viewing import Known
from outreach.places.codes import AreaLevel
from outreach.places.models import Area
from outreach.places.queries import local_zone

DAYS_KEPT_IN_MIND = 30
MANY_UNITS = 50  # of so many units the whole tree is read: one question is shorter than naming them


class Material:
    """Changes, frozen sums, harms and targets below some units, for the reports of one day.

    Of one campaign and basis, and of one transaction.
    """

    def __init__(
        self, session: Session, sight: Sight, *, on: date, known: Known | None = None
    ) -> None:
        self.known: Known = {} if known is None else known
        self.days = [d for d in frozen_days(session, limit=DAYS_KEPT_IN_MIND) if d <= on]
        self._session = session
        self._sight = sight
        self._pace_from = min((d for d in self.days if d >= on - timedelta(PACE_DAYS)), default=on)
        self._below = _communities_below(session)
        self._tops = _tops(session, sight.units)
        self._changes: list[Change] = []
        self._changes_at: dict[int, list[int]] | None = None
        self._sums: dict[date, dict[int, Counts]] = {}
        self._harms: dict[tuple[date, date], dict[tuple[str, int], int]] = {}
        self._targets: dict[int, TargetLine] | None = None

    def frozen_before(self, back: int) -> date | None:
        """Return the frozen day at least ``back`` days before the newest one, or the oldest; None of one."""
        if len(self.days) < 2:
            return None
        return next((d for d in self.days[1:] if (self.days[0] - d).days >= back), self.days[-1])

    def bridge(self, unit: Unit, *, since: date, until: date) -> Bridge:
        """Return why a unit's coverage differs between two of the frozen days."""
        changes = [c for c in self._changes_of(unit) if since < c.on <= until]
        return bridge_of(
            changes,
            self._areas(unit),
            self._sight.basis,
            (since, self._frozen(since).get(unit.id, NOBODY)),
            (until, self._frozen(until).get(unit.id, NOBODY)),
        )

    def doses_per_day(self, unit: Unit) -> float:
        """Return how many people of a unit were vaccinated a day over the last two frozen weeks."""
        if not self.days or self.days[0] <= self._pace_from:
            return 0.0
        first, last = self._pace_from, self.days[0]
        changes = [c for c in self._changes_of(unit) if first < c.on <= last]
        return speed_of(changes, self._areas(unit), self._sight.basis, days=(last - first).days)

    def harm(self, unit: Unit, code: str, days: tuple[date, date]) -> int:
        """Return of how many people of a unit a harm is known in these days, both included."""
        if days not in self._harms:
            self._harms[days] = self._count_harms(days)
        return sum(self._harms[days].get((code, area), 0) for area in self._areas(unit))

    def target(self, unit: Unit) -> TargetLine | None:
        """Return what a unit is to reach."""
        if self._targets is None:
            ids = [one.id for one in self._sight.units]
            self._targets = targets(
                self._session, area_ids=ids, campaign_id=self._sight.campaign_id
            )
        return self._targets.get(unit.id)

    def _areas(self, unit: Unit) -> frozenset[int]:
        if unit.level is AreaLevel.GRID:
            return frozenset({unit.id})
        return self._below.get(unit.id, frozenset())

    def _changes_of(self, unit: Unit) -> list[Change]:
        if self._changes_at is None:
            self._changes_at = self._read_changes()
        mine = {i for area in self._areas(unit) for i in self._changes_at.get(area, ())}
        return [self._changes[i] for i in sorted(mine)]

    def _read_changes(self) -> dict[int, list[int]]:
        starts = [self._pace_from, self.frozen_before(7), self.frozen_before(1)]
        since = min(day for day in starts if day is not None)
        wide = Sight(self._sight.campaign_id, self._sight.basis, self._tops)
        self._changes = changes_between(self._session, wide, since=since, until=self.days[0])
        found: dict[int, list[int]] = defaultdict(list)
        for i, change in enumerate(self._changes):
            for area in change.areas():
                found[area].append(i)
        return found

    def _frozen(self, day: date) -> dict[int, Counts]:
        if day not in self._sums:
            self._sums[day] = frozen_by_unit(self._session, self._sight, on=day)
        return self._sums[day]

    def _count_harms(self, days: tuple[date, date]) -> dict[tuple[str, int], int]:
        span = Span(self._tops, self._sight.campaign_id, *days, local_zone(self._session))
        people = func.count(LedgerEntry.id.distinct())
        place = (LedgerEntry.community_id, LedgerEntry.grid_id)
        found: dict[tuple[str, int], int] = defaultdict(int)
        for harm in HARMS:
            lines = LISTS["harm"](span, harm.code).with_only_columns(*place, people)
            for community, grid, count in self._session.execute(lines.group_by(*place)):
                found[harm.code, community] += count
                if grid is not None:
                    found[harm.code, grid] += count
        return found


def _communities_below(session: Session) -> dict[int, frozenset[int]]:
    """Return for each unit the communities in it; a community is in itself."""
    found: dict[int, set[int]] = defaultdict(set)
    rows = session.execute(select(Area.id, Area.path).where(Area.level == AreaLevel.COMMUNITY))
    for community, path in rows:
        for part in path.strip("/").split("/"):
            found[int(part)].add(community)
    return {unit: frozenset(communities) for unit, communities in found.items()}


def _tops(session: Session, units: Sequence[Unit]) -> tuple[Unit, ...]:
    if len(units) < MANY_UNITS:
        return tuple(units)
    roots = session.scalars(select(Area).where(Area.parent_id.is_(None)).order_by(Area.id))
    return tuple(unit_of(area) for area in roots)
