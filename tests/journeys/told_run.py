"""A run of today that carries whom a car can take, told to everybody; run beside a running product.

python -m tests.journeys.told_run make      prints the run, its first rider's leg and the hour of the car
python -m tests.journeys.told_run events    prints what happened today: kind, when, when it was heard
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

import outreach.schema  # noqa: F401 - every table, for the foreign keys between them
from outreach.clinics.models import DayEvent
from outreach.config import load_settings
from outreach.kernel.errors import OutreachError
from outreach.places.queries import business_clock, local_day
from outreach.services import Services, build_services
from outreach.transport.codes import Direction, LegStatus
from outreach.transport.models import Escort
from outreach.transport.run_models import RideLeg, Run, RunStop
from outreach.transport.runs import CrewOf, open_runs_from_shifts
from outreach.workflows.assign_leg import assign_leg
from outreach.workflows.crew_run import crew_run
from outreach.workflows.publish_runs import publish_runs
from tests.journeys.sixty_people import book_people

NEWCOMERS, REACHED_IN = 1, timedelta(minutes=80)


def make(services: Services) -> dict[str, object]:
    """Open today's runs, give the first an escort and every ride that it can still drive, publish it.

    Someone is booked beforehand: the demo's own of today may all be too early for a car by now.
    """
    database = services.database
    with database.write() as session:
        now = business_clock(session).now()
        on = local_day(session, now)
        open_runs_from_shifts(session, on=on, by=None, now=now)
    book_people(services, NEWCOMERS, on=on, now=now, notice=REACHED_IN)
    with database.read() as session:
        run = session.scalars(
            select(Run).where(Run.on == on, Run.driver_id.is_not(None)).order_by(Run.id).limit(1)
        ).one()
        run_id, crew = run.id, CrewOf(run.vehicle_id, run.driver_id, _an_escort(session))
        begun = select(RideLeg.appointment_id).where(
            RideLeg.on == on, RideLeg.pickup_until_at < now
        )
        waiting = session.execute(
            select(RideLeg.id, RideLeg.appointment_id, RideLeg.direction)
            .where(
                RideLeg.on == on,
                RideLeg.status == LegStatus.WAITING,
                RideLeg.appointment_id.not_in(begun),
            )
            .order_by(RideLeg.appointment_id, RideLeg.direction)
        ).all()
    crew_run(
        database,
        services.travel_times,
        run_id=run_id,
        version=_version(services, run_id),
        crew=crew,
        by=None,
        now=now,
    )
    left = set[int]()
    for leg_id, appointment_id, direction in waiting:
        if appointment_id in left and direction is Direction.RETURN:
            continue  # nobody brought them there
        try:
            assign_leg(
                database,
                services.travel_times,
                leg_id=leg_id,
                run_id=run_id,
                run_version=_version(services, run_id),
                by=None,
                now=now,
            )
        except OutreachError as error:
            left.add(appointment_id)
            sys.stderr.write(f"{leg_id}: {error.code}\n")
    publish_runs(
        database,
        services.travel_times,
        versions={run_id: _version(services, run_id)},
        by=None,
        now=now,
    )
    with database.read() as session:
        first = session.scalars(
            select(RunStop).where(RunStop.run_id == run_id).order_by(RunStop.position)
        ).first()
        assert first is not None
        return {"run": run_id, "leg": first.leg_id, "at": first.arrives_at.isoformat()}


def _an_escort(session: Session) -> int:
    return session.scalars(select(Escort.id).order_by(Escort.id).limit(1)).one()


def events(services: Services) -> list[list[str]]:
    """Return today's events of the road, in the order in which they happened."""
    with services.database.read() as session:
        on = local_day(session, business_clock(session).now())
        rows = session.scalars(
            select(DayEvent)
            .join(RideLeg, RideLeg.id == DayEvent.leg_id)
            .where(RideLeg.on == on)
            .order_by(DayEvent.happened_at, DayEvent.id)
        )
        return [
            [row.kind.value, row.happened_at.isoformat(), row.received_at.isoformat()]
            for row in rows
        ]


def _version(services: Services, run_id: int) -> int:
    with services.database.read() as session:
        return session.get_one(Run, run_id).version


if __name__ == "__main__":
    acts = {"make": make, "events": events}
    sys.stdout.write(json.dumps(acts[sys.argv[1]](build_services(load_settings()))) + "\n")
