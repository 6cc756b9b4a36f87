"""The demo's way into a driver's or escort's page: the door of whoever has people to fetch next."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.codes import FieldKind
from outreach.kernel.errors import NotFound
from outreach.places.queries import local_day
from outreach.transport.codes import RunStatus
from outreach.transport.run_models import Run, RunStop
from outreach.workflows.field_links import MadeLink, make_field_link


def demo_door(session: Session, *, kind: FieldKind, now: datetime) -> MadeLink:
    """Make the link of today's first published run that carries someone; NotFound when there is none."""
    today = local_day(session, now)
    person = Run.driver_id if kind is FieldKind.DRIVER else Run.escort_id
    run = session.scalars(
        select(Run)
        .where(
            Run.on == today,
            Run.status.in_([RunStatus.PUBLISHED, RunStatus.UNDER_WAY]),
            person.is_not(None),
            Run.id.in_(select(RunStop.run_id)),
        )
        .order_by(Run.status.desc(), Run.starts_at, Run.id)
        .limit(1)
    ).first()
    if run is None:
        raise NotFound("demo_no_run")
    return make_field_link(
        session,
        on=today,
        by=None,
        now=now,
        driver_id=run.driver_id if kind is FieldKind.DRIVER else None,
        escort_id=run.escort_id if kind is FieldKind.ESCORT else None,
    )
