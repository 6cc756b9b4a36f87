"""Putting messages into the outbox, once each, and taking back what must not go out any more."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Insert, Table, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.contact.codes import Channel, MessageState, Purpose, Step
from outreach.contact.message_models import Message
from outreach.contact.rules import MUST_BE_TOLD, PRIORITY, RIDE_PRIORITY, UNREACHABLE_BY_TEXT
from outreach.contact.segments import measure
from outreach.db import vault_of
from outreach.kernel.errors import MoveNotAllowed, NotFound

CHUNK = 500
MANY = 500  # so many new rows at once are a burst
CALL_STAYS_OWED = timedelta(days=1)
# What may still be taken back: nothing of it has left the house.
UNSENT = frozenset({MessageState.QUEUED, MessageState.CLAIMED, MessageState.HELD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to be queued. ``to_whom`` names the recipient within the natural key (decisions §3)."""

    to_whom: str
    step: Step
    purpose: Purpose
    channel: Channel
    subject_kind: str
    subject_id: int
    version: int = 1
    number: str
    language: str = "zh"
    body: str
    values: dict[str, Any] = field(default_factory=dict)
    wording_id: int | None = None
    due_at: datetime
    expires_at: datetime | None = None
    resident_id: int | None = None
    contact_person_id: int | None = None
    household_id: int | None = None
    campaign_id: int | None = None
    arm_id: int | None = None
    state: MessageState = MessageState.QUEUED
    reason: str = ""

    @property
    def natural_key(self) -> str:
        """What makes two schedulers write one row, and two recipients or two changes two rows."""
        return natural_key(
            self.to_whom,
            self.subject_kind,
            self.subject_id,
            self.step,
            self.version,
            self.channel,
        )


def natural_key(
    to_whom: str, kind: str, subject_id: int, step: Step, version: int, channel: Channel
) -> str:
    """Return the natural key of decisions §3."""
    return f"{to_whom}|{kind}:{subject_id}|{step}|{version}|{channel}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """Which of a subject's messages an act concerns; left empty, all."""

    steps: Collection[Step] = ()
    channels: Collection[Channel] = ()
    below_version: int | None = None
    reasons: Collection[str] = ()
    due_after: datetime | None = None


def queue(session: Session, *, drafts: Sequence[Draft], now: datetime) -> list[int]:
    """Put drafts into the outbox and return the ids of the rows that are new; the others stand already.

    A row of the same key that was taken back before anything left, and is wanted again, gives up its key
    to the new one, so that an end stays an end and the timeline shows both.
    """
    new: list[int] = []
    for chunk in _chunks(drafts, CHUNK):
        _retire(session, [draft.natural_key for draft in chunk])
        rows = [_row(session, draft, now) for draft in chunk]
        insert = _insert(session)
        session.execute(insert.values(rows).on_conflict_do_nothing(index_elements=["natural_key"]))
        uuids = [row["uuid"] for row in rows]
        found = select(Message.id).where(Message.uuid.in_(uuids)).order_by(Message.id)
        new += session.scalars(found)
    if len(new) >= MANY:
        _let_the_planner_know(session)
    return new


