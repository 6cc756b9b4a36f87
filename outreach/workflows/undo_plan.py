"""Taking an accepted plan back while nothing hangs on it, and laying a proposed one aside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.db import Database
from outreach.places.matrix import TravelTable, travel_table
from outreach.places.queries import local_zone
from outreach.ports.travel import TravelTimes
from outreach.transport.assign import lock_runs, set_leg_statuses, write_order
from outreach.transport.codes import PlanState, StopKind
from outreach.transport.run_facts import Halt
from outreach.transport.run_models import Plan, RideLeg, Run
from outreach.transport.sheets import DaySheet, read_sheets
from outreach.transport.stop_check import check_run
from outreach.workflows.plan_store import (
    NotToBeUndone,
    PlanOver,
    accepted_runs,
    clear_movers,
    get_plan,
)


def undo_plan(
    database: Database, travel: TravelTimes, *, plan_id: int, by: int, now: datetime
) -> None:
    """Put the runs back as they were before a plan was accepted; refused once something hangs on it."""
    with database.read() as session:
        plan = get_plan(session, plan_id)
        _check_undoable(session, plan)
        stored = plan.result["undo"]
        run_ids = [int(i) for i in stored]
        legs = [leg for each in stored.values() for leg, _up in each["stops"]]
        sheet = read_sheets(session, run_ids=run_ids, leg_ids=legs)
        points, zone = sheet.points, local_zone(session)
    table = travel_table(points, travel, leaving=now.astimezone(zone))
    database.act(lambda session: _undo(session, plan_id, table, by=by, now=now))


def why_not_undone(session: Session, plan: Plan) -> str:
    """Return why an accepted plan cannot be taken back, '' when it can."""
    if plan.state not in {PlanState.ACCEPTED, PlanState.PARTLY_ACCEPTED}:
        return "not_accepted"
    if plan.result.get("booked"):
        return "booked"
    if plan.result.get("told"):
        return "told"
    versions = accepted_runs(plan)
    rows = session.execute(select(Run.id, Run.version).where(Run.id.in_(list(versions))))
    return "changed" if any(versions[row.id] != row.version for row in rows) else ""


def _check_undoable(session: Session, plan: Plan) -> None:
    why = why_not_undone(session, plan)
    if why:
        raise NotToBeUndone(f"not_to_be_undone_{why}", plan_id=plan.id)


def _undo(session: Session, plan_id: int, table: TravelTable, *, by: int, now: datetime) -> None:
    plan = get_plan(session, plan_id, lock=True)
    _check_undoable(session, plan)
    stored = plan.result["undo"]
    runs = lock_runs(session, accepted_runs(plan))
    for run_id, run in runs.items():
        was = stored[str(run_id)]
        run.driver_id, run.escort_id = was["driver_id"], was["escort_id"]
    session.flush()
    legs = [leg for each in stored.values() for leg, _up in each["stops"]]
    sheet = read_sheets(session, run_ids=list(runs), leg_ids=legs)
    had = {i for run in sheet.runs.values() for i in run.leg_ids}
    after = {r: {leg for leg, _up in stored[str(r)]["stops"]} for r in runs}
    orders = {r: [_halt(sheet, r, *pair) for pair in stored[str(r)]["stops"]] for r in runs}
    clear_movers(session, after)
    for run_id, run in runs.items():
        check = check_run(sheet.facts(run_id, halts=orders[run_id], now=now), table.between)
        write_order(session, run=run, sheet=sheet, check=check, by=by, now=now)
    driven = {leg for some in after.values() for leg in some}
    rows = {
        leg.id: leg for leg in session.scalars(select(RideLeg).where(RideLeg.id.in_(driven | had)))
    }
    set_leg_statuses(rows, assigned=sorted(driven), released=sorted(had - driven))
    session.flush()
    _reopen(session, plan, runs, rows, by=by, now=now)


def _halt(sheet: DaySheet, run_id: int, leg_id: int, is_pickup: bool) -> Halt:  # noqa: FBT001
    for stop in sheet.run(run_id).stops:
        if stop.leg_id == leg_id and (stop.kind is StopKind.PICKUP) == is_pickup:
            return stop.halt()
    return Halt(leg_id, is_pickup=is_pickup)


def _reopen(
    session: Session,
    plan: Plan,
    runs: Mapping[int, Run],
    legs: Mapping[int, RideLeg],
    *,
    by: int,
    now: datetime,
) -> None:
    """The plan lies on the table again, with the versions that undoing left behind."""
    inputs = dict(plan.inputs)
    inputs["runs"] = {**inputs["runs"], **{str(i): run.version for i, run in runs.items()}}
    inputs["legs"] = {**inputs["legs"], **{str(i): leg.version for i, leg in legs.items()}}
    plan.inputs = inputs
    plan.result = {k: v for k, v in plan.result.items() if k not in {"accepted", "undo"}}
    plan.state, plan.decided_by, plan.decided_at = PlanState.PROPOSED, None, None
    record(session, act="plan_undone", subject=("plan", plan.id), by=by, now=now)
    session.flush()


def discard_plan(session: Session, *, plan_id: int, by: int, now: datetime) -> None:
    """Lay a plan aside; nothing of it is written."""
    plan = get_plan(session, plan_id, lock=True)
    if plan.state is not PlanState.PROPOSED:
        raise PlanOver(plan_id=plan_id)
    plan.state, plan.decided_by, plan.decided_at = PlanState.DISCARDED, by, now
    record(session, act="plan_discarded", subject=("plan", plan_id), by=by, now=now)
    session.flush()
