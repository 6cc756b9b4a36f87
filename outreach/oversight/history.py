"""Frozen days read again: trend and later corrections, the bridge between days, people of a past figure."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.kernel.errors import NotFound
from outreach.ledger.codes import EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.oversight.changes import Change, Spot, Step, effect, known_later, steps
from outreach.oversight.codes import STATUSES_OF, Basis, ChangeKind, Dimension, Figure
from outreach.oversight.coverage import Unit
from outreach.oversight.models import FrozenLine, Snapshot, SnapshotChange, SnapshotCount
from outreach.oversight.people import Cell, check_names, unit_in_scope
from outreach.oversight.rules import COLUMNS, Counts, total
from outreach.places.codes import AreaLevel
from outreach.places.models import Area

LONGEST_TREND_DAYS = 400
PACE_DAYS = 14


@dataclass(frozen=True, slots=True)
class Sight:
    """Of what a history is asked: units (several roots of a scope together), campaign and basis."""

    campaign_id: int
    basis: Basis
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One frozen day: as it was reported, and as it is known now."""

    on: date
    counts: Counts
    known_vaccinated: int
    known_denominator: int

    @property
    def is_corrected(self) -> bool:
        """Whether later data changed what was reported."""
        reported = (self.counts.vaccinated, self.counts.denominator)
        return (self.known_vaccinated, self.known_denominator) != reported

    @property
    def known_coverage(self) -> float | None:
        """Coverage of that day as it is known now."""
        return self.known_vaccinated / self.known_denominator if self.known_denominator else None


@dataclass(frozen=True, slots=True)
class Bridge:
    """From one frozen day to another: both sums, and the steps that lead from one to the other."""

    since: date
    until: date
    before: Counts
    after: Counts
    steps: tuple[Step, ...]

    @property
    def holds(self) -> bool:
        """Whether the steps lead exactly from one sum to the other."""
        vaccinated = sum(step.vaccinated for step in self.steps)
        denominator = sum(step.denominator for step in self.steps)
        return (
            self.before.vaccinated + vaccinated == self.after.vaccinated
            and self.before.denominator + denominator == self.after.denominator
        )


def frozen_days(session: Session, *, limit: int = LONGEST_TREND_DAYS) -> list[date]:
    """Return the frozen days, newest first."""
    return list(session.scalars(select(Snapshot.on).order_by(Snapshot.on.desc()).limit(limit)))


def frozen_counts(session: Session, sight: Sight, *, on: date) -> Counts:
    """Return the sums of a frozen day."""
    return total(_frozen(session, sight, [on]).get(on, {}).values())


def frozen_by_unit(session: Session, sight: Sight, *, on: date) -> dict[int, Counts]:
    """Return the sums of a frozen day by unit."""
    return _frozen(session, sight, [on]).get(on, {})


def _frozen(session: Session, sight: Sight, days: Sequence[date]) -> dict[date, dict[int, Counts]]:
    rows = session.execute(
        select(
            SnapshotCount.on,
            SnapshotCount.area_id,
            *(getattr(SnapshotCount, name) for name in COLUMNS),
        ).where(
            SnapshotCount.area_id.in_([unit.id for unit in sight.units]),
            SnapshotCount.campaign_id == sight.campaign_id,
            SnapshotCount.basis == sight.basis,
            SnapshotCount.dimension == Dimension.ALL,
            SnapshotCount.on.in_(days),
        )
    )
    found: dict[date, dict[int, Counts]] = {}
    for row in rows:
        found.setdefault(row[0], {})[row[1]] = Counts(*row[2:])
    return found


def trend(session: Session, sight: Sight, *, since: date, until: date) -> list[Point]:
    """Return the frozen days of a period, each as reported and as known now."""
    days = list(
        session.scalars(
            select(Snapshot.on).where(Snapshot.on.between(since, until)).order_by(Snapshot.on)
        )
    )
    by_day = _frozen(session, sight, days)
    late = changes_between(session, sight, since=since, until=None, only_late=True)
    areas = areas_of(session, sight.units)
    points = []
    for day in days:
        counts = total(by_day.get(day, {}).values())
        vaccinated, denominator = known_later(late, day, areas, sight.basis)
        points.append(
            Point(day, counts, counts.vaccinated + vaccinated, counts.denominator + denominator)
        )
    return points


def bridge(session: Session, sight: Sight, *, since: date, until: date) -> Bridge:
    """Return why coverage differs between two frozen days; NotFound when one of them is not frozen."""
    frozen = set(session.scalars(select(Snapshot.on).where(Snapshot.on.in_([since, until]))))
    if {since, until} - frozen:
        raise NotFound("day_not_frozen")
    return bridge_of(
        changes_between(session, sight, since=since, until=until),
        areas_of(session, sight.units),
        sight.basis,
        (since, frozen_counts(session, sight, on=since)),
        (until, frozen_counts(session, sight, on=until)),
    )


def bridge_of(
    changes: Sequence[Change],
    areas: Container[int],
    basis: Basis,
    since: tuple[date, Counts],
    until: tuple[date, Counts],
) -> Bridge:
    """PURE: return the bridge between two frozen days with their sums, of the changes between them."""
    return Bridge(
        since=since[0],
        until=until[0],
        before=since[1],
        after=until[1],
        steps=steps(changes, areas, basis),
    )


def doses_per_day(session: Session, sight: Sight, *, until: date) -> float:
    """Return how many people were vaccinated a day over the last two frozen weeks."""
    since = until - timedelta(days=PACE_DAYS)
    first = session.scalar(select(func.min(Snapshot.on)).where(Snapshot.on >= since))
    last = session.scalar(select(func.max(Snapshot.on)).where(Snapshot.on <= until))
    if first is None or last is None or last <= first:
        return 0.0
    changes = changes_between(session, sight, since=first, until=last)
    areas = areas_of(session, sight.units)
    return speed_of(changes, areas, sight.basis, days=(last - first).days)


