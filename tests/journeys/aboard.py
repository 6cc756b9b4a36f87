"""The first riders of a run get into its car; run beside a running product.

    python -m tests.journeys.aboard RUN COUNT

Prints when the last one is aboard, so that a journey can move the clock there.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from sqlalchemy import select

from outreach.clinics.codes import DayEventKind, EventSource
from outreach.clinics.events import Author, Tap
from outreach.config import load_settings
from outreach.services import build_services
from outreach.transport.codes import StopKind
from outreach.transport.run_models import RunStop
from outreach.workflows.note_event import note_event


def main(run_id: int, count: int) -> None:
    """Tap "picked up" for the first riders of a run at their planned times."""
    services = build_services(load_settings())
    with services.database.read() as session:
        stops = session.scalars(
            select(RunStop).where(RunStop.run_id == run_id).order_by(RunStop.position)
        ).all()
        first = [(s.leg_id, s.arrives_at, s.departs_at) for s in stops[:count]]
        kinds = [s.kind for s in stops[:count]]
    if kinds != [StopKind.PICKUP] * count:
        raise SystemExit(f"the run begins with {kinds}")
    for leg_id, at, _left in first:
        tap = Tap(
            uuid=f"aboard-{leg_id}", kind=DayEventKind.PICKED_UP, happened_at=at, leg_id=leg_id
        )
        with services.database.write() as session:
            note_event(session, tap=tap, author=Author(EventSource.DISPATCH, user_id=None), now=at)
    sys.stdout.write(f"{(first[-1][2] + timedelta(minutes=1)).isoformat()}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
