"""Asking for long work and doing it: a row per task, taken by lease, with progress, best so far and cancel."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from outreach.kernel.errors import MoveNotAllowed, NotFound
from outreach.tasks.codes import TaskState
from outreach.tasks.models import Task

LEASE = timedelta(minutes=2)
MOST_ATTEMPTS = 3


def ask_task(
    session: Session, *, kind: str, arguments: dict[str, Any], by: int | None, now: datetime
) -> Task:
    """Ask for a piece of work; a worker takes it within a second or two."""
    task = Task(kind=kind, arguments=arguments, asked_by=by, asked_at=now)
    session.add(task)
    session.flush()
    return task


def get_task(session: Session, task_id: int) -> Task:
    """Return one task; NotFound when there is none."""
    task = session.get(Task, task_id)
    if task is None:
        raise NotFound("task", task_id=task_id)
    return task


def unfinished_task(session: Session, *, kind: str, **arguments: object) -> Task | None:
    """Return a waiting or running task of this kind with these arguments: nobody asks for it twice."""
    question = (
        select(Task)
        .where(Task.kind == kind, Task.state.in_([TaskState.WAITING, TaskState.RUNNING]))
        .order_by(Task.id)
        .limit(200)
    )
    for task in session.scalars(question):
        if all(task.arguments.get(name) == value for name, value in arguments.items()):
            return task
    return None


def has_work(session: Session, *, kinds: Collection[str], real_now: datetime) -> bool:
    """Say whether a task of these kinds waits or was left behind, without taking a lock."""
    question = select(Task.id).where(
        Task.kind.in_(kinds),
        or_(
            Task.state == TaskState.WAITING,
            (Task.state == TaskState.RUNNING) & (Task.lease_until < real_now),
        ),
    )
    return session.scalars(question.limit(1)).first() is not None


def claim_task(
    session: Session, *, kinds: Collection[str], real_now: datetime, lease: timedelta = LEASE
) -> Task | None:
    """Take the oldest waiting task of these kinds; other workers skip it."""
    question = (
        select(Task)
        .where(Task.state == TaskState.WAITING, Task.kind.in_(kinds))
        .order_by(Task.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    task = session.scalars(question).first()
    if task is None:
        return None
    task.state, task.token = TaskState.RUNNING, uuid4().hex
    task.started_at, task.lease_until = real_now, real_now + lease
    task.attempts += 1
    session.flush()
    return task


def keep_task(
    session: Session, *, task_id: int, token: str, real_now: datetime, lease: timedelta = LEASE
) -> bool:
    """Extend a lease; False when the task was cancelled or belongs to another worker by now."""
    kept = (
        update(Task)
        .where(Task.id == task_id, Task.token == token, Task.state == TaskState.RUNNING)
        .values(lease_until=real_now + lease)
        .returning(Task.cancel_asked_at)
        .execution_options(synchronize_session=False)
    )
    row = session.execute(kept).first()
    return row is not None and row[0] is None


def report_progress(
    session: Session,
    *,
    task_id: int,
    token: str,
    progress: float,
    stage: str = "",
    best: dict[str, Any] | None = None,
) -> bool:
    """Keep how far a task is and its best result so far; False when it should stop."""
    values: dict[str, Any] = {"progress": min(1.0, max(0.0, progress)), "stage": stage}
    if best is not None:
        values["best"] = best
    kept = (
        update(Task)
        .where(Task.id == task_id, Task.token == token, Task.state == TaskState.RUNNING)
        .values(**values)
        .returning(Task.cancel_asked_at)
        .execution_options(synchronize_session=False)
    )
    row = session.execute(kept).first()
    return row is not None and row[0] is None


def finish_task(
    session: Session, *, task_id: int, token: str, result: dict[str, Any], real_now: datetime
) -> bool:
    """End a task with its result (a cancelled one keeps it as what was reached); False when lost."""
    task = _mine(session, task_id, token)
    if task is None:
        return False
    is_cancelled = task.cancel_asked_at is not None
    task.state = TaskState.CANCELLED if is_cancelled else TaskState.DONE
    task.result, task.ended_at, task.lease_until = result, real_now, None
    task.progress = task.progress if is_cancelled else 1.0
    session.flush()
    return True


def fail_task(
    session: Session, *, task_id: int, token: str, error: str, real_now: datetime
) -> bool:
    """End a task that went wrong; ``error`` names the kind of trouble, never a person's data."""
    task = _mine(session, task_id, token)
    if task is None:
        return False
    task.state, task.error = TaskState.FAILED, error[:200]
    task.ended_at, task.lease_until = real_now, None
    session.flush()
    return True


def cancel_task(session: Session, *, task_id: int, now: datetime) -> Task:
    """Ask a task to stop: one that waits ends at once, a running one at its next report."""
    task = session.get(Task, task_id, with_for_update=True)
    if task is None:
        raise NotFound("task", task_id=task_id)
    if task.state not in {TaskState.WAITING, TaskState.RUNNING}:
        raise MoveNotAllowed("task_over", task_id=task_id)
    task.cancel_asked_at = now
    if task.state is TaskState.WAITING:
        task.state, task.ended_at = TaskState.CANCELLED, now
    session.flush()
    return task


def free_lapsed_tasks(session: Session, *, real_now: datetime) -> int:
    """Put back what dead workers held; a task that killed three workers fails instead."""
    question = (
        select(Task)
        .where(Task.state == TaskState.RUNNING, Task.lease_until < real_now)
        .order_by(Task.id)
        .with_for_update(skip_locked=True)
    )
    lapsed = session.scalars(question).all()
    for task in lapsed:
        task.token, task.lease_until = "", None
        if task.cancel_asked_at is not None:
            task.state, task.ended_at = TaskState.CANCELLED, real_now
        elif task.attempts >= MOST_ATTEMPTS:
            task.state, task.error, task.ended_at = TaskState.FAILED, "worker_died", real_now
        else:
            task.state = TaskState.WAITING
    session.flush()
    return len(lapsed)


def _mine(session: Session, task_id: int, token: str) -> Task | None:
    question = select(Task).where(
        Task.id == task_id, Task.token == token, Task.state == TaskState.RUNNING
    )
    return session.scalars(question.with_for_update()).first()
