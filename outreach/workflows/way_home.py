"""Watching one thing: nobody is fetched, or stands at a site, without a planned and staffed way home (N2)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.models import Appointment, SiteSession
from outreach.transport.alarms import Cause, end_alarm, raise_alarm
from outreach.transport.codes import BEGUN, Direction, LegStatus, RunStatus
from outreach.transport.handovers import standing_handover
from outreach.transport.legs import legs_of
from outreach.transport.publish import has_staffed_run
from outreach.transport.run_models import RideLeg, Run, RunStop


def watch_way_home(session: Session, *, appointment: Appointment, now: datetime) -> bool:
    """Raise the alarm when someone told of (or begun on) their way there has none home; end it else.

    Return whether the way home is safe. Every act that touches a trip ends with this.
    """
    legs = {leg.direction: leg for leg in legs_of(session, appointment_id=appointment.id)}
    outbound, homeward = legs.get(Direction.OUTBOUND), legs.get(Direction.RETURN)
    key = f"no_way_home:{appointment.id}"
    is_coming = outbound is not None and is_told_or_begun(session, outbound)
    if (
        not is_coming
        or has_way_home(session, appointment=appointment, homeward=homeward)
        or standing_handover(session, appointment_id=appointment.id) is not None
    ):
        end_alarm(session, key=key, now=now)
        return True
    site_session = session.get_one(SiteSession, appointment.site_session_id)
    cause = Cause(
        key=key,
        kind="no_way_home",
        on=site_session.on,
        appointment_id=appointment.id,
        site_id=site_session.site_id,
    )
    raise_alarm(session, cause=cause, now=now, level=2)
    return False


def is_told_or_begun(session: Session, outbound: RideLeg) -> bool:
    """Tell whether someone is on the way, at the site, or on a run that families know of."""
    if outbound.status in BEGUN:
        return True
    question = (
        select(Run.id)
        .join(RunStop, RunStop.run_id == Run.id)
        .where(
            RunStop.leg_id == outbound.id,
            Run.status.in_([RunStatus.PUBLISHED, RunStatus.UNDER_WAY]),
        )
        .limit(1)
    )
    return session.scalar(question) is not None


def has_way_home(session: Session, *, appointment: Appointment, homeward: RideLeg | None) -> bool:
    """Tell whether our staffed car, a taxi or a named person takes someone home."""
    if homeward is None or homeward.status is LegStatus.CANCELLED:
        return bool(appointment.return_with) or appointment.return_contact_id is not None
    if homeward.status in BEGUN or homeward.by_taxi:
        return True
    return has_staffed_run(session, leg_id=homeward.id)
