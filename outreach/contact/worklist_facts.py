"""What waits for a word with some residents: owed calls, answers, bookings, wishes to be rung back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from outreach.clinics.codes import STANDING
from outreach.clinics.models import Appointment
from outreach.contact.codes import Channel, InboundState, MessageState, Purpose, QuestionState
from outreach.contact.follow_up import UNREACHED
from outreach.contact.message_models import InboundMessage, Message
from outreach.contact.models import ContactAttempt, Question
from outreach.ledger.models import ContactPerson, Phone

DOUBT_LASTS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OwedCall:
    """A call that a message could not be: its subject and the words that were to be said."""

    message_id: int
    step: str
    reason: str
    due_at: datetime


def is_owed_call(now: datetime) -> ColumnElement[bool]:
    """Return what only a call settles: owed ones that are due, and texts of which nobody can say
    whether they arrived, as long as what they tell still matters (decisions §3)."""
    by_person = (
        (Message.channel == Channel.CALL)
        & (Message.state == MessageState.HELD)
        & (Message.due_at <= now)
    )
    in_doubt = (
        (Message.state == MessageState.UNRESOLVED)
        & Message.purpose.in_([Purpose.APPOINTMENT, Purpose.RIDE])
        & (Message.expires_at.is_(None) | (Message.expires_at > now - DOUBT_LASTS))
    )
    return or_(by_person, in_doubt)


def owed_calls(
    session: Session, residents: Sequence[int], now: datetime
) -> dict[int, list[OwedCall]]:
    """Return per resident the calls that are due now."""
    rows = session.scalars(
        select(Message)
        .where(Message.resident_id.in_(residents), is_owed_call(now))
        .order_by(Message.due_at, Message.id)
    )
    found: dict[int, list[OwedCall]] = defaultdict(list)
    for row in rows:
        if row.resident_id is not None:
            found[row.resident_id].append(OwedCall(row.id, str(row.step), row.reason, row.due_at))
    return found


def rung_in_vain(session: Session, residents: Sequence[int], now: datetime) -> frozenset[int]:
    """Return who is owed a call and was rung since without anybody answering: go there."""
    rung = session.scalars(
        select(Message.resident_id)
        .join(ContactAttempt, ContactAttempt.resident_id == Message.resident_id)
        .where(
            Message.resident_id.in_(residents),
            Message.channel == Channel.CALL,
            Message.state == MessageState.HELD,
            Message.due_at <= now,
            ContactAttempt.at >= Message.due_at,
            ContactAttempt.channel == Channel.CALL,
            ContactAttempt.outcome.in_(sorted(UNREACHED)),
            ContactAttempt.voided_at.is_(None),
        )
    )
    return frozenset(resident_id for resident_id in rung if resident_id is not None)


def answers_ready(session: Session, entry_ids: Sequence[int]) -> dict[int, int]:
    """Return per line the latest answer that waits to be passed on."""
    rows = session.execute(
        select(Question.entry_id, Question.id)
        .where(Question.entry_id.in_(entry_ids), Question.state == QuestionState.ANSWERED)
        .order_by(Question.answered_at.desc(), Question.id.desc())
    )
    return {entry_id: question_id for entry_id, question_id in rows if entry_id is not None}


def booked_residents(session: Session, residents: Sequence[int], now: datetime) -> frozenset[int]:
    """Return which residents have an appointment ahead."""
    return frozenset(
        session.scalars(
            select(Appointment.resident_id).where(
                Appointment.resident_id.in_(residents),
                Appointment.status.in_(list(STANDING)),
                Appointment.slot_at >= now,
            )
        )
    )


def wishing_to_be_rung() -> Select[int]:
    """Return the residents who rang, or pressed the key for a call back, and were not rung yet (3j).

    A number that several people share puts all of them on the list: nobody guesses who it was.
    """
    return (
        select(ContactPerson.resident_id)
        .join(Phone, Phone.contact_person_id == ContactPerson.id)
        .join(InboundMessage, InboundMessage.number_index == Phone.number_index)
        .where(
            InboundMessage.channel == Channel.VOICE,
            InboundMessage.state == InboundState.WAITING,
            ContactPerson.ended_at.is_(None),
        )
    )


def ring_backs(session: Session, residents: Sequence[int]) -> frozenset[int]:
    """Return which of these residents wish to be rung back."""
    wishing = wishing_to_be_rung().where(ContactPerson.resident_id.in_(residents))
    return frozenset(session.scalars(wishing))


def unwell() -> Select[int]:
    """Return the residents who said that they feel bad and whom no clinician has answered yet (3g)."""
    return select(Question.resident_id).where(
        Question.state == QuestionState.OPEN, Question.is_urgent
    )


def unwell_residents(session: Session, residents: Sequence[int]) -> frozenset[int]:
    """Return which of these residents feel bad and wait for a clinician."""
    return frozenset(session.scalars(unwell().where(Question.resident_id.in_(residents))))
