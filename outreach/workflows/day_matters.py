"""What on a day needs a dispatcher now: alarms by site, families not reached, drivers without an OK, doors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.clinics.codes import AppointmentStatus, DayEventKind
from outreach.clinics.models import Appointment, DayEvent, Site
from outreach.ledger.models import Resident
from outreach.transport.alarms import open_alarms
from outreach.transport.codes import BEGUN, Direction, LegStatus, RunStatus
from outreach.transport.handovers import calls_due
from outreach.transport.models import Driver, Vehicle
from outreach.transport.run_models import Alarm, Handover, RideLeg, Run
from outreach.workflows.no_show import HARD_TO_REACH, DoorEvidence, door_evidence

OK_WITHIN = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """One alarm: what it is about, since when, and whose name stands behind it."""

    alarm_id: int
    kind: str
    level: int
    raised_at: datetime
    who: str
    plate: str
    leg_id: int | None
    appointment_id: int | None
    taken_by: str
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class SiteAlarms:
    """The alarms of one site, or of cars on the road where the site is not said."""

    site: str
    lines: tuple[AlarmLine, ...]


@dataclass(frozen=True, slots=True)
class Unseen:
    """A run under way whose change its driver has not said OK to (moment 5d)."""

    run_id: int
    plate: str
    driver_id: int | None
    driver_name: str
    changed_at: datetime
    must_ring: bool


@dataclass(frozen=True, slots=True)
class ClosedDoor:
    """A door that nobody opened: what was tried, what a no-show still lacks, how this person is reached."""

    leg_id: int
    appointment_id: int
    name: str
    flags: tuple[str, ...]
    access_note: str
    evidence: DoorEvidence

    @property
    def must_be_reached(self) -> bool:
        """Whether a person must be reached before anything is closed (moment 5f)."""
        return "reached_someone" in self.evidence.missing


@dataclass(frozen=True, slots=True)
class CallDue:
    """Someone seen inside who lives alone, to be rung two hours later."""

    handover_id: int
    appointment_id: int
    name: str
    seen_by: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DayMatters:
    """Everything that wants a person now."""

    sites: tuple[SiteAlarms, ...]
    unseen: tuple[Unseen, ...]
    doors: tuple[ClosedDoor, ...]
    calls: tuple[CallDue, ...]

    @property
    def count(self) -> int:
        """How many things wait for somebody."""
        alarms = sum(line.taken_at is None for site in self.sites for line in site.lines)
        return alarms + sum(u.must_ring for u in self.unseen) + len(self.doors) + len(self.calls)


def day_matters(
    session: Session, *, on: date, now: datetime, area_ids: Sequence[int] | None = None
) -> DayMatters:
    """Return what needs a dispatcher of these areas (None: all) on a day."""
    return DayMatters(
        sites=_by_site(session, on=on, area_ids=area_ids),
        unseen=tuple(unseen_changes(session, on=on, now=now, area_ids=area_ids)),
        doors=tuple(_doors(session, on=on, now=now, area_ids=area_ids)),
        calls=tuple(_calls(session, now=now, area_ids=area_ids)),
    )


def _by_site(
    session: Session, *, on: date, area_ids: Sequence[int] | None
) -> tuple[SiteAlarms, ...]:
    groups: dict[str, list[AlarmLine]] = {}
    sites = {s.id: s for s in session.scalars(select(Site))}
    users = {
        row.id: row.display_name for row in session.execute(select(User.id, User.display_name))
    }
    for alarm in open_alarms(session, on=on):
        site = sites.get(alarm.site_id or 0)
        vehicle = _vehicle(session, alarm)
        area_id = site.area_id if site is not None else vehicle.area_id if vehicle else None
        if area_ids is not None and area_id is not None and area_id not in area_ids:
            continue
        line = _line(session, alarm, plate=vehicle.plate if vehicle else "", users=users)
        groups.setdefault(site.name if site is not None else "", []).append(line)
    return tuple(SiteAlarms(site, tuple(lines)) for site, lines in groups.items())


def _vehicle(session: Session, alarm: Alarm) -> Vehicle | None:
    run = session.get(Run, alarm.run_id) if alarm.run_id is not None else None
    return session.get(Vehicle, run.vehicle_id) if run is not None else None


def _line(session: Session, alarm: Alarm, *, plate: str, users: dict[int, str]) -> AlarmLine:
    name, leg_id = "", None
    if alarm.appointment_id is not None:
        appointment = session.get_one(Appointment, alarm.appointment_id)
        name = session.get_one(Resident, appointment.resident_id).name
        leg_id = session.scalar(
            select(RideLeg.id).where(
                RideLeg.appointment_id == alarm.appointment_id,
                RideLeg.direction == Direction.RETURN,
                RideLeg.status != LegStatus.CANCELLED,
            )
        )
    return AlarmLine(
        alarm_id=alarm.id,
        kind=alarm.kind,
        level=alarm.level,
        raised_at=alarm.raised_at,
        who=name,
        plate=plate,
        leg_id=leg_id,
        appointment_id=alarm.appointment_id,
        taken_by=users.get(alarm.taken_by or 0, ""),
        taken_at=alarm.taken_at,
    )


def unseen_changes(
    session: Session, *, on: date, now: datetime, area_ids: Sequence[int] | None = None
) -> list[Unseen]:
    """Return the runs under way that changed since their driver last said OK, the longest first."""
    question = (
        select(Run, Vehicle, Driver.name)
        .join(Vehicle, Vehicle.id == Run.vehicle_id)
        .outerjoin(Driver, Driver.id == Run.driver_id)
        .where(
            Run.on == on,
            Run.status == RunStatus.UNDER_WAY,
            or_(
                Run.acknowledged_version != Run.version,
                Run.acknowledged_version.is_(None) & (Run.published_version != Run.version),
            ),
        )
        .order_by(Run.changed_at, Run.id)
    )
    if area_ids is not None:
        question = question.where(Vehicle.area_id.in_(area_ids))
    return [
        Unseen(
            run_id=run.id,
            plate=vehicle.plate,
            driver_id=run.driver_id,
            driver_name=name or "",
            changed_at=run.changed_at or now,
            must_ring=now - (run.changed_at or now) >= OK_WITHIN,
        )
        for run, vehicle, name in session.execute(question)
    ]


def _doors(
    session: Session, *, on: date, now: datetime, area_ids: Sequence[int] | None
) -> list[ClosedDoor]:
    """Doors of which a driver says that nobody came, and no dispatcher has said what holds."""
    question = (
        select(RideLeg, Resident)
        .join(Appointment, Appointment.id == RideLeg.appointment_id)
        .join(Resident, Resident.id == Appointment.resident_id)
        .where(
            RideLeg.on == on,
            RideLeg.direction == Direction.OUTBOUND,
            RideLeg.status.not_in([*BEGUN, LegStatus.CANCELLED]),
            Appointment.status != AppointmentStatus.NO_SHOW,
            exists().where(
                DayEvent.appointment_id == Appointment.id, DayEvent.kind == DayEventKind.NOT_THERE
            ),
        )
        .order_by(RideLeg.pickup_from_at, RideLeg.id)
    )
    if area_ids is not None:
        question = question.where(Resident.community_id.in_(area_ids))
    return [
        ClosedDoor(
            leg_id=leg.id,
            appointment_id=leg.appointment_id,
            name=resident.name,
            flags=tuple(sorted(HARD_TO_REACH & set(resident.mobility_flags))),
            access_note=resident.access_note,
            evidence=door_evidence(session, leg_id=leg.id, now=now),
        )
        for leg, resident in session.execute(question)
        if _claim_stands(session, leg.appointment_id)
    ]


def _claim_stands(session: Session, appointment_id: int) -> bool:
    claims = select(DayEvent.id).where(
        DayEvent.appointment_id == appointment_id, DayEvent.kind == DayEventKind.NOT_THERE
    )
    taken_back = select(DayEvent.voids_id).where(DayEvent.voids_id.in_(claims))
    return session.scalar(claims.where(DayEvent.id.not_in(taken_back)).limit(1)) is not None


def _calls(session: Session, *, now: datetime, area_ids: Sequence[int] | None) -> list[CallDue]:
    due = []
    for row in calls_due(session, now=now):
        appointment = session.get_one(Appointment, row.appointment_id)
        resident = session.get_one(Resident, appointment.resident_id)
        if area_ids is None or resident.community_id in area_ids:
            due.append(_call(row, resident, now))
    return due


def _call(row: Handover, resident: Resident, now: datetime) -> CallDue:
    return CallDue(
        handover_id=row.id,
        appointment_id=row.appointment_id,
        name=resident.name,
        seen_by=row.received_by,
        due_at=row.call_due_at or now,
    )
