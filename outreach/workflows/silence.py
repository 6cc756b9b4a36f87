"""Silencing: taking back at once what must no longer reach someone, with the reason in the timeline."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from outreach.contact.codes import MessageState, Purpose
from outreach.contact.message_models import Message
from outreach.contact.outbox import UNSENT

REMINDERS = (Purpose.NUDGE, Purpose.APPOINTMENT)
EVERYTHING = tuple(Purpose)


def silence(
    session: Session,
    *,
    resident_id: int,
    purposes: Collection[Purpose],
    reason: str,
    now: datetime,
    campaign_id: int | None = None,
    appointment_id: int | None = None,
) -> int:
    """End a resident's unsent messages of some purposes and return how many.

    What is already with a gateway cannot be called back; everything else is checked again when it is
    due, so this only makes the end visible at once. Calls that a person owes are ended too.
    """
    where = [
        Message.resident_id == resident_id,
        Message.purpose.in_(list(purposes)),
        Message.state.in_(UNSENT),
    ]
    if campaign_id is not None:
        where.append(Message.campaign_id == campaign_id)
    if appointment_id is not None:
        where += [Message.subject_kind == "appointment", Message.subject_id == appointment_id]
    ended = (
        update(Message)
        .where(*where)
        .values(
            state=MessageState.SUPPRESSED,
            reason=reason,
            ended_at=now,
            claim_token="",
            lease_until=None,
        )
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(ended).all())
