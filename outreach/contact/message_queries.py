"""What a call says, for the voice that reads it aloud."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.contact.codes import Channel
from outreach.contact.message_models import Message
from outreach.kernel.errors import NotFound


def spoken_text(session: Session, *, reference: str) -> tuple[str, str]:
    """Return what one of our calls says and in which language; NotFound for any other reference."""
    question = select(Message).where(Message.uuid == reference, Message.channel == Channel.VOICE)
    row = session.scalars(question).first()
    if row is None:
        raise NotFound("message")
    return row.sent_body or row.body or "", row.language
