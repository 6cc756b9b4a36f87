"""Watching the day: alarms for people who wait without a car or are not home by their time (moment 5a)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.models import Appointment, Site, SiteSession
from outreach.contact.codes import MessageState, Step
from outreach.contact.message_models import Message
from outreach.kernel.errors import NotFound
from outreach.places.queries import local_day
from outreach.transport.alarms import Cause, end_alarm, raise_alarm
from outreach.transport.codes import Direction, LegStatus, StopKind
from outreach.transport.positions import forget_positions
from outreach.transport.queries import get_run, get_vehicle
from outreach.transport.run_models import Alarm, Promise, RideLeg, Run, RunStop
from outreach.workflows.day_matters import unseen_changes
from outreach.workflows.message_facts import LEG

FIRST = timedelta(minutes=10)
SECOND = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Someone at a site whose way home has begun to be due."""

    leg_id: int
    appointment_id: int
    site_id: int
    ready_at: datetime
    status: LegStatus
    run_id: int | None


def return_pool(
    session: Session, *, on: date, now: datetime, site_id: int | None = None
) -> list[Waiting]:
    """Return who is ready for the way home by our car and still at the site, the longest waiting first."""
    question = (
        select(RideLeg, SiteSession.site_id, RunStop.run_id)
        .join(Appointment, Appointment.id == RideLeg.appointment_id)
        .join(SiteSession, SiteSession.id == Appointment.site_session_id)
        .outerjoin(RunStop, (RunStop.leg_id == RideLeg.id) & (RunStop.kind == StopKind.PICKUP))
        .where(
            RideLeg.on == on,
            RideLeg.direction == Direction.RETURN,
            RideLeg.status.in_([LegStatus.WAITING, LegStatus.ASSIGNED, LegStatus.UNMET]),
            RideLeg.ready_at <= now,
        )
        .order_by(RideLeg.ready_at, RideLeg.id)
        .limit(1000)
    )
    if site_id is not None:
        question = question.where(SiteSession.site_id == site_id)
    return [
        Waiting(
            leg_id=leg.id,
            appointment_id=leg.appointment_id,
            site_id=site,
            ready_at=leg.ready_at or now,
            status=leg.status,
            run_id=run_id,
        )
        for leg, site, run_id in session.execute(question)
    ]


def watch_day(session: Session, *, now: datetime) -> int:
    """Raise what is due and end what is over; return how many alarms stand. For the tick."""
    on = local_day(session, now)
    note_reached_promises(session, now=now)
    forget_positions(session)
    standing = 0
    for waiting in return_pool(session, on=on, now=now):
        key = f"ready_without_car:{waiting.appointment_id}"
        late = now - waiting.ready_at
        if waiting.run_id is not None or late < FIRST:
            end_alarm(session, key=key, now=now)
            continue
        cause = Cause(
            key=key,
            kind="ready_without_car",
            on=on,
            appointment_id=waiting.appointment_id,
            site_id=waiting.site_id,
        )
        raise_alarm(session, cause=cause, now=now, level=2 if late >= SECOND else 1)
        standing += 1
    standing += _watch_drivers(session, on=on, now=now)
    return standing + _watch_the_way_home(session, on=on, now=now)


def alarm_area(session: Session, *, alarm_id: int) -> int | None:
    """Return the area that an alarm belongs to (its site's, else its car's); NotFound without alarm."""
    alarm = session.get(Alarm, alarm_id)
    if alarm is None:
        raise NotFound("alarm", alarm_id=alarm_id)
    if alarm.site_id is not None:
        return session.get_one(Site, alarm.site_id).area_id
    if alarm.run_id is not None:
        return get_vehicle(session, get_run(session, alarm.run_id).vehicle_id).area_id
    return None


def _watch_drivers(session: Session, *, on: date, now: datetime) -> int:
    """Alarm for changes of a run under way that its driver did not say OK to in three minutes (5d)."""
    standing = 0
    waiting = {unseen.run_id: unseen for unseen in unseen_changes(session, on=on, now=now)}
    for run_id in session.scalars(select(Run.id).where(Run.on == on).order_by(Run.id)):
        key = f"driver_silent:{run_id}"
        unseen = waiting.get(run_id)
        if unseen is None or not unseen.must_ring:
            end_alarm(session, key=key, now=now)
            continue
        cause = Cause(key=key, kind="driver_silent", on=on, run_id=run_id)
        raise_alarm(session, cause=cause, now=now)
        standing += 1
    return standing


def note_reached_promises(session: Session, *, now: datetime) -> int:
    """Note that families know their time whose text about this very promise was delivered (moment 5d)."""
    question = (
        select(Promise, Message.ended_at)
        .join(RideLeg, RideLeg.id == Promise.leg_id)
        .join(
            Message,
            (Message.subject_kind == LEG)
            & (Message.subject_id == Promise.leg_id)
            & (Message.subject_version == Promise.version),
        )
        .where(
            Promise.ended_at.is_(None),
            Promise.reached_at.is_(None),
            Message.step.in_([Step.PROMISE, Step.PROMISE_MOVED]),
            Message.state == MessageState.DELIVERED,
        )
        .order_by(Promise.id, Message.id)
        .limit(2000)
    )
    reached = 0
    for promise, delivered_at in session.execute(question):
        if promise.reached_at is None:
            promise.reached_at, promise.reached_how = delivered_at or now, "message"
            reached += 1
    session.flush()
    return reached


def _watch_the_way_home(session: Session, *, on: date, now: datetime) -> int:
    """Alarm for those aboard past their planned time home; without a tap of theirs there is none (5g)."""
    rows = session.execute(
        select(RideLeg, RunStop.arrives_at, RunStop.run_id, SiteSession.site_id)
        .join(RunStop, (RunStop.leg_id == RideLeg.id) & (RunStop.kind == StopKind.DROPOFF))
        .join(Appointment, Appointment.id == RideLeg.appointment_id)
        .join(SiteSession, SiteSession.id == Appointment.site_session_id)
        .where(
            RideLeg.on == on,
            RideLeg.direction == Direction.RETURN,
            RideLeg.status == LegStatus.ON_BOARD,
        )
        .order_by(RunStop.arrives_at, RideLeg.id)
    )
    standing = 0
    for leg, home_at, run_id, site_id in rows:
        late = now - max(home_at, leg.ready_at or home_at)
        if late < FIRST:
            continue
        cause = Cause(
            key=f"not_home:{leg.appointment_id}",
            kind="not_home",
            on=on,
            appointment_id=leg.appointment_id,
            run_id=run_id,
            site_id=site_id,
        )
        raise_alarm(session, cause=cause, now=now, level=2 if late >= SECOND else 1)
        standing += 1
    return standing
