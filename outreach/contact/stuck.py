"""The rows that need somebody, one by one: what they are about, to which number, since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from outreach.accounts.queries import within
from outreach.accounts.rules import Scope
from outreach.contact.codes import Channel, MessageState, Purpose, Step
from outreach.contact.message_models import Message
from outreach.contact.outbox import number_of
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.kernel.phone import mask_phone
from outreach.ledger.models import Resident

PAGE_SIZE = 50
_ON_A_LIST = (Message.state == MessageState.HELD) & (Message.channel == Channel.CALL)
KINDS: dict[str, ColumnElement[bool]] = {
    "unresolved": Message.state == MessageState.UNRESOLVED,
    "unknown": Message.state == MessageState.UNKNOWN,
    "call_overdue": _ON_A_LIST,
    "held": (Message.state == MessageState.HELD) & (Message.channel != Channel.CALL),
    "failed": Message.state == MessageState.FAILED,
}


@dataclass(frozen=True, slots=True)
class StuckLine:
    """One message; words are shown only to who may see names, since they speak of a person."""

    id: int
    step: Step
    purpose: Purpose
    channel: Channel
    state: MessageState
    reason: str
    error_code: str
    number: str
    body: str
    resident_id: int | None
    gateway: str
    due_at: datetime


def stuck_lines(
    session: Session, *, kind: str, scope: Scope, sees_all: bool, page: int, now: datetime
) -> tuple[list[StuckLine], int]:
    """Return the rows of a kind within the scope, the oldest first (failures: the newest), and how many."""
    if kind not in KINDS:
        raise InvalidInput("not_in_list", field="kind")
    where = [KINDS[kind], _visible(scope, sees_all=sees_all)]
    if kind == "call_overdue":
        where.append(Message.due_at < now)
    total = session.scalar(select(func.count()).select_from(Message).where(*where)) or 0
    order = Message.due_at.desc() if kind == "failed" else Message.due_at
    question = select(Message).where(*where).order_by(order, Message.id)
    rows = session.scalars(question.limit(PAGE_SIZE).offset(PAGE_SIZE * (page - 1)))
    return [_line(session, row, shows_words=scope.sees_names) for row in rows], total


def check_may_touch(session: Session, *, message_id: int, scope: Scope, sees_all: bool) -> None:
    """Raise NotFound unless the message is about somebody within the scope."""
    visible = _visible(scope, sees_all=sees_all)
    question = select(Message.id).where(Message.id == message_id, visible)
    if session.scalars(question).first() is None:
        raise NotFound("message", message_id=message_id)


def _visible(scope: Scope, *, sees_all: bool) -> ColumnElement[bool]:
    people = select(Resident.id).where(within(scope, Resident.community_id))
    inside = Message.resident_id.in_(people)
    # Messages about nobody in the ledger are the whole place's to look after.
    return or_(inside, Message.resident_id.is_(None)) if sees_all else inside


def _line(session: Session, row: Message, *, shows_words: bool) -> StuckLine:
    return StuckLine(
        id=row.id,
        step=row.step,
        purpose=row.purpose,
        channel=row.channel,
        state=row.state,
        reason=row.reason,
        error_code=row.error_code,
        number=mask_phone(number_of(session, row)),
        body=(row.sent_body or row.body or "") if shows_words else "",
        resident_id=row.resident_id,
        gateway=row.gateway,
        due_at=row.due_at,
    )
