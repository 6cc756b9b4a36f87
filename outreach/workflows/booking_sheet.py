"""Readings of appointments for staff: the list of an area's bookings, and everything about one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from outreach.accounts.queries import within
from outreach.accounts.rules import Scope
from outreach.campaigns.models import Campaign
from outreach.clinics.codes import STANDING, AppointmentStatus, Mode
from outreach.clinics.models import Appointment, Site, SiteSession
from outreach.clinics.queries import address_on, get_appointment, planned_campaigns
from outreach.contact.codes import Channel, MessageState, Step
from outreach.contact.message_models import Message
from outreach.kernel.errors import NotFound
from outreach.ledger.heads import PersonHead, person_head, person_heads
from outreach.ledger.models import ContactPerson, Resident
from outreach.ledger.visibility import may_see
from outreach.places.models import Address
from outreach.places.queries import local_day, local_zone
from outreach.transport.codes import Direction, LegStatus, StopKind
from outreach.transport.legs import legs_of
from outreach.transport.models import Driver, Vehicle
from outreach.transport.run_models import Run, RunStop

PAGE_SIZE = 50
LIVE = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED})


@dataclass(frozen=True, slots=True)
class BookingLine:
    """One appointment in a list."""

    appointment_id: int
    head: PersonHead
    slot_at: datetime
    site_name: str
    status: AppointmentStatus
    outbound_mode: Mode
    return_mode: Mode
    return_with: str
    companions: int
    wants_escort: bool
    is_live: bool


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """Which appointments a list shows; ``only`` is '', 'unconfirmed', 'our_car' or 'cancelled'."""

    from_on: date
    until_on: date
    only: str = ""


@dataclass(frozen=True, slots=True)
class RideView:
    """One direction by our car, as far as it is planned."""

    direction: Direction
    status: LegStatus
    pickup_from_at: datetime
    pickup_until_at: datetime
    planned_at: datetime | None
    plate: str
    driver: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message about the appointment; the number stays masked, the body is what is sent."""

    message_id: int
    step: Step
    channel: Channel
    state: MessageState
    to_whom: str
    due_at: datetime
    body: str


@dataclass(frozen=True, slots=True)
class BookingSheet:
    """Everything a worker needs of one appointment."""

    line: BookingLine
    version: int
    site_session_id: int
    outbound_with: str
    return_contact_id: int | None
    note: str
    cancel_code: str
    confirmed_at: datetime | None
    confirmed_by: str
    booked_at: datetime
    home_address: str
    is_stay: bool
    site_address: str
    entrance_note: str
    site_phone: str
    campaigns: tuple[tuple[str, str], ...]
    rides: tuple[RideView, ...]
    messages: tuple[MessageView, ...]

    def campaign_names(self, language: str) -> list[str]:
        """Return what the appointment is for, in a language."""
        return [zh if language == "zh" else en for zh, en in self.campaigns]


