"""Forgetting on schedule: bodies, numbers and values of messages that have long ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.contact.claims import sending_control
from outreach.contact.codes import FINAL_MESSAGE_STATES, InboundState, MessageState
from outreach.contact.message_models import InboundMessage, Message, SimulatedText
from outreach.db import Database
from outreach.places.queries import business_clock

CHUNK = 2000


def forget_old_messages(database: Database, *, keep: timedelta | None = None) -> int:
    """Remove words and numbers of what ended before ``keep``; states and times stay for the figures.

    Unless told otherwise, as long ago as the administrator set.
    """
    with database.read() as session:
        keep = keep or timedelta(days=sending_control(session).keep_days)
    total = 0
    while True:
        done = database.act(partial(_forget_chunk, keep=keep))
        total += done
        if done < CHUNK:
            break
    return total


def _forget_chunk(session: Session, *, keep: timedelta) -> int:
    before = business_clock(session).now() - keep
    return (
        _forget_sent(session, before)
        + _forget_inbound(session, before)
        + _forget_simulated(session, before)
    )


def _forget_sent(session: Session, before: datetime) -> int:
    ended = [*FINAL_MESSAGE_STATES, MessageState.ACCEPTED, MessageState.UNRESOLVED]
    ids = session.scalars(
        select(Message.id)
        .where(
            Message.state.in_(ended),
            Message.due_at < before,
            Message.number_sealed.is_not(None) | Message.body.is_not(None),
        )
        .order_by(Message.id)
        .limit(CHUNK)
    ).all()
    session.execute(
        update(Message)
        .where(Message.id.in_(ids))
        .values(
            number_sealed=None,
            number_index=None,
            body=None,
            sent_body=None,
            body_hash=None,
            values={},
        )
        .execution_options(synchronize_session=False)
    )
    return len(ids)


def _forget_inbound(session: Session, before: datetime) -> int:
    ids = session.scalars(
        select(InboundMessage.id)
        .where(
            InboundMessage.state != InboundState.WAITING,
            InboundMessage.received_at < before,
            InboundMessage.number_sealed.is_not(None),
        )
        .order_by(InboundMessage.id)
        .limit(CHUNK)
    ).all()
    session.execute(
        update(InboundMessage)
        .where(InboundMessage.id.in_(ids))
        .values(number_sealed=None, body=None)
        .execution_options(synchronize_session=False)
    )
    return len(ids)


def _forget_simulated(session: Session, before: datetime) -> int:
    question = select(SimulatedText).where(SimulatedText.at < before)
    rows = session.scalars(question.order_by(SimulatedText.id).limit(CHUNK)).all()
    for row in rows:
        session.delete(row)
    return len(rows)
