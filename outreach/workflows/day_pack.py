"""What is printed the evening before: desk lists with boxes and the list of those to call (moment 5g)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.clinics.codes import AppointmentStatus, Mode
from outreach.clinics.models import Appointment, Site
from outreach.clinics.queries import arrivals, session_days, sites
from outreach.db import vault_of
from outreach.kernel.phone import mask_phone
from outreach.kernel.timewindow import TimeWindow
from outreach.ledger.models import ContactPerson, Phone, Resident
from outreach.transport.codes import Direction, LegStatus
from outreach.transport.row_codes import RowKind, row_code
from outreach.transport.run_models import Promise, RideLeg

NOBODY_COMES = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW})


@dataclass(frozen=True, slots=True)
class PackVisit:
    """One line of a desk's list: boxes to tick, and the code to enter them by later."""

    code: str
    slot_at: datetime
    name: str
    born_on: date | None
    mobility: str
    return_mode: Mode
    return_with: str
    companions: int


@dataclass(frozen=True, slots=True)
class PackSession:
    """One session of the day."""

    site_name: str
    opens: time
    closes: time
    visits: tuple[PackVisit, ...]


@dataclass(frozen=True, slots=True)
class PackCall:
    """Somebody to call that day, by the hour of the car."""

    code: str
    name: str
    told: TimeWindow
    is_reached: bool
    is_confirmed: bool
    contact: str
    relation: str
    number: str


def pack_sessions(
    session: Session, *, on: date, area_ids: Sequence[int] | None
) -> list[PackSession]:
    """Return the desk lists of a day at the sites of these areas (None: all)."""
    near = Site.area_id.in_(list(area_ids)) if area_ids is not None else None
    site_ids = [site.id for site in sites(session, area_condition=near)]
    found = []
    for day in session_days(session, from_on=on, until_on=on, site_ids=site_ids):
        rows = arrivals(session, site_session_id=day.site_session_id)
        visits = tuple(
            PackVisit(
                code=row_code(RowKind.VISIT, row.appointment_id),
                slot_at=row.slot_at,
                name=row.name,
                born_on=row.born_on,
                mobility=row.mobility,
                return_mode=row.return_mode,
                return_with=row.return_with,
                companions=row.companions,
            )
            for row in rows
            if row.status not in NOBODY_COMES
        )
        found.append(PackSession(day.site_name, day.opens, day.closes, visits))
    return found


def pack_calls(
    session: Session,
    *,
    on: date,
    area_ids: Sequence[int] | None,
    by: int,
    now: datetime,
    with_numbers: bool,
) -> list[PackCall]:
    """Return whom to call, the earliest car first. Whole numbers are shown on demand, and that is kept."""
    question = (
        select(RideLeg, Appointment, Resident, Promise)
        .join(Appointment, Appointment.id == RideLeg.appointment_id)
        .join(Resident, Resident.id == Appointment.resident_id)
        .outerjoin(
            Promise,
            (Promise.leg_id == RideLeg.id)
            & (Promise.version == RideLeg.promise_version)
            & Promise.ended_at.is_(None),
        )
        .where(
            RideLeg.on == on,
            RideLeg.direction == Direction.OUTBOUND,
            RideLeg.status.in_([LegStatus.WAITING, LegStatus.ASSIGNED]),
        )
        .order_by(RideLeg.pickup_from_at, RideLeg.id)
        .limit(1000)
    )
    if area_ids is not None:
        question = question.where(Resident.community_id.in_(list(area_ids)))
    rows = session.execute(question).all()
    contacts = _contacts(session, [row[2].id for row in rows])
    calls = []
    for leg, appointment, resident, promise in rows:
        person, phone = contacts.get(resident.id, (None, None))
        calls.append(
            PackCall(
                code=row_code(RowKind.PICKUP, leg.id),
                name=resident.name,
                told=TimeWindow(promise.pickup_from_at, promise.pickup_until_at)
                if promise is not None
                else TimeWindow(leg.pickup_from_at, leg.pickup_until_at),
                is_reached=promise is not None and promise.reached_at is not None,
                is_confirmed=appointment.confirmed_at is not None,
                contact=person.name if person is not None else "",
                relation=person.relation.value if person is not None else "",
                number=_number(session, phone, whole=with_numbers),
            )
        )
    if with_numbers:
        for _leg, _appointment, resident, _promise in rows:
            record(
                session, act="numbers_printed", subject=("resident", resident.id), by=by, now=now
            )
    return calls


def _contacts(
    session: Session, resident_ids: Sequence[int]
) -> dict[int, tuple[ContactPerson, Phone]]:
    rows = session.execute(
        select(ContactPerson, Phone)
        .join(Phone, Phone.contact_person_id == ContactPerson.id)
        .where(
            ContactPerson.resident_id.in_(list(resident_ids)),
            ContactPerson.ended_at.is_(None),
            Phone.invalid_since.is_(None),
        )
        .order_by(ContactPerson.position, Phone.position, Phone.id)
    )
    found: dict[int, tuple[ContactPerson, Phone]] = {}
    for person, phone in rows:
        found.setdefault(person.resident_id, (person, phone))
    return found


def _number(session: Session, phone: Phone | None, *, whole: bool) -> str:
    if phone is None:
        return ""
    number = vault_of(session).open(
        phone.number_sealed, table="phone", column="number_sealed", row=phone.uuid
    )
    return number if whole else mask_phone(number)
