"""A day to be planned by the engine, for tests: booked elders, a plan asked for and made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from outreach.accounts.rules import EVERYWHERE
from outreach.db import Database
from outreach.transport.fleet import CarDraft
from outreach.transport.plan_result import PlanKind, Proposal, from_json
from outreach.transport.run_models import Plan, RunStop
from outreach.workflows.accept_plan import accept_plan
from outreach.workflows.make_plan import Order, ask_plan, make_plan
from outreach.workflows.plan_store import get_plan
from tests.builders.clinics import DAY, at
from tests.builders.ledger import NOW
from tests.builders.transport import Day, book_car, build_day, publish

SHORT_S = 1.0


def book_all(
    database: Database, day: Day, *, first: datetime | None = None, a_slot: int = 3
) -> list[tuple[int, int, int]]:
    """Book every elder of a day there and home by our car, so many a slot, one slot after the other."""
    begins = first or at(9, 30)
    return [
        book_car(database, day, who, begins + timedelta(minutes=20 * (who // a_slot)))
        for who in range(len(day.residents))
    ]


def make(
    database: Database,
    day: Day,
    *,
    kind: PlanKind = PlanKind.DAY,
    now: datetime = NOW,
    with_requests: bool = False,
    seconds: float = SHORT_S,
) -> tuple[int, Proposal]:
    """Ask for a plan and make it at once; return its number and what it proposes."""
    with database.write() as session:
        order = Order(DAY, kind, with_requests=with_requests)
        plan = ask_plan(session, order=order, scope=EVERYWHERE, by=day.by, now=now)
    proposal = make_plan(database, day.travel, plan_id=plan.id, now=now, seconds=seconds)
    with database.write() as session:  # as the worker does: the task is over
        from outreach.tasks.codes import TaskState
        from outreach.tasks.models import Task

        task = session.get_one(Task, get_plan(session, plan.id).task_id)
        task.state = TaskState.DONE
    return plan.id, proposal


def published_day(
    database: Database, *, elders: int, cars: int | list[CarDraft]
) -> tuple[Day, list[tuple[int, int, int]]]:
    """Build a day whose elders are booked, planned and told; return it with their bookings."""
    day = build_day(database, elders=elders, cars=cars, capacity=6)
    booked = book_all(database, day, a_slot=6)
    plan_id, proposal = make(database, day)
    assert proposal.after.without_car == 0
    accept_plan(database, day.travel, plan_id=plan_id, by=day.by, now=NOW)
    publish(database, day)
    return day, booked


def stops_of(database: Database, run_id: int) -> list[RunStop]:
    """Return the stops of a run in their order."""
    with database.read() as session:
        found = list(
            session.scalars(
                select(RunStop).where(RunStop.run_id == run_id).order_by(RunStop.position)
            )
        )
        session.expunge_all()
        return found


def kept(database: Database, plan_id: int) -> tuple[Plan, Proposal]:
    """Return a plan as it is stored."""
    with database.read() as session:
        plan = get_plan(session, plan_id)
        session.expunge(plan)
        return plan, from_json(plan.result)


def orders_stand(proposal: Proposal, run_ids: Sequence[int]) -> bool:
    """Tell whether a plan gives each of these runs something to do."""
    return all(proposal.orders.get(run_id) for run_id in run_ids)
