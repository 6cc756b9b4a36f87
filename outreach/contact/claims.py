"""Taking messages out of the outbox: claim with lease and fencing token, then one end per message.

queued → claimed (committed: surely not sent) → sending (committed just before the post: fate unknown if
this process dies) → one outcome, written only by the holder of the token. Leases run on real time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, or_, select, text, update
from sqlalchemy.orm import Session

from outreach.contact.codes import Channel, MessageState
from outreach.contact.message_models import Message, SendingControl
from outreach.contact.rules import RIDE_PRIORITY

LEASE = timedelta(minutes=2)
SWEPT_AT_ONCE = 500
SENDERS_CARRY = (Channel.SMS, Channel.VOICE)


@dataclass(frozen=True, slots=True)
class Claim:
    """One claimed message and the token that alone may end it."""

    message_id: int
    token: str


@dataclass(frozen=True, slots=True)
class Instants:
    """Business time, by which messages are due, and real time, on which leases run."""

    now: datetime
    real_now: datetime


def sending_control(session: Session) -> SendingControl:
    """Return what pauses sending or limits it to listed numbers; nothing does until somebody says so."""
    row = session.scalars(select(SendingControl).order_by(SendingControl.id).limit(1)).first()
    return row or SendingControl(
        paused_reason="", is_trial=False, keep_days=180, part_price_micros=0
    )


def lock_sending_control(session: Session) -> SendingControl:
    """Return the one row of that, to be changed."""
    question = select(SendingControl).order_by(SendingControl.id).limit(1)
    row = session.scalars(question.with_for_update()).first()
    if row is None:
        row = SendingControl()
        session.add(row)
        session.flush()
    return row


def is_anything_due(session: Session, *, at: Instants) -> bool:
    """Say whether a claim would find anything, without taking a lock."""
    question = select(Message.id).where(*_is_due(at, ()))
    return session.scalars(question.limit(1)).first() is not None


def claim(
    session: Session,
    *,
    at: Instants,
    limit: int,
    lease: timedelta = LEASE,
    paused_campaigns: Collection[int] = (),
) -> list[Claim]:
    """Take up to ``limit`` due messages, the most urgent first; other workers skip what is taken.

    A message that only expires is taken too, so that its end is written.
    """
    where = _is_due(at, paused_campaigns)
    question = select(Message.id).where(*where)
    question = question.order_by(Message.priority, Message.due_at, Message.id).limit(limit)
    ids = session.scalars(question.with_for_update(skip_locked=True)).all()
    return take(session, message_ids=ids, at=at, lease=lease)


def due_rows(
    session: Session, *, at: Instants, limit: int, paused_campaigns: Collection[int] = ()
) -> list[Message]:
    """Return due messages, locked: for who decides about them in this very transaction."""
    question = (
        select(Message)
        .where(*_is_due(at, paused_campaigns))
        .order_by(Message.priority, Message.due_at, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(session.scalars(question))


def _is_due(at: Instants, paused_campaigns: Collection[int]) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [
        Message.state == MessageState.QUEUED,
        Message.channel.in_(SENDERS_CARRY),
        Message.due_at <= at.now,
        or_(Message.retry_at.is_(None), Message.retry_at <= at.real_now),
    ]
    if paused_campaigns:
        where.append(
            or_(
                Message.campaign_id.is_(None),
                Message.campaign_id.not_in(paused_campaigns),
                Message.priority == RIDE_PRIORITY,
            )
        )
    return where


def take(
    session: Session, *, message_ids: Sequence[int], at: Instants, lease: timedelta = LEASE
) -> list[Claim]:
    """Claim these very messages, those of them that are queued."""
    if not message_ids:
        return []
    token = uuid4().hex
    taken = (
        update(Message)
        .where(Message.id.in_(message_ids), Message.state == MessageState.QUEUED)
        .values(
            state=MessageState.CLAIMED,
            claim_token=token,
            claimed_at=at.real_now,
            lease_until=at.real_now + lease,
        )
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    mine = set(session.scalars(taken).all())
    return [Claim(i, token) for i in message_ids if i in mine]


def held_rows(
    session: Session, *, claims: Sequence[Claim], state: MessageState, real_now: datetime
) -> list[Message]:
    """Return the messages that these claims still hold in ``state``; a lost lease loses the message."""
    tokens = {claim.message_id: claim.token for claim in claims}
    question = (
        select(Message)
        .where(Message.id.in_(tokens), Message.state == state)
        .order_by(Message.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    rows = session.scalars(question).all()
    if state is MessageState.CLAIMED:
        rows = [r for r in rows if r.lease_until is not None and r.lease_until > real_now]
    return [row for row in rows if row.claim_token == tokens[row.id]]


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found left behind by dead workers."""

    requeued: int
    unknown: int


def sweep_leases(session: Session, *, real_now: datetime) -> Swept:
    """Free what dead workers held: claimed was surely not sent, sending is unknown (faults 2 and 3)."""
    requeued = _end_leases(
        session,
        state=MessageState.CLAIMED,
        real_now=real_now,
        to={"state": MessageState.QUEUED},
    )
    unknown = _end_leases(
        session,
        state=MessageState.SENDING,
        real_now=real_now,
        to={
            "state": MessageState.UNKNOWN,
            "unknown_since": real_now,
            "reason": "worker_died",
        },
    )
    return Swept(requeued=requeued, unknown=unknown)


def _end_leases(
    session: Session, *, state: MessageState, real_now: datetime, to: dict[str, object]
) -> int:
    # Rows that another transaction holds are not waited for: a worker that stands still may hold them.
    question = select(Message.id).where(Message.state == state, Message.lease_until < real_now)
    question = question.order_by(Message.id).limit(SWEPT_AT_ONCE)
    ids = session.scalars(question.with_for_update(skip_locked=True)).all()
    if not ids:
        return 0
    session.execute(
        update(Message)
        .where(Message.id.in_(ids), Message.state == state)
        .values(claim_token="", lease_until=None, **to)
        .execution_options(synchronize_session=False)
    )
    return len(ids)


def any_lapsed(session: Session, *, real_now: datetime) -> bool:
    """Say whether a sweep would find anything, without taking a lock."""
    question = select(Message.id).where(
        Message.state.in_([MessageState.CLAIMED, MessageState.SENDING]),
        Message.lease_until < real_now,
    )
    return session.scalars(question.limit(1)).first() is not None


def lock_numbers(session: Session, *, keys: Collection[bytes]) -> None:
    """Let one worker at a time decide about a number or household, so that caps hold (PostgreSQL).

    On SQLite the write transaction is that lock already.
    """
    if session.get_bind().dialect.name == "sqlite" or not keys:
        return
    numbers = sorted({int.from_bytes(key[:8], "big", signed=True) for key in keys})
    # In ascending order, so that two workers never wait for each other.
    session.execute(
        text("SELECT pg_advisory_xact_lock(k) FROM unnest(CAST(:keys AS bigint[])) AS k"),
        {"keys": numbers},
    )
