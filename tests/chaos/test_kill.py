"""kill -9 of workers at random points of a burst; the provider's own log is the oracle (rows 1 and 4)."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from outreach.contact.codes import MessageState
from tests.chaos.play import Count, Killed, Stage, count_up, kill_at_random, stage_on
from tests.chaos.provider import Provider

WELL = {"ok": 1.0}
ROUGH = {
    "ok": 0.9,
    "error_after": 0.02,
    "error_before": 0.02,
    "reset_after": 0.02,
    "reset_before": 0.02,
    "page": 0.01,
    "cut": 0.01,
}


def play(
    stage: Stage, *, is_full: bool, workers: int, seed: int, mix: dict[str, float]
) -> tuple[Count, Killed]:
    """Play one burst to its end."""
    burst, kills, senders = (10_000, 200, 8) if is_full else (240, 6, 4)
    stage.provider.control(latency_s=0.05, mix=mix)
    stage.fill(burst)
    killed = kill_at_random(
        stage, kills=kills, workers=workers, senders=senders, burst=burst, seed=seed
    )
    stage.wait_until_settled(within_s=1200 if is_full else 120)
    count = count_up(stage)
    print(
        f"{stage.url.partition(':')[0]} workers={workers} {killed} {count} {dict(stage.states())}"
    )
    return count, killed


@pytest.mark.parametrize("workers", [1, 4])
def test_fault_1_killed_workers_lose_nothing_and_double_nothing(
    empty_database_url: str,
    tmp_path: Path,
    provider: Provider,
    is_full: bool,
    workers: int,
) -> None:
    with stage_on(empty_database_url, tmp_path, provider) as stage:
        count, killed = play(stage, is_full=is_full, workers=workers, seed=workers, mix=WELL)
    # The small burst may run dry before its sixth; the full one never before its last.
    assert killed.kills >= (200 if is_full else 4)
    assert count.lost == 0
    # This provider can be asked, so nothing goes twice, rides included.
    assert (count.sent_twice, count.ride_copies) == (0, 0)


def test_fault_1_a_rough_provider_beside_killed_workers(
    empty_database_url: str, tmp_path: Path, provider: Provider, is_full: bool
) -> None:
    with stage_on(empty_database_url, tmp_path, provider) as stage:
        count, _ = play(stage, is_full=is_full, workers=2, seed=7, mix=ROUGH)
    assert (count.lost, count.sent_twice, count.ride_copies) == (0, 0, 0)


def test_fault_4_four_workers_share_the_queue_and_send_each_once(
    empty_database_url: str, tmp_path: Path, provider: Provider, is_full: bool
) -> None:
    burst = 2_000 if is_full else 200
    with stage_on(empty_database_url, tmp_path, provider) as stage:
        provider.control(latency_s=0.02)
        stage.fill(burst)
        stage.stable(senders=4, lease_s=30, wait_s=600)
        for _ in range(4):
            stage.start_worker()
        stage.wait_until_settled(within_s=300)
        assert count_up(stage) == Count(burst, 0, 0, 0, 0)
        assert stage.states() == Counter({MessageState.ACCEPTED.value: burst})


def test_fault_7_a_worker_that_stands_still_is_overtaken_and_sends_nothing_late(
    postgres_url: str, tmp_path: Path, provider: Provider
) -> None:
    # On SQLite one worker serves, and one that stands still within a write stops every other writer.
    with stage_on(postgres_url, tmp_path, provider) as stage:
        provider.control(latency_s=0.05)
        stage.fill(120)
        stage.stable(senders=4, lease_s=8, wait_s=3)
        frozen = stage.start_worker()
        while provider.requests() < 20:
            time.sleep(0.01)
        os.kill(frozen, signal.SIGSTOP)
        stage.start_worker()
        # What the frozen one holds within an open transaction only it, or its end, can let go.
        while stage.working() > 4:
            time.sleep(0.1)
        os.kill(frozen, signal.SIGCONT)
        stage.wait_until_settled(within_s=120)
        count = count_up(stage)
    assert (count.lost, count.sent_twice, count.ride_copies) == (0, 0, 0)
