"""What follows from a provider's later word: another try, a call by a person, a number marked bad."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.contact import rules
from outreach.contact.claims import Instants
from outreach.contact.codes import MessageState
from outreach.contact.message_models import Message
from outreach.contact.outbox import again, owe_calls, queue
from outreach.contact.receipts import Applied, Failure, apply_receipts
from outreach.ports.messages import Receipt
from outreach.workflows.finish import act_on_trouble, share_fate
from outreach.workflows.merge_messages import partners_of


def receive(session: Session, *, receipts: Sequence[Receipt], at: Instants) -> Applied:
    """Apply receipts and do what failures ask for; safe to repeat with the same receipts."""
    applied = apply_receipts(session, receipts=receipts, now=at.now, real_now=at.real_now)
    ended = [_after_failure(session, failure, at=at) for failure in applied.failures]
    _tell_partners(session, receipts)
    session.flush()
    owe_calls(session, message_ids=[i for i in ended if i is not None], now=at.now)
    return applied


def _after_failure(session: Session, failure: Failure, *, at: Instants) -> int | None:
    """Return the message when nothing more is tried by itself."""
    row = session.get_one(Message, failure.message_id)
    row.reason = act_on_trouble(session, row, failure.trouble, code=failure.code, now=at.now)
    tries = int(row.values.get("tries", 0))
    due_at = rules.try_again_at(failure.trouble.value, tries=tries, now=at.now)
    is_in_time = due_at is not None and (row.expires_at is None or due_at < row.expires_at)
    if due_at is None or not is_in_time:
        return row.id
    draft = again(session, row, tries=tries + 1, due_at=due_at)
    queue(session, drafts=[draft], now=at.now)
    return None


def _tell_partners(session: Session, receipts: Sequence[Receipt]) -> None:
    references = [receipt.reference for receipt in receipts]
    question = select(Message).where(Message.uuid.in_(references)).order_by(Message.id)
    rows = {row.id: row for row in session.scalars(question)}
    for row_id, partners in partners_of(session, rows).items():
        if rows[row_id].state not in {MessageState.QUEUED, MessageState.CLAIMED}:
            share_fate(rows[row_id], partners)
