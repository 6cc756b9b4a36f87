"""Handovers: what alone closes the debt of someone our car brought (N2, moment 5a)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.kernel.errors import InvalidInput
from outreach.transport.codes import HandoverKind
from outreach.transport.run_models import Handover

CALL_AFTER_SEEN_INSIDE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Received:
    """Who received the person, and who says so."""

    kind: HandoverKind
    received_by: str
    at: datetime
    contact_person_id: int | None = None
    witness: str = ""
    leg_id: int | None = None
    event_id: int | None = None
    by_user_id: int | None = None
    by_driver_id: int | None = None
    by_escort_id: int | None = None


def check_received(kind: HandoverKind, *, received_by: str, witness: str) -> None:
    """Refuse a handover without a name; one's own wish needs a witness besides."""
    if kind is HandoverKind.OWN_WISH:
        if not witness.strip():
            raise InvalidInput("witness_missing", field="witness")
    elif not received_by.strip():
        raise InvalidInput("receiver_missing", field="received_by")


def hand_over(session: Session, *, appointment_id: int, received: Received) -> Handover:
    """Write a handover once; the same event coming twice changes nothing."""
    check_received(received.kind, received_by=received.received_by, witness=received.witness)
    standing = standing_handover(session, appointment_id=appointment_id)
    if standing is not None:
        return standing
    needs_call = received.kind is HandoverKind.SEEN_INSIDE
    row = Handover(
        appointment_id=appointment_id,
        leg_id=received.leg_id,
        event_id=received.event_id,
        kind=received.kind,
        received_by=received.received_by.strip(),
        contact_person_id=received.contact_person_id,
        witness=received.witness.strip(),
        at=received.at,
        by_user_id=received.by_user_id,
        by_driver_id=received.by_driver_id,
        by_escort_id=received.by_escort_id,
        call_due_at=received.at + CALL_AFTER_SEEN_INSIDE if needs_call else None,
    )
    session.add(row)
    session.flush()
    return row


def standing_handover(session: Session, *, appointment_id: int) -> Handover | None:
    """Return the handover that was not taken back, or None."""
    return session.scalars(
        select(Handover)
        .where(Handover.appointment_id == appointment_id, Handover.voided_at.is_(None))
        .order_by(Handover.at, Handover.id)
        .limit(1)
    ).first()


def take_back(session: Session, *, event_id: int, now: datetime) -> bool:
    """Void the handover that an event made; the debt is open again."""
    row = session.scalars(
        select(Handover).where(Handover.event_id == event_id, Handover.voided_at.is_(None))
    ).first()
    if row is None:
        return False
    row.voided_at = now
    session.flush()
    return True


def calls_due(session: Session, *, now: datetime, limit: int = 200) -> list[Handover]:
    """Return those seen inside who live alone and whose call after two hours is due (moment 5a)."""
    question = select(Handover).where(
        Handover.call_due_at <= now, Handover.called_at.is_(None), Handover.voided_at.is_(None)
    )
    return list(session.scalars(question.order_by(Handover.call_due_at, Handover.id).limit(limit)))


def mark_called(session: Session, *, handover_id: int, now: datetime) -> Handover:
    """Note that the call after two hours was made."""
    row = session.get_one(Handover, handover_id)
    row.called_at = row.called_at or now
    session.flush()
    return row
