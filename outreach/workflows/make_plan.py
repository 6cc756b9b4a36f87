"""Asking for a plan of a day and making it: in the background with progress, or at once after trouble."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.audit.trail import record
from outreach.db import Database
from outreach.places.queries import area_ids_within
from outreach.ports.travel import TravelTimes
from outreach.tasks.models import Task
from outreach.tasks.operations import ask_task, unfinished_task
from outreach.transport.codes import PlanState
from outreach.transport.plan_result import Figures, PlanKind, Proposal, to_json
from outreach.transport.run_models import Plan
from outreach.transport.runs import open_runs_from_shifts
from outreach.workflows.plan_day import propose, versions_of
from outreach.workflows.plan_rows import DayRows, read_rows
from outreach.workflows.plan_store import get_plan

if TYPE_CHECKING:
    from outreach.routing.engine import Limits

PLAN = "plan_day"
SEED = 1
SMALL_DAY = 150
SECONDS_SMALL, SECONDS_LARGE = 8.0, 25.0
REPAIR_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks the engine for."""

    on: date
    kind: PlanKind
    with_requests: bool = False
    cause: str = ""  # what happened, for a repair


def ask_plan(session: Session, *, order: Order, scope: Scope, by: int, now: datetime) -> Plan:
    """Ask for a plan; runs are opened for whoever is on shift, and a plan being made is not made twice."""
    open_runs_from_shifts(session, on=order.on, by=by, now=now)
    paths = sorted(scope.paths)
    running = unfinished_task(session, kind=PLAN, on=order.on.isoformat(), paths=paths)
    if running is not None:
        return get_plan(session, int(running.arguments["plan_id"]))
    plan = Plan(on=order.on, made_by=by, made_at=now)
    session.add(plan)
    session.flush()
    task = ask_task(
        session,
        kind=PLAN,
        arguments={
            "plan_id": plan.id,
            "on": order.on.isoformat(),
            "paths": paths,
        },
        by=by,
        now=now,
    )
    plan.task_id = task.id
    plan.inputs = _asked(order, scope, now)
    record(session, act="plan_asked", subject=("plan", plan.id), by=by, now=now)
    session.flush()
    return plan


def _asked(order: Order, scope: Scope, now: datetime) -> dict[str, Any]:
    return {
        "kind": order.kind.value,
        "with_requests": order.with_requests,
        "cause": order.cause,
        "paths": sorted(scope.paths),
        "asked_at": now.isoformat(),
        "seed": SEED,
    }


