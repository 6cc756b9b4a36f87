"""Learning how long it really takes from the door into the car, so that the next plan knows (moment 5i)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.codes import DayEventKind
from outreach.clinics.models import DayEvent
from outreach.places.models import Address
from outreach.transport.codes import Direction, StopKind
from outreach.transport.run_models import Promise, RideLeg, RunStop

SHORTEST = timedelta(seconds=45)
LONGEST = timedelta(minutes=25)  # beyond that something else went on than loading
OLD_WEIGHT = 2  # two parts what was known, one part today: one bad morning moves it by a third


def learn_loading(session: Session, *, event: DayEvent) -> bool:
    """Take a pickup at home into what the address knows; tell whether it did."""
    if event.kind is not DayEventKind.PICKED_UP or event.leg_id is None:
        return False
    leg = session.get_one(RideLeg, event.leg_id)
    if leg.direction is not Direction.OUTBOUND:
        return False
    stop = session.scalars(
        select(RunStop).where(RunStop.leg_id == leg.id, RunStop.kind == StopKind.PICKUP).limit(1)
    ).first()
    if stop is None or stop.reached_at is None or stop.done_at is None:
        return False
    took = stop.done_at - max(stop.reached_at, _told_from(session, leg) or stop.reached_at)
    if not SHORTEST <= took <= LONGEST:
        return False
    address = session.get_one(Address, leg.from_address_id)
    seconds, known = round(took.total_seconds()), address.learned_load_s
    address.learned_load_s = (
        seconds if known is None else round((OLD_WEIGHT * known + seconds) / (OLD_WEIGHT + 1))
    )
    session.flush()
    return True


def _told_from(session: Session, leg: RideLeg) -> datetime | None:
    """A car that came early waited for the hour it had told, and that is not loading."""
    return session.scalar(
        select(Promise.pickup_from_at).where(
            Promise.leg_id == leg.id, Promise.version == leg.promise_version
        )
    )
