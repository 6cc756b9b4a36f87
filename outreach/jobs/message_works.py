"""Long work on messages that pages ask for: planning booked visits anew after a changed cadence."""

from __future__ import annotations

from typing import Any

from outreach.jobs.tasks import TaskHandle, work_named
from outreach.workflows.replan_messages import REPLAN, replan_messages


@work_named(REPLAN)
def replan(handle: TaskHandle) -> dict[str, Any]:
    """Plan the messages of booked visits anew."""
    campaign_id = handle.arguments.get("campaign_id")
    visits = replan_messages(
        handle.services.database,
        campaign_id=int(campaign_id) if campaign_id is not None else None,
        report=handle.report,
    )
    return {"visits": visits}
