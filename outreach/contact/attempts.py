"""Writing hand contacts: what was tried, by whom, with which outcome and reasons; never overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.contact.codes import Channel
from outreach.contact.follow_up import Draft, missing_parts
from outreach.contact.models import AttemptReason, ContactAttempt
from outreach.kernel.errors import InvalidInput, MoveNotAllowed, NotFound
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.residents import lock_resident

OLDEST_BACK_ENTRY_DAYS = (
    60  # a visit noted on paper or without network is entered later (moment 3c)
)


class PartsMissing(InvalidInput):
    """The outcome asks for more; ``facts['fields']`` names what is missing or wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptDraft:
    """One contact as a worker notes it. ``uuid`` is the form's own id: sent twice, it counts once."""

    entry_id: int
    channel: Channel
    outcome: str
    at: datetime
    uuid: str = field(default_factory=lambda: uuid4().hex)
    contact_person_id: int | None = None
    reasons: tuple[str, ...] = ()
    main_reason: str = ""
    note: str = ""
    next_contact_on: date | None = None
    promised_call_at: datetime | None = None
    is_inbound: bool = False
    message_id: int | None = None
    deferral_code: str = ""
    life_kind: str = ""
    dose_on: date | None = None

    def parts(self) -> Draft:
        """Return what the rules of outcomes look at."""
        return Draft(
            channel=self.channel,
            outcome=self.outcome,
            reasons=self.reasons,
            main_reason=self.main_reason,
            note=self.note,
            next_contact_on=self.next_contact_on,
            deferral_code=self.deferral_code,
            life_kind=self.life_kind,
            dose_on=self.dose_on,
        )


def add_attempt(
    session: Session,
    *,
    draft: AttemptDraft,
    by: int | None,
    is_clinician: bool,
    day: date,
    now: datetime,
) -> tuple[ContactAttempt, bool]:
    """Note a contact once; return it and whether it is new. The outcome's compulsory parts are checked."""
    entry = get_entry(session, draft.entry_id)
    lock_resident(session, entry.resident_id)
    known = session.scalars(
        select(ContactAttempt).where(ContactAttempt.uuid == draft.uuid).limit(1)
    ).first()
    if known is not None:
        return known, False
    missing = missing_parts(draft.parts(), today=day, is_clinician=is_clinician)
    if draft.at > now or (now - draft.at).days > OLDEST_BACK_ENTRY_DAYS:
        missing.append("at")
    if draft.promised_call_at is not None and draft.promised_call_at <= draft.at:
        missing.append("promised_call_at")
    if missing:
        raise PartsMissing(fields=missing, field=missing[0])
    row = ContactAttempt(
        uuid=draft.uuid,
        resident_id=entry.resident_id,
        entry_id=entry.id,
        contact_person_id=draft.contact_person_id,
        by_user_id=by,
        at=draft.at,
        channel=draft.channel,
        outcome=draft.outcome,
        note=draft.note.strip(),
        next_contact_on=draft.next_contact_on,
        promised_call_at=draft.promised_call_at,
        is_inbound=draft.is_inbound,
        message_id=draft.message_id,
        recorded_at=now,
    )
    session.add(row)
    session.flush()
    for code in draft.reasons:
        session.add(AttemptReason(attempt_id=row.id, code=code, is_main=code == draft.main_reason))
    session.flush()
    return row, True


def void_attempt(
    session: Session, *, attempt_id: int, by: int, reason: str, now: datetime
) -> ContactAttempt:
    """Take back a contact noted by mistake, with a reason; what followed from it is computed anew."""
    if not reason.strip():
        raise InvalidInput("reason_missing", field="reason")
    row = session.get(ContactAttempt, attempt_id)
    if row is None:
        raise NotFound("contact_attempt", attempt_id=attempt_id)
    lock_resident(session, row.resident_id)
    session.refresh(row)
    if row.voided_at is not None:
        raise MoveNotAllowed("attempt_voided", attempt_id=attempt_id)
    row.voided_at, row.voided_by, row.void_reason = now, by, reason.strip()
    session.flush()
    return row


def get_entry(session: Session, entry_id: int) -> LedgerEntry:
    """Return a line that stands in the ledger; NotFound otherwise."""
    entry = session.get(LedgerEntry, entry_id)
    if entry is None or not entry.is_counted:
        raise NotFound("ledger_entry", entry_id=entry_id)
    return entry


def attempts_of(
    session: Session, *, resident_ids: Sequence[int], limit: int = 500
) -> list[ContactAttempt]:
    """Return the contacts about some people, newest first, taken-back ones included."""
    return list(
        session.scalars(
            select(ContactAttempt)
            .where(ContactAttempt.resident_id.in_(resident_ids))
            .order_by(ContactAttempt.at.desc(), ContactAttempt.id.desc())
            .limit(limit)
        )
    )
