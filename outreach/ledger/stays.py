"""Writing stays: where someone really is for a while, so that a car goes there (Zhao at her daughter's)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.kernel.errors import InvalidInput, NotFound
from outreach.ledger.models import ContactPerson, Stay
from outreach.ledger.residents import lock_resident


@dataclass(frozen=True, slots=True, kw_only=True)
class StayDraft:
    """A temporary address; ``until_on`` is the last day there, None while nobody knows."""

    resident_id: int
    address_id: int
    from_on: date
    until_on: date | None = None
    community_id: int | None = None
    with_contact_id: int | None = None


def add_stay(session: Session, *, draft: StayDraft, by: int | None, now: datetime) -> Stay:
    """Note a stay. An earlier one ends the day before, so that each day has one address."""
    if draft.until_on is not None and draft.until_on < draft.from_on:
        raise InvalidInput("days_reversed", field="until_on")
    lock_resident(session, draft.resident_id)
    contact = session.get(ContactPerson, draft.with_contact_id) if draft.with_contact_id else None
    if draft.with_contact_id and (contact is None or contact.resident_id != draft.resident_id):
        raise InvalidInput("contact_of_another", field="with_contact_id")
    for other in stays_of(session, resident_id=draft.resident_id):
        is_before = other.until_on is not None and other.until_on < draft.from_on
        is_after = draft.until_on is not None and other.from_on > draft.until_on
        if is_before or is_after:
            continue
        if other.from_on < draft.from_on:
            other.until_on = draft.from_on - timedelta(days=1)
        else:
            other.ended_at = now
    stay = Stay(
        resident_id=draft.resident_id,
        address_id=draft.address_id,
        community_id=draft.community_id,
        with_contact_id=draft.with_contact_id,
        from_on=draft.from_on,
        until_on=draft.until_on,
        noted_by=by,
        noted_at=now,
    )
    session.add(stay)
    session.flush()
    return stay


def end_stay(session: Session, *, stay_id: int, day: date, now: datetime) -> Stay:
    """Note that someone is back: the stay ended on ``day``."""
    stay = session.get(Stay, stay_id)
    if stay is None:
        raise NotFound("stay", stay_id=stay_id)
    lock_resident(session, stay.resident_id)
    if stay.from_on > day:
        stay.ended_at = now
    else:
        stay.until_on = day
    session.flush()
    return stay


def stays_of(session: Session, *, resident_id: int) -> list[Stay]:
    """Return the stays that were not taken back, oldest first."""
    return list(
        session.scalars(
            select(Stay)
            .where(Stay.resident_id == resident_id, Stay.ended_at.is_(None))
            .order_by(Stay.from_on, Stay.id)
        )
    )
