"""Writes on ledger lines themselves: who looks after them, when they rest, who takes over."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from outreach.kernel.errors import InvalidInput, NotFound, StaleVersion
from outreach.ledger.entry_models import Deferral, LedgerEntry
from outreach.ledger.models import Household, LifeReport, Resident
from outreach.ledger.residents import lock_resident

LONGEST_SNOOZE_DAYS = 180


@dataclass(frozen=True, slots=True)
class OpenItems:
    """What a colleague would leave behind; all must be zero before the account closes (moment 3h)."""

    lines: int
    promised_calls: int
    reviews: int

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is left to pass on."""
        return not (self.lines or self.promised_calls or self.reviews)


def assign(
    session: Session,
    *,
    entry_ids: Collection[int],
    to: int | None,
    version_of: dict[int, int] | None = None,
) -> int:
    """Give lines to a worker (or to nobody) and return how many changed hands.

    A form about one line names the version it saw, so that two editors do not overwrite each other.
    """
    rows = session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.id.in_(list(entry_ids)), LedgerEntry.is_counted)
        .order_by(LedgerEntry.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    changed = 0
    for row in rows:
        if version_of and version_of.get(row.id, row.version) != row.version:
            raise StaleVersion("entry_changed", entry_id=row.id)
        if row.assigned_to != to:
            row.assigned_to = to
            changed += 1
    session.flush()
    return changed


def open_items(session: Session, *, user_id: int, now: datetime) -> OpenItems:
    """Return what lies with a worker."""
    mine = (LedgerEntry.assigned_to == user_id, LedgerEntry.is_counted.is_(True))
    promised = (*mine, LedgerEntry.promised_call_at >= now)
    count = select(func.count())
    return OpenItems(
        lines=session.scalar(count.select_from(LedgerEntry).where(*mine)) or 0,
        promised_calls=session.scalar(count.select_from(LedgerEntry).where(*promised)) or 0,
        reviews=len(_reviews(session, user_id)) + len(_life_owned(session, user_id)),
    )


def hand_over(session: Session, *, of: int, to: int) -> OpenItems:
    """Pass everything that lies with one worker on to another; promised calls go with their lines."""
    if of == to:
        raise InvalidInput("hand_over_to_oneself", field="to")
    lines = session.scalars(
        update(LedgerEntry)
        .where(LedgerEntry.assigned_to == of)
        .values(assigned_to=to, version=LedgerEntry.version + 1)
        .returning(LedgerEntry.id)
        .execution_options(synchronize_session=False)
    ).all()
    promised = session.scalar(
        select(func.count())
        .select_from(LedgerEntry)
        .where(LedgerEntry.id.in_(lines), LedgerEntry.promised_call_at.is_not(None))
    )
    reviews = _reviews(session, of)
    for deferral in reviews:
        deferral.owner_id = to
    owned = _life_owned(session, of)
    for resident in owned:
        resident.life_owner_id = to
    for report in session.scalars(select(LifeReport).where(LifeReport.owner_id == of)):
        report.owner_id = to
    session.flush()
    session.expire_all()
    return OpenItems(len(lines), promised or 0, len(reviews) + len(owned))


def snooze_resident(
    session: Session, *, resident_id: int, until: date | None, day: date
) -> Resident:
    """Leave someone alone until a day; None ends it."""
    _check_snooze(until, day)
    resident = lock_resident(session, resident_id)
    resident.snoozed_until = until
    session.flush()
    return resident


def snooze_household(
    session: Session, *, household_id: int, until: date | None, reason: str, day: date
) -> list[int]:
    """Leave a household alone until a day; return its residents, whose lines are to be restated."""
    _check_snooze(until, day)
    household = session.scalars(
        select(Household).where(Household.id == household_id).with_for_update()
    ).first()
    if household is None:
        raise NotFound("household", household_id=household_id)
    household.snoozed_until = until
    household.snooze_reason = reason.strip() if until else ""
    session.flush()
    return list(
        session.scalars(
            select(Resident.id)
            .where(Resident.household_id == household_id, Resident.merged_into_id.is_(None))
            .order_by(Resident.id)
        )
    )


def _check_snooze(until: date | None, day: date) -> None:
    if until is not None and not day < until <= day + timedelta(days=LONGEST_SNOOZE_DAYS):
        raise InvalidInput("snooze_end", field="until")


def _reviews(session: Session, user_id: int) -> list[Deferral]:
    return list(
        session.scalars(
            select(Deferral)
            .where(Deferral.owner_id == user_id, Deferral.lifted_at.is_(None))
            .order_by(Deferral.id)
        )
    )


def _life_owned(session: Session, user_id: int) -> list[Resident]:
    return list(
        session.scalars(
            select(Resident)
            .where(
                Resident.life_owner_id == user_id,
                or_(Resident.life_review_on.is_not(None), Resident.held_nudges),
            )
            .order_by(Resident.id)
        )
    )
