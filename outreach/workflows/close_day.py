"""The proof that nobody was left behind: who was brought, who was handed over, and the day closed on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.kernel.errors import OutreachError
from outreach.places.queries import descendant_ids, get_area
from outreach.transport.queries import Debt, brought_and_handed_over, open_debts
from outreach.transport.run_models import DayClosing


class DayHasOpenDebts(OutreachError):
    """Someone our car brought is not handed over yet; ``facts['open']`` says how many (N2)."""

    status = 409


@dataclass(frozen=True, slots=True)
class DayProof:
    """The count that a day's closing page shows, and those who are missing from it."""

    on: date
    area_id: int
    brought: int
    handed_over: int
    open_debts: tuple[Debt, ...]
    closed_at: datetime | None
    closed_by: int | None

    @property
    def can_be_closed(self) -> bool:
        """Whether everyone brought was handed over."""
        return not self.open_debts


def day_proof(session: Session, *, on: date, area_id: int) -> DayProof:
    """Return the proof of a day for the sites of an area and all below it."""
    get_area(session, area_id)
    areas = descendant_ids(session, area_id)
    brought, handed_over = brought_and_handed_over(session, on=on, area_ids=areas)
    closing = _closing(session, on=on, area_id=area_id)
    return DayProof(
        on=on,
        area_id=area_id,
        brought=brought,
        handed_over=handed_over,
        open_debts=tuple(open_debts(session, on=on, area_ids=areas)),
        closed_at=closing.closed_at if closing is not None else None,
        closed_by=closing.closed_by if closing is not None else None,
    )


def close_day(session: Session, *, on: date, area_id: int, by: int, now: datetime) -> DayClosing:
    """Close a day; refused while one debt is open. Closing twice changes nothing."""
    proof = day_proof(session, on=on, area_id=area_id)
    if proof.open_debts or proof.brought != proof.handed_over:
        raise DayHasOpenDebts(
            open=max(len(proof.open_debts), proof.brought - proof.handed_over), on=on.isoformat()
        )
    closing = _closing(session, on=on, area_id=area_id)
    if closing is not None:
        # A late event from a phone may have raised the count since; the proof follows the facts.
        closing.brought, closing.handed_over = proof.brought, proof.handed_over
        session.flush()
        return closing
    closing = DayClosing(
        on=on,
        area_id=area_id,
        brought=proof.brought,
        handed_over=proof.handed_over,
        closed_by=by,
        closed_at=now,
    )
    session.add(closing)
    session.flush()
    record(
        session,
        act="day_closed",
        subject=("day_closing", closing.id),
        by=by,
        now=now,
        facts={"brought": proof.brought, "handed_over": proof.handed_over},
    )
    return closing


def _closing(session: Session, *, on: date, area_id: int) -> DayClosing | None:
    return session.scalars(
        select(DayClosing).where(DayClosing.on == on, DayClosing.area_id == area_id)
    ).first()
