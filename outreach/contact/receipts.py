"""Providers' later words on messages: kept once each, applied only upwards, whatever their order.

A receipt is matched by our own id, which stands in the address it is sent to, so it may come before our
own commit of the provider's id (fault 25). A final state is never overwritten (faults 22–24).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.contact.codes import FINAL_MESSAGE_STATES, MessageState
from outreach.contact.message_models import DeliveryReceipt, Message
from outreach.contact.outbox import cancel_calls_for
from outreach.ports.messages import Delivery, Receipt, Trouble

_CAN_STILL_RISE = frozenset(
    {
        MessageState.SENDING,
        MessageState.UNKNOWN,
        MessageState.UNRESOLVED,
        MessageState.ACCEPTED,
        # A swept and re-queued ride message whose first copy did arrive after all.
        MessageState.QUEUED,
        MessageState.CLAIMED,
    }
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A message that a provider gave up after accepting it."""

    message_id: int
    trouble: Trouble
    code: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What receipts did: how many were news, which messages failed for good, which ids nobody knows."""

    fresh: int
    failures: tuple[Failure, ...]
    unknown: tuple[str, ...]


def apply_receipts(
    session: Session, *, receipts: Sequence[Receipt], now: datetime, real_now: datetime
) -> Applied:
    """Keep and apply receipts; the same one twice changes nothing, an unknown id makes no row."""
    references = {receipt.reference for receipt in receipts}
    question = (
        select(Message)
        .where(Message.uuid.in_(references))
        .order_by(Message.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    rows = {row.uuid: row for row in session.scalars(question)}
    fresh = 0
    failures: list[Failure] = []
    for receipt in receipts:
        row = rows.get(receipt.reference)
        if row is None:
            continue
        kept = _keep(session, row, receipt, real_now=real_now)
        if kept is None:
            continue
        fresh += 1
        is_applied = _apply(row, receipt, now=now)
        session.get_one(DeliveryReceipt, kept).is_applied = is_applied
        if is_applied and row.state is MessageState.FAILED:
            failures.append(Failure(row.id, receipt.trouble or Trouble.REFUSED, receipt.code))
        if is_applied and row.state is not MessageState.FAILED:
            cancel_calls_for(session, row, now=now)
    session.flush()
    missing = tuple(sorted(references - set(rows)))
    return Applied(fresh=fresh, failures=tuple(failures), unknown=missing)


def _apply(row: Message, receipt: Receipt, *, now: datetime) -> bool:
    if row.state in FINAL_MESSAGE_STATES or row.state not in _CAN_STILL_RISE:
        return False
    if row.state in {MessageState.QUEUED, MessageState.CLAIMED} and row.attempts == 0:
        return False  # nothing of this message ever left: no provider can know of it
    row.provider_id = row.provider_id or receipt.provider_id
    row.accepted_at = row.accepted_at or now
    row.unknown_since = None
    if receipt.delivery is Delivery.DELIVERED:
        row.state, row.ended_at, row.reason = MessageState.DELIVERED, now, ""
        return True
    if receipt.delivery is Delivery.FAILED:
        row.state, row.ended_at = MessageState.FAILED, now
        row.error_code = receipt.code or receipt.status
        row.reason = "failed"
        return True
    if row.state is MessageState.ACCEPTED:
        return False
    row.state, row.reason = MessageState.ACCEPTED, ""
    return True


def _keep(session: Session, row: Message, receipt: Receipt, *, real_now: datetime) -> int | None:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = sqlite.insert(DeliveryReceipt) if is_sqlite else postgresql.insert(DeliveryReceipt)
    statement = (
        insert.values(
            message_id=row.id,
            provider_id=receipt.provider_id,
            status=receipt.status,
            error_code=receipt.code,
            is_applied=False,
            received_at=real_now,
        )
        .on_conflict_do_nothing(
            index_elements=["message_id", "provider_id", "status", "error_code"]
        )
        .returning(DeliveryReceipt.id)
    )
    return session.scalars(statement).first()
