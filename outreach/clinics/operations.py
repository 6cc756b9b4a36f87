"""Writes of clinics: sites, weekly hours, days, stock; holding, moving and giving back a slot."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.clinics.codes import (
    HOLDS_SLOT,
    STANDING,
    AppointmentStatus,
    SessionKind,
    SessionState,
)
from outreach.clinics.models import (
    Appointment,
    PlannedDose,
    SessionStock,
    Site,
    SiteClosure,
    SiteSession,
    WeeklyHours,
)
from outreach.clinics.queries import get_appointment, get_site, get_site_session, hours_of
from outreach.clinics.rules import (
    AlreadyBooked,
    AppointmentOver,
    SlotFull,
    SlotNotOffered,
    Ways,
    cancel_code,
    check_move,
    check_ways,
)
from outreach.clinics.slots import is_open_at, slot_starts
from outreach.kernel.errors import InvalidInput, StaleVersion
from outreach.ledger.models import Resident
from outreach.places.queries import local_zone


@dataclass(frozen=True, slots=True)
class Hours:
    """The shape of a session, weekly or of one day."""

    opens: time
    closes: time
    slot_minutes: int = 20
    capacity_per_slot: int = 3
    guides_on_duty: int = 2
    kind: SessionKind = SessionKind.CLINIC
    elders_only: bool = True


@dataclass(frozen=True, slots=True)
class Booking:
    """What is asked for: who, when, how they come and go, and what for."""

    resident_id: int
    site_session_id: int
    slot_at: datetime
    ways: Ways
    campaign_ids: tuple[int, ...]
    companions: int = 0
    wants_escort: bool = False
    note: str = ""
    linked_appointment_id: int | None = None


def add_site(
    session: Session,
    *,
    name: str,
    area_id: int,
    address_id: int,
    phone: str = "",
    entrance_note: str = "",
) -> Site:
    """Add a site where doses are given."""
    if not name.strip():
        raise InvalidInput("name_missing", field="name")
    if session.scalar(select(Site.id).where(Site.name == name.strip())) is not None:
        raise InvalidInput("name_taken", field="name")
    site = Site(
        name=name.strip(),
        area_id=area_id,
        address_id=address_id,
        phone=phone.strip(),
        entrance_note=entrance_note.strip(),
    )
    session.add(site)
    session.flush()
    return site


def set_weekly_hours(
    session: Session, *, site_id: int, weekday: int, hours: Hours, from_on: date
) -> WeeklyHours:
    """Add a usual session on a weekday (0 = Monday) from a day on."""
    _check_hours(hours)
    row = WeeklyHours(site_id=site_id, weekday=weekday, from_on=from_on, **_shape(hours))
    session.add(row)
    session.flush()
    return row


def close_site(
    session: Session, *, site_id: int, from_on: date, until_on: date, reason: str
) -> SiteClosure:
    """Keep a site shut on these days whatever its weekly hours say; laid-out days are untouched."""
    if until_on < from_on:
        raise InvalidInput("days_reversed", field="until_on")
    row = SiteClosure(site_id=site_id, from_on=from_on, until_on=until_on, reason=reason.strip())
    session.add(row)
    session.flush()
    return row


def lay_out_days(session: Session, *, from_on: date, until_on: date) -> int:
    """Make the sessions that weekly hours ask for on these days; return how many are new."""
    made = 0
    weekly = session.scalars(select(WeeklyHours).order_by(WeeklyHours.id).limit(2000)).all()
    closures = session.scalars(select(SiteClosure).order_by(SiteClosure.id).limit(2000)).all()
    existing = {
        (row.site_id, row.on, row.opens)
        for row in session.execute(
            select(SiteSession.site_id, SiteSession.on, SiteSession.opens).where(
                SiteSession.on >= from_on, SiteSession.on <= until_on
            )
        )
    }
    for offset in range((until_on - from_on).days + 1):
        on = from_on + timedelta(days=offset)
        for row in weekly:
            key = (row.site_id, on, row.opens)
            if not _is_due(row, on) or key in existing or _is_shut(closures, row.site_id, on):
                continue
            hours = Hours(
                opens=row.opens,
                closes=row.closes,
                slot_minutes=row.slot_minutes,
                capacity_per_slot=row.capacity_per_slot,
                guides_on_duty=row.guides_on_duty,
                kind=row.kind,
                elders_only=row.elders_only,
            )
            add_site_session(session, site_id=row.site_id, on=on, hours=hours)
            existing.add(key)
            made += 1
    return made


def _is_due(row: WeeklyHours, on: date) -> bool:
    in_force = row.from_on <= on and (row.until_on is None or on <= row.until_on)
    return in_force and on.weekday() == row.weekday


def _is_shut(closures: Sequence[SiteClosure], site_id: int, on: date) -> bool:
    return any(c.site_id == site_id and c.from_on <= on <= c.until_on for c in closures)


def add_site_session(session: Session, *, site_id: int, on: date, hours: Hours) -> SiteSession:
    """Open a site on one day."""
    _check_hours(hours)
    get_site(session, site_id)
    row = SiteSession(site_id=site_id, on=on, **_shape(hours))
    session.add(row)
    session.flush()
    return row


def change_capacity(
    session: Session, *, site_session_id: int, capacity_per_slot: int, version: int
) -> SiteSession:
    """Change how many a slot holds; never below what a slot already holds (N4)."""
    row = lock_site_session(session, site_session_id)
    if row.version != version:
        raise StaleVersion(site_session_id=site_session_id)
    fullest = session.scalar(
        select(func.count())
        .where(Appointment.site_session_id == site_session_id, Appointment.status.in_(HOLDS_SLOT))
        .group_by(Appointment.slot_at)
        .order_by(func.count().desc())
        .limit(1)
    )
    if capacity_per_slot < (fullest or 0):
        raise InvalidInput("capacity_below_booked", field="capacity_per_slot", booked=fullest)
    row.capacity_per_slot = capacity_per_slot
    session.flush()
    return row


def stock_session(
    session: Session,
    *,
    site_session_id: int,
    product_id: int,
    batch_id: int | None,
    doses: int,
    is_preset: bool,
) -> SessionStock:
    """Put a product (and batch) on a session's table; one of them is preset for the one-tap record."""
    if doses < 0:
        raise InvalidInput("doses_negative", field="doses")
    rows = session.scalars(
        select(SessionStock).where(SessionStock.site_session_id == site_session_id)
    ).all()
    found = next((r for r in rows if (r.product_id, r.batch_id) == (product_id, batch_id)), None)
    stock = found or SessionStock(
        site_session_id=site_session_id, product_id=product_id, batch_id=batch_id, doses=doses
    )
    stock.doses = doses
    if is_preset:
        for row in rows:
            row.is_preset = False
    stock.is_preset = is_preset
    session.add(stock)
    session.flush()
    return stock