def make_plan(
    database: Database,
    travel: TravelTimes,
    *,
    plan_id: int,
    now: datetime,
    tell: Callable[[float, dict[str, Any]], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    seconds: float | None = None,
) -> Proposal:
    """Make the plan that was asked for and keep it with its inputs."""
    with database.read() as session:
        inputs = dict(get_plan(session, plan_id).inputs)
        on = get_plan(session, plan_id).on
        area_ids = area_ids_within(session, tuple(inputs["paths"]))
    kind = PlanKind(inputs["kind"])
    rows = read_rows(
        database,
        travel,
        on=on,
        area_ids=area_ids,
        now=now,
        keeps_cars=kind is PlanKind.REST,
        with_requests=bool(inputs["with_requests"]),
    )

    def report(share: float, best: Figures) -> None:
        if tell is not None:
            tell(share, asdict(best))

    proposal = propose(
        rows,
        _limits(rows, kind, seconds),
        kind=kind,
        on_progress=report if tell is not None else None,
        should_stop=should_stop,
    )
    database.act(lambda session: _keep(session, plan_id, rows, proposal))
    return proposal


def _limits(rows: DayRows, kind: PlanKind, seconds: float | None) -> Limits:
    from outreach.routing.engine import Limits

    if kind is PlanKind.REPAIR:
        # One thread: a repair is made beside pages that others are reading.
        return Limits(seconds=seconds or REPAIR_SECONDS, threads=1, seed=SEED)
    is_small = len(rows.sheet.legs) + 2 * len(rows.wish.requests) <= SMALL_DAY
    return Limits(seconds=seconds or (SECONDS_SMALL if is_small else SECONDS_LARGE), seed=SEED)


def _keep(session: Session, plan_id: int, rows: DayRows, proposal: Proposal) -> None:
    plan = get_plan(session, plan_id, lock=True)
    plan.inputs = {
        **plan.inputs,
        "runs": {str(i): run.version for i, run in rows.standing.runs.items()},
        "legs": versions_of(rows.standing, list(rows.standing.legs)),
        "campaigns": {str(i): list(ids) for i, ids in rows.campaigns.items()},
        "statement": _statement(rows),
    }
    plan.result = to_json(proposal)
    session.flush()


def _statement(rows: DayRows) -> dict[str, Any]:
    """Return what the engine was given, in numbers alone: enough to solve it again."""
    return {
        "now": rows.now.isoformat(),
        "runs": [
            {
                "run": run.run_id,
                "seats": run.car.seats,
                "chairs": run.car.chairs,
                "lost": run.car.seats_lost_per_chair,
                "ramp": run.car.has_ramp,
                "escort": run.duty.has_escort,
                "depot": run.car.start_place,
                "hours": [run.duty.starts_s, run.duty.ends_s],
                "break": [run.duty.break_from_s, run.duty.break_until_s],
                "longest_s": run.duty.longest_day_s,
                "stops": [[s.leg_id, s.kind.value, _stamp(s.done_at)] for s in run.stops],
            }
            for run in rows.sheet.runs.values()
        ],
        "legs": [
            {
                "leg": leg.leg_id,
                "appointment": leg.appointment_id,
                "from": leg.from_address_id,
                "to": leg.to_address_id,
                "pickup": [leg.pickup.from_at.timestamp(), leg.pickup.until_at.timestamp()],
                "dropoff": [leg.dropoff.from_at.timestamp(), leg.dropoff.until_at.timestamp()],
                "load": [leg.seats, leg.chairs],
                "service_s": [leg.pickup_service_s, leg.dropoff_service_s],
                "max_ride_s": leg.max_ride_s,
                "told": [leg.promised.from_at.timestamp(), leg.promised.until_at.timestamp()]
                if leg.promised is not None
                else None,
            }
            for leg in rows.sheet.legs.values()
        ],
    }


def _stamp(at: datetime | None) -> float | None:
    return at.timestamp() if at is not None else None


def repair_day(
    database: Database,
    travel: TravelTimes,
    *,
    on: date,
    cause: str,
    scope: Scope,
    by: int,
    now: datetime,
    seconds: float = REPAIR_SECONDS,
) -> int:
    """Propose a repair at once, within a few seconds, and return its plan; nothing is changed yet."""

    def begin(session: Session) -> int:
        open_runs_from_shifts(session, on=on, by=by, now=now)
        order = Order(on, PlanKind.REPAIR, cause=cause)
        plan = Plan(on=on, made_by=by, made_at=now, inputs=_asked(order, scope, now))
        session.add(plan)
        session.flush()
        record(session, act="repair_asked", subject=("plan", plan.id), by=by, now=now)
        return plan.id

    plan_id = database.act(begin)
    make_plan(database, travel, plan_id=plan_id, now=now, seconds=seconds)
    return plan_id


def plans_of(session: Session, *, on: date, most: int = 20) -> Sequence[Plan]:
    """Return the plans made for a day, newest first, those laid aside left out."""
    question = select(Plan).where(Plan.on == on, Plan.state != PlanState.DISCARDED)
    return session.scalars(question.order_by(Plan.id.desc()).limit(most)).all()


def task_of(session: Session, plan: Plan) -> Task | None:
    """Return the task that makes a plan; None for one made at once."""
    return session.get(Task, plan.task_id) if plan.task_id is not None else None
