"""Turning planned times into promises: what is told to whom, and what a later change would move."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.kernel.errors import MoveNotAllowed, OutreachError
from outreach.kernel.timewindow import TimeWindow
from outreach.transport.codes import Direction, LegStatus, RunStatus
from outreach.transport.legs import end_promise, find_leg
from outreach.transport.rules import promised_window
from outreach.transport.run_facts import Breach, RunCheck, Violation
from outreach.transport.run_models import Promise, RideLeg, Run, RunStop
from outreach.transport.sheets import DaySheet, instant

# What a day's delays bring about by themselves: a family is told of it, not kept in the dark.
LATENESS = frozenset(
    {
        Breach.LATE_PICKUP,
        Breach.LATE_DROPOFF,
        Breach.RIDE_TOO_LONG,
        Breach.WAITS_ABOARD,
        Breach.NO_BREAK,
        Breach.AFTER_SHIFT,
        Breach.DAY_TOO_LONG,
    }
)


class ReturnUnplanned(OutreachError):
    """Someone would be fetched whose way home has no staffed car yet (N2); ``leg_ids`` name them."""

    status = 409


@dataclass(frozen=True, slots=True)
class PromiseChange:
    """A time that publishing would tell a family: a first one, or another than they know."""

    leg_id: int
    appointment_id: int
    run_id: int
    was: TimeWindow | None
    becomes: TimeWindow

    @property
    def is_moved(self) -> bool:
        """Whether the family knows another time already."""
        return self.was is not None


def obstacles(sheet: DaySheet, run_id: int, check: RunCheck) -> tuple[Violation, ...]:
    """Return what of a run's breaches stands against publishing it.

    A run nobody knows of yet must break nothing. Once families were told, a run that has fallen
    behind is still published: they learn of the new time. So is one that takes in late someone who
    was told a time on another car. Seats, fitness and crew stand against it always (N4).
    """
    is_told = sheet.run(run_id).is_published
    return tuple(
        broken
        for broken in check.violations
        if broken.breach not in LATENESS
        or not (is_told or (broken.leg_id is not None and sheet.leg(broken.leg_id).promised))
    )


def promise_changes(sheet: DaySheet, run_id: int, check: RunCheck) -> list[PromiseChange]:
    """Return what publishing a run would tell: pickups at home that are new or leave their window.

    Only the way there is promised. The way home begins when the person is ready, and is told then.
    """
    changes = []
    in_doubt = passed_by(sheet, check)
    for halt in check.halts:
        leg = sheet.leg(halt.leg_id)
        if not halt.is_pickup or halt.is_done or leg.direction is not Direction.OUTBOUND:
            continue
        if leg.leg_id in in_doubt:
            continue  # no family is told a guess
        if leg.is_transfer:
            continue  # aboard already: what changes is the car, not when somebody rings at the door
        pickup_at = instant(halt.starts_s)
        if leg.promised is not None and pickup_at in leg.promised:
            continue
        changes.append(
            PromiseChange(
                leg_id=leg.leg_id,
                appointment_id=leg.appointment_id,
                run_id=run_id,
                was=leg.promised,
                becomes=promised_window(pickup_at),
            )
        )
    return changes


def passed_by(sheet: DaySheet, check: RunCheck) -> tuple[int, ...]:
    """Return the told ways there whose door the car has passed without a tap.

    They were fetched and it was not noted, or they were forgotten, or the driver comes back for
    them: somebody has to find out.
    """
    driven_to = max((i for i, halt in enumerate(check.halts) if halt.is_done), default=0)
    untapped = (h for h in check.halts[:driven_to] if h.is_pickup and not h.is_done)
    legs = [sheet.leg(halt.leg_id) for halt in untapped]
    return tuple(
        leg.leg_id
        for leg in legs
        if leg.direction is Direction.OUTBOUND and leg.promised is not None
    )


def unplanned_returns(session: Session, sheet: DaySheet, run_id: int) -> list[int]:
    """Return the return legs of those fetched by this run that have neither a staffed run nor a taxi."""
    lacking = []
    for leg_id in sheet.run(run_id).leg_ids:
        leg = sheet.leg(leg_id)
        if leg.direction is not Direction.OUTBOUND:
            continue
        home = find_leg(session, appointment_id=leg.appointment_id, direction=Direction.RETURN)
        if home is None or home.status is LegStatus.CANCELLED or home.by_taxi:
            continue  # a named person takes them home: the booking could not be saved otherwise
        if home.status is LegStatus.HANDED_OVER or has_staffed_run(session, leg_id=home.id):
            continue
        lacking.append(home.id)
    return lacking


def has_staffed_run(session: Session, *, leg_id: int) -> bool:
    """Tell whether a leg is on a run that has a driver."""
    question = (
        select(Run.id)
        .join(RunStop, RunStop.run_id == Run.id)
        .where(
            RunStop.leg_id == leg_id,
            Run.driver_id.is_not(None),
            Run.status != RunStatus.CANCELLED,
        )
        .limit(1)
    )
    return session.scalar(question) is not None


def make_promise(
    session: Session, *, change: PromiseChange, by: int | None, now: datetime
) -> Promise:
    """Write a promise; an older one ends, and the code for the door stays the same."""
    leg = session.scalars(
        select(RideLeg).where(RideLeg.id == change.leg_id).with_for_update()
    ).one()
    end_promise(session, leg=leg, now=now)
    leg.promise_version += 1
    leg.door_code = leg.door_code or new_door_code()
    promise = Promise(
        leg_id=leg.id,
        version=leg.promise_version,
        run_id=change.run_id,
        pickup_from_at=change.becomes.from_at,
        pickup_until_at=change.becomes.until_at,
        made_by=by,
        made_at=now,
    )
    session.add(promise)
    session.flush()
    return promise


def new_door_code() -> str:
    """Return the four digits that the driver says at the door."""
    return f"{secrets.randbelow(10_000):04d}"


def mark_published(session: Session, *, run: Run, by: int | None, now: datetime) -> None:
    """Note that families and crew know this version of the run."""
    if run.status in {RunStatus.FINISHED, RunStatus.CANCELLED}:
        raise MoveNotAllowed(run_id=run.id, from_status=run.status.value)
    if run.status is RunStatus.DRAFT:
        run.status = RunStatus.PUBLISHED
    run.published_at = now
    run.changed_at, run.changed_by = now, by
    run.published_version = run.version + 1  # the version that this very write makes
    session.flush()


def acknowledge_run(session: Session, *, run: Run, now: datetime) -> None:
    """Note that the driver has seen the run as it is now (moment 5d)."""
    was_told = run.published_version == run.version
    run.acknowledged_at = now
    run.acknowledged_version = run.version + 1
    if was_told:
        run.published_version = run.version + 1
    session.flush()


def mark_reached(session: Session, *, leg_id: int, how: str, now: datetime) -> bool:
    """Note that the family knows the promise in force: the text arrived, or a person told them (5d)."""
    leg = session.get_one(RideLeg, leg_id)
    promise = session.scalars(
        select(Promise).where(
            Promise.leg_id == leg_id,
            Promise.version == leg.promise_version,
            Promise.ended_at.is_(None),
        )
    ).first()
    if promise is None or promise.reached_at is not None:
        return False
    promise.reached_at, promise.reached_how = now, how
    session.flush()
    return True


def settle_promise(session: Session, *, leg: RideLeg, fetched_at: datetime) -> None:
    """Keep whether the promise was kept, once the car was there."""
    promise = session.scalars(
        select(Promise).where(Promise.leg_id == leg.id, Promise.version == leg.promise_version)
    ).first()
    if promise is not None and promise.ended_at is None and promise.kept is None:
        # A car that waits at the door before its window breaks no word; one that comes after it does.
        promise.kept = fetched_at <= promise.pickup_until_at
        session.flush()
