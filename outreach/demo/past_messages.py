"""What became of the past's messages: the texts arrived, the calls owed were made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from outreach.contact.codes import Channel, MessageState
from outreach.contact.message_models import Message
from outreach.db import Database

GATEWAY = "console"


def deliver_past(database: Database, *, until: datetime) -> None:
    """Note every message that fell due before ``until`` as delivered at its time.

    The phones of the simulator stay empty: they show what is sent from the demo's first moment on.
    """
    with database.write() as session:
        session.execute(
            update(Message)
            .where(
                Message.state.in_([MessageState.QUEUED, MessageState.HELD]),
                Message.channel.in_([Channel.SMS, Channel.VOICE]),
                Message.due_at < until,
            )
            .values(
                state=MessageState.DELIVERED,
                gateway=GATEWAY,
                attempts=1,
                accepted_at=Message.due_at,
                ended_at=Message.due_at,
            )
        )
        session.execute(
            update(Message)
            .where(Message.state == MessageState.HELD, Message.due_at < until)
            .values(state=MessageState.CANCELLED, reason="called", ended_at=Message.due_at)
        )
