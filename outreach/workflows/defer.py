"""Deferring: a clinician's word holds the line and the reminders; lifting it lets the line go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.campaigns.models import Vaccine
from outreach.campaigns.queries import get_campaign
from outreach.contact.codes import Purpose
from outreach.kernel.errors import InvalidInput
from outreach.ledger.codes import Cause
from outreach.ledger.deferrals import (
    DeferralDraft,
    add_deferral,
    add_infection,
    lift_deferral,
    second_deferral,
)
from outreach.ledger.entries import Stored
from outreach.ledger.entry_models import Deferral
from outreach.places.queries import local_day
from outreach.workflows.restate import restate
from outreach.workflows.silence import silence


@dataclass(frozen=True, slots=True)
class Deferred:
    """The deferral that was set or changed, and what it did to the line."""

    deferral_id: int
    resident_id: int
    stored: Stored


def defer(
    session: Session, *, draft: DeferralDraft, is_clinician: bool, by: int, now: datetime
) -> Deferred:
    """Set a deferral or contraindication: nudges end at once, the line waits or is to be seconded."""
    day = local_day(session, now)
    row = add_deferral(session, draft=draft, is_clinician=is_clinician, day=day, by=by, now=now)
    silence(
        session,
        resident_id=row.resident_id,
        purposes=[Purpose.NUDGE],
        reason="deferred",
        now=now,
        campaign_id=row.campaign_id,
    )
    return _end(session, row, act="deferred", by=by, now=now)


def second(session: Session, *, deferral_id: int, by: int, now: datetime) -> Deferred:
    """Confirm a permanent contraindication; with two names behind it the line is struck off as exempt."""
    row = second_deferral(session, deferral_id=deferral_id, by=by)
    return _end(session, row, act="deferral_seconded", by=by, now=now)


def lift(
    session: Session,
    *,
    deferral_id: int,
    is_clinician: bool,
    by: int,
    reason: str,
    now: datetime,
) -> Deferred:
    """End a deferral with a reason; an exemption that rested on it is reversed."""
    row = lift_deferral(
        session,
        deferral_id=deferral_id,
        is_clinician=is_clinician,
        by=by,
        reason=reason,
        now=now,
    )
    return _end(session, row, act="deferral_lifted", by=by, now=now)


def note_infection(
    session: Session,
    *,
    resident_id: int,
    campaign_id: int,
    infected_on: date,
    by: int,
    now: datetime,
) -> Stored:
    """Note an infection with what a campaign protects against; the rules move the due date."""
    if infected_on > local_day(session, now):
        raise InvalidInput("infection_in_future", field="infected_on")
    vaccine = session.get_one(Vaccine, get_campaign(session, campaign_id).vaccine_id)
    add_infection(
        session,
        resident_id=resident_id,
        vaccine_code=vaccine.code,
        infected_on=infected_on,
        by=by,
        now=now,
    )
    return restate(session, resident_id=resident_id, by=by, cause=Cause.INFECTION, now=now)


def _end(session: Session, row: Deferral, *, act: str, by: int, now: datetime) -> Deferred:
    cause = Cause.DEFERRAL_LIFTED if row.lifted_at else Cause.DEFERRED
    stored = restate(
        session, resident_id=row.resident_id, by=by, cause=cause, now=now, reason=row.lift_reason
    )
    record(
        session,
        act=act,
        subject=("resident", row.resident_id),
        by=by,
        now=now,
        facts={"deferral_id": row.id, "code": row.code},
    )
    return Deferred(row.id, row.resident_id, stored)
