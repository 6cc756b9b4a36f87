"""Writing deferrals and contraindications: a clinician's word, with an end or a review, and an owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.kernel.errors import InvalidInput, MoveNotAllowed, NotAllowed, NotFound
from outreach.ledger.codes import DEFERRALS, PERMANENT_DEFERRALS, UNCLINICAL_DEFERRAL
from outreach.ledger.entry_models import Deferral
from outreach.ledger.models import Infection
from outreach.ledger.residents import lock_resident

LONGEST_DEFERRAL_DAYS = 366
REVIEW_AFTER_DAYS = 14  # a hold without an end is looked at again (moment 2c)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferralDraft:
    """A deferral as somebody notes it. ``campaign_id`` None holds for every vaccine."""

    resident_id: int
    code: str
    campaign_id: int | None = None
    until_on: date | None = None
    review_on: date | None = None
    note: str = ""
    owner_id: int | None = None


def add_deferral(
    session: Session,
    *,
    draft: DeferralDraft,
    is_clinician: bool,
    day: date,
    by: int,
    now: datetime,
) -> Deferral:
    """Note that a dose waits or must not be given.

    Only a clinician decides; others can but say that a clinician should look (D22). A permanent one
    (D01–D03) counts when a second person has confirmed it, and holds as a deferral until then.
    """
    if draft.code not in DEFERRALS:
        raise InvalidInput("deferral_unknown", field="code")
    if not is_clinician and draft.code != UNCLINICAL_DEFERRAL:
        raise NotAllowed("only_a_clinician_defers", field="code")
    is_permanent = draft.code in PERMANENT_DEFERRALS
    if draft.until_on is not None and not is_permanent:
        longest = day + timedelta(days=LONGEST_DEFERRAL_DAYS)
        if not day < draft.until_on <= longest:
            raise InvalidInput("deferral_end", field="until_on")
    lock_resident(session, draft.resident_id)
    until_on = None if is_permanent else draft.until_on
    review_on = draft.review_on or until_on
    if review_on is None and not is_permanent:
        review_on = day + timedelta(days=REVIEW_AFTER_DAYS)
    row = Deferral(
        resident_id=draft.resident_id,
        campaign_id=draft.campaign_id,
        code=draft.code,
        is_permanent=is_permanent,
        until_on=until_on,
        review_on=review_on,
        owner_id=draft.owner_id or by,
        note=draft.note.strip(),
        set_by=by,
        set_at=now,
    )
    session.add(row)
    session.flush()
    return row


def second_deferral(session: Session, *, deferral_id: int, by: int) -> Deferral:
    """Confirm a permanent contraindication with a second pair of eyes, never the first pair again."""
    row = lock_deferral(session, deferral_id)
    if not row.is_permanent or row.seconded_by is not None:
        raise MoveNotAllowed("deferral_not_waiting", deferral_id=deferral_id)
    if row.set_by == by:
        raise NotAllowed("second_person_needed", field="seconded_by")
    row.seconded_by = by
    session.flush()
    return row


def lift_deferral(
    session: Session, *, deferral_id: int, is_clinician: bool, by: int, reason: str, now: datetime
) -> Deferral:
    """End a deferral with a reason. What a clinician set only a clinician lifts."""
    if not reason.strip():
        raise InvalidInput("reason_missing", field="reason")
    row = lock_deferral(session, deferral_id)
    if row.code != UNCLINICAL_DEFERRAL and not is_clinician:
        raise NotAllowed("only_a_clinician_lifts", field="deferral_id")
    row.lifted_at, row.lifted_by, row.lift_reason = now, by, reason.strip()
    session.flush()
    return row


def lock_deferral(session: Session, deferral_id: int) -> Deferral:
    """Return a standing deferral whose resident nobody else changes meanwhile."""
    row = session.get(Deferral, deferral_id)
    if row is None:
        raise NotFound("deferral", deferral_id=deferral_id)
    lock_resident(session, row.resident_id)
    session.refresh(row)
    if row.lifted_at is not None:
        raise MoveNotAllowed("deferral_lifted", deferral_id=deferral_id)
    return row


def add_infection(
    session: Session,
    *,
    resident_id: int,
    vaccine_code: str,
    infected_on: date,
    by: int,
    now: datetime,
) -> Infection:
    """Note an infection, which the rules count from; the same day twice stays one."""
    lock_resident(session, resident_id)
    found = session.scalars(
        select(Infection)
        .where(
            Infection.resident_id == resident_id,
            Infection.vaccine_code == vaccine_code,
            Infection.infected_on == infected_on,
        )
        .limit(1)
    ).first()
    if found is None:
        found = Infection(
            resident_id=resident_id,
            vaccine_code=vaccine_code,
            infected_on=infected_on,
            recorded_by=by,
            recorded_at=now,
        )
        session.add(found)
        session.flush()
    return found
