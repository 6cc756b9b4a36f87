"""What a visit's events mean for its legs, stops and run: statuses, times really driven, windows home."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.codes import DayEventKind
from outreach.clinics.models import Appointment, DayEvent
from outreach.clinics.visit import Visit
from outreach.transport.codes import Direction, LegStatus, RunStatus, StopKind
from outreach.transport.legs import end_promise, legs_of, lock_run, ready_now, take_off_run
from outreach.transport.publish import settle_promise
from outreach.transport.run_models import RideLeg, Run, RunStop


@dataclass(frozen=True, slots=True)
class Progress:
    """What settling changed: the run ids whose stops or windows moved."""

    run_ids: tuple[int, ...]
    return_leg_id: int | None
    ready_at: datetime | None


def settle_legs(
    session: Session, *, appointment: Appointment, visit: Visit, now: datetime
) -> Progress:
    """Bring legs and stops in line with everything known of the visit, in whatever order it came."""
    touched: set[int] = set()
    home: RideLeg | None = None
    for leg in legs_of(session, appointment_id=appointment.id):
        if leg.direction is Direction.OUTBOUND:
            run_id = _settle_outbound(session, leg, visit)
        else:
            home = leg
            run_id = _settle_return(session, leg, visit, now)
        if run_id is not None:
            touched.add(run_id)
    session.flush()
    return Progress(
        run_ids=tuple(sorted(touched)),
        return_leg_id=home.id if home is not None else None,
        ready_at=visit.home_ready_at,
    )


def _settle_outbound(session: Session, leg: RideLeg, visit: Visit) -> int | None:
    if leg.status is LegStatus.CANCELLED and visit.fetched_at is None and visit.at_site_at is None:
        return None
    if visit.at_site_at is not None:
        _become(leg, LegStatus.DROPPED_OFF)
    elif visit.fetched_at is not None:
        _become(leg, LegStatus.ON_BOARD)
    elif leg.status in {LegStatus.ON_BOARD, LegStatus.DROPPED_OFF}:
        _become(leg, LegStatus.ASSIGNED if _stops(session, leg.id) else LegStatus.WAITING)
    if visit.fetched_at is not None:
        settle_promise(session, leg=leg, fetched_at=_at_door(session, leg) or visit.fetched_at)
    return _mark_stops(session, leg, picked_at=visit.fetched_at, dropped_at=visit.at_site_at)


def _settle_return(session: Session, leg: RideLeg, visit: Visit, now: datetime) -> int | None:
    went_otherwise = visit.left_otherwise_at is not None or (
        visit.handed_over_at is not None and visit.left_site_at is None
    )
    if visit.left_site_at is not None and visit.handed_over_at is not None:
        _become(leg, LegStatus.HANDED_OVER)
    elif went_otherwise:
        run_id = take_off_run(session, leg=leg, now=now)
        end_promise(session, leg=leg, now=now)
        if leg.status is not LegStatus.CANCELLED:
            leg.status, leg.result_code = LegStatus.CANCELLED, "R08"
        return run_id
    elif visit.left_site_at is not None:
        _become(leg, LegStatus.ON_BOARD)
    elif leg.status in {LegStatus.ON_BOARD, LegStatus.DROPPED_OFF, LegStatus.HANDED_OVER}:
        _become(leg, LegStatus.ASSIGNED if _stops(session, leg.id) else LegStatus.WAITING)
    moved = visit.home_ready_at is not None and ready_now(
        session, leg=leg, ready_at=visit.home_ready_at
    )
    marked = _mark_stops(
        session, leg, picked_at=visit.left_site_at, dropped_at=_home_at(leg, visit)
    )
    if moved and marked is None:
        stops = _stops(session, leg.id)
        return stops[0].run_id if stops else None
    return marked


def _home_at(leg: RideLeg, visit: Visit) -> datetime | None:
    return visit.handed_over_at if leg.status is LegStatus.HANDED_OVER else None


def _become(leg: RideLeg, status: LegStatus) -> None:
    # Facts outrank the table of moves: an event tells what was, whatever had been planned.
    if leg.status is not status:
        leg.status = status
        leg.result_code = "R01" if status is LegStatus.HANDED_OVER else ""


def _mark_stops(
    session: Session, leg: RideLeg, *, picked_at: datetime | None, dropped_at: datetime | None
) -> int | None:
    """Write the times really driven into the leg's stops; return the run if any changed."""
    changed: int | None = None
    reached = _at_door(session, leg)
    for stop in _stops(session, leg.id):
        done = picked_at if stop.kind is StopKind.PICKUP else dropped_at
        here = reached if stop.kind is StopKind.PICKUP else None
        if stop.done_at != done or (here is not None and stop.reached_at != here):
            stop.done_at, stop.reached_at = done, here
            changed = stop.run_id
    if changed is not None:
        _settle_run(session, changed)
    return changed


def _stops(session: Session, leg_id: int) -> list[RunStop]:
    question = select(RunStop).where(RunStop.leg_id == leg_id)
    return list(session.scalars(question.order_by(RunStop.position, RunStop.id)))


def _at_door(session: Session, leg: RideLeg) -> datetime | None:
    return session.scalar(
        select(DayEvent.happened_at)
        .where(DayEvent.leg_id == leg.id, DayEvent.kind == DayEventKind.ARRIVED_AT_DOOR)
        .order_by(DayEvent.happened_at)
        .limit(1)
    )


def _settle_run(session: Session, run_id: int) -> None:
    """A run is under way from its first done stop, and finished with its last."""
    session.flush()
    run = lock_run(session, run_id)
    stops = session.scalars(select(RunStop).where(RunStop.run_id == run_id)).all()
    done = [stop for stop in stops if stop.done_at is not None]
    if done and run.status in {RunStatus.DRAFT, RunStatus.PUBLISHED}:
        change_quietly(run, RunStatus.UNDER_WAY)
    elif stops and len(done) == len(stops) and run.status is RunStatus.UNDER_WAY:
        change_quietly(run, RunStatus.FINISHED)
    elif len(done) < len(stops) and run.status is RunStatus.FINISHED:
        change_quietly(run, RunStatus.UNDER_WAY)
    session.flush()


def change_quietly(run: Run, status: RunStatus) -> None:
    """Move a run's status without making crew and families believe that its stops changed."""
    was_told = run.published_version == run.version
    was_seen = run.acknowledged_version == run.version
    run.status = status
    if was_told:
        run.published_version = run.version + 1
    if was_seen:
        run.acknowledged_version = run.version + 1


def set_off(session: Session, *, run_id: int) -> None:
    """Note that the car has left its depot."""
    run = lock_run(session, run_id)
    if run.status in {RunStatus.DRAFT, RunStatus.PUBLISHED}:
        change_quietly(run, RunStatus.UNDER_WAY)
        session.flush()
