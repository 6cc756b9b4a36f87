"""When our own cars run out: standby, a taxi with a slip to reconcile, and the ledger of unmet need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.models import Appointment
from outreach.kernel.errors import InvalidInput, MoveNotAllowed
from outreach.transport.codes import RIDE_RESULTS, LegStatus
from outreach.transport.legs import take_off_run
from outreach.transport.queries import get_leg
from outreach.transport.run_models import RideLeg, TaxiSlip, UnmetNeed

NO_CAR = "R18"


@dataclass(frozen=True, slots=True)
class OpenSlip:
    """A taxi ride whose receipt has not come back yet."""

    slip_id: int
    leg_id: int
    on: date
    company: str
    reference: str
    ordered_at: datetime


def put_on_standby(session: Session, *, leg_id: int, is_standby: bool) -> RideLeg:
    """Mark a leg as waiting for a place that becomes free, or take the mark away."""
    leg = _waiting(session, leg_id)
    leg.is_standby = is_standby
    session.flush()
    return leg


def give_to_taxi(
    session: Session,
    *,
    leg_id: int,
    company: str,
    reference: str = "",
    by: int | None,
    now: datetime,
) -> TaxiSlip:
    """Order a taxi for a leg; it counts as a way home, and its slip waits to be reconciled (F6)."""
    if not company.strip():
        raise InvalidInput("company_missing", field="company")
    leg = get_leg(session, leg_id)
    if leg.status is LegStatus.ASSIGNED:
        take_off_run(session, leg=leg, now=now, by=by)
    leg = _waiting(session, leg_id)
    slip = session.scalars(select(TaxiSlip).where(TaxiSlip.leg_id == leg_id)).first()
    slip = slip or TaxiSlip(leg_id=leg_id, ordered_at=now)
    slip.company, slip.reference = company.strip(), reference.strip()
    slip.ordered_by, slip.ordered_at = by, now
    slip.reconciled_at = slip.reconciled_by = slip.amount_cents = None
    leg.by_taxi, leg.is_standby = True, False
    session.add(slip)
    session.flush()
    _solve(session, leg=leg, how="taxi", now=now)
    return slip


def take_from_taxi(session: Session, *, leg_id: int) -> RideLeg:
    """Call the taxi off: the leg waits for a car of ours again."""
    leg = _waiting(session, leg_id)
    slip = session.scalars(select(TaxiSlip).where(TaxiSlip.leg_id == leg_id)).first()
    if slip is not None and slip.reconciled_at is not None:
        raise MoveNotAllowed("slip_reconciled", leg_id=leg_id)
    if slip is not None:
        session.delete(slip)
    leg.by_taxi = False
    session.flush()
    return leg


def reconcile_slip(
    session: Session, *, slip_id: int, amount_cents: int, by: int, now: datetime
) -> TaxiSlip:
    """Enter what the receipt says; once."""
    if amount_cents < 0:
        raise InvalidInput("amount_negative", field="amount_cents")
    slip = session.scalars(select(TaxiSlip).where(TaxiSlip.id == slip_id).with_for_update()).one()
    if slip.reconciled_at is not None:
        raise MoveNotAllowed("slip_reconciled", leg_id=slip.leg_id)
    slip.amount_cents, slip.reconciled_at, slip.reconciled_by = amount_cents, now, by
    session.flush()
    return slip


def open_slips(session: Session, *, limit: int = 500) -> list[OpenSlip]:
    """Return the slips that wait for their receipts, oldest first."""
    rows = session.execute(
        select(TaxiSlip, RideLeg.on)
        .join(RideLeg, RideLeg.id == TaxiSlip.leg_id)
        .where(TaxiSlip.reconciled_at.is_(None))
        .order_by(TaxiSlip.ordered_at, TaxiSlip.id)
        .limit(limit)
    )
    return [OpenSlip(s.id, s.leg_id, on, s.company, s.reference, s.ordered_at) for s, on in rows]


def note_unmet(
    session: Session, *, leg_id: int, reason: str = NO_CAR, by: int | None, now: datetime
) -> UnmetNeed:
    """Write down a ride that could not be given, once per leg; leaders read these (F5)."""
    if reason not in RIDE_RESULTS:
        raise InvalidInput("reason", field="reason")
    leg = _waiting(session, leg_id)
    known = session.scalars(
        select(UnmetNeed).where(UnmetNeed.leg_id == leg_id, UnmetNeed.solved_at.is_(None))
    ).first()
    if known is not None:
        return known
    resident_id = session.scalars(
        select(Appointment.resident_id).where(Appointment.id == leg.appointment_id)
    ).one()
    leg.status, leg.result_code = LegStatus.UNMET, reason
    need = UnmetNeed(
        resident_id=resident_id,
        appointment_id=leg.appointment_id,
        leg_id=leg_id,
        on=leg.on,
        reason=reason,
        noted_by=by,
        noted_at=now,
    )
    session.add(need)
    session.flush()
    return need


def _solve(session: Session, *, leg: RideLeg, how: str, now: datetime) -> None:
    for need in session.scalars(
        select(UnmetNeed).where(UnmetNeed.leg_id == leg.id, UnmetNeed.solved_at.is_(None))
    ):
        need.solved_at, need.solved_how = now, how
    if leg.status is LegStatus.UNMET:
        leg.status, leg.result_code = LegStatus.WAITING, ""
    session.flush()


def solve_unmet(session: Session, *, leg_id: int, how: str, now: datetime) -> None:
    """Note that an unmet ride was given after all."""
    _solve(session, leg=get_leg(session, leg_id), how=how, now=now)


def unmet_on(session: Session, *, from_on: date, until_on: date) -> list[UnmetNeed]:
    """Return the unmet rides of these days, by day."""
    question = select(UnmetNeed).where(UnmetNeed.on >= from_on, UnmetNeed.on <= until_on)
    return list(session.scalars(question.order_by(UnmetNeed.on, UnmetNeed.id).limit(5000)))


def _waiting(session: Session, leg_id: int) -> RideLeg:
    leg = session.scalars(select(RideLeg).where(RideLeg.id == leg_id).with_for_update()).first()
    leg = leg or get_leg(session, leg_id)
    if leg.status not in {LegStatus.WAITING, LegStatus.UNMET}:
        raise MoveNotAllowed(leg_id=leg_id, from_status=leg.status.value)
    return leg
