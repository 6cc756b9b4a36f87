"""What came in: kept once, read by a person unless it was surely understood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from outreach.contact.codes import Channel, InboundState, Meaning, MessageState, Step
from outreach.contact.message_models import InboundMessage, Message
from outreach.contact.outbox import release
from outreach.db import vault_of
from outreach.kernel.errors import NotFound
from outreach.kernel.phone import mask_phone
from outreach.ledger.models import ContactPerson, Phone, Resident
from outreach.ports.messages import InboundText

ANSWERS_WITHIN = timedelta(days=10)
_LEFT_THE_HOUSE = (
    MessageState.SENDING,
    MessageState.ACCEPTED,
    MessageState.DELIVERED,
    MessageState.UNKNOWN,
    MessageState.UNRESOLVED,
)


@dataclass(frozen=True, slots=True)
class Sender:
    """A resident whom a number belongs to, or whose contact it is."""

    resident_id: int
    contact_person_id: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """One reply that a person has to read; who it may come from, and what it may mean."""

    id: int
    body: str
    meaning: Meaning
    channel: Channel
    number: str
    received_at: datetime
    resident_id: int | None
    resident_name: str
    appointment_id: int | None
    in_reply_to: str


def find_inbound(session: Session, *, gateway: str, provider_id: str) -> InboundMessage | None:
    """Return an inbound message that was heard before, or None: gateways deliver twice."""
    question = select(InboundMessage).where(
        InboundMessage.gateway == gateway, InboundMessage.provider_id == provider_id
    )
    return session.scalars(question).first()


def keep_inbound(
    session: Session, *, text: InboundText, number: str, now: datetime
) -> InboundMessage:
    """Keep what came in, as something that a person must read until it is understood."""
    vault, uuid = vault_of(session), uuid4().hex
    row = InboundMessage(
        uuid=uuid,
        gateway=text.gateway,
        provider_id=text.provider_id,
        channel=Channel(text.channel),
        number_sealed=vault.seal(number, table="inbound_message", column="number_sealed", row=uuid),
        number_index=vault.index(number, purpose="phone"),
        body=text.body,
        meaning=Meaning.UNCLEAR,
        state=InboundState.WAITING,
        received_at=now,
    )
    session.add(row)
    session.flush()
    return row


def senders(session: Session, *, number_index: bytes) -> list[Sender]:
    """Return whom a number stands for: more than one resident where a phone is shared (fault 32)."""
    question = (
        select(ContactPerson.resident_id, ContactPerson.id)
        .join(Phone, Phone.contact_person_id == ContactPerson.id)
        .join(Resident, Resident.id == ContactPerson.resident_id)
        .where(
            Phone.number_index == number_index,
            ContactPerson.ended_at.is_(None),
            Resident.merged_into_id.is_(None),
            Resident.erased_at.is_(None),
        )
        .order_by(ContactPerson.resident_id, ContactPerson.id)
    )
    found: dict[int, Sender] = {}
    for resident_id, contact_id in session.execute(question):
        found.setdefault(resident_id, Sender(resident_id, contact_id))
    return list(found.values())


def answered_message(
    session: Session, *, number_index: bytes, reference: str, now: datetime
) -> Message | None:
    """Return the message that a reply answers: the one it names, else the last one to its number."""
    where: list[ColumnElement[bool]] = [Message.state.in_(_LEFT_THE_HOUSE)]
    if reference:
        where.append(Message.uuid == reference)
    else:
        where += [
            Message.number_index == number_index,
            Message.began_at > now - ANSWERS_WITHIN,
            Message.step != Step.OPT_OUT_CONFIRMED,
        ]
    question = select(Message).where(*where).order_by(Message.began_at.desc(), Message.id.desc())
    return session.scalars(question.limit(1)).first()


def mark_read(session: Session, *, inbound_id: int, by: int, now: datetime) -> InboundMessage:
    """Note that a person read a reply and takes it on; sending to the number goes on when none is left."""
    row = session.scalars(
        select(InboundMessage).where(InboundMessage.id == inbound_id).with_for_update()
    ).first()
    if row is None:
        raise NotFound("inbound_message", inbound_id=inbound_id)
    if row.state is InboundState.WAITING:
        row.state, row.read_by, row.read_at = InboundState.READ, by, now
        session.flush()
    _resume(session, number_index=row.number_index, now=now)
    return row


def ring_back_done(session: Session, *, resident_id: int, by: int | None, now: datetime) -> int:
    """End the wishes to be rung back of a person who was spoken with; return how many there were."""
    indexes = (
        select(Phone.number_index)
        .join(ContactPerson, ContactPerson.id == Phone.contact_person_id)
        .where(ContactPerson.resident_id == resident_id, ContactPerson.ended_at.is_(None))
    )
    rows = session.scalars(
        select(InboundMessage)
        .where(
            InboundMessage.number_index.in_(indexes),
            InboundMessage.channel == Channel.VOICE,
            InboundMessage.state == InboundState.WAITING,
        )
        .with_for_update()
    ).all()
    for row in rows:
        row.state, row.read_by, row.read_at = InboundState.READ, by, now
    session.flush()
    for index in {row.number_index for row in rows}:
        _resume(session, number_index=index, now=now)
    return len(rows)


def _resume(session: Session, *, number_index: bytes, now: datetime) -> None:
    waiting = select(InboundMessage.id).where(
        InboundMessage.number_index == number_index, InboundMessage.state == InboundState.WAITING
    )
    if session.scalars(waiting.limit(1)).first() is not None:
        return
    held = select(Message.id).where(
        Message.number_index == number_index,
        Message.state == MessageState.HELD,
        Message.reason == "reply_unread",
    )
    release(session, message_ids=session.scalars(held).all(), now=now)


def waiting_replies(
    session: Session, *, condition: ColumnElement[bool] | None = None, limit: int = 200
) -> list[Waiting]:
    """Return the replies that a person must read, oldest first.

    ``condition`` limits them by the resident (``within(scope, Resident.community_id)``); with one,
    replies from unknown numbers are left to those who see everything.
    """
    question = (
        select(InboundMessage, Resident.name, Message.body)
        .outerjoin(Resident, Resident.id == InboundMessage.resident_id)
        .outerjoin(Message, Message.id == InboundMessage.in_reply_to_id)
        .where(InboundMessage.state == InboundState.WAITING)
        .order_by(InboundMessage.received_at, InboundMessage.id)
        .limit(limit)
    )
    if condition is not None:
        question = question.where(condition)
    return [
        Waiting(
            id=row.id,
            body=row.body or "",
            meaning=row.meaning,
            channel=row.channel,
            number=mask_phone(_number(session, row)),
            received_at=row.received_at,
            resident_id=row.resident_id,
            resident_name=name or "",
            appointment_id=row.appointment_id,
            in_reply_to=asked or "",
        )
        for row, name, asked in session.execute(question)
    ]


def _number(session: Session, row: InboundMessage) -> str:
    if row.number_sealed is None:
        return ""
    return vault_of(session).open(
        row.number_sealed, table="inbound_message", column="number_sealed", row=row.uuid
    )