def close_session_from(
    session: Session, *, site_session_id: int, from_at: datetime, reason: str
) -> list[int]:
    """Close a session from a minute on; return the standing appointments at or after it (moment 5b)."""
    row = lock_site_session(session, site_session_id)
    first = min(slot_starts(hours_of(row), zone=local_zone(session)), default=None)
    whole = first is None or from_at <= first
    row.state = SessionState.CANCELLED if whole else SessionState.CLOSED_EARLY
    row.closed_from_at, row.closed_reason = from_at, reason.strip()
    session.flush()
    question = select(Appointment.id).where(
        Appointment.site_session_id == site_session_id,
        Appointment.status.in_(STANDING),
        Appointment.slot_at >= from_at,
    )
    return list(session.scalars(question.order_by(Appointment.slot_at, Appointment.id)))


def lock_site_session(session: Session, site_session_id: int) -> SiteSession:
    """Return a session whose slots nobody else can take until this transaction ends."""
    row = session.scalars(
        select(SiteSession).where(SiteSession.id == site_session_id).with_for_update()
    ).first()
    return row if row is not None else get_site_session(session, site_session_id)


def hold_slot(session: Session, *, booking: Booking, by: int | None, now: datetime) -> Appointment:
    """Book a resident into a slot; full, closed and doubled ones are refused, whoever races (N4)."""
    check_ways(booking.ways)
    if booking.companions < 0 or booking.companions > 3:
        raise InvalidInput("companions", field="companions")
    if not booking.campaign_ids:
        raise InvalidInput("campaign_missing", field="campaign_ids")
    row = lock_site_session(session, booking.site_session_id)
    # The resident's row is the lock against two workers booking one person into two sessions.
    session.execute(select(Resident.id).where(Resident.id == booking.resident_id).with_for_update())
    standing = session.scalar(
        select(Appointment.id).where(
            Appointment.resident_id == booking.resident_id, Appointment.status.in_(STANDING)
        )
    )
    if standing is not None:
        raise AlreadyBooked(appointment_id=standing)
    check_slot_free(session, row=row, slot_at=booking.slot_at, now=now)
    appointment = Appointment(
        resident_id=booking.resident_id,
        site_session_id=row.id,
        slot_at=booking.slot_at,
        companions=booking.companions,
        wants_escort=booking.wants_escort,
        note=booking.note.strip(),
        linked_appointment_id=booking.linked_appointment_id,
        booked_by=by,
        booked_at=now,
        **_ways_columns(booking.ways),
    )
    session.add(appointment)
    session.flush()
    for campaign_id in dict.fromkeys(booking.campaign_ids):
        session.add(PlannedDose(appointment_id=appointment.id, campaign_id=campaign_id))
    session.flush()
    return appointment


