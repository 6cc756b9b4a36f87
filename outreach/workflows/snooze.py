"""Leaving someone, or a whole household, alone until a day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.contact.codes import Purpose
from outreach.ledger.codes import Cause
from outreach.ledger.entries import Stored
from outreach.ledger.operations import snooze_household, snooze_resident
from outreach.places.queries import local_day
from outreach.workflows.restate import restate_many
from outreach.workflows.silence import silence


def snooze(
    session: Session,
    *,
    resident_id: int | None = None,
    household_id: int | None = None,
    until: date | None,
    reason: str,
    by: int,
    now: datetime,
) -> Stored:
    """Stop asking until ``until`` (None: go on now); rides and bookings are not touched."""
    day = local_day(session, now)
    residents: list[int] = []
    if household_id is not None:
        residents = snooze_household(
            session, household_id=household_id, until=until, reason=reason, day=day
        )
    if resident_id is not None:
        snooze_resident(session, resident_id=resident_id, until=until, day=day)
        residents.append(resident_id)
    for snoozed in residents:
        if until is not None:
            silence(
                session, resident_id=snoozed, purposes=[Purpose.NUDGE], reason="snoozed", now=now
            )
        record(
            session,
            act="snoozed" if until else "snooze_ended",
            subject=("resident", snoozed),
            by=by,
            now=now,
            facts={"until": until.isoformat() if until else ""},
        )
    return restate_many(
        session, resident_ids=residents, by=by, cause=Cause.SNOOZED, now=now, reason=reason
    )
