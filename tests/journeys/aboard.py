"""A run is driven until so many people are in its car at once; run beside a running product.

    python -m tests.journeys.aboard RUN COUNT

Prints when the last of them is aboard, so that a journey can move the clock there.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from outreach.clinics.codes import DayEventKind, EventSource
from outreach.clinics.events import Author, Tap
from outreach.config import load_settings
from outreach.services import build_services
from outreach.transport.codes import Direction, StopKind
from outreach.transport.run_models import RideLeg, RunStop
from outreach.workflows.note_event import note_event

TAPS = {StopKind.PICKUP: DayEventKind.PICKED_UP, StopKind.DROPOFF: DayEventKind.AT_SITE}


class Stop(NamedTuple):
    """One planned stop of the run."""

    kind: StopKind
    leg_id: int
    arrives_at: datetime
    departs_at: datetime
    direction: Direction


def stops_until(stops: Sequence[Stop], count: int) -> list[Stop]:
    """Return the first stops up to the one at which ``count`` are aboard, before anybody goes home."""
    done, aboard = list[Stop](), 0
    for stop in stops:
        if stop.direction is not Direction.OUTBOUND:
            break
        done.append(stop)
        aboard += 1 if stop.kind is StopKind.PICKUP else -1
        if aboard == count:
            return done
    raise SystemExit(f"never {count} aboard")


def main(run_id: int, count: int) -> None:
    """Tap what happens at those stops at their planned times."""
    services = build_services(load_settings())
    with services.database.read() as session:
        rows = session.execute(
            select(
                RunStop.kind,
                RunStop.leg_id,
                RunStop.arrives_at,
                RunStop.departs_at,
                RideLeg.direction,
            )
            .join(RideLeg, RideLeg.id == RunStop.leg_id)
            .where(RunStop.run_id == run_id)
            .order_by(RunStop.position)
        )
        stops = stops_until([Stop(*row) for row in rows], count)
    for stop in stops:
        tap = Tap(
            uuid=f"aboard-{stop.kind}-{stop.leg_id}",
            kind=TAPS[stop.kind],
            happened_at=stop.arrives_at,
            leg_id=stop.leg_id,
        )
        author = Author(EventSource.DISPATCH, user_id=None)
        with services.database.write() as session:
            note_event(session, tap=tap, author=author, now=stop.arrives_at)
    sys.stdout.write(f"{(stops[-1].departs_at + timedelta(minutes=1)).isoformat()}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
