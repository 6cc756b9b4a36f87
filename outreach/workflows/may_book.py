"""Whether a trip may be booked: the family agrees (2d), the doses may share the day (2e), none is too early."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.campaigns.same_day import SharedDay, shareable_on
from outreach.kernel.errors import OutreachError
from outreach.ledger.dose_view import assess_told
from outreach.ledger.entries import stored_entries
from outreach.places.queries import local_day
from outreach.workflows.entry_facts import LineFacts, frame_of, gather


class ConsentConflict(OutreachError):
    """The person and a relative say different things; somebody speaks with them before anything is booked."""

    status = 409


class DosesApart(OutreachError):
    """The rules do not let these doses share a day."""

    status = 409


class DoseTooEarly(OutreachError):
    """On that day the dose would not count: nobody is driven to it."""

    status = 409


def check_may_book(
    session: Session, *, resident_id: int, campaign_ids: Collection[int], slot_at: datetime
) -> None:
    """Refuse a time that the family does not agree on, or on whose day the doses may not be given.

    Raises ConsentConflict, DosesApart or DoseTooEarly.
    """
    lines = [
        line for line in _lines(session, resident_id) if line.campaign.campaign_id in campaign_ids
    ]
    if any(line.facts.consent_conflict for line in lines):
        raise ConsentConflict(field="campaign")
    shared = _shared_day(session, lines, slot_at)
    if shared.refused:
        apart = max(verdict.days_apart for verdict in shared.refused)
        raise DosesApart(
            "doses_apart" if apart else "doses_not_stated", field="campaign", days=apart
        )
    for line in lines:
        due = assess_told(line.facts.doses, shared.on).forecast.earliest
        if due is not None and due.on > shared.on:
            raise DoseTooEarly(field="campaign", earliest_on=due.on)


def _lines(session: Session, resident_id: int) -> list[LineFacts]:
    ids = [resident_id]
    known = stored_entries(session, ids)
    return gather(session, resident_ids=ids, known=known, frame=frame_of(session))


def _shared_day(session: Session, lines: list[LineFacts], slot_at: datetime) -> SharedDay:
    on = local_day(session, slot_at)
    if not lines:
        return SharedDay(on, ())
    return shareable_on(
        {line.campaign.vaccine_code: assess_told(line.facts.doses, on) for line in lines},
        {line.campaign.vaccine_code: line.campaign.rules for line in lines},
        person=lines[0].facts.doses.person,
        on=on,
        order=[line.campaign.vaccine_code for line in lines],
    )
