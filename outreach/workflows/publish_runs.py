"""Publishing: planned times become promises, families and crews are told, and only those whom it concerns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.contact.codes import Step
from outreach.db import Database
from outreach.kernel.errors import StaleVersion
from outreach.ports.travel import TravelTimes
from outreach.transport.assign import AssignmentRefused, lock_legs, lock_runs, write_order
from outreach.transport.publish import (
    PromiseChange,
    ReturnUnplanned,
    make_promise,
    mark_published,
    obstacles,
    passed_by,
    promise_changes,
    unplanned_returns,
)
from outreach.transport.run_facts import RunCheck, Violation
from outreach.workflows.run_desk import Desk, lay_out
from outreach.workflows.schedule_messages import queue_for_leg


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing would do: whom it tells what, and what stands against it."""

    changes: tuple[PromiseChange, ...]
    checks: Mapping[int, RunCheck]
    obstacles: Mapping[int, tuple[Violation, ...]]
    passed_by: Mapping[int, tuple[int, ...]]  # run → rides in doubt: nobody is told of another time
    returns_lacking: tuple[int, ...]

    @property
    def can_be_published(self) -> bool:
        """Whether nothing stands against it."""
        return not self.returns_lacking and not any(self.obstacles.values())

    def late_leg_ids(self, run_id: int) -> list[int]:
        """Return the rides of a run that come late or take too long, where that stands against nothing."""
        standing = [v for v in self.checks[run_id].violations if v not in self.obstacles[run_id]]
        late = dict.fromkeys(v.leg_id for v in standing if v.leg_id is not None)
        return [leg_id for leg_id in late if leg_id not in self.passed_by[run_id]]


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did."""

    versions: Mapping[int, int]
    told: tuple[PromiseChange, ...]


def publish_preview(
    database: Database, travel: TravelTimes, *, run_ids: Sequence[int], now: datetime
) -> Preview:
    """Return what publishing these runs would tell, and whether it may be done."""
    desk = lay_out(database, travel, run_ids=run_ids, leg_ids=[], now=now)
    with database.read() as session:
        lacking = [i for run_id in run_ids for i in unplanned_returns(session, desk.sheet, run_id)]
    checks = {run_id: desk.check(run_id) for run_id in run_ids}
    changes = _changes(desk, checks)
    return Preview(
        changes=tuple(changes),
        checks=checks,
        obstacles={i: obstacles(desk.sheet, i, check) for i, check in checks.items()},
        passed_by={i: passed_by(desk.sheet, check) for i, check in checks.items()},
        returns_lacking=tuple(lacking),
    )


def publish_runs(
    database: Database,
    travel: TravelTimes,
    *,
    versions: Mapping[int, int],
    by: int | None,
    now: datetime,
) -> Published:
    """Publish runs as read; refused while something stands against one, or a way home is unplanned (N2)."""
    desk = lay_out(database, travel, run_ids=sorted(versions), leg_ids=[], now=now)
    checks = _sound_checks(desk, versions)
    changes = _changes(desk, checks)

    def write(session: Session) -> dict[int, int]:
        runs = lock_runs(session, versions)
        lock_legs(session, desk.sheet, sorted(desk.sheet.legs))
        for run_id in versions:
            lacking = unplanned_returns(session, desk.sheet, run_id)
            if lacking:
                raise ReturnUnplanned(run_id=run_id, leg_ids=lacking)
        for change in changes:
            make_promise(session, change=change, by=by, now=now)
        for run_id, run in runs.items():
            write_order(session, run=run, sheet=desk.sheet, check=checks[run_id], by=by, now=now)
            mark_published(session, run=run, by=by, now=now)
            record(session, act="run_published", subject=("run", run_id), by=by, now=now)
        for change in changes:
            step = Step.PROMISE_MOVED if change.is_moved else Step.PROMISE
            queue_for_leg(session, leg_id=change.leg_id, step=step, now=now)
        session.flush()
        return {run_id: run.version for run_id, run in runs.items()}

    return Published(versions=database.act(write), told=tuple(changes))


def _sound_checks(desk: Desk, versions: Mapping[int, int]) -> dict[int, RunCheck]:
    """Return the checks of the runs as read; refuse changed ones and those that must not go out."""
    checks = {}
    for run_id, version in versions.items():
        if desk.sheet.run(run_id).version != version:
            raise StaleVersion(run_id=run_id, version=desk.sheet.run(run_id).version)
        checks[run_id] = desk.check(run_id)
        against = obstacles(desk.sheet, run_id, checks[run_id])
        if against:
            raise AssignmentRefused(against, run_id=run_id)
    return checks


def _changes(desk: Desk, checks: Mapping[int, RunCheck]) -> list[PromiseChange]:
    return [
        change
        for run_id, check in checks.items()
        for change in promise_changes(desk.sheet, run_id, check)
    ]