def check_slot_free(
    session: Session, *, row: SiteSession, slot_at: datetime, now: datetime
) -> None:
    """Refuse a slot that is none, past, closed or full; the session's row must be locked."""
    hours = hours_of(row)
    starts = slot_starts(hours, zone=local_zone(session))
    if slot_at not in starts or slot_at <= now or not is_open_at(hours, slot_at):
        raise SlotNotOffered(site_session_id=row.id, field="slot_at")
    taken = session.scalar(
        select(func.count()).where(
            Appointment.site_session_id == row.id,
            Appointment.slot_at == slot_at,
            Appointment.status.in_(HOLDS_SLOT),
        )
    )
    if (taken or 0) >= row.capacity_per_slot:
        raise SlotFull(site_session_id=row.id, capacity=row.capacity_per_slot)


def move_slot(
    session: Session,
    *,
    appointment_id: int,
    site_session_id: int,
    slot_at: datetime,
    version: int,
    now: datetime,
) -> Appointment:
    """Give an appointment another slot; its own old place counts as free only after the move."""
    row = lock_site_session(session, site_session_id)
    appointment = lock_appointment(session, appointment_id, version=version)
    if appointment.status not in STANDING - {AppointmentStatus.ARRIVED}:
        raise AppointmentOver(status=appointment.status.value)
    if (appointment.site_session_id, appointment.slot_at) == (site_session_id, slot_at):
        return appointment
    check_slot_free(session, row=row, slot_at=slot_at, now=now)
    appointment.site_session_id, appointment.slot_at = row.id, slot_at
    appointment.status, appointment.confirmed_at = AppointmentStatus.BOOKED, None
    appointment.told_version += 1
    session.flush()
    return appointment


def change_ways(session: Session, *, appointment_id: int, ways: Ways, version: int) -> Appointment:
    """Change how someone comes and goes; never into being left behind (N2)."""
    check_ways(ways)
    appointment = lock_appointment(session, appointment_id, version=version)
    if appointment.status not in STANDING | {AppointmentStatus.DONE, AppointmentStatus.NO_DOSE}:
        raise AppointmentOver(status=appointment.status.value)
    for name, value in _ways_columns(ways).items():
        setattr(appointment, name, value)
    session.flush()
    return appointment


def confirm(session: Session, *, appointment_id: int, how: str, now: datetime) -> Appointment:
    """Note that the family confirmed; confirming twice changes nothing."""
    appointment = lock_appointment(session, appointment_id)
    if appointment.status is AppointmentStatus.BOOKED:
        appointment.status = AppointmentStatus.CONFIRMED
        appointment.confirmed_at, appointment.confirmed_by = now, how
        session.flush()
    elif appointment.status not in STANDING:
        raise AppointmentOver(status=appointment.status.value)
    return appointment


def give_back_slot(
    session: Session, *, appointment_id: int, code: str, by: int | None, now: datetime
) -> Appointment:
    """Cancel an appointment with a coded reason (R); the slot is free at once."""
    appointment = lock_appointment(session, appointment_id)
    if appointment.status is AppointmentStatus.CANCELLED:
        return appointment
    check_move(appointment.status, AppointmentStatus.CANCELLED)
    appointment.cancel_code = cancel_code(asked=code, now=now, slot_at=appointment.slot_at)
    appointment.status = AppointmentStatus.CANCELLED
    appointment.cancelled_at, appointment.cancelled_by = now, by
    session.flush()
    return appointment


def lock_appointment(
    session: Session, appointment_id: int, *, version: int | None = None
) -> Appointment:
    """Return an appointment that nobody else changes until this transaction ends."""
    appointment = session.scalars(
        select(Appointment).where(Appointment.id == appointment_id).with_for_update()
    ).first()
    if appointment is None:
        return get_appointment(session, appointment_id)
    if version is not None and appointment.version != version:
        raise StaleVersion(appointment_id=appointment_id, version=appointment.version)
    return appointment


def hold_free_appointments(session: Session, ids: Collection[int]) -> set[int]:
    """Hold those of these appointments that nobody else is changing; return their ids at once."""
    question = select(Appointment.id).where(Appointment.id.in_(ids))
    return set(session.scalars(question.with_for_update(skip_locked=True)))


def _ways_columns(ways: Ways) -> dict[str, object]:
    return {
        "outbound_mode": ways.outbound,
        "outbound_with": ways.outbound_with.strip(),
        "return_mode": ways.homeward,
        "return_with": ways.return_with.strip(),
        "return_contact_id": ways.return_contact_id,
    }


def _shape(hours: Hours) -> dict[str, object]:
    return {
        "opens": hours.opens,
        "closes": hours.closes,
        "slot_minutes": hours.slot_minutes,
        "capacity_per_slot": hours.capacity_per_slot,
        "guides_on_duty": hours.guides_on_duty,
        "kind": hours.kind,
        "elders_only": hours.elders_only,
    }


def _check_hours(hours: Hours) -> None:
    if hours.closes <= hours.opens:
        raise InvalidInput("hours_reversed", field="closes")
    if not 5 <= hours.slot_minutes <= 240:
        raise InvalidInput("slot_minutes", field="slot_minutes")
    if hours.capacity_per_slot < 0:
        raise InvalidInput("capacity_negative", field="capacity_per_slot")