def speed_of(changes: Sequence[Change], areas: Container[int], basis: Basis, *, days: int) -> float:
    """PURE: return how many people a day became vaccinated by these changes of so many days; never below 0."""
    done = sum(
        effect(change, areas, basis)[0]
        for change in changes
        if change.kind in {ChangeKind.DOSE, ChangeKind.CORRECTED}
    )
    return max(0.0, done / days)


def areas_of(session: Session, units: Sequence[Unit]) -> frozenset[int]:
    """Return the communities below units, and units that are communities or grids themselves."""
    found = {unit.id for unit in units if unit.level is AreaLevel.GRID}
    paths = [unit.path for unit in units if unit.level is not AreaLevel.GRID]
    if paths:
        inside = or_(*(Area.path.startswith(path, autoescape=True) for path in paths))
        found |= set(
            session.scalars(select(Area.id).where(Area.level == AreaLevel.COMMUNITY, inside))
        )
    return frozenset(found)


def changes_between(
    session: Session,
    sight: Sight,
    *,
    since: date,
    until: date | None,
    only_late: bool = False,
) -> list[Change]:
    """Return the changes of lines that touch the units, after ``since`` and up to ``until``."""
    areas = sorted(areas_of(session, sight.units))
    sides = [
        SnapshotChange.community_id,
        SnapshotChange.was_community_id,
        SnapshotChange.grid_id,
        SnapshotChange.was_grid_id,
    ]
    if sight.basis is Basis.RESIDENCE:
        sides += [SnapshotChange.stay_community_id, SnapshotChange.was_stay_community_id]
    question = (
        select(SnapshotChange)
        .join(LedgerEntry, LedgerEntry.id == SnapshotChange.entry_id)
        .where(
            SnapshotChange.on > since,
            LedgerEntry.campaign_id == sight.campaign_id,
            or_(*(side.in_(areas) for side in sides)),
        )
        .order_by(SnapshotChange.on, SnapshotChange.id)
    )
    if until is not None:
        question = question.where(SnapshotChange.on <= until)
    if only_late:
        question = question.where(SnapshotChange.true_from < SnapshotChange.on)
    return [_change(row) for row in session.scalars(question)]


def _change(row: SnapshotChange) -> Change:
    return Change(
        entry_id=row.entry_id,
        on=row.on,
        kind=row.kind,
        true_from=row.true_from,
        was=Spot(
            row.was_community_id,
            row.was_grid_id,
            row.was_stay_community_id,
            row.was_status,
            row.was_unknown,
            row.was_elsewhere,
        ),
        now=Spot(
            row.community_id,
            row.grid_id,
            row.stay_community_id,
            row.status,
            row.is_unknown,
            row.is_elsewhere,
        ),
    )


def frozen_people(session: Session, cell: Cell, *, on: date, scope: Scope) -> list[int]:
    """Return the residents whom a whole-unit figure of a frozen day counted.

    Each line's standing on the day is what its first later change says it was before, else the last frozen.
    """
    unit = unit_in_scope(session, cell.area_id, scope=scope)
    check_names(unit.path if unit else None, scope)
    if unit is None:
        raise NotFound("area")
    if session.scalar(select(Snapshot.id).where(Snapshot.on == on)) is None:
        raise NotFound("day_not_frozen")
    first = (
        select(SnapshotChange.entry_id, func.min(SnapshotChange.id).label("id"))
        .where(SnapshotChange.on > on)
        .group_by(SnapshotChange.entry_id)
        .subquery()
    )

    def then(was: Any, frozen: Any) -> Any:  # noqa: ANN401 - columns of any type
        return case((SnapshotChange.id.is_not(None), was), else_=frozen)

    community = then(SnapshotChange.was_community_id, FrozenLine.community_id)
    grid = then(SnapshotChange.was_grid_id, FrozenLine.grid_id)
    stay = then(SnapshotChange.was_stay_community_id, FrozenLine.stay_community_id)
    if cell.basis is Basis.RESIDENCE:
        grid = case((stay.is_not(None) & (stay != community), None), else_=grid)
        community = func.coalesce(stay, community)
    place = grid if unit.level is AreaLevel.GRID else community
    status = then(SnapshotChange.was_status, FrozenLine.status)
    elsewhere = then(SnapshotChange.was_elsewhere, FrozenLine.is_elsewhere)
    question = (
        select(LedgerEntry.resident_id)
        .select_from(FrozenLine)
        .join(LedgerEntry, LedgerEntry.id == FrozenLine.entry_id)
        .outerjoin(first, first.c.entry_id == FrozenLine.entry_id)
        .outerjoin(SnapshotChange, SnapshotChange.id == first.c.id)
        .where(
            LedgerEntry.campaign_id == cell.campaign_id,
            place.in_(sorted(areas_of(session, [unit]))),
        )
        .order_by(LedgerEntry.id)
    )
    if cell.basis is Basis.REGISTRATION:
        question = question.where(
            elsewhere.is_(True) if cell.figure is Figure.ELSEWHERE else elsewhere.is_(False)
        )
    question = question.where(status.in_(sorted(STATUSES_OF[cell.figure])))
    if cell.figure is Figure.UNKNOWN:
        unknown = then(SnapshotChange.was_unknown, FrozenLine.is_unknown)
        question = question.where(unknown.is_(True), status == EntryStatus.TO_CONTACT)
    return list(session.scalars(question))


def newest_pair(session: Session) -> tuple[date, date] | None:
    """Return the two newest frozen days, older first; None before there are two."""
    days = frozen_days(session, limit=2)
    return (days[1], days[0]) if len(days) == 2 else None
