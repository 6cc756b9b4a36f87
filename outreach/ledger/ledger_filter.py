"""What a list of the ledger asks for, and what that means in SQL: one meaning for lists and for counts (N7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, String, cast, func, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.kernel.dates import add_months
from outreach.ledger.codes import DUE, EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident
from outreach.ledger.search import matching_ids
from outreach.ledger.search_terms import wanted
from outreach.ledger.visibility import Basis, areas_below, community_on, may_see_line
from outreach.places.codes import AreaLevel
from outreach.places.queries import get_area

NO_GRID = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFilter:
    """What a list asks for; everything left empty asks nothing. It is what the address of a page keeps.

    ``grid_id`` ``NO_GRID`` asks for people without a grid; ``assigned_to`` 0 for lines of nobody.
    """

    campaign_id: int
    area_id: int | None = None
    grid_id: int | None = None
    basis: Basis = Basis.REGISTERED
    statuses: frozenset[EntryStatus] = frozenset()
    next_actions: frozenset[str] = frozenset()
    assigned_to: int | None = None
    age_from: int | None = None
    age_until: int | None = None
    mobility: frozenset[str] = frozenset()
    lives_alone: bool | None = None
    due_until: date | None = None
    contact_until: date | None = None
    missing: str = ""
    to_verify: bool | None = None
    unverified_history: bool | None = None
    without_dose: bool | None = None
    text: str = ""

    @property
    def asks_of_person(self) -> bool:
        """Say whether the person's own row must be looked at to answer."""
        asked = (self.age_from, self.age_until, self.lives_alone)
        return (
            any(value is not None for value in asked)
            or bool(self.mobility or self.missing)
            or self.basis is Basis.STAYING
        )


def conditions(
    session: Session, *, asked: LedgerFilter, scope: Scope, day: date
) -> list[ColumnElement[bool]]:
    """Return what a filter means in SQL; every list and every count of lines is made of this alone."""
    where: list[ColumnElement[bool]] = [
        LedgerEntry.is_counted.is_(True),
        LedgerEntry.campaign_id == asked.campaign_id,
        may_see_line(scope, day),
    ]
    if asked.area_id is not None:
        where.append(_in_area(session, asked, day))
    if asked.grid_id is not None:
        is_grid = LedgerEntry.grid_id == asked.grid_id
        where.append(is_grid if asked.grid_id != NO_GRID else LedgerEntry.grid_id.is_(None))
    if asked.assigned_to is not None:
        mine = LedgerEntry.assigned_to == asked.assigned_to
        where.append(mine if asked.assigned_to else LedgerEntry.assigned_to.is_(None))
    if asked.statuses:
        where.append(LedgerEntry.status.in_(sorted(asked.statuses)))
    if asked.next_actions:
        where.append(LedgerEntry.next_action.in_(sorted(asked.next_actions)))
    if asked.due_until is not None:
        where += [LedgerEntry.earliest_on <= asked.due_until, LedgerEntry.status.in_(sorted(DUE))]
    if asked.contact_until is not None:
        where.append(LedgerEntry.next_contact_on <= asked.contact_until)
    where += _flags(asked)
    where += _person(asked, day)
    where += [
        LedgerEntry.resident_id.in_(matching_ids(session, word)) for word in wanted(asked.text)
    ]
    return where


def _in_area(session: Session, asked: LedgerFilter, day: date) -> ColumnElement[bool]:
    assert asked.area_id is not None  # noqa: S101 - the caller asked
    area = get_area(session, asked.area_id)
    if area.level is AreaLevel.GRID:
        return LedgerEntry.grid_id == area.id
    if asked.basis is Basis.REGISTERED:
        if area.level is AreaLevel.COMMUNITY:
            return LedgerEntry.community_id == area.id
        return LedgerEntry.community_id.in_(areas_below(area.path))
    return community_on(asked.basis, day).in_(areas_below(area.path))


def _flags(asked: LedgerFilter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if asked.to_verify is not None:
        where.append(LedgerEntry.is_to_verify.is_(asked.to_verify))
    if asked.unverified_history is not None:
        where.append(LedgerEntry.history_verified.is_(not asked.unverified_history))
    if asked.without_dose is not None:
        no_dose = LedgerEntry.doses_counted == 0
        where.append(no_dose if asked.without_dose else LedgerEntry.doses_counted > 0)
    return where


def _person(asked: LedgerFilter, day: date) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if asked.age_from is not None:
        where.append(Resident.born_on <= add_months(day, -12 * asked.age_from))
    if asked.age_until is not None:
        where.append(Resident.born_on > add_months(day, -12 * (asked.age_until + 1)))
    if asked.mobility:
        where.append(Resident.mobility.in_(sorted(asked.mobility)))
    if asked.lives_alone is not None:
        where.append(Resident.lives_alone.is_(asked.lives_alone))
    if asked.missing:
        where.append(lacks(asked.missing))
    return where


def lacks(name: str) -> ColumnElement[bool]:
    """Return the condition that something is missing about a person."""
    gaps: dict[str, ColumnElement[bool]] = {
        "birth_date": Resident.born_on.is_(None),
        "id_number": Resident.id_index.is_(None),
        "address": Resident.address_id.is_(None),
        "grid": Resident.grid_id.is_(None),
    }
    # The list of gaps is JSON; its texts are quoted and none is part of another.
    return gaps.get(name, _text_of_missing().contains(f'"{name}"', autoescape=True))


def _text_of_missing() -> ColumnElement[str]:
    return cast(Resident.missing, String)


def count_by_status(
    session: Session, *, asked: LedgerFilter, scope: Scope, day: date
) -> dict[EntryStatus, int]:
    """Return how many lines a filter asks for, by status; statuses without any are left out."""
    question = select(LedgerEntry.status, func.count()).select_from(LedgerEntry)
    if asked.asks_of_person:
        question = question.join(Resident, Resident.id == LedgerEntry.resident_id)
    where = conditions(session, asked=asked, scope=scope, day=day)
    rows = session.execute(question.where(*where).group_by(LedgerEntry.status))
    found = dict(rows.all())
    return {status: found[status] for status in EntryStatus if status in found}
