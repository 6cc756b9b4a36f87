"""The one end of each posted message: written by the holder of its token, with what follows from it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from outreach.campaigns.models import Campaign
from outreach.contact.circuit import Health
from outreach.contact.claims import Claim, Instants
from outreach.contact.codes import MessageState, OptOutScope, Purpose
from outreach.contact.gateway_states import note_success, note_trouble
from outreach.contact.message_models import Message
from outreach.contact.opt_outs import opt_out
from outreach.contact.outbox import owe_calls
from outreach.contact.rules import MAX_ATTEMPTS, back_off_s
from outreach.ledger.codes import PhoneKind
from outreach.ledger.models import Phone
from outreach.ports.messages import (
    Accepted,
    Broken,
    Later,
    Outcome,
    Refused,
    Trouble,
    Unknown,
)
from outreach.workflows.merge_messages import partners_of

_SENT_AGAIN = timedelta(minutes=5)
_PROVIDER_HAS_IT = frozenset({MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.FAILED})
_POSTED = (
    select(Message)
    .where(Message.id.in_(bindparam("posted", expanding=True)))
    .order_by(Message.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_ACCEPTED_COLUMNS = (
    "state",
    "provider_id",
    "accepted_at",
    "ended_at",
    "cost_micros",
    "reason",
    "error_code",
)
_ACCEPT = (
    update(Message)
    .where(
        Message.id == bindparam("of"),
        Message.claim_token == bindparam("token"),
        Message.state == MessageState.SENDING,
        Message.sent_body.is_(None),
    )
    .values(
        {name: bindparam(f"new_{name}") for name in _ACCEPTED_COLUMNS}
        | {
            "segments": func.coalesce(bindparam("new_segments"), Message.segments),
            "claim_token": "",
            "lease_until": None,
        }
    )
)


@dataclass(frozen=True, slots=True)
class Posted:
    """One message that was handed to a gateway, and what the gateway said."""

    claim: Claim
    gateway: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Alert:
    """Something an administrator must know now; logged once, and shown on the health page."""

    code: str
    gateway: str = ""
    campaign_id: int | None = None


def finish(
    session: Session,
    *,
    posted: Sequence[Posted],
    at: Instants,
    known: Mapping[str, Health] | None = None,
) -> list[Alert]:
    """Write the outcomes of posted messages; one whose lease was lost is left alone (fault 7).

    ``known`` says how the routes were a moment ago: a success of a well one needs no look at its row.
    """
    if not posted:
        return []
    others = _accept_plain_ones(session, posted, at.now)
    alerts = _finish_others(session, others, at=at) if others else []
    alerts += _note_gateways(session, posted, at=at, known=known or {})
    return alerts


def _accept_plain_ones(
    session: Session, posted: Sequence[Posted], now: datetime
) -> Sequence[Posted]:
    """Write what was simply accepted without reading it first; return what is left to look at."""
    plain, others = [], []
    for done in sorted(posted, key=lambda p: p.claim.message_id):
        if not isinstance(done.outcome, Accepted):
            others.append(done)
            continue
        new = {f"new_{name}": value for name, value in _accepted_values(done.outcome, now).items()}
        new["new_segments"] = done.outcome.segments or None
        plain.append({"of": done.claim.message_id, "token": done.claim.token, **new})
    if not plain:
        return others
    written = session.connection().execute(_ACCEPT, plain).rowcount
    # One was overtaken by a callback, lost its lease or carried others: all are looked at. Those that were
    # written have no token any more.
    return others if written == len(plain) else posted


def _finish_others(session: Session, posted: Sequence[Posted], *, at: Instants) -> list[Alert]:
    by_id = {p.claim.message_id: p for p in posted}
    alerts: list[Alert] = []
    ended: list[int] = []
    rows = session.scalars(_POSTED, {"posted": list(by_id)}).all()
    merged = [row.id for row in rows if row.sent_body is not None]
    partners = partners_of(session, merged) if merged else {}
    for row in rows:
        done = by_id[row.id]
        if row.claim_token == done.claim.token:
            alerts += _finish_one(session, row, done, partners=partners.get(row.id, []), at=at)
            if row.state is MessageState.FAILED:
                ended.append(row.id)
    session.flush()
    owe_calls(session, message_ids=ended, now=at.now)
    return alerts


def _finish_one(
    session: Session, row: Message, done: Posted, *, partners: Sequence[Message], at: Instants
) -> list[Alert]:
    outcome = done.outcome
    if row.state in _PROVIDER_HAS_IT:  # the callback was quicker than this commit (fault 25)
        if isinstance(outcome, Accepted):
            row.provider_id = row.provider_id or outcome.provider_id
            row.accepted_at = row.accepted_at or at.now
        _let_go(row)
        return []
    if row.state is not MessageState.SENDING:
        return []
    alerts: list[Alert] = []
    match outcome:
        case Accepted():
            _accept(row, outcome, at.now)
        case Refused():
            alerts = _refuse(session, row, outcome, at.now)
        case Later():
            _later(row, outcome, at)
        case Broken():
            row.state, row.error_code = MessageState.QUEUED, outcome.code
            row.attempts -= 1  # nothing was tried: the account is to blame (fault 19)
            row.began_at = None
            row.retry_at = at.real_now + _SENT_AGAIN
        case Unknown():
            row.state, row.error_code = MessageState.UNKNOWN, outcome.code
            row.unknown_since, row.reason = at.real_now, "no_answer_from_provider"
    _let_go(row)
    share_fate(row, partners)
    return alerts


def share_fate(row: Message, partners: Sequence[Message]) -> None:
    """Give messages that went out within ``row`` the same end; back in the queue they part again."""
    for partner in partners:
        partner.state = row.state
        partner.gateway, partner.provider_id = row.gateway, row.provider_id
        partner.accepted_at, partner.ended_at = row.accepted_at, row.ended_at
        partner.error_code, partner.unknown_since = row.error_code, row.unknown_since
        partner.reason = row.reason if row.state is MessageState.FAILED else "merged"
        partner.lease_until = None
        if row.state is MessageState.QUEUED:
            partner.merged_into_id, partner.reason = None, ""
            partner.retry_at = row.retry_at


def _let_go(row: Message) -> None:
    row.claim_token, row.lease_until = "", None


def _accept(row: Message, outcome: Accepted, now: datetime) -> None:
    for name, value in _accepted_values(outcome, now).items():
        setattr(row, name, value)
    row.segments = outcome.segments or row.segments


def _accepted_values(outcome: Accepted, now: datetime) -> dict[str, Any]:
    return {
        "state": MessageState.DELIVERED if outcome.is_delivered else MessageState.ACCEPTED,
        "provider_id": outcome.provider_id,
        "accepted_at": now,
        "ended_at": now if outcome.is_delivered else None,
        "cost_micros": outcome.cost_micros,
        "reason": "",
        "error_code": "",
    }


def _later(row: Message, outcome: Later, at: Instants) -> None:
    row.state, row.error_code, row.began_at = MessageState.QUEUED, outcome.code, None
    if outcome.of_gateway:
        row.attempts -= 1  # the route's trouble must not use up the message's tries
    elif row.attempts >= MAX_ATTEMPTS:
        row.state, row.reason, row.ended_at = MessageState.FAILED, "failed", at.now
        return
    wait = back_off_s(
        max(1, row.attempts),
        jitter=random.random(),  # noqa: S311 - spreads retries; nothing secret hangs on it
        retry_after_s=outcome.retry_after_s,
    )
    row.retry_at = at.real_now + timedelta(seconds=wait)


def _refuse(session: Session, row: Message, outcome: Refused, now: datetime) -> list[Alert]:
    row.state, row.error_code, row.ended_at = MessageState.FAILED, outcome.code, now
    row.reason = act_on_trouble(session, row, outcome.trouble, code=outcome.code, now=now)
    if outcome.trouble is Trouble.CONTENT:
        return [Alert("content_refused", row.gateway, row.campaign_id)]
    return []


def act_on_trouble(
    session: Session, row: Message, trouble: Trouble, *, code: str, now: datetime
) -> str:
    """Do what a provider's refusal asks for; return the reason to keep (faults §2, rows 20, 21)."""
    if trouble is Trouble.OPTED_OUT:
        opt_out(
            session,
            number_index=row.number_index,
            resident_id=None,
            scope=OptOutScope.EVERYTHING,
            source=f"provider:{code}",
            now=now,
        )
        return "opted_out_all"
    if trouble is Trouble.BAD_NUMBER:
        _mark_phones(session, row, invalid_since=now, invalid_reason=code)
        return "bad_number"
    if trouble is Trouble.LANDLINE:
        _mark_phones(session, row, kind=PhoneKind.LANDLINE)
        return "landline"
    if trouble is Trouble.CONTENT and row.campaign_id is not None:
        campaign = session.get(Campaign, row.campaign_id, with_for_update=True)
        if campaign is not None and row.purpose is not Purpose.RIDE:
            campaign.sending_paused_at = campaign.sending_paused_at or now
        return "content"
    return "failed"


def _mark_phones(session: Session, row: Message, **values: object) -> None:
    if row.number_index is None:
        return
    session.execute(
        update(Phone)
        .where(Phone.number_index == row.number_index)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _note_gateways(
    session: Session, posted: Sequence[Posted], *, at: Instants, known: Mapping[str, Health]
) -> list[Alert]:
    alerts = []
    answered: set[str] = set()
    for done in posted:
        outcome = done.outcome
        is_trouble = (isinstance(outcome, Later) and outcome.of_gateway) or isinstance(
            outcome, Broken | Unknown
        )
        if not is_trouble:
            answered.add(done.gateway)
            continue
        opened = note_trouble(
            session,
            name=done.gateway,
            code=outcome.code if not isinstance(outcome, Accepted) else "",
            is_broken=isinstance(outcome, Broken),
            retry_after_s=outcome.retry_after_s if isinstance(outcome, Later) else None,
            real_now=at.real_now,
        )
        if opened:
            alerts.append(Alert("circuit_open", done.gateway))
    # One that answered among those that failed: the route lives, and the row count starts anew.
    for name in sorted(answered):
        health = known.get(name)
        if health is None or health.failures or health.is_open or alerts:
            note_success(session, name=name)
    return alerts
