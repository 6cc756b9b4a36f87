"""When a route is left alone: a breaker that opens on trouble, tries again, and a share that drifts back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

OPENS_AFTER = 10  # consecutive failures; with eight posts in flight still under twenty (fault 18)
RESTS = timedelta(seconds=30)
RESTS_BROKEN = timedelta(minutes=5)  # wrong token, bad sender: only a person mends that (fault 19)
PROBE_TAKES = timedelta(seconds=30)
DRIFT_EVERY = timedelta(minutes=5)
DRIFT = 0.1
STEP_DOWN = 0.2
SLOW_SHARE = 0.15
BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of one route, on real time. ``weight`` is the share of messages it is offered."""

    weight: float = 1.0
    failures: int = 0
    opened_at: datetime | None = None
    opened_reason: str = ""
    probe_at: datetime | None = None
    not_before: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Say whether the breaker is open: nothing but a probe passes."""
        return self.opened_at is not None

    @property
    def is_by_hand(self) -> bool:
        """Say whether a person took the route out of use: only a person puts it back."""
        return self.is_open and self.opened_reason == BY_HAND


def may_send(health: Health, now: datetime) -> bool:
    """Say whether anything may be handed to the route now."""
    if health.not_before is not None and now < health.not_before:
        return False
    return not health.is_open or (health.probe_at is not None and now >= health.probe_at)


def taking_probe(health: Health, now: datetime) -> Health:
    """Return the health of an open route whose one probe was just taken."""
    return replace(health, probe_at=now + PROBE_TAKES)


def after_success(health: Health) -> Health:
    """Return the health after a route answered; an open breaker closes and its share grows back slowly."""
    if health.is_by_hand:
        return health  # an answer to what was under way before
    if health.is_open:
        return Health(weight=DRIFT)
    return replace(health, failures=0, not_before=None) if health.failures else health


def after_trouble(
    health: Health, now: datetime, *, code: str, is_broken: bool, retry_after_s: float | None
) -> Health:
    """Return the health after a route failed, was busy, or refused our account."""
    if health.is_by_hand:
        return health
    failures = health.failures + 1
    if is_broken or health.is_open or failures >= OPENS_AFTER:
        rest = RESTS_BROKEN if is_broken else RESTS
        return replace(
            health,
            failures=failures,
            opened_at=health.opened_at or now,
            opened_reason=code,
            probe_at=now + max(rest, timedelta(seconds=retry_after_s or 0)),
            weight=0.0,
        )
    if retry_after_s is not None:
        until = now + timedelta(seconds=retry_after_s)
        return replace(health, failures=failures, not_before=max(until, health.not_before or until))
    return replace(health, failures=failures)


def left_alone(health: Health, now: datetime) -> Health:
    """Return the health of a route that a person takes out of use; it is not even tried."""
    return replace(
        health, opened_at=now, opened_reason=BY_HAND, probe_at=None, not_before=None, weight=0.0
    )


def drift(weight: float, *, slow_share: float, others_slow_share: float | None) -> float:
    """Return a route's next share: down while it alone is slow, else back towards the whole.

    ``others_slow_share`` is that of the quickest other route; None when there is no other.
    """
    is_slow = slow_share > SLOW_SHARE
    others_are_slow = others_slow_share is None or others_slow_share > SLOW_SHARE
    if is_slow and not others_are_slow:
        return max(DRIFT, round(weight - STEP_DOWN, 3))
    return min(1.0, round(weight + DRIFT, 3))
