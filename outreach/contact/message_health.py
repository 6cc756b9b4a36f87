"""How the pipeline is: queue age, rates and outcomes by gateway, abnormal failures, stuck rows, cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from outreach.campaigns.models import Campaign
from outreach.contact.claims import sending_control
from outreach.contact.codes import Channel, InboundState, MessageState
from outreach.contact.gateway_states import healths
from outreach.contact.message_models import InboundMessage, Message
from outreach.tasks.models import WorkerBeat

HOURS = 24
WINDOW = timedelta(hours=HOURS)
LATELY = timedelta(hours=1)
# Nothing is of use for longer than that, so what began lately was due within it: an index finds it.
USEFUL_FOR = timedelta(days=8)
COSTS_OF = timedelta(days=30)
ABNORMAL_SHARE = 0.1
ENOUGH_TO_JUDGE = 20
QUEUE_MAY_AGE = timedelta(minutes=10)
WORKER_IS_SILENT_AFTER = timedelta(seconds=30)
HELD_FOR = frozenset({"restored", "reply_unread", "awaits_decision"})
_FAILED = (MessageState.FAILED, MessageState.UNRESOLVED)
_GONE_OUT = (MessageState.ACCEPTED, MessageState.DELIVERED, *_FAILED)


@dataclass(frozen=True, slots=True)
class GatewayHealth:
    """One route in the last day, and how it stands now."""

    name: str
    accepted: int
    delivered: int
    failed: int
    unknown: int
    per_hour: int
    failed_share: float
    is_abnormal: bool
    is_open: bool
    opened_reason: str
    share: float


@dataclass(frozen=True, slots=True)
class CampaignCost:
    """What a campaign's messages took."""

    campaign_id: int
    name_zh: str
    name_en: str
    messages: int
    segments: int
    cost_micros: int


@dataclass(frozen=True, slots=True)
class Stuck:
    """Rows that need somebody; ``code`` says what they are and what to do (worded by the page)."""

    code: str
    count: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class HourOfSending:
    """What left the house within one hour, and what of it failed."""

    begins_at: datetime
    sent: int
    failed: int


@dataclass(frozen=True, slots=True)
class MessageHealth:
    """The whole page."""

    is_paused: bool
    paused_reason: str
    is_trial: bool
    due: int
    oldest_due_at: datetime | None
    queue_age_s: float
    gateways: tuple[GatewayHealth, ...]
    stuck: tuple[Stuck, ...]
    workers_alive: int
    is_worker_silent: bool
    clock_jumped_at: datetime | None

    @property
    def alarms(self) -> tuple[str, ...]:
        """What is out of the ordinary, by code, the worst first."""
        found = []
        if self.is_worker_silent:
            found.append("worker_silent")
        found += [f"circuit_open:{g.name}" for g in self.gateways if g.is_open]
        found += [f"failures_abnormal:{g.name}" for g in self.gateways if g.is_abnormal]
        if self.queue_age_s > QUEUE_MAY_AGE.total_seconds() and not self.is_paused:
            found.append("queue_old")
        if self.clock_jumped_at is not None:
            found.append("clock_jumped")
        if self.is_paused:
            found.append("sending_paused")
        return tuple(found)


def message_health(
    session: Session, *, gateways: Sequence[str], now: datetime, real_now: datetime
) -> MessageHealth:
    """Read how the pipeline is; a fixed number of questions, all over indexes of what is recent or open."""
    control = sending_control(session)
    due, oldest = _queue(session, now)
    beats = session.scalars(select(WorkerBeat)).all()
    alive = [b for b in beats if real_now - b.beat_at <= WORKER_IS_SILENT_AFTER]
    jumps = [b.clock_jumped_at for b in alive if b.clock_jumped_at is not None]
    return MessageHealth(
        is_paused=control.paused_at is not None,
        paused_reason=control.paused_reason,
        is_trial=control.is_trial,
        due=due,
        oldest_due_at=oldest,
        queue_age_s=(now - oldest).total_seconds() if oldest is not None else 0.0,
        gateways=_gateways(session, gateways, now),
        stuck=_stuck(session, now),
        workers_alive=len(alive),
        is_worker_silent=not alive,
        clock_jumped_at=max(jumps, default=None),
    )


def _queue(session: Session, now: datetime) -> tuple[int, datetime | None]:
    question = select(func.count(), func.min(Message.due_at)).where(
        Message.state == MessageState.QUEUED,
        Message.channel != Channel.CALL,
        Message.due_at <= now,
    )
    due, oldest = session.execute(question).one()
    return due, oldest


