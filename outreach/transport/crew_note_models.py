"""Canned words between the duty desk and a run's crew, with when each side read them (moment 5n)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Base


class CrewNote(Base):
    """One canned word about one run; ``uuid`` comes from whoever sent it, so that it counts once."""

    __tablename__ = "crew_note"
    __table_args__ = (Index("ix_crew_note_run", "run_id", "sent_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    to_crew: Mapped[bool]
    code: Mapped[str]
    sent_at: Mapped[datetime]
    received_at: Mapped[datetime]
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    by_driver_id: Mapped[int | None] = mapped_column(ForeignKey("driver.id"))
    by_escort_id: Mapped[int | None] = mapped_column(ForeignKey("escort.id"))
    driver_read_at: Mapped[datetime | None]
    escort_read_at: Mapped[datetime | None]
    desk_read_at: Mapped[datetime | None]
    desk_read_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
