"""The append-only log of the day: taking in events once, in any order, and keeping what they say.

An event is never changed. A tap taken back is a VOIDED event that names it. The appointment's status
and the observation's clock are computed anew from all its events after each one (fault 58).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.clinics.codes import DayEventKind, EventSource
from outreach.clinics.models import Appointment, DayEvent, Observation
from outreach.clinics.operations import lock_appointment
from outreach.clinics.queries import happenings_of
from outreach.clinics.visit import Visit, status_from, visit_of
from outreach.kernel.errors import InvalidInput

CLOCK_SLACK = timedelta(minutes=2)
OLDEST = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Author:
    """Who did it: a member of staff, a driver or an escort, and by which door."""

    source: EventSource
    user_id: int | None = None
    driver_id: int | None = None
    escort_id: int | None = None


@dataclass(frozen=True, slots=True)
class Tap:
    """An event as it comes in; ``uuid`` and ``happened_at`` are the device's own."""

    uuid: str
    kind: DayEventKind
    happened_at: datetime
    appointment_id: int | None = None
    leg_id: int | None = None
    run_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    voids_uuid: str | None = None


def append_event(
    session: Session, *, tap: Tap, author: Author, now: datetime
) -> tuple[DayEvent, bool]:
    """Keep an event once; return it and whether it is new. Device time and receipt are both kept."""
    if not 8 <= len(tap.uuid) <= 64:
        raise InvalidInput("event_id", field="uuid")
    if tap.happened_at < now - OLDEST:
        raise InvalidInput("event_too_old", field="happened_at")
    known = find_event(session, tap.uuid)
    if known is not None:
        return known, False
    facts = dict(tap.facts)
    happened_at = tap.happened_at
    if happened_at > now + CLOCK_SLACK:
        # A phone whose clock runs ahead must not hold anybody back: receipt bounds the time.
        facts["device_said"] = happened_at.isoformat()
        happened_at = now
    event = DayEvent(
        uuid=tap.uuid,
        kind=tap.kind,
        appointment_id=tap.appointment_id,
        leg_id=tap.leg_id,
        run_id=tap.run_id,
        happened_at=happened_at,
        received_at=now,
        source=author.source,
        by_user_id=author.user_id,
        by_driver_id=author.driver_id,
        by_escort_id=author.escort_id,
        facts=facts,
        voids_id=_voided(session, tap),
    )
    try:
        with session.begin_nested():
            session.add(event)
            session.flush()
    except IntegrityError:
        twin = find_event(session, tap.uuid)
        if twin is None:
            raise
        return twin, False
    return event, True


def find_event(session: Session, uuid: str) -> DayEvent | None:
    """Return the event of this id, or None."""
    return session.scalars(select(DayEvent).where(DayEvent.uuid == uuid).limit(1)).first()


def _voided(session: Session, tap: Tap) -> int | None:
    if tap.kind is not DayEventKind.VOIDED:
        return None
    target = find_event(session, tap.voids_uuid) if tap.voids_uuid else None
    if target is None or target.appointment_id != tap.appointment_id:
        raise InvalidInput("nothing_to_take_back", field="voids_uuid")
    return target.id


def settle_visit(session: Session, *, appointment_id: int) -> tuple[Appointment, Visit]:
    """Store what all events of an appointment say: status, visit result, observation clock."""
    appointment = lock_appointment(session, appointment_id)
    visit = visit_of(happenings_of(session, [appointment_id]).get(appointment_id, []))
    status = status_from(visit, before=appointment.status)
    if status is not appointment.status:
        appointment.status = status
    if visit.visit_result != appointment.visit_result:
        appointment.visit_result = visit.visit_result
    _settle_observation(session, appointment_id=appointment_id, visit=visit)
    session.flush()
    return appointment, visit


def _settle_observation(session: Session, *, appointment_id: int, visit: Visit) -> None:
    row = session.scalars(
        select(Observation).where(Observation.appointment_id == appointment_id)
    ).first()
    if visit.jab_at is None or visit.ready_due_at is None:
        if row is not None:
            session.delete(row)
        return
    if row is None:
        row = Observation(
            appointment_id=appointment_id, jab_at=visit.jab_at, ready_at=visit.ready_due_at
        )
        session.add(row)
    row.jab_at, row.ready_at = visit.jab_at, visit.ready_due_at
    row.extended_minutes = visit.extended_minutes
    row.extension_reason = visit.extension_reason
    row.adverse_code = visit.adverse_code
    row.ended_at = visit.ready_at or visit.left_at
