"""Snow at half past six, no vaccine at half past ten: a session closes from a minute on (moment 5b).

Those at home are not fetched, those aboard are brought home, those at the site are ready at once.
Nobody is at fault, and everybody is to be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.clinics.codes import STANDING, DayEventKind, EventSource
from outreach.clinics.events import Author, Tap
from outreach.clinics.models import Appointment
from outreach.clinics.operations import close_session_from
from outreach.clinics.queries import get_site_session, visits
from outreach.transport.codes import Direction, LegStatus
from outreach.transport.legs import legs_of
from outreach.workflows.cancel_appointment import cancel_appointment
from outreach.workflows.note_event import note_event

SITE_CLOSED = "R15"
NO_STOCK = "V05"


class Whereabouts(StrEnum):
    """Where someone is when a session closes, and so what happens to them."""

    AT_HOME = "at_home"
    ABOARD = "aboard"
    AT_SITE = "at_site"


@dataclass(frozen=True, slots=True)
class Concerned:
    """Someone whom a closing concerns."""

    appointment_id: int
    resident_id: int
    slot_at: datetime
    where: Whereabouts


def closing_preview(
    session: Session, *, site_session_id: int, from_at: datetime
) -> list[Concerned]:
    """Return whom closing from this minute on would concern: slots to come, and those without a dose yet."""
    get_site_session(session, site_session_id)
    rows = session.scalars(
        select(Appointment)
        .where(Appointment.site_session_id == site_session_id, Appointment.status.in_(STANDING))
        .order_by(Appointment.slot_at, Appointment.id)
    ).all()
    seen = visits(session, [row.id for row in rows])
    found = []
    for row in rows:
        visit = seen[row.id]
        came = visit.at_site_at or visit.registered_at or visit.screened_at
        aboard = any(
            leg.direction is Direction.OUTBOUND and leg.status is LegStatus.ON_BOARD
            for leg in legs_of(session, appointment_id=row.id)
        )
        where = (
            Whereabouts.AT_SITE if came else Whereabouts.ABOARD if aboard else Whereabouts.AT_HOME
        )
        if where is not Whereabouts.AT_HOME or row.slot_at >= from_at:
            found.append(Concerned(row.id, row.resident_id, row.slot_at, where))
    return found


def close_session(
    session: Session,
    *,
    site_session_id: int,
    from_at: datetime,
    reason: str,
    by: int,
    now: datetime,
) -> list[Concerned]:
    """Close a session from a minute on and settle everyone; return whom it concerned, for the call list."""
    concerned = closing_preview(session, site_session_id=site_session_id, from_at=from_at)
    close_session_from(session, site_session_id=site_session_id, from_at=from_at, reason=reason)
    author = Author(EventSource.DISPATCH, user_id=by)
    for each in concerned:
        if each.where is Whereabouts.AT_HOME:
            cancel_appointment(
                session, appointment_id=each.appointment_id, code=SITE_CLOSED, by=by, now=now
            )
            continue
        tap = Tap(
            uuid=uuid4().hex,
            kind=DayEventKind.NO_DOSE,
            happened_at=now,
            appointment_id=each.appointment_id,
            facts={"result": NO_STOCK, "reason": reason},
        )
        note_event(session, tap=tap, author=author, now=now)
    record(
        session,
        act="session_closed",
        subject=("site_session", site_session_id),
        by=by,
        now=now,
        facts={"concerned": len(concerned)},
        reason=reason,
    )
    return concerned