def _gateways(session: Session, names: Sequence[str], now: datetime) -> tuple[GatewayHealth, ...]:
    question = (
        select(Message.gateway, Message.state, func.count())
        .where(
            Message.state.in_([*_GONE_OUT, MessageState.UNKNOWN]),
            Message.due_at > now - USEFUL_FOR,
            Message.began_at > now - WINDOW,
            Message.gateway != "",
        )
        .group_by(Message.gateway, Message.state)
    )
    counts: dict[tuple[str, MessageState], int] = {
        (name, state): count for name, state, count in session.execute(question)
    }
    lately = select(Message.gateway, func.count()).where(
        Message.state.in_(_GONE_OUT),
        Message.due_at > now - USEFUL_FOR,
        Message.began_at > now - LATELY,
    )
    rates: dict[str, int] = {
        row[0]: row[1] for row in session.execute(lately.group_by(Message.gateway))
    }
    known = {**dict.fromkeys(names), **dict.fromkeys(name for name, _ in counts)}
    states = healths(session, list(known))
    found = []
    for name in known:
        done = {state: counts.get((name, state), 0) for state in _GONE_OUT}
        failed, total = sum(done[s] for s in _FAILED), sum(done.values())
        share = failed / total if total else 0.0
        found.append(
            GatewayHealth(
                name=name,
                accepted=done[MessageState.ACCEPTED],
                delivered=done[MessageState.DELIVERED],
                failed=failed,
                unknown=counts.get((name, MessageState.UNKNOWN), 0),
                per_hour=rates.get(name, 0),
                failed_share=share,
                is_abnormal=total >= ENOUGH_TO_JUDGE and share > ABNORMAL_SHARE,
                is_open=states[name].is_open,
                opened_reason=states[name].opened_reason,
                share=states[name].weight,
            )
        )
    return tuple(found)


def sending_by_hour(session: Session, *, now: datetime) -> tuple[HourOfSending, ...]:
    """Return the last day hour by hour, the present hour last; one pass over what is recent."""
    first = now.replace(minute=0, second=0, microsecond=0) - WINDOW + timedelta(hours=1)
    begins = [first + timedelta(hours=i) for i in range(HOURS)]
    asked = []
    for at in begins:
        within = (Message.began_at >= at) & (Message.began_at < at + timedelta(hours=1))
        asked.append(func.sum(case((within, 1), else_=0)))
        asked.append(func.sum(case((within & Message.state.in_(_FAILED), 1), else_=0)))
    row = session.execute(
        select(*asked).where(
            Message.state.in_(_GONE_OUT),
            Message.due_at > now - USEFUL_FOR,
            Message.began_at >= first,
        )
    ).one()
    return tuple(
        HourOfSending(at, row[2 * i] or 0, row[2 * i + 1] or 0) for i, at in enumerate(begins)
    )


def _stuck(session: Session, now: datetime) -> tuple[Stuck, ...]:
    asked = (
        ("unknown", Message.state == MessageState.UNKNOWN),
        ("unresolved", Message.state == MessageState.UNRESOLVED),
        (
            "call_overdue",
            (Message.state == MessageState.HELD)
            & (Message.channel == Channel.CALL)
            & (Message.due_at < now),
        ),
    )
    found = []
    for code, condition in asked:
        count, oldest = session.execute(
            select(func.count(), func.min(Message.due_at)).where(condition)
        ).one()
        if count:
            found.append(Stuck(code, count, oldest))
    held = (
        select(Message.reason, func.count(), func.min(Message.due_at))
        .where(Message.state == MessageState.HELD, Message.channel != Channel.CALL)
        .group_by(Message.reason)
        .order_by(Message.reason)
    )
    # Why they are held decides who can let them go.
    found += [
        Stuck(f"held_{reason}" if reason in HELD_FOR else "held", count, oldest)
        for reason, count, oldest in session.execute(held)
    ]
    unread = select(func.count(), func.min(InboundMessage.received_at)).where(
        InboundMessage.state == InboundState.WAITING
    )
    count, oldest = session.execute(unread).one()
    if count:
        found.append(Stuck("reply_unread", count, oldest))
    return tuple(found)


def campaign_costs(session: Session, *, now: datetime) -> tuple[CampaignCost, ...]:
    """Return what campaigns took in the last thirty days.

    A price that the provider did not tell is reckoned from the parts.
    """
    part_price = sending_control(session).part_price_micros
    question = (
        select(
            Campaign.id,
            Campaign.name_zh,
            Campaign.name_en,
            func.count(),
            func.coalesce(func.sum(Message.segments), 0),
            func.coalesce(
                func.sum(func.coalesce(Message.cost_micros, Message.segments * part_price)), 0
            ),
        )
        .join(Message, Message.campaign_id == Campaign.id)
        .where(
            Message.state.in_(_GONE_OUT),
            Message.due_at > now - COSTS_OF,
            Message.merged_into_id.is_(None),
        )
        .group_by(Campaign.id, Campaign.name_zh, Campaign.name_en)
        .order_by(Campaign.id)
        .limit(200)
    )
    return tuple(
        CampaignCost(
            campaign_id=row[0],
            name_zh=row[1],
            name_en=row[2],
            messages=row[3],
            segments=row[4],
            cost_micros=row[5] or 0,
        )
        for row in session.execute(question)
    )
