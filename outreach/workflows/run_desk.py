"""Some runs and legs laid out for the exact check: their rows, and driving times between all their doors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.db import Database
from outreach.places.matrix import TravelTable, travel_table
from outreach.places.queries import local_zone
from outreach.ports.travel import TravelTimes
from outreach.transport.insertion import Insertion, best_insertion
from outreach.transport.run_facts import Halt, RunCheck
from outreach.transport.sheets import DaySheet, read_sheets
from outreach.transport.stop_check import check_run


@dataclass(frozen=True, slots=True)
class Desk:
    """Rows of some runs and legs together with driving times between all their addresses."""

    sheet: DaySheet
    table: TravelTable
    now: datetime

    def check(self, run_id: int, halts: Sequence[Halt] | None = None) -> RunCheck:
        """Check a run as it stands, or with other stops."""
        facts = self.sheet.facts(run_id, halts=halts, now=self.now)
        return check_run(facts, self.table.between)

    def insertion(self, run_id: int, leg_id: int) -> Insertion:
        """Return the best place for a leg in a run."""
        facts = self.sheet.facts(run_id, now=self.now)
        return best_insertion(facts, self.sheet.leg(leg_id).rider(self.now), self.table.between)


def lay_out(
    database: Database,
    travel: TravelTimes,
    *,
    run_ids: Sequence[int],
    leg_ids: Sequence[int],
    now: datetime,
) -> Desk:
    """Read runs and legs, then ask for driving times with no transaction open."""
    with database.read() as session:
        sheet = read_sheets(session, run_ids=run_ids, leg_ids=leg_ids)
        zone = local_zone(session)
    for run_id in run_ids:
        sheet.run(run_id)
    for leg_id in leg_ids:
        sheet.leg(leg_id)
    return desk_for(sheet, travel, zone_time=now.astimezone(zone), now=now)


def desk_for(sheet: DaySheet, travel: TravelTimes, *, zone_time: datetime, now: datetime) -> Desk:
    """Return a sheet with its driving times, for the hour at which its runs begin."""
    begins = min((run.starts_at for run in sheet.runs.values()), default=now)
    leaving = begins.astimezone(zone_time.tzinfo)
    return Desk(sheet=sheet, table=travel_table(sheet.points, travel, leaving=leaving), now=now)
