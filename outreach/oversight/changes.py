"""PURE: why a line stands elsewhere in the sums than on the frozen day before, and since when in truth."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date

from outreach.ledger.codes import BESIDE_DENOMINATOR, Cause, EntryStatus
from outreach.oversight.codes import Basis, ChangeKind

# Acts that mend what was written wrongly; what they change was never true.
MENDING = frozenset(
    {
        Cause.DOSE_CORRECTED,
        Cause.CONTACT_CORRECTED,
        Cause.IMPORT_UNDONE,
        Cause.RECONCILED,
        Cause.EDITED,
        Cause.REPAIR,
        Cause.MERGED,
        Cause.UNMERGED,
    }
)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a line stands in the sums; ``status`` None: nowhere (new, merged or erased)."""

    community_id: int | None = None
    grid_id: int | None = None
    stay_community_id: int | None = None
    status: EntryStatus | None = None
    is_unknown: bool = False
    is_elsewhere: bool = False

    def place(self, basis: Basis) -> tuple[int | None, int | None]:
        """Return community and grid by a basis."""
        away = self.stay_community_id
        if basis is Basis.RESIDENCE and away is not None:
            return away, self.grid_id if away == self.community_id else None
        return self.community_id, self.grid_id

    def is_in(self, areas: Container[int], basis: Basis) -> bool:
        """Whether the line counts in one of these communities or grids by a basis."""
        if self.status is None:
            return False
        return any(place is not None and place in areas for place in self.place(basis))

    def counts(self, basis: Basis) -> bool:
        """Whether the line is in the denominator."""
        is_beside = self.is_elsewhere and basis is Basis.REGISTRATION
        return self.status is not None and not is_beside and self.status not in BESIDE_DENOMINATOR

    def is_vaccinated(self, basis: Basis) -> bool:
        """Whether the line counts as vaccinated."""
        return self.counts(basis) and self.status is EntryStatus.VACCINATED


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """What is known of one line that changed between two frozen days."""

    was: Spot
    now: Spot
    day_before: date
    on: date
    causes: frozenset[str] = frozenset()
    dose_given_on: date | None = None  # of the dose that closes the line now
    taken_back_given_on: date | None = None  # of a dose that no longer counts
    died_on: date | None = None
    of_age_on: date | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """Why, and since when it was true."""

    kind: ChangeKind
    true_from: date


def judge(facts: ChangeFacts) -> Judged:
    """Return why a line changed and since when that was true in life."""
    was, now, on = facts.was.status, facts.now.status, facts.on
    if was is None:
        return Judged(ChangeKind.ADDED, on)
    if now is None:
        return Judged(ChangeKind.LEFT, on)
    if was is now:
        same_people = facts.was.is_elsewhere == facts.now.is_elsewhere
        return Judged(ChangeKind.WORK if same_people else ChangeKind.CORRECTED, on)
    if now is EntryStatus.DECEASED:
        return Judged(ChangeKind.DIED, _not_after(facts.died_on, on))
    if now is EntryStatus.VACCINATED:
        return _vaccinated(facts)
    if was in {EntryStatus.DECEASED, EntryStatus.VACCINATED}:
        return _no_longer(facts)
    if now is EntryStatus.EXEMPT:
        return Judged(ChangeKind.EXEMPTED, on)
    if was is EntryStatus.NOT_YET_ELIGIBLE:
        return _came_in(facts)
    if now is EntryStatus.NOT_YET_ELIGIBLE:
        return Judged(ChangeKind.CORRECTED, on)
    return Judged(ChangeKind.WORK, on)


def _vaccinated(facts: ChangeFacts) -> Judged:
    given = _not_after(facts.dose_given_on, facts.on)
    # A dose of an earlier day was missing in what was reported then: late data is a correction.
    is_late = given <= facts.day_before
    return Judged(ChangeKind.CORRECTED if is_late else ChangeKind.DOSE, given)


