"""Readings around lives and holds: whose report it is, and which deferrals wait for a clinician."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.kernel.errors import NotFound
from outreach.ledger.codes import UNCLINICAL_DEFERRAL
from outreach.ledger.entry_models import Deferral, Dose
from outreach.ledger.heads import PersonHead, person_heads
from outreach.ledger.models import LifeReport, Resident
from outreach.ledger.visibility import may_see
from outreach.places.queries import local_day
from outreach.workflows.contact_sheet import user_names

SOON = timedelta(days=7)
MOST = 300


@dataclass(frozen=True, slots=True)
class DeferralReview:
    """One deferral that a clinician should look at, and why."""

    deferral_id: int
    head: PersonHead
    code: str
    note: str
    until_on: date | None
    review_on: date | None
    set_by: str
    set_at: datetime
    is_mine: bool
    wants_decision: bool
    wants_second: bool
    is_due: bool


def whose_report(session: Session, report_id: int) -> int:
    """Return about whom a word was heard; NotFound when there is none."""
    row = session.get(LifeReport, report_id)
    if row is None:
        raise NotFound("not_found")
    return row.resident_id


def whose_deferral(session: Session, deferral_id: int) -> int:
    """Return whose deferral it is; NotFound when there is none."""
    row = session.get(Deferral, deferral_id)
    if row is None:
        raise NotFound("not_found")
    return row.resident_id


def whose_dose(session: Session, dose_id: int) -> int:
    """Return who had a dose; NotFound when there is none."""
    row = session.get(Dose, dose_id)
    if row is None:
        raise NotFound("not_found")
    return row.resident_id


def deferrals_to_review(
    session: Session, *, scope: Scope, now: datetime, user_id: int
) -> list[DeferralReview]:
    """Return the deferrals that wait: to be decided, to be seconded, or due within a week."""
    day = local_day(session, now)
    rows = session.scalars(
        select(Deferral)
        .join(Resident, Resident.id == Deferral.resident_id)
        .where(
            Deferral.lifted_at.is_(None),
            may_see(scope, day),
            or_(
                Deferral.code == UNCLINICAL_DEFERRAL,
                Deferral.is_permanent & Deferral.seconded_by.is_(None),
                Deferral.review_on <= day + SOON,
            ),
        )
        .order_by(Deferral.review_on, Deferral.id)
        .limit(MOST)
    ).all()
    heads = person_heads(
        session, resident_ids={row.resident_id for row in rows}, scope=scope, now=now
    )
    names = user_names(session, [row.set_by for row in rows])
    return [
        DeferralReview(
            deferral_id=row.id,
            head=heads[row.resident_id],
            code=row.code,
            note=row.note,
            until_on=row.until_on,
            review_on=row.review_on,
            set_by=names.get(row.set_by or 0, ""),
            set_at=row.set_at,
            is_mine=row.set_by == user_id,
            wants_decision=row.code == UNCLINICAL_DEFERRAL,
            wants_second=row.is_permanent and row.seconded_by is None,
            is_due=row.review_on is not None and row.review_on <= day,
        )
        for row in rows
        if row.resident_id in heads
    ]
