"""Works of dispatch: planning a day with progress, best so far and cancel; saying what would help."""

from __future__ import annotations

from typing import Any

from outreach.jobs.tasks import TaskHandle, work_named
from outreach.places.queries import business_clock
from outreach.workflows.explain_left import EXPLAIN, explain_left
from outreach.workflows.make_plan import PLAN, make_plan


@work_named(PLAN)
def plan_day(handle: TaskHandle) -> dict[str, Any]:
    """Plan the day that was asked for; a cancelled one keeps the best found so far."""
    with handle.services.database.read() as session:
        now = business_clock(session).now()
    plan_id = int(handle.arguments["plan_id"])

    def tell(share: float, best: dict[str, Any]) -> None:
        handle.report(share, stage="searching", best=best)

    proposal = make_plan(
        handle.services.database,
        handle.services.travel_times,
        plan_id=plan_id,
        now=now,
        tell=tell,
        should_stop=handle.is_cancelled,
    )
    return {"plan_id": plan_id, "people": proposal.after.people, "mark": proposal.mark.value}


@work_named(EXPLAIN)
def explain(handle: TaskHandle) -> dict[str, Any]:
    """Find out why somebody is left and which smallest changes really would place them."""
    with handle.services.database.read() as session:
        now = business_clock(session).now()
    return explain_left(
        handle.services.database,
        handle.services.travel_times,
        appointment_id=int(handle.arguments["appointment_id"]),
        paths=tuple(handle.arguments["paths"]),
        now=now,
        tell=handle.report,
    )