def _no_longer(facts: ChangeFacts) -> Judged:
    if facts.was.status is EntryStatus.DECEASED:
        return Judged(ChangeKind.CORRECTED, facts.on)
    if facts.causes & MENDING or facts.taken_back_given_on is not None:
        return Judged(ChangeKind.CORRECTED, _not_after(facts.taken_back_given_on, facts.on))
    return Judged(ChangeKind.DOSE_DUE, facts.on)


def _came_in(facts: ChangeFacts) -> Judged:
    if facts.of_age_on is not None and facts.of_age_on > facts.day_before:
        return Judged(ChangeKind.CAME_OF_AGE, _not_after(facts.of_age_on, facts.on))
    return Judged(ChangeKind.CORRECTED, facts.on)


def _not_after(day: date | None, latest: date) -> date:
    return latest if day is None or day > latest else day


@dataclass(frozen=True, slots=True)
class Change:
    """One stored change as the bridge reads it."""

    entry_id: int
    on: date
    kind: ChangeKind
    true_from: date
    was: Spot
    now: Spot

    def areas(self) -> set[int]:
        """Return every community and grid that the change may matter to."""
        spots = (self.was, self.now)
        ids = {i for s in spots for i in (s.community_id, s.grid_id, s.stay_community_id)}
        return {i for i in ids if i is not None}


@dataclass(frozen=True, slots=True)
class Step:
    """One plank of the bridge: how many people, and what they did to coverage's two numbers."""

    kind: ChangeKind
    people: int
    vaccinated: int
    denominator: int
    entry_ids: tuple[int, ...]


def kind_in(change: Change, areas: Container[int], basis: Basis) -> ChangeKind:
    """Return why a change matters to a unit: who came from or went to another unit moved."""
    was, now = change.was.is_in(areas, basis), change.now.is_in(areas, basis)
    if now and not was and change.was.status is not None:
        return ChangeKind.MOVED_IN
    if was and not now and change.now.status is not None:
        return ChangeKind.MOVED_OUT
    return change.kind


def effect(change: Change, areas: Container[int], basis: Basis) -> tuple[int, int]:
    """Return what a change did to (vaccinated, denominator) of a unit."""
    was, now = change.was.is_in(areas, basis), change.now.is_in(areas, basis)
    vaccinated = (now and change.now.is_vaccinated(basis)) - (
        was and change.was.is_vaccinated(basis)
    )
    denominator = (now and change.now.counts(basis)) - (was and change.was.counts(basis))
    return int(vaccinated), int(denominator)


def steps(changes: Iterable[Change], areas: Container[int], basis: Basis) -> tuple[Step, ...]:
    """Return the bridge's planks: changes that touched coverage, by why (moment 6b)."""
    gathered: dict[ChangeKind, list[tuple[int, int, int]]] = {}
    for change in changes:
        vaccinated, denominator = effect(change, areas, basis)
        if vaccinated or denominator:
            row = (change.entry_id, vaccinated, denominator)
            gathered.setdefault(kind_in(change, areas, basis), []).append(row)
    return tuple(
        Step(
            kind=kind,
            people=len({entry for entry, _, _ in rows}),
            vaccinated=sum(v for _, v, _ in rows),
            denominator=sum(d for _, _, d in rows),
            entry_ids=tuple(sorted({entry for entry, _, _ in rows})),
        )
        for kind in ChangeKind
        if (rows := gathered.get(kind))
    )


def known_later(
    changes: Iterable[Change], day: date, areas: Container[int], basis: Basis
) -> tuple[int, int]:
    """Return what became known after ``day`` of (vaccinated, denominator) as they truly were on it."""
    vaccinated = denominator = 0
    for change in changes:
        if change.true_from <= day < change.on:
            more, people = effect(change, areas, basis)
            vaccinated, denominator = vaccinated + more, denominator + people
    return vaccinated, denominator
