"""A no-show: proven by waiting, calling and knocking, and closed by a dispatcher's word alone (F11, 5f)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.clinics.codes import AppointmentStatus, DayEventKind
from outreach.clinics.models import Appointment, DayEvent
from outreach.clinics.operations import lock_appointment
from outreach.clinics.rules import check_move
from outreach.kernel.errors import InvalidInput
from outreach.ledger.codes import Cause
from outreach.ledger.models import Resident
from outreach.transport.alarms import end_alarm
from outreach.transport.codes import BEGUN, Direction, LegStatus
from outreach.transport.legs import AlreadyUnderWay, end_leg, find_leg
from outreach.transport.queries import get_leg
from outreach.transport.rules import NoShowUnproven, missing_for_no_show
from outreach.transport.run_models import RideLeg
from outreach.workflows.restate import restate
from outreach.workflows.schedule_messages import schedule_for_appointment

HARD_TO_REACH = frozenset({"hearing", "sight", "cognition"})


@dataclass(frozen=True, slots=True)
class DoorEvidence:
    """What was tried at a door, and what a no-show still lacks."""

    leg_id: int
    arrived_at: datetime | None
    calls: int
    knocks: int
    reached_someone: bool
    missing: tuple[str, ...]


def door_evidence(session: Session, *, leg_id: int, now: datetime) -> DoorEvidence:
    """Return what the driver tried. Of someone deaf, blind or confused a person must be reached first."""
    leg = get_leg(session, leg_id)
    events = session.scalars(
        select(DayEvent)
        .where(DayEvent.leg_id == leg_id)
        .order_by(DayEvent.happened_at, DayEvent.id)
    ).all()
    taken_back = {e.voids_id for e in events if e.voids_id is not None}
    standing = [e for e in events if e.id not in taken_back]
    arrivals = [e for e in standing if e.kind is DayEventKind.ARRIVED_AT_DOOR]
    claims = [e for e in standing if e.kind is DayEventKind.NOT_THERE]
    calls = [e for e in standing if e.kind is DayEventKind.CALLED]
    knocks = [e for e in standing if e.kind is DayEventKind.KNOCKED]
    arrived_at = arrivals[0].happened_at if arrivals else None
    missing = missing_for_no_show(
        arrived_at=arrived_at,
        calls=len(calls),
        knocks=len(knocks),
        at=claims[-1].happened_at if claims else now,
    )
    reached = any(e.facts.get("reached") for e in calls)
    if _is_hard_to_reach(session, leg) and not reached:
        missing = (*missing, "reached_someone")
    return DoorEvidence(
        leg_id=leg_id,
        arrived_at=arrived_at,
        calls=len(calls),
        knocks=len(knocks),
        reached_someone=reached,
        missing=missing,
    )


def confirm_no_show(
    session: Session, *, leg_id: int, by: int, now: datetime, reason: str = ""
) -> Appointment:
    """Close a no-show: the slot and the way home are given back, nobody is blamed (fault 63).

    Without the full proof a dispatcher must write why; for someone hard to reach nothing replaces it.
    """
    evidence = door_evidence(session, leg_id=leg_id, now=now)
    if evidence.missing and (not reason.strip() or "reached_someone" in evidence.missing):
        raise NoShowUnproven(missing=list(evidence.missing), leg_id=leg_id)
    leg = get_leg(session, leg_id)
    if leg.direction is not Direction.OUTBOUND:
        raise InvalidInput("not_outbound", field="leg_id")
    if leg.status in BEGUN:
        raise AlreadyUnderWay(leg_id=leg_id, status=leg.status.value)
    appointment = lock_appointment(session, leg.appointment_id)
    check_move(appointment.status, AppointmentStatus.NO_SHOW)
    end_leg(session, leg=leg, code="R02", now=now)
    leg.status = LegStatus.NO_SHOW
    home = find_leg(session, appointment_id=appointment.id, direction=Direction.RETURN)
    if home is not None and home.status is not LegStatus.CANCELLED:
        end_leg(session, leg=home, code="R02", now=now)
    appointment.status = AppointmentStatus.NO_SHOW
    end_alarm(session, key=f"not_there:{appointment.id}", now=now)
    record(
        session,
        act="no_show_confirmed",
        subject=("appointment", appointment.id),
        by=by,
        now=now,
        facts={"missing": list(evidence.missing)},
        reason=reason.strip(),
    )
    session.flush()
    restate(session, resident_id=appointment.resident_id, by=by, cause=Cause.VISIT, now=now)
    schedule_for_appointment(session, appointment_id=appointment.id, now=now)
    return appointment


def _is_hard_to_reach(session: Session, leg: RideLeg) -> bool:
    flags = session.scalar(
        select(Resident.mobility_flags)
        .join(Appointment, Appointment.resident_id == Resident.id)
        .where(Appointment.id == leg.appointment_id)
    )
    return bool(HARD_TO_REACH & set(flags or []))
