"""Long work that pages ask for: a registry of what there is, and the thread that does it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from outreach.kernel.clock import real_now
from outreach.kernel.errors import OutreachError
from outreach.services import Services
from outreach.tasks.operations import (
    LEASE,
    claim_task,
    fail_task,
    finish_task,
    free_lapsed_tasks,
    has_work,
    keep_task,
    report_progress,
)

log = logging.getLogger("outreach.tasks")
IDLE_S = 0.5
KEEP_EVERY_S = LEASE.total_seconds() / 6


@dataclass(slots=True)
class TaskHandle:
    """What a running piece of work tells and asks: how far it is, and whether it should stop."""

    services: Services
    task_id: int
    kind: str
    token: str
    arguments: Mapping[str, Any]
    asked_by: int | None
    _is_cancelled: threading.Event = field(default_factory=threading.Event)

    def report(
        self, progress: float, *, stage: str = "", best: dict[str, Any] | None = None
    ) -> None:
        """Keep how far the work is (0 to 1) and the best result so far."""
        goes_on = self.services.database.act(
            lambda session: report_progress(
                session,
                task_id=self.task_id,
                token=self.token,
                progress=progress,
                stage=stage,
                best=best,
            )
        )
        if not goes_on:
            self._is_cancelled.set()

    def is_cancelled(self) -> bool:
        """Say whether somebody asked to stop, or the task belongs to another worker by now."""
        return self._is_cancelled.is_set()

    def keep(self) -> None:
        """Extend the lease."""
        kept = self.services.database.act(
            lambda session: keep_task(
                session, task_id=self.task_id, token=self.token, real_now=real_now()
            )
        )
        if not kept:
            self._is_cancelled.set()


Work = Callable[[TaskHandle], dict[str, Any]]
REGISTRY: dict[str, Work] = {}


def work_named(kind: str) -> Callable[[Work], Work]:
    """Register a function as the work of a kind of task; a kind has one work."""

    def keep(work: Work) -> Work:
        if kind in REGISTRY:
            raise ValueError(f"two works of kind {kind}")
        REGISTRY[kind] = work
        return work

    return keep


class TaskLoop:
    """One thread that takes tasks of the registry, one after the other."""

    def __init__(
        self, services: Services, stop: threading.Event, *, registry: Mapping[str, Work] = REGISTRY
    ) -> None:
        self._services, self._stop, self._registry = services, stop, registry
        self._thread = threading.Thread(target=self._loop, name="outreach-tasks", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait for the task at hand; one that takes longer is taken up again by its lease."""
        self._thread.join(timeout=timeout_s)

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                is_done = self.do_one()
            except Exception:
                log.exception("task loop")
                is_done = False
            if not is_done:
                self._stop.wait(IDLE_S)

    def do_one(self) -> bool:
        """Do one waiting task; False when there is none."""
        database = self._services.database
        with database.read() as session:
            if not has_work(session, kinds=list(self._registry), real_now=real_now()):
                return False
        handle = database.act(self._claim)
        if handle is None:
            return False
        with _Keeper(handle):
            self._do(handle)
        return True

    def _claim(self, session: Session) -> TaskHandle | None:
        free_lapsed_tasks(session, real_now=real_now())
        task = claim_task(session, kinds=list(self._registry), real_now=real_now())
        if task is None:
            return None
        return TaskHandle(
            self._services, task.id, task.kind, task.token, dict(task.arguments), task.asked_by
        )

    def _do(self, handle: TaskHandle) -> None:
        database = self._services.database
        try:
            result = self._registry[handle.kind](handle)
        except Exception as error:  # a work that fails must not end the worker
            log.exception("task failed", extra={"task_id": handle.task_id, "kind": handle.kind})
            word = error.code if isinstance(error, OutreachError) else type(error).__name__
            database.act(
                lambda session: fail_task(
                    session,
                    task_id=handle.task_id,
                    token=handle.token,
                    error=word,
                    real_now=real_now(),
                )
            )
            return
        database.act(
            lambda session: finish_task(
                session,
                task_id=handle.task_id,
                token=handle.token,
                result=result,
                real_now=real_now(),
            )
        )


class _Keeper:
    """Extends a task's lease while its work runs, however long that says nothing."""

    def __init__(self, handle: TaskHandle) -> None:
        self._handle, self._over = handle, threading.Event()
        self._thread = threading.Thread(target=self._loop, name="outreach-keeper", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join(timeout=KEEP_EVERY_S)

    def _loop(self) -> None:
        while not self._over.wait(KEEP_EVERY_S):
            try:
                self._handle.keep()
            except Exception:
                log.exception("task lease")
