"""The worker process: it sends, ticks and does what pages asked for, until it is told to stop.

Whatever it holds when it dies is found again by the next one: leases lapse, rows say what is due.
"""

from __future__ import annotations

import logging
import os
import socket
import threading

from sqlalchemy.orm import Session

from outreach.db import Database
from outreach.jobs import campaign_works as _campaigns  # noqa: F401 - registers its works
from outreach.jobs import import_works as _imports  # noqa: F401 - registers its works
from outreach.jobs import message_works as _messages  # noqa: F401 - registers its works
from outreach.jobs import plan_works as _plans  # noqa: F401 - ditto
from outreach.jobs import week_works as _weeks  # noqa: F401 - ditto
from outreach.jobs.duties import DUTIES
from outreach.jobs.exposition import expose
from outreach.jobs.meters import Meters
from outreach.jobs.scheduler import Duty, Ticker, start_ticking
from outreach.jobs.sender import Sender, Tempo
from outreach.jobs.tasks import TaskLoop
from outreach.jobs.tick_lock import tick_lock
from outreach.kernel.clock import monotonic_s, real_now
from outreach.services import Services
from outreach.tasks.models import WorkerBeat

log = logging.getLogger("outreach.worker")
BEAT_S = 5.0
STOPS_WITHIN_S = 15.0
CLOCK_MAY_JUMP_S = 60.0
GIVES_WAY_BY = 10


def step_back(database: Database) -> None:
    """Let this process give way on a full machine: somebody waits at a page, nobody at the outbox.

    Not on SQLite: who gives way while holding its one write lock makes every page wait for it.
    """
    if database.engine.dialect.name != "sqlite":
        os.nice(GIVES_WAY_BY)


def run(
    services: Services,
    stop: threading.Event,
    *,
    tempo: Tempo | None = None,
    duties: tuple[Duty, ...] = DUTIES,
) -> None:
    """Work until ``stop`` is set, then finish what is being posted and let everything else go."""
    meters = Meters()
    tempo = tempo or Tempo(senders=services.settings.worker_threads)
    lock = tick_lock(services.database)
    ticker = Ticker(services, lock, duties, meters=meters, stop=stop)
    sender = Sender(services.database, services.routes, stop, tempo=tempo, meters=meters)
    tasks = TaskLoop(services, stop)
    expose(meters.registry, services, port=services.settings.worker_metrics_port)
    log.info("worker started", extra={"gateway": services.settings.gateway_name})
    sender.start()
    tasks.start()
    scheduler = start_ticking(ticker.tick)
    try:
        _beat_until(stop, services, ticker)
    finally:
        stop.set()
        scheduler.shutdown(wait=True)
        sender.join(STOPS_WITHIN_S)
        tasks.join(STOPS_WITHIN_S)
        lock.release()
        log.info("worker stopped")


class _Heart:
    """The sign of life of this process, which also notices when the clock jumps (fault 8)."""

    def __init__(self) -> None:
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._started_at = real_now()
        self._steady_s = monotonic_s()
        self._shown = self._started_at

    def beat(self, session: Session, *, is_ticking: bool) -> None:
        """Write the sign of life."""
        now, steady_s = real_now(), monotonic_s()
        jumped_s = (now - self._shown).total_seconds() - (steady_s - self._steady_s)
        self._shown, self._steady_s = now, steady_s
        row = session.get(WorkerBeat, self._name)
        if row is None:
            row = WorkerBeat(name=self._name, started_at=self._started_at, beat_at=now)
            session.add(row)
        row.beat_at, row.is_ticking = now, is_ticking
        if abs(jumped_s) > CLOCK_MAY_JUMP_S:
            log.error("clock jumped", extra={"seconds": round(jumped_s)})
            row.clock_jumped_at, row.clock_jumped_s = now, jumped_s

    def end(self, session: Session) -> None:
        """Take the sign away: this worker ended in good order."""
        row = session.get(WorkerBeat, self._name)
        if row is not None:
            session.delete(row)


def _beat_until(stop: threading.Event, services: Services, ticker: Ticker) -> None:
    heart = _Heart()
    while not stop.is_set():
        try:
            services.database.act(lambda session: heart.beat(session, is_ticking=ticker.is_ticking))
        except Exception:
            log.exception("sign of life")
        stop.wait(BEAT_S)
    try:
        services.database.act(heart.end)
    except Exception:
        log.exception("sign of life")
