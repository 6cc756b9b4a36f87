"""Works of campaigns: who would change under other terms, the change itself, lines for everyone covered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from outreach.jobs.tasks import TaskHandle, work_named
from outreach.places.queries import business_clock
from outreach.workflows.ask_terms import APPLY, ENROL, PREVIEW, terms_from
from outreach.workflows.change_terms import apply_terms, enrol, preview_terms


def _now(handle: TaskHandle) -> datetime:
    with handle.services.database.read() as session:
        found: datetime = business_clock(session).now()
    return found


def _teller(handle: TaskHandle) -> Callable[[float], None]:
    return handle.report


@work_named(PREVIEW)
def preview(handle: TaskHandle) -> dict[str, Any]:
    """Find out who would change under other terms."""
    return preview_terms(
        handle.services.database,
        campaign_id=int(handle.arguments["campaign_id"]),
        terms=terms_from(handle.arguments),
        now=_now(handle),
        progress=_teller(handle),
    ).plain()


@work_named(APPLY)
def apply(handle: TaskHandle) -> dict[str, Any]:
    """Put a campaign under other terms."""
    done = apply_terms(
        handle.services.database,
        campaign_id=int(handle.arguments["campaign_id"]),
        terms=terms_from(handle.arguments),
        version=int(handle.arguments["version"]),
        by=handle.asked_by or 0,
        now=_now(handle),
        progress=_teller(handle),
    )
    return {
        "seen": done.seen,
        "changed": len(done.changes),
        "struck_off": done.struck_off,
        "reversed": done.reversed,
    }


@work_named(ENROL)
def give_lines(handle: TaskHandle) -> dict[str, Any]:
    """Give everyone whom a campaign covers a line."""
    done = enrol(
        handle.services.database,
        campaign_id=int(handle.arguments["campaign_id"]),
        by=handle.asked_by or 0,
        now=_now(handle),
        progress=_teller(handle),
    )
    return {"seen": done.seen, "changed": len(done.changes)}
