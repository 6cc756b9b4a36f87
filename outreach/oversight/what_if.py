"""What it would take: rates measured over four weeks, and the next people to serve for most protection."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.clinics.codes import AppointmentStatus, Mode
from outreach.clinics.models import Appointment
from outreach.contact.codes import Channel
from outreach.contact.models import ContactAttempt
from outreach.kernel.dates import age_on
from outreach.ledger.codes import DUE, EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident
from outreach.oversight import rides
from outreach.oversight.capacity import Candidate, Measured, Rate, gain_per_hour
from outreach.oversight.people import Person, check_names, person_of
from outreach.oversight.span import Span, how_many
from outreach.places.models import Area

WEEKS = 4
MOST_CANDIDATES = 3000
BY_HAND = (Channel.CALL, Channel.VISIT, Channel.DOCTOR_CALL)
USUAL_PER_CAR_HOUR = 2.0


def measured(session: Session, span: Span) -> Measured:
    """Return what the span's days showed."""
    tried = (
        select(LedgerEntry.id)
        .join(ContactAttempt, ContactAttempt.entry_id == LedgerEntry.id)
        .where(
            span.mine(),
            span.covers(ContactAttempt.at),
            ContactAttempt.voided_at.is_(None),
            ContactAttempt.channel.in_(BY_HAND),
        )
    )
    contacts = session.scalar(select(func.count()).select_from(tried.subquery())) or 0
    done = how_many(session, tried.where(LedgerEntry.status == EntryStatus.VACCINATED))
    visits = (
        select(Appointment.id)
        .join(LedgerEntry, LedgerEntry.resident_id == Appointment.resident_id)
        .where(
            span.mine(),
            span.covers(Appointment.slot_at),
            Appointment.status.in_(
                [AppointmentStatus.DONE, AppointmentStatus.NO_DOSE, AppointmentStatus.NO_SHOW]
            ),
        )
    )
    all_visits = how_many(session, visits)
    by_car = how_many(session, visits.where(Appointment.outbound_mode == Mode.OUR_CAR))
    escorted = how_many(session, visits.where(Appointment.wants_escort.is_(True)))
    dosed = how_many(session, visits.where(Appointment.status == AppointmentStatus.DONE))
    per_hour = rides.people_per_car_hour(session, span)
    return Measured(
        doses_per_contact=Rate(min(done, contacts), contacts),
        cars_per_dose=Rate(by_car, all_visits),
        escorts_per_dose=Rate(escorted, all_visits),
        doses_per_visit=Rate(dosed, all_visits),
        people_per_car_hour=per_hour or USUAL_PER_CAR_HOUR,
    )


def last_weeks(span: Span, *, day: date) -> Span:
    """Return the same units over the four weeks up to a day."""
    return Span(span.units, span.campaign_id, day - timedelta(days=7 * WEEKS), day, span.zone)


def next_people(
    session: Session, span: Span, *, scope: Scope, now: datetime, limit: int = 10
) -> list[Person]:
    """Return the due people whose serving protects most per hour; NotAllowed without names."""
    for unit in span.units:
        check_names(unit.path, scope)
    day = now.astimezone(span.zone).date()
    rows = session.execute(
        select(
            LedgerEntry.id,
            LedgerEntry.status,
            Resident.born_on,
            Resident.lives_alone,
            Resident.mobility,
        )
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .where(span.mine(), LedgerEntry.status.in_(sorted(DUE)))
        .order_by(Resident.born_on, LedgerEntry.id)
        .limit(MOST_CANDIDATES)
    )
    found = [
        Candidate(
            entry_id=row[0],
            stage=str(row[1]),
            age=age_on(day, born_on=row[2]) if row[2] else 80,
            lives_alone=bool(row[3]),
            mobility=row[4],
        )
        for row in rows
    ]
    best = sorted(found, key=lambda c: (-gain_per_hour(c), c.entry_id))[:limit]
    order = {candidate.entry_id: i for i, candidate in enumerate(best)}
    people = session.execute(
        select(LedgerEntry, Resident, Area.name)
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .join(Area, Area.id == func.coalesce(LedgerEntry.grid_id, LedgerEntry.community_id))
        .where(LedgerEntry.id.in_(order))
    )
    listed = [person_of(row[0], row[1], row[2], day) for row in people]
    return sorted(listed, key=lambda person: order[person.entry_id])
