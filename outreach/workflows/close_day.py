"""The proof that nobody was left behind: who was brought, who was handed over, and the day closed on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.audit.trail import record
from outreach.clinics.models import Appointment, Site, SiteSession
from outreach.kernel.errors import OutreachError
from outreach.ledger.models import Resident
from outreach.places.queries import descendant_ids, get_area
from outreach.transport.codes import HandoverKind
from outreach.transport.queries import Debt, brought_and_handed_over, is_brought, open_debts
from outreach.transport.run_models import DayClosing, Handover


class DayHasOpenDebts(OutreachError):
    """Someone our car brought is not handed over yet; ``facts['open']`` says how many (N2)."""

    status = 409


@dataclass(frozen=True, slots=True)
class HandedOver:
    """One line of the proof: who was received by whom, how and when."""

    name: str
    site_name: str
    kind: HandoverKind
    received_by: str
    witness: str
    at: datetime


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
    received: tuple[HandedOver, ...] = ()
    closed_by_name: str = ""

    @property
    def adds_up(self) -> bool:
        """Whether those received and those still open are exactly those brought."""
        return len(self.received) == self.handed_over and self.brought == self.handed_over + len(
            self.open_debts
        )

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
        received=tuple(_received(session, on=on, area_ids=areas)),
        closed_by_name=_name_of(session, closing.closed_by if closing is not None else None),
    )


def _received(session: Session, *, on: date, area_ids: Sequence[int]) -> list[HandedOver]:
    """Return everybody brought who was handed over, by their first standing handover, in its order."""
    rows = session.execute(
        select(Handover, Resident.name, Site.name)
        .join(Appointment, Appointment.id == Handover.appointment_id)
        .join(Resident, Resident.id == Appointment.resident_id)
        .join(SiteSession, SiteSession.id == Appointment.site_session_id)
        .join(Site, Site.id == SiteSession.site_id)
        .where(
            SiteSession.on == on,
            Site.area_id.in_(area_ids),
            Handover.voided_at.is_(None),
            is_brought(),
        )
        .order_by(Handover.at, Handover.id)
        .limit(5000)
    )
    lines: dict[int, HandedOver] = {}
    for row, name, site_name in rows:
        line = HandedOver(name, site_name, row.kind, row.received_by, row.witness, row.at)
        lines.setdefault(row.appointment_id, line)
    return list(lines.values())


def _name_of(session: Session, user_id: int | None) -> str:
    user = session.get(User, user_id) if user_id is not None else None
    return user.display_name if user is not None else ""


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
