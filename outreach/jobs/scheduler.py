"""The tick: "look at the tables now", by APScheduler in memory; what is due is computed from rows."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.orm import Session

from outreach.jobs.meters import Meters
from outreach.jobs.tick_lock import TickLock
from outreach.kernel.clock import monotonic_s
from outreach.places.queries import business_clock, local_zone
from outreach.services import Services
from outreach.tasks.models import DutyMark

log = logging.getLogger("outreach.tick")
TICK_S = 2


@dataclass(frozen=True, slots=True)
class Duty:
    """Something the ticking worker does: every so often, or once a day from a local time on.

    A duty finds its work in rows, so doing it twice or late is harmless.
    """

    name: str
    do: Callable[[Services], object]
    every: timedelta | None = None
    daily_from: time | None = None
    everywhere: bool = False  # by every worker: what a stalled ticking one must not hold up


class Ticker:
    """Does the duties while this worker holds the tick lock; the other workers wait to take over."""

    def __init__(
        self,
        services: Services,
        lock: TickLock,
        duties: tuple[Duty, ...],
        *,
        meters: Meters,
        stop: threading.Event,
    ) -> None:
        self._services, self._lock, self._duties = services, lock, duties
        self._meters, self._stop = meters, stop
        self._last: dict[str, float] = {}
        self.is_ticking = False

    def tick(self) -> None:
        """Do whatever is due."""
        was_ticking, self.is_ticking = self.is_ticking, self._lock.hold()
        if self.is_ticking != was_ticking:
            log.info("ticking" if self.is_ticking else "not ticking: another worker does")
        for duty in self._duties:
            if self._stop.is_set():
                return
            if (self.is_ticking or duty.everywhere) and self._is_due(duty):
                self._do(duty)

    def _is_due(self, duty: Duty) -> bool:
        if duty.every is None:
            return self._is_due_today(duty)
        last = self._last.get(duty.name)
        return last is None or monotonic_s() - last >= duty.every.total_seconds()

    def _is_due_today(self, duty: Duty) -> bool:
        # Asked once a minute: a daily duty may start a little late.
        last = self._last.get(duty.name)
        if last is not None and monotonic_s() - last < 60:
            return False
        with self._services.database.read() as session:
            local = business_clock(session).now().astimezone(local_zone(session))
            mark = session.get(DutyMark, duty.name)
            is_done = mark is not None and mark.done_on >= local.date()
            return not is_done and local.time() >= (duty.daily_from or time(0))

    def _do(self, duty: Duty) -> None:
        self._last[duty.name] = monotonic_s()
        try:
            duty.do(self._services)
            if duty.daily_from is not None:
                self._services.database.act(lambda session: _mark(session, duty.name))
            self._meters.ticks.labels(duty.name).inc()
        except Exception:
            # One duty that fails must not keep the others from being done.
            log.exception("duty failed", extra={"duty": duty.name})


def _mark(session: Session, name: str) -> None:
    now = business_clock(session).now()
    done_on = now.astimezone(local_zone(session)).date()
    mark = session.get(DutyMark, name)
    if mark is None:
        session.add(DutyMark(name=name, done_on=done_on, done_at=now))
    else:
        mark.done_on, mark.done_at = done_on, now


def start_ticking(tick: Callable[[], None], *, every_s: float = TICK_S) -> BackgroundScheduler:
    """Start calling ``tick``; a late call is made once, never skipped, never twice at a time."""
    scheduler = BackgroundScheduler(
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        timezone="UTC",
    )
    scheduler.add_job(tick, "interval", seconds=every_s, id="tick")
    scheduler.start()
    return scheduler
