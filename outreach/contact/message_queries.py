"""Readings of messages for pages: a person's timeline, calls that people owe, unresolved ones, previews."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from outreach.contact.codes import (
    Channel,
    InboundState,
    Meaning,
    MessageState,
    OptOutScope,
    Purpose,
    Step,
)
from outreach.contact.message_models import InboundMessage, Message, OptOut
from outreach.contact.outbox import number_of
from outreach.db import vault_of
from outreach.kernel.errors import NotFound
from outreach.kernel.phone import mask_phone
from outreach.ledger.models import ContactPerson, Phone, Resident

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One outbound message in a timeline: what, to whom, when, what became of it and why."""

    id: int
    step: Step
    purpose: Purpose
    channel: Channel
    state: MessageState
    reason: str
    error_code: str
    to_name: str
    to_relation: str
    number: str
    body: str
    segments: int
    due_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    subject_kind: str
    subject_id: int


@dataclass(frozen=True, slots=True)
class InboundLine:
    """One inbound message in a timeline."""

    id: int
    body: str
    meaning: Meaning
    state: InboundState
    channel: Channel
    received_at: datetime
    number: str


@dataclass(frozen=True, slots=True)
class OwedCall:
    """A call that a person must make because no text could, or because nobody confirmed."""

    message_id: int
    resident_id: int
    resident_name: str
    contact_person_id: int | None
    to_name: str
    step: Step
    reason: str
    body: str
    due_at: datetime
    is_overdue: bool
    is_unresolved: bool


def messages_of(session: Session, *, resident_id: int, limit: int = _SHOWN) -> list[MessageLine]:
    """Return a resident's messages to whomever they went, newest first; what is due last stands first."""
    return _lines(session, Message.resident_id == resident_id, limit=limit)


def messages_about(
    session: Session, *, subject_kind: str, subject_ids: Collection[int]
) -> list[MessageLine]:
    """Return the messages about appointments or legs, newest first."""
    return _lines(
        session,
        (Message.subject_kind == subject_kind) & Message.subject_id.in_(subject_ids),
        limit=_SHOWN,
    )


def inbound_of(session: Session, *, resident_id: int, limit: int = _SHOWN) -> list[InboundLine]:
    """Return what came in from the numbers of a resident and of the family, newest first."""
    numbers = (
        select(Phone.number_index)
        .join(ContactPerson, ContactPerson.id == Phone.contact_person_id)
        .where(ContactPerson.resident_id == resident_id)
    )
    question = (
        select(InboundMessage)
        .where(
            or_(
                InboundMessage.resident_id == resident_id,
                InboundMessage.number_index.in_(numbers),
            )
        )
        .order_by(InboundMessage.received_at.desc(), InboundMessage.id.desc())
        .limit(limit)
    )
    return [
        InboundLine(
            id=row.id,
            body=row.body or "",
            meaning=row.meaning,
            state=row.state,
            channel=row.channel,
            received_at=row.received_at,
            number=_masked_inbound(session, row),
        )
        for row in session.scalars(question)
    ]


def spoken_text(session: Session, *, reference: str) -> tuple[str, str]:
    """Return what one of our calls says and in which language; NotFound for any other reference."""
    question = select(Message).where(Message.uuid == reference, Message.channel == Channel.VOICE)
    row = session.scalars(question).first()
    if row is None:
        raise NotFound("message")
    return row.sent_body or row.body or "", row.language


def owed_calls(
    session: Session,
    *,
    now: datetime,
    zone: ZoneInfo,
    condition: ColumnElement[bool] | None = None,
    limit: int = _SHOWN,
) -> list[OwedCall]:
    """Return the calls that people owe until the end of today, the most urgent first.

    ``condition`` limits them by the resident. Messages of unknown fate stand beside them: whether those
    arrived, only a call can tell.
    """
    today_ends = datetime.combine(
        now.astimezone(zone).date() + timedelta(days=1), datetime.min.time(), zone
    )
    question = (
        select(Message, Resident.name, ContactPerson.name)
        .join(Resident, Resident.id == Message.resident_id)
        .outerjoin(ContactPerson, ContactPerson.id == Message.contact_person_id)
        .where(
            or_(
                (Message.state == MessageState.HELD) & (Message.channel == Channel.CALL),
                Message.state == MessageState.UNRESOLVED,
            ),
            Message.due_at < today_ends,
        )
        .order_by(Message.priority, Message.due_at, Message.id)
        .limit(limit)
    )
    if condition is not None:
        question = question.where(condition)
    return [
        OwedCall(
            message_id=row.id,
            resident_id=row.resident_id or 0,
            resident_name=name,
            contact_person_id=row.contact_person_id,
            to_name=to_name or "",
            step=row.step,
            reason=row.reason,
            body=row.body or "",
            due_at=row.due_at,
            is_overdue=row.due_at < now,
            is_unresolved=row.state is MessageState.UNRESOLVED,
        )
        for row, name, to_name in session.execute(question)
    ]


def opt_outs_of(
    session: Session, *, resident_id: int
) -> list[tuple[int, OptOutScope, str, datetime]]:
    """Return the opt-outs in force for the numbers of a resident and family: id, scope, source, at."""
    numbers = (
        select(Phone.number_index)
        .join(ContactPerson, ContactPerson.id == Phone.contact_person_id)
        .where(ContactPerson.resident_id == resident_id)
    )
    question = (
        select(OptOut)
        .where(
            OptOut.ended_at.is_(None),
            or_(OptOut.resident_id == resident_id, OptOut.number_index.in_(numbers)),
        )
        .order_by(OptOut.id)
    )
    return [(row.id, row.scope, row.source, row.at) for row in session.scalars(question)]


def unresolved_count(session: Session) -> int:
    """Return how many messages of unknown fate wait on people's lists."""
    question = select(Message.id).where(Message.state == MessageState.UNRESOLVED)
    return len(session.scalars(question.limit(10_000)).all())


def _lines(session: Session, condition: ColumnElement[bool], *, limit: int) -> list[MessageLine]:
    question = (
        select(Message, ContactPerson.name, ContactPerson.relation)
        .outerjoin(ContactPerson, ContactPerson.id == Message.contact_person_id)
        .where(condition)
        .order_by(Message.due_at.desc(), Message.id.desc())
        .limit(limit)
    )
    return [
        MessageLine(
            id=row.id,
            step=row.step,
            purpose=row.purpose,
            channel=row.channel,
            state=row.state,
            reason=row.reason,
            error_code=row.error_code,
            to_name=name or "",
            to_relation=relation.value if relation is not None else "",
            number=mask_phone(number_of(session, row)),
            body=row.sent_body or row.body or "",
            segments=row.segments,
            due_at=row.due_at,
            accepted_at=row.accepted_at,
            ended_at=row.ended_at,
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
        )
        for row, name, relation in session.execute(question)
    ]


def _masked_inbound(session: Session, row: InboundMessage) -> str:
    if row.number_sealed is None:
        return ""
    number = vault_of(session).open(
        row.number_sealed, table="inbound_message", column="number_sealed", row=row.uuid
    )
    return mask_phone(number)
