"""A car breaks down: it is off the road at once, its runs say so, and those aboard are named first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.transport.alarms import Cause, raise_alarm
from outreach.transport.codes import LegStatus, RunStatus
from outreach.transport.fleet import take_out_of_service
from outreach.transport.run_models import RideLeg, Run, RunStop


@dataclass(frozen=True, slots=True)
class Stranded:
    """What a breakdown leaves to be repaired on one run."""

    run_id: int
    version: int
    aboard_leg_ids: tuple[int, ...]
    waiting_leg_ids: tuple[int, ...]


def break_down(
    session: Session, *, vehicle_id: int, on: date, reason: str, by: int, now: datetime
) -> list[Stranded]:
    """Take a car off the road for the day; return its runs with who is aboard and who still waits.

    Nothing is reassigned here: another car takes the run over whole (``crew_run``, which keeps those
    aboard and the times told), or the waiting legs move one by one.
    """
    take_out_of_service(session, vehicle_id=vehicle_id, from_on=on, until_on=on, reason=reason)
    runs = session.scalars(
        select(Run)
        .where(
            Run.vehicle_id == vehicle_id,
            Run.on == on,
            Run.status.not_in([RunStatus.CANCELLED, RunStatus.FINISHED]),
        )
        .order_by(Run.starts_at, Run.id)
    ).all()
    found = []
    for run in runs:
        rows = session.execute(
            select(RideLeg.id, RideLeg.status)
            .join(RunStop, RunStop.leg_id == RideLeg.id)
            .where(RunStop.run_id == run.id)
            .distinct()
            .order_by(RideLeg.id)
        ).all()
        aboard = tuple(r.id for r in rows if r.status is LegStatus.ON_BOARD)
        waiting = tuple(r.id for r in rows if r.status is LegStatus.ASSIGNED)
        found.append(Stranded(run.id, run.version, aboard, waiting))
        if aboard or waiting:
            cause = Cause(key=f"car_broken:{run.id}", kind="car_broken", on=on, run_id=run.id)
            raise_alarm(session, cause=cause, now=now, level=3 if aboard else 2)
    record(
        session,
        act="car_broken",
        subject=("vehicle", vehicle_id),
        by=by,
        now=now,
        facts={"runs": [s.run_id for s in found]},
        reason=reason,
    )
    return found
