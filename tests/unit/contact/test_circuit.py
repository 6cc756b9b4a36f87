"""The breaker of a route, and the share that drifts back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from outreach.contact.circuit import (
    OPENS_AFTER,
    Health,
    after_success,
    after_trouble,
    drift,
    may_send,
    taking_probe,
)

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


def troubled(health: Health, times: int = 1, **changes: object) -> Health:
    plain: dict[str, object] = {"code": "x", "is_broken": False, "retry_after_s": None}
    for _ in range(times):
        health = after_trouble(health, NOW, **(plain | changes))  # type: ignore[arg-type]
    return health


def test_fault_18_the_circuit_opens_within_twenty_failures_and_probes_once() -> None:
    assert OPENS_AFTER <= 12
    open_ = troubled(Health(), OPENS_AFTER)
    assert open_.is_open
    assert not may_send(open_, NOW + timedelta(seconds=29))
    later = NOW + timedelta(seconds=30)
    assert may_send(open_, later)
    assert not may_send(taking_probe(open_, later), later)


def test_a_success_closes_it_with_a_small_share_that_grows_back() -> None:
    health = after_success(troubled(Health(), OPENS_AFTER))
    assert not health.is_open
    share = health.weight
    shares = []
    for _ in range(20):
        share = drift(share, slow_share=0.0, others_slow_share=None)
        shares.append(share)
    assert shares[0] < 0.5
    assert shares[-1] == 1.0


def test_fault_19_a_refused_account_opens_at_once_and_rests_longer() -> None:
    open_ = troubled(Health(), is_broken=True)
    assert open_.is_open
    assert not may_send(open_, NOW + timedelta(minutes=4))


def test_fault_15_nothing_is_tried_inside_retry_after() -> None:
    busy = troubled(Health(), retry_after_s=30.0)
    assert not busy.is_open
    assert not may_send(busy, NOW + timedelta(seconds=29))
    assert may_send(busy, NOW + timedelta(seconds=30))


def test_a_route_that_alone_is_slow_gives_way_and_one_among_slow_ones_does_not() -> None:
    assert drift(1.0, slow_share=0.5, others_slow_share=0.0) < 1.0
    assert drift(0.8, slow_share=0.5, others_slow_share=0.5) > 0.8
    assert drift(0.8, slow_share=0.5, others_slow_share=None) > 0.8
