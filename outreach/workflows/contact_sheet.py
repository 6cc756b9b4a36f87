"""What a worker has in front of them while speaking with someone: numbers, last words, owed calls, answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.accounts.rules import Scope
from outreach.campaigns.models import Campaign
from outreach.clinics.codes import STANDING
from outreach.clinics.models import Appointment
from outreach.contact.attempts import attempts_of, get_entry
from outreach.contact.codes import Channel, MessageState, QuestionState
from outreach.contact.message_models import Message
from outreach.contact.models import AttemptReason, ContactAttempt, Question
from outreach.kernel.errors import NotFound
from outreach.ledger.codes import DUE, EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.heads import PersonHead, Speaker, person_head, speakers
from outreach.ledger.models import Resident

LAST_CONTACTS = 5


@dataclass(frozen=True, slots=True)
class PastContact:
    """One earlier contact, as a timeline shows it."""

    attempt_id: int
    at: datetime
    channel: Channel
    outcome: str
    reasons: tuple[str, ...]
    note: str
    by: str
    is_voided: bool


@dataclass(frozen=True, slots=True)
class CallOwed:
    """A call that a message could not be, with the words that were to be said."""

    message_id: int
    step: str
    body: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class AnswerReady:
    """A clinician's answer that waits to be passed on."""

    question_id: int
    text: str
    answer: str
    by: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Housemate:
    """Another open line behind the same door: one log may serve a couple (moment 3c)."""

    entry_id: int
    name: str


@dataclass(frozen=True, slots=True)
class ContactSheet:
    """Everything beside the form of a contact."""

    head: PersonHead
    entry_id: int
    campaign_zh: str
    campaign_en: str
    status: EntryStatus
    dose_number_due: int | None
    earliest_on: date | None
    next_channel: str
    next_contact_on: date | None
    promised_call_at: datetime | None
    refusals: int
    do_not_ask: bool
    people: tuple[Speaker, ...]
    last: tuple[PastContact, ...]
    owed: tuple[CallOwed, ...]
    answer: AnswerReady | None
    housemates: tuple[Housemate, ...]
    booking_id: int | None = None
    booked_for: datetime | None = None

    def campaign(self, language: str) -> str:
        """Return the campaign's name in a language."""
        return self.campaign_zh if language == "zh" else self.campaign_en


def contact_sheet(session: Session, *, entry_id: int, scope: Scope, now: datetime) -> ContactSheet:
    """Return what stands beside the form for one line; NotFound outside the scope."""
    entry = get_entry(session, entry_id)
    head = person_head(session, resident_id=entry.resident_id, scope=scope, now=now)
    campaign = session.get_one(Campaign, entry.campaign_id)
    booking = _booking(session, entry.resident_id, now)
    return ContactSheet(
        head=head,
        entry_id=entry.id,
        campaign_zh=campaign.name_zh,
        campaign_en=campaign.name_en,
        status=entry.status,
        dose_number_due=entry.dose_number_due,
        earliest_on=entry.earliest_on,
        next_channel=entry.next_channel,
        next_contact_on=entry.next_contact_on,
        promised_call_at=entry.promised_call_at,
        refusals=entry.refusals,
        do_not_ask=entry.do_not_ask,
        people=tuple(speakers(session, resident_id=entry.resident_id)),
        last=past_contacts(session, resident_id=entry.resident_id, limit=LAST_CONTACTS),
        owed=_owed(session, entry.resident_id, now),
        answer=_answer(session, entry.id),
        housemates=_housemates(session, entry),
        booking_id=booking.id if booking else None,
        booked_for=booking.slot_at if booking else None,
    )


def past_contacts(
    session: Session, *, resident_id: int, limit: int = 100
) -> tuple[PastContact, ...]:
    """Return the contacts about a person, newest first, taken-back ones marked."""
    rows = attempts_of(session, resident_ids=[resident_id], limit=limit)
    ids = [row.id for row in rows]
    reasons: dict[int, list[str]] = {}
    for attempt_id, code in session.execute(
        select(AttemptReason.attempt_id, AttemptReason.code)
        .where(AttemptReason.attempt_id.in_(ids))
        .order_by(AttemptReason.is_main.desc(), AttemptReason.code)
    ):
        reasons.setdefault(attempt_id, []).append(code)
    names = user_names(session, [row.by_user_id for row in rows])
    return tuple(
        PastContact(
            attempt_id=row.id,
            at=row.at,
            channel=row.channel,
            outcome=row.outcome,
            reasons=tuple(reasons.get(row.id, ())),
            note=row.note,
            by=names.get(row.by_user_id or 0, ""),
            is_voided=row.voided_at is not None,
        )
        for row in rows
    )


def resident_of_attempt(session: Session, *, attempt_id: int, scope: Scope, now: datetime) -> int:
    """Return whom a contact is about; NotFound outside the scope."""
    row = session.get(ContactAttempt, attempt_id)
    if row is None:
        raise NotFound("not_found")
    person_head(session, resident_id=row.resident_id, scope=scope, now=now)
    return row.resident_id


def user_names(session: Session, user_ids: Sequence[int | None]) -> dict[int, str]:
    """Return the shown names of accounts."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    rows = session.execute(select(User.id, User.display_name).where(User.id.in_(wanted)))
    return {row.id: row.display_name for row in rows}


def _owed(session: Session, resident_id: int, now: datetime) -> tuple[CallOwed, ...]:
    rows = session.scalars(
        select(Message)
        .where(
            Message.resident_id == resident_id,
            Message.channel == Channel.CALL,
            Message.state == MessageState.HELD,
            Message.due_at <= now,
        )
        .order_by(Message.due_at, Message.id)
        .limit(20)
    )
    return tuple(CallOwed(row.id, str(row.step), row.body or "", row.due_at) for row in rows)


def _booking(session: Session, resident_id: int, now: datetime) -> Appointment | None:
    return session.scalars(
        select(Appointment)
        .where(
            Appointment.resident_id == resident_id,
            Appointment.status.in_(STANDING),
            Appointment.slot_at >= now,
        )
        .order_by(Appointment.slot_at, Appointment.id)
        .limit(1)
    ).first()


def _answer(session: Session, entry_id: int) -> AnswerReady | None:
    row = session.scalars(
        select(Question)
        .where(Question.entry_id == entry_id, Question.state == QuestionState.ANSWERED)
        .order_by(Question.answered_at.desc(), Question.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    names = user_names(session, [row.answered_by])
    by = names.get(row.answered_by or 0, "")
    return AnswerReady(row.id, row.text, row.answer, by, row.answered_at)


def _housemates(session: Session, entry: LedgerEntry) -> tuple[Housemate, ...]:
    household_id = session.get_one(Resident, entry.resident_id).household_id
    if household_id is None:
        return ()
    rows = session.execute(
        select(LedgerEntry.id, Resident.name)
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .where(
            Resident.household_id == household_id,
            Resident.id != entry.resident_id,
            LedgerEntry.campaign_id == entry.campaign_id,
            LedgerEntry.is_counted,
            LedgerEntry.status.in_([*DUE, EntryStatus.UNREACHABLE]),
        )
        .order_by(Resident.id)
        .limit(5)
    )
    return tuple(Housemate(row.id, row.name) for row in rows)
