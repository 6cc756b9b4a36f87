"""Writing an order of stops into a run, once the exact check has passed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.kernel.errors import MoveNotAllowed, OutreachError, StaleVersion
from outreach.transport.codes import LegStatus, RunStatus, StopKind
from outreach.transport.legs import lock_run, touch_run
from outreach.transport.run_facts import RunCheck, Violation
from outreach.transport.run_models import RideLeg, Run, RunStop
from outreach.transport.sheets import DaySheet, instant


class AssignmentRefused(OutreachError):
    """The change would break something; ``violations`` say what, for whom and by how much (N4)."""

    def __init__(self, violations: Sequence[Violation], **facts: object) -> None:
        self.violations = tuple(violations)
        first = self.violations[0]
        super().__init__(
            f"refused_{first.breach.value}",
            breaches=[v.breach.value for v in self.violations],
            leg_id=first.leg_id,
            **{**dict(first.facts), **facts},
        )


class StopLocked(OutreachError):
    """A stop, an order or a car was locked by hand."""

    status = 409


class ReturnNeeded(OutreachError):
    """The person is under way or at the site: the way home may change cars, never end (N2)."""

    status = 409


def lock_runs(session: Session, versions: Mapping[int, int]) -> dict[int, Run]:
    """Lock runs in one order for everybody; refuse when somebody changed one since it was read."""
    runs = {}
    for run_id in sorted(versions):
        run = lock_run(session, run_id)
        if run.version != versions[run_id]:
            raise StaleVersion(
                run_id=run_id,
                version=run.version,
                changed_by=run.changed_by,
                changed_at=run.changed_at.isoformat() if run.changed_at else None,
            )
        if run.status in {RunStatus.CANCELLED, RunStatus.FINISHED}:
            raise MoveNotAllowed(run_id=run_id, from_status=run.status.value)
        runs[run_id] = run
    return runs


def lock_legs(session: Session, sheet: DaySheet, leg_ids: Sequence[int]) -> dict[int, RideLeg]:
    """Lock legs and refuse when their windows or status changed since the sheet was read."""
    rows = session.scalars(
        select(RideLeg)
        .where(RideLeg.id.in_(sorted(leg_ids)))
        .order_by(RideLeg.id)
        .with_for_update()
    ).all()
    for row in rows:
        if row.version != sheet.leg(row.id).version:
            raise StaleVersion(leg_id=row.id, version=row.version)
    return {row.id: row for row in rows}


def write_order(
    session: Session,
    *,
    run: Run,
    sheet: DaySheet,
    check: RunCheck,
    by: int | None,
    now: datetime,
) -> None:
    """Store a checked order with its planned times; stops of legs that left the run are removed."""
    stored = {
        (stop.leg_id, stop.kind): stop
        for stop in session.scalars(select(RunStop).where(RunStop.run_id == run.id))
    }
    wanted = [(h.leg_id, StopKind.PICKUP if h.is_pickup else StopKind.DROPOFF) for h in check.halts]
    for key, stop in stored.items():
        if key not in wanted:
            session.delete(stop)
    session.flush()
    for position, (key, halt) in enumerate(zip(wanted, check.halts, strict=True)):
        leg_id, kind = key
        leg = sheet.leg(leg_id)
        is_pickup = kind is StopKind.PICKUP
        known = stored.get(key)
        row = known if known is not None else RunStop(run_id=run.id, leg_id=leg_id, kind=kind)
        row.position = position
        row.address_id = leg.from_address_id if is_pickup else leg.to_address_id
        row.arrives_at = instant(halt.starts_s)
        row.departs_at = instant(halt.leaves_s)
        session.add(row)
    touch_run(run, by=by, now=now)
    session.flush()


def set_leg_statuses(
    legs: Mapping[int, RideLeg], *, assigned: Sequence[int], released: Sequence[int]
) -> None:
    """Say of legs that they have a car, or wait for one again."""
    for leg_id in assigned:
        if legs[leg_id].status in {LegStatus.WAITING, LegStatus.UNMET, LegStatus.NO_SHOW}:
            legs[leg_id].status = LegStatus.ASSIGNED
        legs[leg_id].is_standby = False
        legs[leg_id].by_taxi = False
    for leg_id in released:
        if legs[leg_id].status is LegStatus.ASSIGNED:
            legs[leg_id].status = LegStatus.WAITING


def lock_stop(
    session: Session,
    *,
    stop_id: int,
    is_locked: bool,
    by: int,
    now: datetime,
    version: int | None = None,
) -> Run:
    """Lock a stop by hand, or free it again; ``version`` is that of its run as the caller saw it."""
    stop = session.get(RunStop, stop_id)
    if stop is None:
        raise StaleVersion(stop_id=stop_id)
    run = lock_run(session, stop.run_id)
    if version is not None:
        lock_runs(session, {run.id: version})
    stop.is_locked = is_locked
    touch_run(run, by=by, now=now)
    session.flush()
    return run


def lock_whole_run(
    session: Session, *, run_id: int, version: int, is_locked: bool, by: int, now: datetime
) -> Run:
    """Lock a run's order (and car) by hand, or free it again."""
    run = lock_runs(session, {run_id: version})[run_id]
    run.is_locked = is_locked
    touch_run(run, by=by, now=now)
    session.flush()
    return run
