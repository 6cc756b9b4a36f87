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


def demo_run(session: Session, *, kind: FieldKind, now: datetime) -> Run | None:
    """Return today's first published run that carries someone, with a driver or escort; or None."""
    person = Run.driver_id if kind is FieldKind.DRIVER else Run.escort_id
    return session.scalars(
        select(Run)
        .where(
            Run.on == local_day(session, now),
            Run.status.in_([RunStatus.PUBLISHED, RunStatus.UNDER_WAY]),
            person.is_not(None),
            Run.id.in_(select(RunStop.run_id)),
        )
        .order_by(Run.status.desc(), Run.starts_at, Run.id)
        .limit(1)
    ).first()


def demo_door(session: Session, *, kind: FieldKind, now: datetime) -> MadeLink:
    """Make the link to the page of that run's driver or escort; NotFound when there is no run."""
    run = demo_run(session, kind=kind, now=now)
    if run is None:
        raise NotFound("demo_no_run")
    return make_field_link(
        session,
        on=run.on,
        by=None,
        now=now,
        driver_id=run.driver_id if kind is FieldKind.DRIVER else None,
        escort_id=run.escort_id if kind is FieldKind.ESCORT else None,
    )
