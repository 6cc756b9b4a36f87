"""Replies that a person must read, with what helps to act on them: whose they may be, what is booked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.clinics.codes import STANDING
from outreach.clinics.models import Appointment
from outreach.contact.codes import Channel, InboundState, Meaning
from outreach.contact.inbound import Waiting, mark_read, senders, waiting_replies
from outreach.contact.message_models import InboundMessage
from outreach.kernel.errors import NotFound
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.heads import PersonHead, person_heads
from outreach.ledger.models import ContactPerson, Phone, Resident
from outreach.ledger.visibility import may_see
from outreach.places.queries import local_day


@dataclass(frozen=True, slots=True)
class ReplyPerson:
    """Somebody from whom (or from whose family) a reply may come."""

    head: PersonHead
    entry_id: int | None
    booking_id: int | None
    slot_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReplyLine:
    """One reply on the list; several people where a number is shared."""

    inbound_id: int
    body: str
    meaning: Meaning
    channel: Channel
    number: str
    received_at: datetime
    in_reply_to: str
    people: tuple[ReplyPerson, ...]

    @property
    def is_missed_call(self) -> bool:
        """Say whether somebody rang and found nobody: a request to be rung back (moment 3j)."""
        return self.channel is Channel.VOICE and not self.body


def replies_to_read(
    session: Session, *, scope: Scope, with_strangers: bool, now: datetime
) -> list[ReplyLine]:
    """Return the replies that wait within the scope, oldest first.

    Replies of numbers that nobody in the ledger has are shown only ``with_strangers``.
    """
    rows = waiting_replies(
        session, condition=_visible(session, scope, with_strangers=with_strangers, now=now)
    )
    return [_line(session, row, scope, now) for row in rows]


def read_reply(
    session: Session,
    *,
    inbound_id: int,
    scope: Scope,
    with_strangers: bool,
    by: int,
    now: datetime,
) -> None:
    """Note that a reply was read; NotFound outside the scope. Messages to the number go on."""
    visible = select(InboundMessage.id).outerjoin(
        Resident, Resident.id == InboundMessage.resident_id
    )
    found = session.scalars(
        visible.where(
            InboundMessage.id == inbound_id,
            _visible(session, scope, with_strangers=with_strangers, now=now),
        )
    ).first()
    if found is None:
        raise NotFound("not_found")
    mark_read(session, inbound_id=inbound_id, by=by, now=now)


def strangers_waiting(session: Session) -> int:
    """Return how many replies wait that came from numbers of nobody in the ledger."""
    rows = session.scalars(
        select(InboundMessage.id)
        .where(InboundMessage.state == InboundState.WAITING, _is_stranger())
        .limit(500)
    )
    return len(rows.all())


def _visible(
    session: Session, scope: Scope, *, with_strangers: bool, now: datetime
) -> ColumnElement[bool]:
    day = local_day(session, now)
    shared = (
        select(Phone.number_index)
        .join(ContactPerson, ContactPerson.id == Phone.contact_person_id)
        .join(Resident, Resident.id == ContactPerson.resident_id)
        .where(may_see(scope, day), ContactPerson.ended_at.is_(None))
        .correlate(None)
    )
    nobody_yet = InboundMessage.resident_id.is_(None)
    seen = or_(
        and_(InboundMessage.resident_id.is_not(None), may_see(scope, day)),
        and_(nobody_yet, InboundMessage.number_index.in_(shared)),
    )
    return or_(seen, _is_stranger()) if with_strangers else seen


def _is_stranger() -> ColumnElement[bool]:
    known = exists().where(Phone.number_index == InboundMessage.number_index)
    return and_(InboundMessage.resident_id.is_(None), ~known)


def _line(session: Session, row: Waiting, scope: Scope, now: datetime) -> ReplyLine:
    if row.resident_id is not None:
        ids = [row.resident_id]
    else:
        index = session.get_one(InboundMessage, row.id).number_index
        ids = [sender.resident_id for sender in senders(session, number_index=index)]
    heads = person_heads(session, resident_ids=ids, scope=scope, now=now)
    return ReplyLine(
        inbound_id=row.id,
        body=row.body,
        meaning=row.meaning,
        channel=row.channel,
        number=row.number,
        received_at=row.received_at,
        in_reply_to=row.in_reply_to,
        people=tuple(_person(session, heads[i], now) for i in ids if i in heads),
    )


def _person(session: Session, head: PersonHead, now: datetime) -> ReplyPerson:
    entry_id = session.scalars(
        select(LedgerEntry.id)
        .where(LedgerEntry.resident_id == head.resident_id, LedgerEntry.is_counted)
        .order_by(LedgerEntry.id)
        .limit(1)
    ).first()
    booking = session.execute(
        select(Appointment.id, Appointment.slot_at)
        .where(
            Appointment.resident_id == head.resident_id,
            Appointment.status.in_(STANDING),
            Appointment.slot_at >= now,
        )
        .order_by(Appointment.slot_at)
        .limit(1)
    ).first()
    return ReplyPerson(
        head=head,
        entry_id=entry_id,
        booking_id=booking.id if booking else None,
        slot_at=booking.slot_at if booking else None,
    )
