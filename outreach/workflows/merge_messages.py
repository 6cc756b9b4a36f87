"""One text instead of several: what is due to one number at the same moment and says the same thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.contact.addressing import all_of
from outreach.contact.claims import Instants
from outreach.contact.codes import MessageState, Purpose
from outreach.contact.message_models import Message, Wording
from outreach.contact.rules import MERGEABLE
from outreach.contact.segments import measure
from outreach.contact.wording import joined, render

WITHIN = timedelta(minutes=10)
MOST = 4


def merge_partners(
    session: Session,
    row: Message,
    *,
    at: Instants,
    lease: timedelta,
    may_join: Callable[[Sequence[Message]], list[Message]],
) -> None:
    """Let other messages to the same number go out within ``row`` (moment 3d).

    Two elders on one phone get one text; ride messages to one number merge whatever they say, since
    caps must never drop one. A partner shares the fate of the text that carried it.
    """
    row.sent_body = None
    is_ride = row.purpose is Purpose.RIDE
    if row.number_index is None or not (is_ride or row.step in MERGEABLE):
        return
    same = [Message.purpose == Purpose.RIDE] if is_ride else [Message.step == row.step]
    question = (
        select(Message)
        .where(
            Message.number_index == row.number_index,
            Message.channel == row.channel,
            Message.id != row.id,
            Message.language == row.language,
            Message.state.in_([MessageState.QUEUED, MessageState.CLAIMED]),
            Message.due_at <= at.now + WITHIN,
            Message.expires_at > at.now,
            *same,
        )
        .order_by(Message.due_at, Message.id)
        .limit(MOST - 1)
        .with_for_update(skip_locked=True)
    )
    partners = session.scalars(question).all()
    partners = may_join(partners) if partners else []
    if not partners:
        return
    row.sent_body = _one_text(session, [row, *partners])
    row.segments = measure(row.sent_body).segments
    for partner in partners:
        partner.state = MessageState.SENDING
        partner.merged_into_id = row.id
        partner.claim_token = ""
        partner.post_started_at = at.real_now
        partner.lease_until = at.real_now + lease


def partners_of(session: Session, row: Message) -> list[Message]:
    """Return the messages that went out within ``row``."""
    question = (
        select(Message)
        .where(Message.merged_into_id == row.id)
        .order_by(Message.id)
        .with_for_update()
    )
    return list(session.scalars(question))


def _one_text(session: Session, rows: list[Message]) -> str:
    first = rows[0]
    signature = str(first.values.get("signature", ""))
    wording = session.get(Wording, first.wording_id) if first.wording_id is not None else None
    names = [str(row.values.get("who", "")) for row in rows]
    if wording is not None and all(_alike(row, first) for row in rows):
        values = {k: v for k, v in first.values.items() if isinstance(v, str)}
        values["who"] = all_of(names, language=first.language)
        return render(wording.body, values, signature=signature)
    return joined([row.body or "" for row in rows], signature=signature)


def _alike(row: Message, other: Message) -> bool:
    if row.wording_id != other.wording_id:
        return False
    own, others = dict(row.values), dict(other.values)
    for name in ("who", "reply_hint", "opt_out_hint"):  # worded per person and per route
        own.pop(name, None)
        others.pop(name, None)
    return own == others
