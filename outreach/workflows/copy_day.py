"""A past day as a start: the same cars with the same crews and hours, wherever they are fit and free (5n)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.audit.trail import record
from outreach.kernel.errors import InvalidInput, OutreachError
from outreach.places.queries import area_ids_within, local_zone
from outreach.transport.codes import RunStatus
from outreach.transport.models import Vehicle
from outreach.transport.run_models import Run
from outreach.transport.runs import CrewOf, open_run
from outreach.transport.shifts import Times


@dataclass(frozen=True, slots=True)
class Copied:
    """What a past day gave: runs opened, those opened with a smaller crew, and cars that could not come."""

    opened: int
    short_of_crew: tuple[str, ...]
    left_out: tuple[str, ...]


def copy_day(
    session: Session, *, from_on: date, to_on: date, scope: Scope, by: int, now: datetime
) -> Copied:
    """Open runs like those of a past day; who is ill or busy is left out by name of the car, never silently."""
    if from_on >= to_on:
        raise InvalidInput("day_not_before", field="from_on")
    areas = area_ids_within(session, scope.paths)
    question = (
        select(Run, Vehicle.plate)
        .join(Vehicle, Vehicle.id == Run.vehicle_id)
        .where(Run.on == from_on, Run.status != RunStatus.CANCELLED)
        .order_by(Run.starts_at, Run.id)
    )
    if areas is not None:
        question = question.where(Vehicle.area_id.in_(areas))
    zone = local_zone(session)
    opened, short, out = 0, [], []
    for run, plate in session.execute(question).all():
        times = Times(run.starts_at.astimezone(zone).time(), run.ends_at.astimezone(zone).time())
        crews = (
            CrewOf(run.vehicle_id, run.driver_id, run.escort_id),
            CrewOf(run.vehicle_id, run.driver_id),
            CrewOf(run.vehicle_id),
        )
        for number, crew in enumerate(dict.fromkeys(crews)):
            try:
                with session.begin_nested():
                    open_run(session, on=to_on, crew=crew, times=times, by=by, now=now)
            except OutreachError:
                continue
            opened += 1
            if number:
                short.append(plate)
            break
        else:
            out.append(plate)
    record(
        session,
        act="day_copied",
        subject=("day", None),
        by=by,
        now=now,
        facts={"from": from_on.isoformat(), "to": to_on.isoformat(), "runs": opened},
    )
    return Copied(opened, tuple(short), tuple(out))
