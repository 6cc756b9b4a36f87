"""The work behind a leader's what-if: a sampled week planned by the engine."""

from __future__ import annotations

from typing import Any

from outreach.jobs.tasks import TaskHandle, work_named
from outreach.places.queries import business_clock
from outreach.workflows.sample_week import SAMPLE_WEEK, sample_week


@work_named(SAMPLE_WEEK)
def sampled_week(handle: TaskHandle) -> dict[str, Any]:
    """Answer with the sampled week that the task asks for."""
    with handle.services.database.read() as session:
        now = business_clock(session).now()
    return sample_week(
        handle.services.database,
        handle.services.travel_times,
        arguments=dict(handle.arguments),
        now=now,
        tell=handle.report,
        should_stop=handle.is_cancelled,
    )
