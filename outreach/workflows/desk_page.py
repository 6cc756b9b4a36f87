"""Readings of the desk: the list of a session, and one visit with everything the next step needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.campaigns.models import Campaign
from outreach.clinics.codes import SessionKind
from outreach.clinics.desk import OnTheTable, stock_of
from outreach.clinics.models import PlannedDose, PreScreen, Site, SiteSession
from outreach.clinics.queries import (
    Arrival,
    SlotOffer,
    arrivals,
    available_slots,
    get_appointment,
    get_site_session,
)
from outreach.clinics.screening import Measured, doubts_of, last_pre_screen
from outreach.clinics.visit import VisitStage
from outreach.kernel.dates import age_on
from outreach.kernel.geo import Point, bearing_deg
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.heads import Speaker, speakers
from outreach.ledger.models import Consent, Resident
from outreach.places.models import Address
from outreach.places.points import points_of
from outreach.places.queries import local_day
from outreach.transport.codes import Direction
from outreach.transport.legs import find_leg
from outreach.transport.queries import DeskRide, desk_rides
from outreach.workflows.desk_acts import last_words
from outreach.workflows.watch_day import return_pool

NEXT_DOSE_SLOTS = 3
NEXT_DOSE_DAYS = 21
SAME_WAY_DEG = 40.0


@dataclass(frozen=True, slots=True)
class Screen:
    """The last pre-screen: what was found, what is doubtful, and what a clinician said."""

    pre_screen_id: int
    at_place: str
    temperature_c: float | None
    systolic: int | None
    diastolic: int | None
    doubts: tuple[str, ...]
    decision: str

    @property
    def waits(self) -> bool:
        """Whether a clinician has to look first."""
        return self.decision == ""


@dataclass(frozen=True, slots=True)
class Word:
    """One yes or no to a dose, as it stands."""

    consent_id: int
    is_yes: bool
    said_by: str
    guardian_basis: str


@dataclass(frozen=True, slots=True)
class PlannedView:
    """One planned dose: what the table offers for it, and what was said to it."""

    campaign_id: int
    name_zh: str
    name_en: str
    is_given: bool
    choices: tuple[OnTheTable, ...]
    words: tuple[Word, ...]

    @property
    def is_agreed(self) -> bool:
        """Whether somebody said yes and nobody's last word is a no."""
        return bool(self.words) and all(word.is_yes for word in self.words)


@dataclass(frozen=True, slots=True)
class NextDose:
    """The next dose of a series, offered before the person leaves."""

    campaign_id: int
    name_zh: str
    name_en: str
    number: int | None
    earliest_on: date
    slots: tuple[SlotOffer, ...]


@dataclass(frozen=True, slots=True)
class DeskPerson:
    """One visit as the desk works on it."""

    arrival: Arrival
    site_session_id: int
    kind: SessionKind
    on: date
    site_name: str
    age: int | None
    address: str
    flags: tuple[str, ...]
    rides: Mapping[str, DeskRide]
    screen: Screen | None
    planned: tuple[PlannedView, ...]
    people: tuple[Speaker, ...]
    next_doses: tuple[NextDose, ...]
    version: int


@dataclass(frozen=True, slots=True)
class PoolLine:
    """Someone ready for the way home: with which car, since when, and who goes the same way."""

    appointment_id: int
    name: str
    ready_at: datetime
    plate: str
    expected_at: datetime | None
    same_way: tuple[str, ...]


def desk_person(session: Session, *, appointment_id: int, now: datetime) -> DeskPerson:
    """Return one visit; the edge has checked that its site lies within the visitor's areas."""
    appointment = get_appointment(session, appointment_id)
    site_session = get_site_session(session, appointment.site_session_id)
    found = arrivals(session, site_session_id=site_session.id, appointment_id=appointment_id)
    arrival = found[0]
    resident = session.get_one(Resident, appointment.resident_id)
    address = session.get(Address, resident.address_id) if resident.address_id else None
    rides = desk_rides(session, appointment_ids=[appointment_id])
    today = local_day(session, now)
    return DeskPerson(
        arrival=arrival,
        site_session_id=site_session.id,
        kind=site_session.kind,
        on=site_session.on,
        site_name=session.get_one(Site, site_session.site_id).name,
        age=age_on(today, born_on=resident.born_on) if resident.born_on else None,
        address=address.text if address else "",
        flags=tuple(resident.mobility_flags),
        rides={ride.direction.value: ride for ride in rides},
        screen=screen_view(last_pre_screen(session, appointment_id=appointment_id)),
        planned=_planned(session, appointment_id, arrival, today),
        people=tuple(speakers(session, resident_id=resident.id)),
        next_doses=_next_doses(session, arrival, site_session, now=now),
        version=appointment.version,
    )


def screen_view(row: PreScreen | None) -> Screen | None:
    """Return a pre-screen as pages show it."""
    if row is None:
        return None
    measured = Measured(row.temperature_c, row.systolic, row.diastolic, dict(row.answers))
    return Screen(
        pre_screen_id=row.id,
        at_place=row.at_place,
        temperature_c=row.temperature_c,
        systolic=row.systolic,
        diastolic=row.diastolic,
        doubts=doubts_of(measured),
        decision=row.decision,
    )


