"""A session that closes: who is told how, and the list of calls that lasts until each was reached (5b)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.audit.trail import record
from outreach.clinics.codes import STANDING
from outreach.clinics.models import Appointment, Site, SiteSession
from outreach.clinics.queries import get_site_session
from outreach.contact.codes import Purpose
from outreach.contact.recipients import Recipient, recipients_of
from outreach.kernel.errors import NotFound
from outreach.ledger.models import Resident
from outreach.places.queries import area_ids_within
from outreach.transport.alarms import Cause, end_alarm, raise_alarm
from outreach.transport.run_models import Alarm
from outreach.workflows.close_session import Concerned, Whereabouts, close_session, closing_preview

KIND = "closing_call"


@dataclass(frozen=True, slots=True)
class ClosingLine:
    """Someone whom a closing concerns, and how they are told: by text, by call, or on the spot."""

    appointment_id: int
    resident_id: int
    name: str
    slot_at: datetime
    where: Whereabouts
    how: str


@dataclass(frozen=True, slots=True)
class CallLine:
    """Someone to be reached after a closing; ``rebooked_at`` is the new slot, booked before anybody else."""

    appointment_id: int
    resident_id: int
    name: str
    site_name: str
    slot_at: datetime
    reached_at: datetime | None
    rebooked_at: datetime | None


def preview(
    session: Session, *, site_session_id: int, from_at: datetime, scope: Scope
) -> list[ClosingLine]:
    """Return whom closing from a minute on concerns and how each would be told."""
    check_session(session, site_session_id=site_session_id, scope=scope)
    found = closing_preview(session, site_session_id=site_session_id, from_at=from_at)
    people = [each.resident_id for each in found]
    told = recipients_of(session, resident_ids=people, purpose=Purpose.APPOINTMENT)
    names = {
        row.id: row.name
        for row in session.execute(
            select(Resident.id, Resident.name).where(Resident.id.in_(people))
        )
    }
    return [
        ClosingLine(
            each.appointment_id,
            each.resident_id,
            names[each.resident_id],
            each.slot_at,
            each.where,
            _how(each, told.get(each.resident_id, [])),
        )
        for each in found
    ]


def _how(each: Concerned, readers: list[Recipient]) -> str:
    if each.where is not Whereabouts.AT_HOME:
        return "on_the_spot"
    texts = [r for r in readers if r.number and not r.needs_voice]
    return "text" if texts else "call"


def check_session(session: Session, *, site_session_id: int, scope: Scope) -> None:
    """Raise NotFound for a session of another area (N6)."""
    row = get_site_session(session, site_session_id)
    areas = area_ids_within(session, scope.paths)
    site = session.get_one(Site, row.site_id)
    if areas is not None and site.area_id not in areas:
        raise NotFound("site_session", site_session_id=site_session_id)


def close_and_call(
    session: Session,
    *,
    site_session_id: int,
    from_at: datetime,
    reason: str,
    scope: Scope,
    by: int,
    now: datetime,
) -> list[Concerned]:
    """Close the session and put everyone who was to come on the list of calls, a text sent or not."""
    check_session(session, site_session_id=site_session_id, scope=scope)
    found = close_session(
        session, site_session_id=site_session_id, from_at=from_at, reason=reason, by=by, now=now
    )
    row = get_site_session(session, site_session_id)
    for each in found:
        if each.where is Whereabouts.AT_HOME:
            cause = Cause(
                key=f"{KIND}:{each.appointment_id}",
                kind=KIND,
                on=row.on,
                appointment_id=each.appointment_id,
                site_id=row.site_id,
            )
            raise_alarm(session, cause=cause, now=now, level=1)
    return found


def call_list(session: Session, *, on: date, scope: Scope) -> list[CallLine]:
    """Return who is still to be reached after a closing of that day, then who was; the earliest slot first."""
    areas = area_ids_within(session, scope.paths)
    question = (
        select(Alarm, Appointment, Resident.name, Site.name)
        .join(Appointment, Appointment.id == Alarm.appointment_id)
        .join(Resident, Resident.id == Appointment.resident_id)
        .join(Site, Site.id == Alarm.site_id)
        .where(Alarm.on == on, Alarm.kind == KIND)
        .order_by(Alarm.ended_at.is_not(None), Appointment.slot_at, Appointment.id)
        .limit(1000)
    )
    if areas is not None:
        question = question.where(Site.area_id.in_(areas))
    rows = session.execute(question).all()
    again = {
        row.resident_id: row.slot_at
        for row in session.execute(
            select(Appointment.resident_id, Appointment.slot_at)
            .join(SiteSession, SiteSession.id == Appointment.site_session_id)
            .where(
                Appointment.resident_id.in_([row[1].resident_id for row in rows]),
                Appointment.status.in_(STANDING),
            )
        )
    }
    return [
        CallLine(
            appointment_id=appointment.id,
            resident_id=appointment.resident_id,
            name=name,
            site_name=site_name,
            slot_at=appointment.slot_at,
            reached_at=alarm.ended_at,
            rebooked_at=again.get(appointment.resident_id),
        )
        for alarm, appointment, name, site_name in rows
    ]


def reached(
    session: Session, *, appointment_id: int, on: date, scope: Scope, by: int, now: datetime
) -> None:
    """Note that a person of the family was spoken to: only that takes someone off the list."""
    if not any(x.appointment_id == appointment_id for x in call_list(session, on=on, scope=scope)):
        raise NotFound("appointment", appointment_id=appointment_id)
    if end_alarm(session, key=f"{KIND}:{appointment_id}", now=now):
        record(
            session,
            act="closing_reached",
            subject=("appointment", appointment_id),
            by=by,
            now=now,
        )
