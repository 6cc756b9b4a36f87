"""Giving a run another car or crew: refused when they are unfit, engaged, or too small for who rides (N4)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from outreach.audit.trail import Fact, record
from outreach.db import Database
from outreach.places.matrix import travel_table
from outreach.places.points import points_of
from outreach.places.queries import local_zone
from outreach.ports.travel import TravelTimes
from outreach.transport.alarms import end_alarm
from outreach.transport.assign import AssignmentRefused, write_order
from outreach.transport.queries import get_run, get_vehicle
from outreach.transport.runs import CrewOf, set_crew
from outreach.transport.sheets import read_sheets
from outreach.transport.stop_check import check_run, new_violations


def crew_run(
    database: Database,
    travel: TravelTimes,
    *,
    run_id: int,
    version: int,
    crew: CrewOf,
    by: int | None,
    now: datetime,
) -> int:
    """Change car, driver or escort of a run and its planned times; return its new version."""
    with database.read() as session:
        sheet = read_sheets(session, run_ids=[run_id])
        begins = sheet.run(run_id).starts_at
        depot = get_vehicle(session, crew.vehicle_id).depot_address_id
        points = {**sheet.points, **points_of(session, [depot])}
        zone = local_zone(session)
    table = travel_table(points, travel, leaving=begins.astimezone(zone))
    before = check_run(sheet.facts(run_id, now=now), table.between)

    def write(session: Session) -> int:
        set_crew(session, run_id=run_id, version=version, crew=crew, by=by, now=now)
        changed = read_sheets(session, run_ids=[run_id])
        after = check_run(changed.facts(run_id, now=now), table.between)
        breaks = new_violations(before, after)
        if breaks:
            raise AssignmentRefused(breaks, run_id=run_id)
        run = get_run(session, run_id)
        write_order(session, run=run, sheet=changed, check=after, by=by, now=now)
        end_alarm(session, key=f"car_broken:{run_id}", now=now)
        session.flush()
        facts: dict[str, Fact] = {"did": "crewed", "version": run.version}
        record(session, act="run_crewed", subject=("run", run_id), by=by, now=now, facts=facts)
        return run.version

    return database.act(write)
