"""What publishing a day would tell, family by family: first times, moved times, and what stands against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from outreach.accounts.rules import Scope
from outreach.db import Database
from outreach.kernel.timewindow import TimeWindow
from outreach.places.queries import area_ids_within
from outreach.ports.travel import TravelTimes
from outreach.transport.codes import RunStatus
from outreach.transport.queries import labels_for
from outreach.transport.sheets import read_day, read_sheets
from outreach.workflows.publish_runs import publish_preview


@dataclass(frozen=True, slots=True)
class TellLine:
    """One family that would be told: the time it knows, if any, and the new one."""

    leg_id: int
    name: str
    was: TimeWindow | None
    becomes: TimeWindow


@dataclass(frozen=True, slots=True)
class PublishRun:
    """One run with whom publishing tells and what stands against it."""

    run_id: int
    version: int
    plate: str
    driver: str
    is_published: bool
    people: int
    telling: tuple[TellLine, ...]
    broken: tuple[str, ...]
    late: tuple[str, ...]  # people who come later than the rules want; it stands against nothing
    passed_by: tuple[str, ...]  # people whose door the car has passed without a tap
    lacking: tuple[str, ...]  # people whose way home has no car yet

    @property
    def can_go(self) -> bool:
        """Whether nothing stands against it."""
        return not self.broken and not self.lacking


@dataclass(frozen=True, slots=True)
class PublishSheet:
    """All runs of a day that carry people."""

    on: date
    runs: tuple[PublishRun, ...]

    @property
    def moved(self) -> int:
        """How many families know another time."""
        return sum(line.was is not None for run in self.runs for line in run.telling)

    @property
    def first(self) -> int:
        """How many families are told for the first time."""
        return sum(line.was is None for run in self.runs for line in run.telling)


def publish_sheet(
    database: Database, travel: TravelTimes, *, on: date, scope: Scope, now: datetime
) -> PublishSheet:
    """Return what publishing the day's runs within a scope would do."""
    with database.read() as session:
        areas = area_ids_within(session, scope.paths)
        day = read_day(session, on=on, area_ids=areas)
        carrying = [
            run.run_id
            for run in day.runs.values()
            if run.stops and run.status is not RunStatus.FINISHED
        ]
    if not carrying:
        return PublishSheet(on, ())
    preview = publish_preview(database, travel, run_ids=carrying, now=now)
    with database.read() as session:
        sheet = read_sheets(session, run_ids=carrying, leg_ids=preview.returns_lacking)
        labels = labels_for(session, sheet)
    lacking = set(preview.returns_lacking)
    home_of = {sheet.legs[i].appointment_id: i for i in lacking if i in sheet.legs}
    runs = []
    for run_id in carrying:
        run = sheet.run(run_id)

        def name(leg_id: int) -> str:
            return labels.people[sheet.leg(leg_id).resident_id].name

        runs.append(
            PublishRun(
                run_id=run_id,
                version=run.version,
                plate=run.plate,
                driver=run.driver_name,
                is_published=run.is_published,
                people=len(run.leg_ids),
                telling=tuple(
                    TellLine(c.leg_id, name(c.leg_id), c.was, c.becomes)
                    for c in preview.changes
                    if c.run_id == run_id
                ),
                broken=tuple(dict.fromkeys(v.breach.value for v in preview.obstacles[run_id])),
                late=tuple(name(i) for i in preview.late_leg_ids(run_id)),
                passed_by=tuple(name(i) for i in preview.passed_by[run_id]),
                lacking=tuple(
                    name(i) for i in run.leg_ids if sheet.leg(i).appointment_id in home_of
                ),
            )
        )
    return PublishSheet(on, tuple(runs))
