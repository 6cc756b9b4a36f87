"""Alarms: something on the day that a named person must take on, one per cause (moment 5a)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.transport.run_models import Alarm


@dataclass(frozen=True, slots=True)
class Cause:
    """What an alarm is about; equal keys are one alarm."""

    key: str
    kind: str
    on: date
    appointment_id: int | None = None
    run_id: int | None = None
    site_id: int | None = None


def raise_alarm(session: Session, *, cause: Cause, now: datetime, level: int = 1) -> Alarm:
    """Raise an alarm once per cause; a second time may only raise its level, or open it again."""
    alarm = _find(session, cause.key)
    if alarm is None:
        alarm = Alarm(
            cause_key=cause.key,
            kind=cause.kind,
            on=cause.on,
            appointment_id=cause.appointment_id,
            run_id=cause.run_id,
            site_id=cause.site_id,
            raised_at=now,
            level=level,
        )
        try:
            with session.begin_nested():
                session.add(alarm)
                session.flush()
        except IntegrityError:
            twin = _find(session, cause.key)
            if twin is None:
                raise
            alarm = twin
    if level > alarm.level:
        alarm.level = level
        alarm.taken_at = alarm.taken_by = None  # it grew worse: somebody must look again
    if alarm.ended_at is not None:
        alarm.ended_at, alarm.raised_at = None, now
        alarm.taken_at = alarm.taken_by = None
    session.flush()
    return alarm


def end_alarm(session: Session, *, key: str, now: datetime) -> bool:
    """End the alarm of a cause that is gone."""
    alarm = _find(session, key)
    if alarm is None or alarm.ended_at is not None:
        return False
    alarm.ended_at = now
    session.flush()
    return True


def take_alarm(session: Session, *, alarm_id: int, by: int, now: datetime) -> Alarm:
    """Put a name behind an alarm; the first one stays."""
    alarm = session.scalars(select(Alarm).where(Alarm.id == alarm_id).with_for_update()).one()
    if alarm.taken_by is None:
        alarm.taken_by, alarm.taken_at = by, now
        session.flush()
    return alarm


def open_alarms(session: Session, *, on: date) -> list[Alarm]:
    """Return the day's alarms that have not ended: untaken first, worst first, grouped by site."""
    question = (
        select(Alarm)
        .where(Alarm.on == on, Alarm.ended_at.is_(None))
        .order_by(Alarm.taken_at.is_not(None), Alarm.level.desc(), Alarm.site_id, Alarm.raised_at)
        .limit(500)
    )
    return list(session.scalars(question))


def _find(session: Session, key: str) -> Alarm | None:
    return session.scalars(select(Alarm).where(Alarm.cause_key == key).limit(1)).first()
