"""Sending through the outbox while one waits: one message from the command line, or a test to oneself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from outreach.contact.claims import Instants, take
from outreach.contact.codes import Channel, MessageState, Purpose, Step
from outreach.contact.message_models import Message
from outreach.contact.outbox import Draft, queue
from outreach.contact.recipients import residents_at
from outreach.db import Database
from outreach.kernel.errors import InvalidInput
from outreach.kernel.phone import PhoneKind, parse_phone
from outreach.places.queries import business_clock, get_place
from outreach.ports.messages import Outcome, Unknown
from outreach.workflows.finish import Posted, finish
from outreach.workflows.routes import Routes
from outreach.workflows.send import Ready, begin

LONGEST_BODY = 500
_LASTS = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one message; ``reason`` says why it waits or ended, ``due_at`` until when it waits."""

    message_id: int
    id: str
    state: str
    gateway: str
    provider_id: str
    error_code: str
    reason: str
    segments: int
    due_at: datetime

    def to_json(self) -> dict[str, object]:
        """Return plain values for the command line."""
        return {
            "id": self.id,
            "state": self.state,
            "gateway": self.gateway,
            "provider_id": self.provider_id,
            "error_code": self.error_code,
            "reason": self.reason,
            "segments": self.segments,
            "due_at": self.due_at.isoformat(),
        }


def send_one(
    database: Database,
    routes: Routes,
    *,
    to: str,
    purpose: Purpose,
    body: str,
    real_now: Callable[[], datetime],
) -> Sent:
    """Queue one text to a number and send it at once, by the same claim and checks as every other."""
    message_id = database.act(lambda session: _queue(session, to=to, purpose=purpose, body=body))
    send_these(database, routes, message_ids=[message_id], real_now=real_now)
    with database.read() as session:
        return _sent(session.get_one(Message, message_id))


def send_these(
    database: Database,
    routes: Routes,
    *,
    message_ids: Sequence[int],
    real_now: Callable[[], datetime],
) -> None:
    """Send these queued messages one after the other, those of them that may leave now."""
    for message_id in message_ids:
        _send_this(database, routes, message_id, real_now)


def _send_this(
    database: Database, routes: Routes, message_id: int, real_now: Callable[[], datetime]
) -> None:
    def start(session: Session) -> Ready | None:
        at = instants(session, real_now())
        claims = take(session, message_ids=[message_id], at=at)
        return begin(session, claims=claims, routes=routes, at=at).get(message_id)

    ready = database.act(start)
    if ready is None:
        return
    posted = [Posted(ready.claim, ready.gateway.name, post(ready))]

    def end(session: Session) -> None:
        finish(session, posted=posted, at=instants(session, real_now()))

    database.act(end)


def post(ready: Ready) -> Outcome:
    """Call the gateway, with no transaction open; a gateway that raises leaves the fate unknown."""
    try:
        return ready.gateway.send(ready.envelope)
    except Exception as error:
        return Unknown(code=type(error).__name__)


def instants(session: Session, real_now: datetime) -> Instants:
    """Return business and real time of one act."""
    return Instants(now=real_now + business_clock(session).offset, real_now=real_now)


def _queue(session: Session, *, to: str, purpose: Purpose, body: str) -> int:
    if not body.strip():
        raise InvalidInput("body_missing", field="body")
    if len(body) > LONGEST_BODY:
        raise InvalidInput("body_too_long", field="body")
    place = get_place(session)
    phone = parse_phone(to.strip(), country=place.country, area_code=place.area_code)
    if phone is None:
        raise InvalidInput("number_invalid", field="to")
    now = business_clock(session).now()
    owners = residents_at(session, number=phone.e164)
    is_landline = phone.kind is PhoneKind.LANDLINE
    draft = Draft(
        to_whom=f"m{uuid4().hex}",
        step=Step.BROADCAST if purpose is Purpose.NUDGE else Step.ANSWER,
        purpose=purpose,
        channel=Channel.CALL if is_landline else Channel.SMS,
        subject_kind="manual",
        subject_id=0,
        number=phone.e164,
        body=body.strip(),
        due_at=now,
        expires_at=now + _LASTS,
        resident_id=owners[0] if len(owners) == 1 else None,
        # No text reaches a landline: the call is put on a person's list (fault 21).
        state=MessageState.HELD if is_landline else MessageState.QUEUED,
        reason="landline" if is_landline else "",
    )
    return queue(session, drafts=[draft], now=now)[0]


def _sent(row: Message) -> Sent:
    return Sent(
        message_id=row.id,
        id=row.uuid,
        state=row.state.value if row.state is not MessageState.CLAIMED else "queued",
        gateway=row.gateway,
        provider_id=row.provider_id,
        error_code=row.error_code,
        reason=row.reason,
        segments=row.segments,
        due_at=row.due_at,
    )