def bookings(
    session: Session, *, scope: Scope, wanted: BookingFilter, now: datetime, page: int = 1
) -> tuple[list[BookingLine], int]:
    """Return one page of an area's appointments by time, and how many there are."""
    conditions = _conditions(session, scope, wanted, now)
    ids = session.execute(
        select(Appointment.id, Appointment.resident_id)
        .join(Resident, Resident.id == Appointment.resident_id)
        .where(*conditions)
        .order_by(Appointment.slot_at, Appointment.id)
        .limit(5000)
    ).all()
    shown = ids[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    heads = person_heads(
        session, resident_ids=[row.resident_id for row in shown], scope=scope, now=now
    )
    rows = session.execute(
        select(Appointment, Site.name)
        .join(SiteSession, SiteSession.id == Appointment.site_session_id)
        .join(Site, Site.id == SiteSession.site_id)
        .where(Appointment.id.in_([row.id for row in shown]))
        .order_by(Appointment.slot_at, Appointment.id)
    )
    return [_line(row, heads[row.resident_id], name) for row, name in rows], len(ids)


def _conditions(
    session: Session, scope: Scope, wanted: BookingFilter, now: datetime
) -> list[ColumnElement[bool]]:
    zone = local_zone(session)
    first = datetime.combine(wanted.from_on, time(0), tzinfo=zone)
    last = datetime.combine(wanted.until_on + timedelta(days=1), time(0), tzinfo=zone)
    found: list[ColumnElement[bool]] = [
        Appointment.slot_at >= first,
        Appointment.slot_at < last,
        Resident.erased_at.is_(None),
        or_(may_see(scope, local_day(session, now)), within(scope, Resident.grid_id)),
    ]
    if wanted.only == "cancelled":
        found.append(Appointment.status == AppointmentStatus.CANCELLED)
    else:
        found.append(Appointment.status != AppointmentStatus.CANCELLED)
    if wanted.only == "unconfirmed":
        found.append(Appointment.status == AppointmentStatus.BOOKED)
    if wanted.only == "our_car":
        found.append(
            or_(Appointment.outbound_mode == Mode.OUR_CAR, Appointment.return_mode == Mode.OUR_CAR)
        )
    return found


def booking_sheet(
    session: Session, *, appointment_id: int, scope: Scope, now: datetime
) -> BookingSheet:
    """Return everything about one appointment; NotFound outside the scope."""
    row = get_appointment(session, appointment_id)
    head = person_head(session, resident_id=row.resident_id, scope=scope, now=now)
    place = session.execute(
        select(SiteSession, Site, Address)
        .join(Site, Site.id == SiteSession.site_id)
        .join(Address, Address.id == Site.address_id)
        .where(SiteSession.id == row.site_session_id)
    ).first()
    if place is None:
        raise NotFound("not_found")
    on, site, site_address = place[0].on, place[1], place[2]
    home_id = address_on(session, resident_id=row.resident_id, on=on)
    home = session.get(Address, home_id) if home_id is not None else None
    usual_id = session.get_one(Resident, row.resident_id).address_id
    return BookingSheet(
        line=_line(row, head, site.name),
        version=row.version,
        site_session_id=row.site_session_id,
        outbound_with=row.outbound_with,
        return_contact_id=row.return_contact_id,
        note=row.note,
        cancel_code=row.cancel_code,
        confirmed_at=row.confirmed_at,
        confirmed_by=row.confirmed_by,
        booked_at=row.booked_at,
        home_address=home.text if home else "",
        is_stay=home_id != usual_id,
        site_address=site_address.text,
        entrance_note=site.entrance_note,
        site_phone=site.phone,
        campaigns=_campaigns(session, row.id),
        rides=_rides(session, row.id),
        messages=_messages(session, row.id),
    )


def live_booking_id(session: Session, *, resident_id: int) -> int | None:
    """Return the appointment of a resident that stands, or None."""
    return session.scalars(
        select(Appointment.id)
        .where(Appointment.resident_id == resident_id, Appointment.status.in_(STANDING))
        .order_by(Appointment.slot_at, Appointment.id)
        .limit(1)
    ).first()


def _line(row: Appointment, head: PersonHead, site_name: str) -> BookingLine:
    return BookingLine(
        appointment_id=row.id,
        head=head,
        slot_at=row.slot_at,
        site_name=site_name,
        status=row.status,
        outbound_mode=row.outbound_mode,
        return_mode=row.return_mode,
        return_with=row.return_with,
        companions=row.companions,
        wants_escort=row.wants_escort,
        is_live=row.status in LIVE,
    )


def _campaigns(session: Session, appointment_id: int) -> tuple[tuple[str, str], ...]:
    ids = planned_campaigns(session, [appointment_id]).get(appointment_id, ())
    rows = session.scalars(select(Campaign).where(Campaign.id.in_(ids)).order_by(Campaign.id))
    return tuple((row.name_zh, row.name_en) for row in rows)


def _rides(session: Session, appointment_id: int) -> tuple[RideView, ...]:
    legs = [
        leg
        for leg in legs_of(session, appointment_id=appointment_id)
        if leg.status is not LegStatus.CANCELLED
    ]
    stops = session.execute(
        select(RunStop.leg_id, RunStop.arrives_at, Vehicle.plate, Driver.name)
        .join(Run, Run.id == RunStop.run_id)
        .join(Vehicle, Vehicle.id == Run.vehicle_id)
        .outerjoin(Driver, Driver.id == Run.driver_id)
        .where(RunStop.leg_id.in_([leg.id for leg in legs]), RunStop.kind == StopKind.PICKUP)
    )
    planned = {row.leg_id: row for row in stops}
    found = []
    for leg in legs:
        stop = planned.get(leg.id)
        found.append(
            RideView(
                direction=leg.direction,
                status=leg.status,
                pickup_from_at=leg.pickup_from_at,
                pickup_until_at=leg.pickup_until_at,
                planned_at=stop.arrives_at if stop else None,
                plate=stop.plate if stop else "",
                driver=(stop.name or "") if stop else "",
            )
        )
    return tuple(found)


def _messages(session: Session, appointment_id: int) -> tuple[MessageView, ...]:
    rows: Sequence[tuple[Message, str | None]] = [
        (row, name)
        for row, name in session.execute(
            select(Message, ContactPerson.name)
            .outerjoin(ContactPerson, ContactPerson.id == Message.contact_person_id)
            .where(Message.subject_kind == "appointment", Message.subject_id == appointment_id)
            .order_by(Message.due_at, Message.id)
            .limit(100)
        )
    ]
    return tuple(
        MessageView(
            message_id=row.id,
            step=row.step,
            channel=row.channel,
            state=row.state,
            to_whom=name or "",
            due_at=row.due_at,
            body=row.sent_body or row.body or "",
        )
        for row, name in rows
    )
