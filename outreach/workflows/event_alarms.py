"""The alarms that an event of the day brings, and those that it ends."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.clinics.codes import DayEventKind
from outreach.clinics.models import Appointment, DayEvent, SiteSession
from outreach.transport.alarms import Cause, end_alarm, raise_alarm

_K = DayEventKind


def follow_event(
    session: Session,
    *,
    event: DayEvent,
    appointment: Appointment,
    now: datetime,
) -> None:
    """Raise and end the alarms that an event brings."""
    on, site_id = _day_and_site(session, appointment)
    kind = DayEventKind(event.kind)
    if kind is _K.EMERGENCY:
        raise_emergency(session, event=event, on=on, now=now)
    about = {
        _K.NOT_THERE: "not_there",
        _K.ADVERSE_EVENT: "adverse_event",
    }
    if kind is _K.NOT_TODAY:
        end_alarm(session, key=f"not_there:{appointment.id}", now=now)
    if kind in about:
        cause = Cause(
            key=f"{about[kind]}:{appointment.id}",
            kind=about[kind],
            on=on,
            appointment_id=appointment.id,
            run_id=event.run_id,
            site_id=site_id,
        )
        raise_alarm(session, cause=cause, now=now, level=2)
    if kind is _K.PICKED_UP:
        end_alarm(session, key=f"not_there:{appointment.id}", now=now)
    if kind in {_K.HANDED_OVER, _K.LEFT_WITH_FAMILY, _K.TO_HOSPITAL, _K.LEFT_SITE}:
        end_alarm(session, key=f"ready_without_car:{appointment.id}", now=now)
        if kind is not _K.LEFT_SITE:
            end_alarm(session, key=f"not_home:{appointment.id}", now=now)


def raise_emergency(session: Session, *, event: DayEvent, on: date, now: datetime) -> None:
    """Raise the alarm of an emergency: the phone rang 120 and the desk before it told us (5j)."""
    # The place may follow the cry for help: it belongs to the same alarm.
    first = str(event.facts.get("follows") or event.uuid)
    cause = Cause(
        key=f"emergency:{first}",
        kind="emergency",
        on=on,
        appointment_id=event.appointment_id,
        run_id=event.run_id,
    )
    raise_alarm(session, cause=cause, now=now, level=3)


def _day_and_site(session: Session, appointment: Appointment) -> tuple[date, int]:
    row = session.get_one(SiteSession, appointment.site_session_id)
    return row.on, row.site_id
