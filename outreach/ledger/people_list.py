"""The ledger's list: one page of lines in an order, with counts by status that sum to the whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, literal_column, select
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.accounts.rules import Scope
from outreach.kernel.dates import age_on
from outreach.ledger.codes import EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.ledger_filter import LedgerFilter, conditions, count_by_status
from outreach.ledger.models import Resident, Stay
from outreach.ledger.visibility import mask_name, stays_now
from outreach.places.models import Address, Area

PAGE = 50


class Order(StrEnum):
    """How a list is sorted; the row's id breaks every tie."""

    NEXT_CONTACT = "next_contact"
    NAME = "name"
    OLDEST = "oldest"
    PAST_DUE = "past_due"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One line as a list shows it."""

    entry_id: int
    resident_id: int
    name: str
    sex: str
    age: int | None
    community: str
    grid: str
    address: str
    mobility: str
    lives_alone: bool | None
    status: EntryStatus
    status_since: datetime
    next_action: str
    next_contact_on: date | None
    dose_number_due: int | None
    earliest_on: date | None
    past_due_on: date | None
    doses_counted: int
    last_dose_on: date | None
    assigned_to: int | None
    assigned_name: str
    is_to_verify: bool
    held_all: bool
    held_nudges: bool
    missing: tuple[str, ...]
    stays_elsewhere: bool


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """One page of a list, with how many there are in all and by status."""

    rows: tuple[LedgerRow, ...]
    total: int
    by_status: dict[EntryStatus, int]
    page: int
    size: int

    @property
    def pages(self) -> int:
        """Return how many pages there are, at least one."""
        return max(1, -(-self.total // self.size))


def list_people(
    session: Session,
    *,
    asked: LedgerFilter,
    scope: Scope,
    day: date,
    order: Order = Order.NEXT_CONTACT,
    page: int = 1,
    size: int = PAGE,
) -> LedgerPage:
    """Return one page of the lines that the filter asks for, within the scope."""
    where = conditions(session, asked=asked, scope=scope, day=day)
    by_status = count_by_status(session, asked=asked, scope=scope, day=day)
    rows = session.execute(
        _columns(day)
        .where(*where)
        .order_by(*_ordering(order), LedgerEntry.id)
        .limit(size)
        .offset((max(page, 1) - 1) * size)
    )
    return LedgerPage(
        rows=tuple(_row(row, day=day, shows_names=scope.sees_names) for row in rows),
        total=sum(by_status.values()),
        by_status=by_status,
        page=max(page, 1),
        size=size,
    )


def list_ids(
    session: Session, *, asked: LedgerFilter, scope: Scope, day: date, limit: int = 100_000
) -> list[int]:
    """Return the entries that a filter asks for: for bulk acts, exports and samples."""
    where = conditions(session, asked=asked, scope=scope, day=day)
    question = (
        select(LedgerEntry.id)
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .where(*where)
        .order_by(LedgerEntry.id)
        .limit(limit)
    )
    return list(session.scalars(question))


def export_rows(
    session: Session, *, asked: LedgerFilter, scope: Scope, day: date, limit: int = 100_000
) -> Iterable[LedgerRow]:
    """Yield every line that a filter asks for, in the order of the ledger."""
    where = conditions(session, asked=asked, scope=scope, day=day)
    rows = session.execute(_columns(day).where(*where).order_by(LedgerEntry.id).limit(limit))
    for row in rows:
        yield _row(row, day=day, shows_names=scope.sees_names)


def _columns(day: date) -> Select[Any]:
    grid = Area.__table__.alias("grid")
    community = Area.__table__.alias("community")
    return (
        select(
            LedgerEntry,
            Resident.name,
            Resident.sex,
            Resident.born_on,
            community.c.name.label("community"),
            grid.c.name.label("grid"),
            Address.text.label("address"),
            Resident.mobility,
            Resident.lives_alone,
            Resident.held_all,
            Resident.held_nudges,
            Resident.missing,
            User.display_name.label("assigned_name"),
            Stay.id.label("stay_id"),
        )
        .select_from(LedgerEntry)
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .join(community, community.c.id == LedgerEntry.community_id)
        .outerjoin(grid, grid.c.id == LedgerEntry.grid_id)
        .outerjoin(Address, Address.id == Resident.address_id)
        .outerjoin(User, User.id == LedgerEntry.assigned_to)
        .outerjoin(Stay, and_(Stay.resident_id == Resident.id, stays_now(day)))
    )


def _ordering(order: Order) -> list[ColumnElement[Any]]:
    orderings: dict[Order, list[ColumnElement[Any]]] = {
        Order.NEXT_CONTACT: [
            literal_column("coalesce(ledger_entry.next_contact_on, '9999-12-31')")
        ],
        Order.NAME: [Resident.name_pinyin.asc()],
        Order.OLDEST: [Resident.born_on.is_(None), Resident.born_on.asc()],
        Order.PAST_DUE: [LedgerEntry.past_due_on.is_(None), LedgerEntry.past_due_on.asc()],
        Order.CHANGED: [LedgerEntry.status_since.desc()],
    }
    return orderings[order]


def _row(row: Row[Any], *, day: date, shows_names: bool) -> LedgerRow:
    entry: LedgerEntry = row[0]
    return LedgerRow(
        entry_id=entry.id,
        resident_id=entry.resident_id,
        name=row.name if shows_names else mask_name(row.name),
        sex=str(row.sex),
        age=age_on(day, born_on=row.born_on) if row.born_on else None,
        community=row.community,
        grid=row.grid or "",
        address=(row.address or "") if shows_names else "",
        mobility=row.mobility,
        lives_alone=row.lives_alone,
        status=entry.status,
        status_since=entry.status_since,
        next_action=entry.next_action,
        next_contact_on=entry.next_contact_on,
        dose_number_due=entry.dose_number_due,
        earliest_on=entry.earliest_on,
        past_due_on=entry.past_due_on,
        doses_counted=entry.doses_counted,
        last_dose_on=entry.last_dose_on,
        assigned_to=entry.assigned_to,
        assigned_name=row.assigned_name or "",
        is_to_verify=entry.is_to_verify,
        held_all=row.held_all,
        held_nudges=row.held_nudges,
        missing=tuple(row.missing),
        stays_elsewhere=row.stay_id is not None,
    )