def waiting_screens(session: Session, *, appointment_ids: Sequence[int]) -> set[int]:
    """Return the visits whose newest pre-screen waits for a clinician."""
    rows = session.execute(
        select(PreScreen.appointment_id, PreScreen.decision)
        .where(PreScreen.appointment_id.in_(list(appointment_ids)))
        .order_by(PreScreen.recorded_at, PreScreen.id)
    )
    newest = {row.appointment_id: row.decision for row in rows}
    return {i for i, decision in newest.items() if decision == ""}


def _planned(
    session: Session, appointment_id: int, arrival: Arrival, today: date
) -> tuple[PlannedView, ...]:
    rows = session.execute(
        select(PlannedDose, Campaign)
        .join(Campaign, Campaign.id == PlannedDose.campaign_id)
        .where(PlannedDose.appointment_id == appointment_id)
        .order_by(PlannedDose.id)
    ).all()
    site_session_id = get_appointment(session, appointment_id).site_session_id
    table = stock_of(session, site_session_id=site_session_id)
    names = {
        p.contact_person_id: p.name for p in speakers(session, resident_id=arrival.resident_id)
    }
    return tuple(
        PlannedView(
            campaign_id=campaign.id,
            name_zh=campaign.name_zh,
            name_en=campaign.name_en,
            is_given=planned.dose_id is not None,
            choices=tuple(
                row
                for row in table
                if row.vaccine_id == campaign.vaccine_id
                and row.may_be_given(today)
                and row.left > 0
            ),
            words=tuple(
                _word(word, names)
                for word in last_words(
                    session, resident_id=arrival.resident_id, campaign_id=campaign.id
                )
            ),
        )
        for planned, campaign in rows
    )


def _word(row: Consent, names: Mapping[int, str]) -> Word:
    return Word(row.id, row.is_yes, names.get(row.by_contact_id or 0, ""), row.guardian_basis)


def _next_doses(
    session: Session, arrival: Arrival, site_session: SiteSession, *, now: datetime
) -> tuple[NextDose, ...]:
    if arrival.visit.jab_at is None or arrival.stage is VisitStage.HANDED_OVER:
        return ()
    today = local_day(session, now)
    rows = session.execute(
        select(LedgerEntry, Campaign)
        .join(Campaign, Campaign.id == LedgerEntry.campaign_id)
        .where(
            LedgerEntry.resident_id == arrival.resident_id,
            LedgerEntry.campaign_id.in_(arrival.campaign_ids),
            LedgerEntry.dose_number_due.is_not(None),
            LedgerEntry.earliest_on.is_not(None),
            LedgerEntry.is_counted,
        )
        .order_by(Campaign.id)
    ).all()
    found = []
    for entry, campaign in rows:
        earliest = max(entry.earliest_on or today, today + timedelta(days=1))
        slots = available_slots(
            session,
            from_on=earliest,
            until_on=earliest + timedelta(days=NEXT_DOSE_DAYS),
            now=now,
            resident_id=arrival.resident_id,
            site_ids=[site_session.site_id],
        )
        soonest = sorted(slots, key=lambda s: s.slot_at)[:NEXT_DOSE_SLOTS]
        found.append(
            NextDose(
                campaign_id=campaign.id,
                name_zh=campaign.name_zh,
                name_en=campaign.name_en,
                number=entry.dose_number_due,
                earliest_on=entry.earliest_on or earliest,
                slots=tuple(soonest),
            )
        )
    return tuple(found)


def pool_of(
    session: Session, *, people: Sequence[Arrival], site_id: int, on: date, now: datetime
) -> list[PoolLine]:
    """Return who of these people is ready for the way home by our car, the longest waiting first."""
    here = {person.appointment_id: person for person in people}
    waiting = [
        one
        for one in return_pool(session, on=on, now=now, site_id=site_id)
        if one.appointment_id in here
    ]
    rides = {
        ride.appointment_id: ride
        for ride in desk_rides(session, appointment_ids=[one.appointment_id for one in waiting])
        if ride.direction is Direction.RETURN
    }
    bearings = _bearings(session, [one.appointment_id for one in waiting])
    return [
        PoolLine(
            appointment_id=one.appointment_id,
            name=here[one.appointment_id].name,
            ready_at=one.ready_at,
            plate=rides[one.appointment_id].plate,
            expected_at=rides[one.appointment_id].expected_at,
            same_way=tuple(
                here[other].name
                for other in bearings
                if other != one.appointment_id
                and one.appointment_id in bearings
                and goes_same_way(bearings[one.appointment_id], bearings[other])
            ),
        )
        for one in waiting
    ]


def goes_same_way(first_deg: float, second_deg: float) -> bool:
    """Tell whether two bearings from the site point the same way, across north too."""
    apart = abs(first_deg - second_deg) % 360
    return min(apart, 360 - apart) <= SAME_WAY_DEG


def _bearings(session: Session, appointment_ids: Sequence[int]) -> dict[int, float]:
    found = {}
    for appointment_id in appointment_ids:
        leg = find_leg(session, appointment_id=appointment_id, direction=Direction.RETURN)
        if leg is None:
            continue
        points: Mapping[int, Point] = points_of(session, [leg.from_address_id, leg.to_address_id])
        found[appointment_id] = bearing_deg(points[leg.from_address_id], points[leg.to_address_id])
    return found
