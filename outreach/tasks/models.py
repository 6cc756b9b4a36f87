"""Table of background tasks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Base
from outreach.tasks.codes import TaskState


class Task(Base):
    """A piece of work from the registry of workflows; leases run on real time (decisions §2)."""

    __tablename__ = "task"
    __table_args__ = (Index("ix_task_state", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[TaskState] = mapped_column(default=TaskState.WAITING)
    progress: Mapped[float] = mapped_column(default=0.0)
    stage: Mapped[str] = mapped_column(default="")
    best: Mapped[dict[str, Any] | None]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str] = mapped_column(default="")
    cancel_asked_at: Mapped[datetime | None]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    token: Mapped[str] = mapped_column(default="")


class WorkerBeat(Base):
    """A sign of life of one worker process, on real time; stale rows are dead workers."""

    __tablename__ = "worker_beat"

    name: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime]
    is_ticking: Mapped[bool] = mapped_column(default=False)
    clock_jumped_at: Mapped[datetime | None]
    clock_jumped_s: Mapped[float | None]


class DutyMark(Base):
    """The last local day on which a daily duty of the tick was done: each once a day (fault 10)."""

    __tablename__ = "duty_mark"

    name: Mapped[str] = mapped_column(primary_key=True)
    done_on: Mapped[date]
    done_at: Mapped[datetime]
