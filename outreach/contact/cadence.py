"""When each message of a visit is due: data in, instants out; a missed tick is harmless."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from outreach.contact.codes import Channel, Purpose, Step


class Anchor(StrEnum):
    """What an offset counts from."""

    BOOKED = "booked"
    SLOT_DAY = "slot_day"
    SLOT = "slot"
    DOSE_DAY = "dose_day"
    DUE_DAY = "due_day"
    EVENT = "event"


class Audience(StrEnum):
    """Who of the household gets a step."""

    EVERYONE = "everyone"
    OTHERS = "others"
    FIRST = "first"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRule:
    """One step of a cadence, as its row says."""

    step: Step
    purpose: Purpose
    channel: Channel = Channel.SMS
    anchor: Anchor
    offset_days: int = 0
    offset_minutes: int = 0
    at_local: time | None = None
    audience: Audience = Audience.EVERYONE
    expires_after_minutes: int = 720


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The instants of one appointment that its messages hang on."""

    slot_at: datetime
    dose_on: date | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """One step with its instants."""

    rule: StepRule
    due_at: datetime
    expires_at: datetime


LEAST_NOTICE = timedelta(minutes=60)

_VISIT = Purpose.APPOINTMENT
DEFAULT_CADENCE: tuple[StepRule, ...] = (
    StepRule(step=Step.BOOKED, purpose=_VISIT, anchor=Anchor.BOOKED, expires_after_minutes=1440),
    StepRule(
        step=Step.T_MINUS_3,
        purpose=_VISIT,
        anchor=Anchor.SLOT_DAY,
        offset_days=-3,
        at_local=time(10),
        expires_after_minutes=1440,
    ),
    # Unanswered a day later: a call with a keypress where the route allows, then a person by T-1 11:00.
    StepRule(
        step=Step.T_MINUS_3,
        purpose=_VISIT,
        channel=Channel.VOICE,
        anchor=Anchor.SLOT_DAY,
        offset_days=-2,
        at_local=time(10),
        audience=Audience.FIRST,
        expires_after_minutes=570,
    ),
    StepRule(
        step=Step.T_MINUS_3,
        purpose=_VISIT,
        channel=Channel.CALL,
        anchor=Anchor.SLOT_DAY,
        offset_days=-1,
        at_local=time(11),
        audience=Audience.FIRST,
        expires_after_minutes=1200,
    ),
    StepRule(
        step=Step.T_MINUS_1,
        purpose=_VISIT,
        anchor=Anchor.SLOT_DAY,
        offset_days=-1,
        at_local=time(17),
        expires_after_minutes=240,
    ),
    StepRule(
        step=Step.MORNING,
        purpose=_VISIT,
        anchor=Anchor.SLOT_DAY,
        at_local=time(8, 30),
        expires_after_minutes=150,
    ),
    StepRule(
        step=Step.T_PLUS_1,
        purpose=Purpose.AFTERCARE,
        anchor=Anchor.DOSE_DAY,
        offset_days=1,
        at_local=time(10),
        expires_after_minutes=1440,
    ),
    StepRule(
        step=Step.NEXT_DOSE_DUE,
        purpose=Purpose.NUDGE,
        anchor=Anchor.DUE_DAY,
        at_local=time(9),
        expires_after_minutes=4320,
    ),
)


def plan(
    rules: Iterable[StepRule],
    visit: Visit,
    *,
    zone: ZoneInfo,
    now: datetime,
    announces: Step | None,
) -> list[Planned]:
    """Return the steps that still lie ahead; ``announces`` is the one said at once (booked, changed).

    What is past is left out, so that scheduling twice, late or again never releases a backlog.
    """
    planned = []
    for rule in rules:
        due_at = _due_at(rule, visit, zone=zone, now=now, announces=announces)
        if due_at is None or due_at < now:
            continue
        expires_at = due_at + timedelta(minutes=rule.expires_after_minutes)
        if rule.purpose is Purpose.APPOINTMENT and rule.anchor is not Anchor.DOSE_DAY:
            expires_at = min(expires_at, visit.slot_at - timedelta(minutes=30))
            # A reminder that comes when people are already at the door helps nobody.
            if rule.anchor is not Anchor.BOOKED and due_at > visit.slot_at - LEAST_NOTICE:
                continue
        if expires_at > now:
            planned.append(Planned(rule, due_at, expires_at))
    return planned


def _due_at(
    rule: StepRule, visit: Visit, *, zone: ZoneInfo, now: datetime, announces: Step | None
) -> datetime | None:
    minutes = timedelta(minutes=rule.offset_minutes)
    if rule.anchor is Anchor.BOOKED:
        return now + minutes if rule.step is announces else None
    if rule.anchor is Anchor.SLOT:
        return visit.slot_at + timedelta(days=rule.offset_days) + minutes
    day = visit.dose_on
    if rule.anchor is Anchor.SLOT_DAY:
        day = visit.slot_at.astimezone(zone).date()
    if day is None or rule.anchor in {Anchor.EVENT, Anchor.DUE_DAY}:
        return None
    at = rule.at_local or time(10)
    local = datetime.combine(day + timedelta(days=rule.offset_days), at, zone)
    # Through UTC, so that a local time that a clock change skips or repeats is one instant (fault 10).
    return local.astimezone(now.tzinfo) + minutes
