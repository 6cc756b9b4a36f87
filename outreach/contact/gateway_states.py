"""What is known of each route, kept in rows so that every worker sees the same breaker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.contact.circuit import (
    SLOW_SHARE,
    Health,
    after_success,
    after_trouble,
    drift,
    left_alone,
    may_send,
    taking_probe,
)
from outreach.contact.codes import MessageState
from outreach.contact.message_models import DeliveryReceipt, GatewayState, Message

SLOW = timedelta(minutes=5)
WATCHED = timedelta(minutes=20)
ENOUGH = 20


def healths(session: Session, names: Iterable[str]) -> dict[str, Health]:
    """Return the health of each named route; one never heard of is well."""
    wanted = list(names)
    question = select(GatewayState).where(GatewayState.name.in_(wanted))
    known = {row.name: health_of(row) for row in session.scalars(question)}
    return {name: known.get(name, Health()) for name in wanted}


def health_of(row: GatewayState) -> Health:
    """Return a row as the rules see it."""
    return Health(
        weight=row.weight,
        failures=row.failures,
        opened_at=row.opened_at,
        opened_reason=row.opened_reason,
        probe_at=row.probe_at,
        not_before=row.not_before,
    )


def take_probe(session: Session, *, name: str, real_now: datetime) -> bool:
    """Take the one try that an open breaker grants; False when another worker has it."""
    row = _locked(session, name)
    health = health_of(row)
    if not health.is_open:
        return may_send(health, real_now)
    if not may_send(health, real_now):
        return False
    _keep(row, taking_probe(health, real_now))
    return True


def note_success(session: Session, *, name: str) -> None:
    """Note that a route took a message; writes only when something changes."""
    row = session.get(GatewayState, name)
    if row is None or not (row.failures or row.opened_at):
        return
    locked = _locked(session, name)
    _keep(locked, after_success(health_of(locked)))
    locked.alerted_at = None


def note_trouble(
    session: Session,
    *,
    name: str,
    code: str,
    is_broken: bool,
    retry_after_s: float | None,
    real_now: datetime,
) -> bool:
    """Note that a route failed; return whether its breaker opened just now (one alert, fault 19)."""
    row = _locked(session, name)
    health = health_of(row)
    _keep(
        row,
        after_trouble(
            health, real_now, code=code, is_broken=is_broken, retry_after_s=retry_after_s
        ),
    )
    if row.opened_at is None or row.alerted_at is not None:
        return False
    row.alerted_at = real_now
    return True


def drift_back(session: Session, *, names: Sequence[str], real_now: datetime) -> None:
    """Move every route's share: down while it alone is slow, else back towards the whole."""
    shares = slow_shares(session, names=names, real_now=real_now)
    for name in names:
        row = session.get(GatewayState, name)
        # A route that carried too little to be judged is given the chance to show that it is quicker.
        others = [shares[other] or 0.0 for other in names if other != name]
        own = shares[name]
        is_slow = own is not None and own > SLOW_SHARE
        if row is None and not is_slow:
            continue
        locked = _locked(session, name)
        if locked.opened_at is None:
            locked.weight = drift(
                locked.weight,
                slow_share=own or 0.0,
                others_slow_share=min(others, default=None),
            )
    session.flush()


def slow_shares(
    session: Session, *, names: Sequence[str], real_now: datetime
) -> dict[str, float | None]:
    """Return the share of each route's messages of the last quarter hour that took over five minutes.

    A message still without a final word after five minutes is slow too. None: too few to tell.
    """
    question = select(
        Message.gateway,
        Message.state,
        Message.post_started_at,
        func.min(DeliveryReceipt.received_at),
    )
    question = (
        question.outerjoin(
            DeliveryReceipt,
            (DeliveryReceipt.message_id == Message.id)
            & DeliveryReceipt.status.in_(["delivered", "undelivered", "failed"]),
        )
        .where(
            Message.gateway.in_(names),
            Message.post_started_at > real_now - WATCHED,
            Message.post_started_at < real_now - SLOW,
        )
        .group_by(Message.id, Message.gateway, Message.state, Message.post_started_at)
        .limit(5000)
    )
    counted: dict[str, list[bool]] = {name: [] for name in names}
    for name, state, posted_at, told_at in session.execute(question):
        is_told = told_at is not None and posted_at is not None and told_at - posted_at <= SLOW
        is_done_at_once = state in {MessageState.DELIVERED, MessageState.FAILED} and told_at is None
        counted[name].append(not (is_told or is_done_at_once))
    return {
        name: sum(slow) / len(slow) if len(slow) >= ENOUGH else None
        for name, slow in counted.items()
    }


def close_by_hand(session: Session, *, name: str) -> None:
    """Close a breaker because a person mended the account."""
    row = _locked(session, name)
    _keep(row, Health(weight=1.0))
    row.alerted_at = None


def open_by_hand(session: Session, *, name: str, real_now: datetime) -> None:
    """Take a route out of use until a person puts it back; the others carry what they can."""
    row = _locked(session, name)
    _keep(row, left_alone(health_of(row), real_now))
    row.alerted_at = real_now


def _locked(session: Session, name: str) -> GatewayState:
    question = select(GatewayState).where(GatewayState.name == name).with_for_update()
    row = session.scalars(question).first()
    if row is None:
        row = GatewayState(name=name)
        session.add(row)
        session.flush()
    return row


def _keep(row: GatewayState, health: Health) -> None:
    row.weight = health.weight
    row.failures = health.failures
    row.opened_at = health.opened_at
    row.opened_reason = health.opened_reason
    row.probe_at = health.probe_at
    row.not_before = health.not_before
