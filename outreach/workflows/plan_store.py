"""Plans as they are kept: finding one, what was accepted of it, and why it cannot be accepted any more."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete
from sqlalchemy.orm import Session

from outreach.kernel.errors import NotFound, OutreachError
from outreach.transport.run_models import Plan, RunStop


class PlanStale(OutreachError):
    """Runs of the plan were changed since it was made; ``plates`` name them."""

    status = 409


class PlanOver(OutreachError):
    """The plan was decided already."""

    status = 409


class NotToBeUndone(OutreachError):
    """Something hangs on the accepted plan by now; ``why`` says what."""

    status = 409


def get_plan(session: Session, plan_id: int, *, lock: bool = False) -> Plan:
    """Return one plan; NotFound when there is none."""
    plan = session.get(Plan, plan_id, with_for_update=lock or None)
    if plan is None:
        raise NotFound("plan", plan_id=plan_id)
    return plan


def accepted_runs(plan: Plan) -> dict[int, int]:
    """Return the runs of a plan accepted so far, with the versions that left behind."""
    return {int(k): int(v) for k, v in (plan.result or {}).get("accepted", {}).items()}


def clear_movers(session: Session, after: Mapping[int, set[int]]) -> None:
    """Take the stops of whoever leaves a run out of it first: a ride stands in one run only."""
    for run_id, legs in after.items():
        session.execute(
            delete(RunStop)
            .where(RunStop.run_id == run_id, RunStop.leg_id.not_in(legs))
            .execution_options(synchronize_session="fetch")
        )
    session.flush()
