"""Finding out what became of messages of unknown fate: wait for the callback, then ask the provider.

Nothing of unknown fate is sent again blindly. What the provider does not have either goes out once more
when a ride's safety hangs on it, and else onto a person's list (decisions §3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.contact.claims import Instants
from outreach.contact.codes import Channel, MessageState, Purpose
from outreach.contact.message_models import Message
from outreach.contact.outbox import number_of, owe_calls
from outreach.db import Database
from outreach.ports.messages import (
    CannotTell,
    Finding,
    Found,
    NotThere,
    Receipt,
    Sought,
)
from outreach.workflows.finish import share_fate
from outreach.workflows.merge_messages import partners_of
from outreach.workflows.receive_receipts import receive
from outreach.workflows.routes import Routes
from outreach.workflows.send_one import instants

CALLBACK_MAY_TAKE = timedelta(minutes=10)
ASK_AGAIN_AFTER = timedelta(minutes=5)
GIVE_UP_ASKING_AFTER = timedelta(hours=6)
RIDE_RESENDS = 1


@dataclass(frozen=True, slots=True)
class Doubt:
    """One message of unknown fate, and what the provider may recognise it by."""

    message_id: int
    gateway: str
    sought: Sought


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What asking settled: found at the provider, sent again, left to people, still unknown."""

    found: int = 0
    resent: int = 0
    unresolved: int = 0
    still_unknown: int = 0


def reconcile_messages(
    database: Database,
    routes: Routes,
    *,
    real_now: Callable[[], datetime],
    wait: timedelta = CALLBACK_MAY_TAKE,
    limit: int = 200,
) -> Reconciled:
    """Ask about messages whose callback did not come in time; the provider is asked outside transactions."""
    with database.read() as session:
        doubts = _doubts(session, before=real_now() - wait, limit=limit)
    counts = {"found": 0, "resent": 0, "unresolved": 0, "still_unknown": 0}
    for doubt in doubts:
        finding = _ask(routes, doubt)

        def settle(session: Session, doubt: Doubt = doubt, finding: Finding = finding) -> str:
            at = instants(session, real_now())
            return _settle(session, doubt.message_id, finding, at=at, wait=wait)

        counts[database.act(settle)] += 1
    return Reconciled(**counts)


def ask_now(session: Session, *, real_now: datetime) -> int:
    """Let every message of unknown fate be asked about at the next tick; return how many."""
    rows = session.scalars(
        select(Message).where(
            Message.state == MessageState.UNKNOWN,
            Message.unknown_since > real_now - CALLBACK_MAY_TAKE,
        )
    ).all()
    for row in rows:
        row.unknown_since = real_now - CALLBACK_MAY_TAKE
    session.flush()
    return len(rows)


def _doubts(session: Session, *, before: datetime, limit: int) -> list[Doubt]:
    question = (
        select(Message)
        .where(
            Message.state == MessageState.UNKNOWN,
            Message.unknown_since <= before,
            Message.merged_into_id.is_(None),
        )
        .order_by(Message.priority, Message.unknown_since, Message.id)
        .limit(limit)
    )
    rows = session.scalars(question).all()
    return [_doubt(session, row, _taken(session, row)) for row in rows]


def _doubt(session: Session, row: Message, taken: frozenset[str]) -> Doubt:
    sought = Sought(
        reference=row.uuid,
        channel=row.channel.value,
        to=number_of(session, row),
        body=row.sent_body or row.body or "",
        posted_at=row.post_started_at or row.created_at,
        taken=taken,
    )
    return Doubt(row.id, row.gateway, sought)


def _taken(session: Session, row: Message) -> frozenset[str]:
    question = select(Message.provider_id).where(
        Message.number_index == row.number_index, Message.id != row.id, Message.provider_id != ""
    )
    return frozenset(session.scalars(question))


def _ask(routes: Routes, doubt: Doubt) -> Finding:
    gateway = routes.named(doubt.gateway)
    if gateway is None or not doubt.sought.to:
        return NotThere()
    if not gateway.capabilities(doubt.sought.to).can_be_asked:
        return NotThere()
    return gateway.find(doubt.sought)


def _settle(
    session: Session, message_id: int, finding: Finding, *, at: Instants, wait: timedelta
) -> str:
    row = session.get_one(Message, message_id, with_for_update=True)
    if row.state is not MessageState.UNKNOWN:
        return "found"  # the callback came while we asked
    if isinstance(finding, Found):
        _accept_found(session, row, finding, at=at)
        return "found"
    partners = partners_of(session, [row.id]).get(row.id, [])
    if isinstance(finding, CannotTell) and not _is_hopeless(row, at):
        row.unknown_since = at.real_now - wait + ASK_AGAIN_AFTER
        return "still_unknown"
    if isinstance(finding, NotThere) and _may_go_again(row, partners, at.now):
        row.state, row.resends, row.began_at = MessageState.QUEUED, row.resends + 1, None
        row.unknown_since, row.retry_at = None, None
        share_fate(row, partners)
        return "resent"
    row.state, row.reason = MessageState.UNRESOLVED, "unresolved"
    share_fate(row, partners)
    return "unresolved"


def _accept_found(session: Session, row: Message, found: Found, *, at: Instants) -> None:
    receipt = Receipt(
        reference=row.uuid,
        provider_id=found.provider_id,
        status=f"found:{found.delivery.value}",
        delivery=found.delivery,
        code=found.code,
        trouble=found.trouble,
    )
    receive(session, receipts=[receipt], at=at)


def _may_go_again(row: Message, partners: Sequence[Message], now: datetime) -> bool:
    is_late = row.expires_at is not None and row.expires_at <= now
    is_ride = row.purpose is Purpose.RIDE or any(p.purpose is Purpose.RIDE for p in partners)
    return is_ride and not is_late and row.resends < RIDE_RESENDS


def _is_hopeless(row: Message, at: Instants) -> bool:
    posted = row.post_started_at or row.created_at
    return at.real_now - posted > GIVE_UP_ASKING_AFTER


def expire_overdue(session: Session, *, now: datetime, limit: int = 500) -> int:
    """End what nobody may get any more, also while sending is paused; owe the calls that follow."""
    question = (
        select(Message.id)
        .where(
            Message.state.in_([MessageState.QUEUED, MessageState.HELD]),
            Message.expires_at <= now,
        )
        .order_by(Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(question).all()
    for row in session.scalars(select(Message).where(Message.id.in_(ids)).order_by(Message.id)):
        row.state, row.ended_at = MessageState.EXPIRED, now
        row.reason = row.reason if row.channel is Channel.CALL else "expired"
    session.flush()
    owe_calls(session, message_ids=ids, now=now)
    return len(ids)
