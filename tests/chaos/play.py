"""A burst of messages in a database of its own, workers that can be killed, and the final count."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from outreach.contact.codes import Channel, MessageState, Purpose, Step
from outreach.contact.message_models import Message
from outreach.contact.outbox import Draft, queue
from outreach.db import Database, make_engine
from outreach.kernel.clock import real_now
from outreach.places.operations import move_clock
from outreach.places.queries import get_place
from outreach.schema import metadata
from outreach.vault import new_vault, save_vault
from tests.builders.ledger import build_village
from tests.builders.messages import NOW
from tests.chaos.provider import PROJECT, Provider

WORKING = (
    MessageState.QUEUED,
    MessageState.CLAIMED,
    MessageState.SENDING,
    MessageState.UNKNOWN,
)


@dataclass
class Stage:
    """Where a play happens."""

    url: str
    folder: Path
    provider: Provider
    database: Database
    workers: list[int] = field(default_factory=list)
    parent: subprocess.Popen[str] | None = None

    def fill(self, count: int, *, ride_share: float = 0.5) -> None:
        """Queue a burst, each message to a number of its own, part of them about rides."""
        now = real_now() + timedelta(seconds=self._offset_s())
        drafts = [self._draft(number, ride_share, now) for number in range(count)]
        for start in range(0, count, 2000):
            with self.database.write() as session:
                queue(session, drafts=drafts[start : start + 2000], now=now)

    def _draft(self, number: int, ride_share: float, now: datetime) -> Draft:
        is_ride = (number % 100) < ride_share * 100
        return Draft(
            to_whom=f"m{number}",
            step=Step.ANSWER,
            purpose=Purpose.RIDE if is_ride else Purpose.APPOINTMENT,
            channel=Channel.SMS,
            subject_kind="manual",
            subject_id=0,
            number=f"+86139{number:08d}",
            body=f"【棉东社区】第{number}位：明天见。",
            due_at=now,
            expires_at=now + timedelta(hours=9),
        )

    def _offset_s(self) -> float:
        with self.database.read() as session:
            return get_place(session).clock_offset_s

    def stable(
        self,
        *,
        senders: int = 8,
        lease_s: float = 10.0,
        often_s: float = 0.2,
        wait_s: float = 3.0,
    ) -> None:
        """Get ready to start workers of this kind."""
        command = [
            *(sys.executable, "-m", "tests.chaos.worker"),
            *("--database", self.url, "--folder", str(self.folder)),
            *("--provider", self.provider.base, "--senders", str(senders)),
            *("--lease-s", str(lease_s), "--often-s", str(often_s), "--wait-s", str(wait_s)),
        ]
        pipe = subprocess.PIPE
        self.parent = subprocess.Popen(command, cwd=PROJECT, stdin=pipe, stdout=pipe, text=True)

    def start_worker(self) -> int:
        """Start one worker process and return its id."""
        assert self.parent is not None
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write("start\n")
        self.parent.stdin.flush()
        worker = int(self.parent.stdout.readline())
        self.workers.append(worker)
        return worker

    def kill(self, worker: int) -> None:
        """Kill a worker as a power cut would, and wait until it is gone."""
        os.kill(worker, signal.SIGKILL)
        self.workers.remove(worker)
        while _lives(worker):
            time.sleep(0.005)

    def close(self) -> None:
        """Kill what is left."""
        for worker in list(self.workers):
            self.kill(worker)
        if self.parent is not None:
            self.parent.kill()
            self.parent.wait(timeout=10)
            for pipe in (self.parent.stdin, self.parent.stdout):
                if pipe is not None:
                    pipe.close()
        self.database.close()

    def working(self) -> int:
        """Return how many messages have no end yet, accepted ones apart."""
        with self.database.read() as session:
            question = select(func.count()).where(Message.state.in_(WORKING))
            return session.scalar(question) or 0

    def states(self) -> Counter[str]:
        """Return how many messages are in each state."""
        with self.database.read() as session:
            question = select(Message.state, func.count()).group_by(Message.state)
            return Counter({state.value: count for state, count in session.execute(question)})

    def told(self) -> str:
        """Return the end of what workers logged."""
        log = self.folder / "workers.log"
        return log.read_text()[-4000:] if log.exists() else ""

    def wait_until_settled(self, *, within_s: float) -> None:
        """Wait until every message has an end."""
        ends = time.monotonic() + within_s
        while self.working():
            assert time.monotonic() < ends, f"still working: {self.states()}\n{self.told()}"
            time.sleep(0.1)


@dataclass(frozen=True)
class Count:
    """The oracle's word beside ours."""

    accepted_once: int
    sent_twice: int
    ride_copies: int
    lost: int
    unresolved: int


def count_up(stage: Stage) -> Count:
    """Compare the provider's log with the outbox; *lost* as decisions §3 defines it."""
    log = Counter(line["Body"] for line in stage.provider.accepted())
    with stage.database.read() as session:
        rows = session.execute(select(Message.body, Message.state, Message.purpose)).all()
    known_end = {MessageState.UNRESOLVED, MessageState.SUPPRESSED, MessageState.EXPIRED}
    lost = sum(1 for body, state, _ in rows if not log[body or ""] and state not in known_end)
    twice = sum(
        log[body or ""] - 1
        for body, _, purpose in rows
        if log[body or ""] > 1 and purpose is not Purpose.RIDE
    )
    rides = sum(
        log[body or ""] - 1
        for body, _, purpose in rows
        if log[body or ""] > 1 and purpose is Purpose.RIDE
    )
    return Count(
        accepted_once=sum(1 for body, _, _ in rows if log[body or ""] == 1),
        sent_twice=twice,
        ride_copies=rides,
        lost=lost,
        unresolved=sum(1 for _, state, _ in rows if state is MessageState.UNRESOLVED),
    )


@contextmanager
def stage_on(url: str, folder: Path, provider: Provider) -> Iterator[Stage]:
    """Set the stage in an empty database; whatever workers are left at the end are killed."""
    vault = new_vault()
    save_vault(vault, folder / "keys.json")
    database = Database(make_engine(url), vault)
    metadata().create_all(database.engine)
    with database.write() as session:
        build_village(session)
        move_clock(session, to=NOW)
    stage = Stage(url, folder, provider, database)
    try:
        yield stage
    finally:
        stage.close()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@dataclass(frozen=True)
class Killed:
    """How often workers were killed, and how many requests may have been in flight then."""

    kills: int
    in_flight: int


def kill_at_random(
    stage: Stage, *, kills: int, workers: int, senders: int, burst: int, seed: int
) -> Killed:
    """Kill workers at random points of the burst and start new ones, until so many were killed."""
    dice = random.Random(seed)
    stage.stable(senders=senders)
    for _ in range(workers):
        stage.start_worker()
    # So far apart that the last one still falls within the burst: on average 0.8 of it has passed by then.
    done, apart = 0, max(2, 8 * burst // (5 * max(1, kills)))
    while done < kills and stage.working():
        # A point of the burst is a number of requests; a time limit covers a burst that ran dry.
        target, ends = stage.provider.requests() + dice.randint(1, apart), time.monotonic() + 5
        while stage.provider.requests() < target and time.monotonic() < ends:
            time.sleep(dice.uniform(0.001, 0.02))
        stage.kill(dice.choice(stage.workers))
        stage.start_worker()
        done += 1
    return Killed(done, done * senders)