def _let_the_planner_know(session: Session) -> None:
    """Have PostgreSQL count the outbox at once: until it does, it sorts a whole burst to find its head.

    It would by itself within a minute or so; SQLite reads along the index in any case.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ANALYZE message"))


def cancel(
    session: Session,
    *,
    subject_kind: str,
    subject_ids: Collection[int],
    reason: str,
    now: datetime,
    only: Only | None = None,
) -> int:
    """Take back the unsent messages of a subject and return how many; a claimed one is stopped too."""
    if not subject_ids:
        return 0
    where = [
        Message.subject_kind == subject_kind,
        Message.subject_id.in_(subject_ids),
        Message.state.in_(UNSENT),
    ]
    if only is not None and only.steps:
        where.append(Message.step.in_(only.steps))
    if only is not None and only.channels:
        where.append(Message.channel.in_(only.channels))
    if only is not None and only.below_version is not None:
        where.append(Message.subject_version < only.below_version)
    if only is not None and only.reasons:
        where.append(Message.reason.in_(only.reasons))
    if only is not None and only.due_after is not None:
        where.append(Message.due_at > only.due_after)
    ended = update(Message).where(*where)
    ended = ended.values(
        state=MessageState.CANCELLED, reason=reason, ended_at=now, claim_token="", lease_until=None
    )
    gone = ended.returning(Message.id).execution_options(synchronize_session=False)
    return len(session.scalars(gone).all())


def owe_calls(session: Session, *, message_ids: Collection[int], now: datetime) -> list[int]:
    """Put a call by a person on the list for each ended message that someone must be told all the same."""
    if not message_ids:
        return []
    question = (
        select(Message)
        .where(
            Message.id.in_(message_ids),
            Message.channel != Channel.CALL,
            Message.purpose.in_([Purpose.APPOINTMENT, Purpose.RIDE]),
            Message.step.in_(MUST_BE_TOLD),
            Message.reason.in_(UNREACHABLE_BY_TEXT),
        )
        .order_by(Message.id)
    )
    drafts = [call_instead_of(session, message, now=now) for message in session.scalars(question)]
    return queue(session, drafts=drafts, now=now)


def call_instead_of(session: Session, message: Message, *, now: datetime) -> Draft:
    """Return the draft of the call that says by voice what ``message`` could not."""
    return Draft(
        to_whom=message.natural_key.partition("|")[0],
        step=message.step,
        purpose=message.purpose,
        channel=Channel.CALL,
        subject_kind=message.subject_kind,
        subject_id=message.subject_id,
        version=message.subject_version,
        number=number_of(session, message),
        language=message.language,
        body=message.body or "",
        values=dict(message.values),
        due_at=now,
        expires_at=now + CALL_STAYS_OWED,
        resident_id=message.resident_id,
        contact_person_id=message.contact_person_id,
        household_id=message.household_id,
        campaign_id=message.campaign_id,
        state=MessageState.HELD,
        reason=message.reason,
    )


def again(session: Session, message: Message, *, tries: int, due_at: datetime) -> Draft:
    """Return the draft of another try of a message that the provider took and then gave up."""
    first = message.natural_key.partition("|")[0].partition("~")[0]
    return Draft(
        to_whom=f"{first}~{tries}",
        step=message.step,
        purpose=message.purpose,
        channel=message.channel,
        subject_kind=message.subject_kind,
        subject_id=message.subject_id,
        version=message.subject_version,
        number=number_of(session, message),
        language=message.language,
        body=message.body or "",
        values={**message.values, "tries": tries},
        wording_id=message.wording_id,
        due_at=due_at,
        expires_at=message.expires_at,
        resident_id=message.resident_id,
        contact_person_id=message.contact_person_id,
        household_id=message.household_id,
        campaign_id=message.campaign_id,
        arm_id=message.arm_id,
    )


def cancel_calls_for(session: Session, message: Message, *, now: datetime) -> int:
    """End the call that was owed for a message, because it arrived after all."""
    head, _, _ = message.natural_key.rpartition("|")
    ended = (
        update(Message)
        .where(
            Message.natural_key == f"{head}|{Channel.CALL}",
            Message.state == MessageState.HELD,
            Message.reason != "unconfirmed",
        )
        .values(state=MessageState.CANCELLED, reason="arrived", ended_at=now)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(ended).all())


def told_by_person(
    session: Session, *, message_id: int, is_told: bool, by: int | None, now: datetime
) -> Message:
    """End a call that a person made, or an unresolved message that a person asked about."""
    message = get_message(session, message_id)
    if message.state not in {MessageState.HELD, MessageState.UNRESOLVED}:
        raise MoveNotAllowed("message_not_on_list", message_id=message_id)
    if message.state is MessageState.HELD and message.channel is not Channel.CALL:
        raise MoveNotAllowed("message_not_on_list", message_id=message_id)
    if is_told:
        message.state = MessageState.DELIVERED
        message.reason = "told_by_person"
        message.accepted_at = now
    else:
        message.state = (
            MessageState.FAILED
            if message.state is MessageState.UNRESOLVED
            else MessageState.CANCELLED
        )
        message.reason = "not_told"
    message.ended_at = now
    message.values = {**message.values, "told_by": by}
    session.flush()
    return message


def release(session: Session, *, message_ids: Collection[int], now: datetime) -> int:
    """Put held messages back into the queue; whatever silences them by now is found when they are due."""
    released = (
        update(Message)
        .where(
            Message.id.in_(message_ids),
            Message.state == MessageState.HELD,
            Message.channel != Channel.CALL,
        )
        .values(state=MessageState.QUEUED, reason="", retry_at=None)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(released).all())


def get_message(session: Session, message_id: int) -> Message:
    """Return one message, locked for change; NotFound when there is none."""
    message = session.scalars(
        select(Message).where(Message.id == message_id).with_for_update()
    ).first()
    if message is None:
        raise NotFound("message", message_id=message_id)
    return message


def number_of(session: Session, message: Message) -> str:
    """Return the number a message goes to; empty when there is none or retention removed it."""
    if message.number_sealed is None:
        return ""
    return vault_of(session).open(
        message.number_sealed, table="message", column="number_sealed", row=message.uuid
    )


def body_hash(body: str) -> bytes:
    """Return what recognises equal texts (caps, and asking the provider) once bodies are removed."""
    return hashlib.sha256(body.encode()).digest()[:16]


def _retire(session: Session, keys: list[str]) -> None:
    never_left = (
        Message.natural_key.in_(keys),
        Message.state.in_([MessageState.SUPPRESSED, MessageState.CANCELLED]),
        Message.attempts == 0,
        Message.merged_into_id.is_(None),
    )
    for old in session.scalars(select(Message).where(*never_left).order_by(Message.id)):
        old.natural_key = f"{old.natural_key}#{old.id}"
    session.flush()


def _row(session: Session, draft: Draft, now: datetime) -> dict[str, Any]:
    vault, uuid = vault_of(session), uuid4().hex
    sealed = index = None
    if draft.number:
        sealed = vault.seal(draft.number, table="message", column="number_sealed", row=uuid)
        index = vault.index(draft.number, purpose="phone")
    is_ended = draft.state in {MessageState.SUPPRESSED, MessageState.EXPIRED}
    return {
        "uuid": uuid,
        "natural_key": draft.natural_key,
        "channel": draft.channel,
        "purpose": draft.purpose,
        "step": draft.step,
        "state": draft.state,
        "reason": draft.reason,
        "priority": _priority(draft),
        "resident_id": draft.resident_id,
        "contact_person_id": draft.contact_person_id,
        "household_id": draft.household_id,
        "campaign_id": draft.campaign_id,
        "arm_id": draft.arm_id,
        "subject_kind": draft.subject_kind,
        "subject_id": draft.subject_id,
        "subject_version": draft.version,
        "number_sealed": sealed,
        "number_index": index,
        "language": draft.language,
        "wording_id": draft.wording_id,
        "values": draft.values,
        "body": draft.body,
        "body_hash": body_hash(draft.body),
        "segments": measure(draft.body).segments,
        "created_at": now,
        "due_at": draft.due_at,
        "expires_at": draft.expires_at,
        "ended_at": now if is_ended else None,
        "attempts": 0,
        "resends": 0,
        "claim_token": "",
        "gateway": "",
        "provider_id": "",
        "error_code": "",
    }


def _priority(draft: Draft) -> int:
    if draft.step is Step.FEEL_BAD:
        return RIDE_PRIORITY
    return PRIORITY[draft.purpose]


def _insert(session: Session) -> Any:  # noqa: ANN401 - two dialects' own insert classes
    table = Message.__table__
    assert isinstance(table, Table)  # noqa: S101 - for the type checker
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    statement: Insert = sqlite.insert(table) if is_sqlite else postgresql.insert(table)
    return statement


def _chunks(drafts: Sequence[Draft], size: int) -> Iterator[Sequence[Draft]]:
    # Of two drafts of one key the first, earlier one stays.
    unique = list({draft.natural_key: draft for draft in reversed(drafts)}.values())[::-1]
    for start in range(0, len(unique), size):
        yield unique[start : start + size]
