"""Readings of clinics: sites, sessions, slots with room, appointments, the desk's list of arrivals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from outreach.clinics.codes import (
    HOLDS_SLOT,
    STANDING,
    AppointmentStatus,
    DayEventKind,
    Mode,
    SessionKind,
    SessionState,
)
from outreach.clinics.models import (
    Appointment,
    DayEvent,
    Observation,
    PlannedDose,
    Site,
    SiteSession,
)
from outreach.clinics.slots import SessionHours, Slot, Wishes, open_slots, rank, slot_starts
from outreach.clinics.visit import Happening, Visit, VisitStage, visit_of
from outreach.kernel.errors import NotFound
from outreach.kernel.geo import Point, distance_m
from outreach.ledger.entry_models import Dose
from outreach.ledger.models import Resident, Stay
from outreach.places.points import points_of
from outreach.places.queries import local_day, local_zone

MOST_OFFERS = 60


@dataclass(frozen=True, slots=True)
class SlotOffer:
    """A slot with room, as it is offered to one person."""

    site_session_id: int
    site_id: int
    site_name: str
    kind: SessionKind
    on: date
    slot_at: datetime
    free: int
    capacity: int
    metres: float | None
    is_last_site: bool


@dataclass(frozen=True, slots=True)
class SessionDay:
    """A session with how full it is."""

    site_session_id: int
    site_id: int
    site_name: str
    kind: SessionKind
    on: date
    opens: time
    closes: time
    slot_minutes: int
    capacity_per_slot: int
    guides_on_duty: int
    state: SessionState
    closed_from_at: datetime | None
    booked: int
    capacity: int
    version: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """One line of the desk's list."""

    appointment_id: int
    version: int
    resident_id: int
    name: str
    pinyin: str
    born_on: date | None
    mobility: str
    slot_at: datetime
    status: AppointmentStatus
    stage: VisitStage
    visit: Visit
    outbound_mode: Mode
    return_mode: Mode
    return_with: str
    companions: int
    wants_escort: bool
    campaign_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ObservationClock:
    """One person under observation: from when to when, and why longer."""

    appointment_id: int
    resident_id: int
    name: str
    site_id: int
    jab_at: datetime
    ready_at: datetime
    minutes_left: int
    extended_minutes: int
    extension_reason: str
    adverse_code: str
    ended_at: datetime | None
    return_mode: Mode
    return_with: str

    @property
    def is_over(self) -> bool:
        """Whether the time is up (the person may be taken home)."""
        return self.minutes_left <= 0


def get_site(session: Session, site_id: int) -> Site:
    """Return one site; NotFound when there is none."""
    site = session.get(Site, site_id)
    if site is None:
        raise NotFound("site", site_id=site_id)
    return site


def sites(session: Session, *, area_condition: ColumnElement[bool] | None = None) -> list[Site]:
    """Return the active sites by name, those the condition on ``Site.area_id`` lets through."""
    question = select(Site).where(Site.is_active)
    if area_condition is not None:
        question = question.where(area_condition)
    return list(session.scalars(question.order_by(Site.name, Site.id).limit(500)))


def get_site_session(session: Session, site_session_id: int) -> SiteSession:
    """Return one site session; NotFound when there is none."""
    found = session.get(SiteSession, site_session_id)
    if found is None:
        raise NotFound("site_session", site_session_id=site_session_id)
    return found


def get_appointment(session: Session, appointment_id: int) -> Appointment:
    """Return one appointment; NotFound when there is none."""
    found = session.get(Appointment, appointment_id)
    if found is None:
        raise NotFound("appointment", appointment_id=appointment_id)
    return found


def standing_appointment(session: Session, *, resident_id: int) -> Appointment | None:
    """Return the resident's standing appointment, or None."""
    return session.scalars(
        select(Appointment)
        .where(Appointment.resident_id == resident_id, Appointment.status.in_(STANDING))
        .order_by(Appointment.slot_at, Appointment.id)
        .limit(1)
    ).first()


def hours_of(row: SiteSession) -> SessionHours:
    """Return what of a session decides its slots."""
    return SessionHours(
        site_session_id=row.id,
        site_id=row.site_id,
        kind=row.kind,
        on=row.on,
        opens=row.opens,
        closes=row.closes,
        slot_minutes=row.slot_minutes,
        capacity_per_slot=row.capacity_per_slot,
        state=row.state,
        closed_from_at=row.closed_from_at,
    )


def taken_by_slot(
    session: Session, site_session_ids: Iterable[int]
) -> dict[tuple[int, datetime], int]:
    """Return how many hold each slot."""
    rows = session.execute(
        select(Appointment.site_session_id, Appointment.slot_at, func.count())
        .where(
            Appointment.site_session_id.in_(list(site_session_ids)),
            Appointment.status.in_(HOLDS_SLOT),
        )
        .group_by(Appointment.site_session_id, Appointment.slot_at)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def sessions_between(
    session: Session, *, from_on: date, until_on: date, site_ids: Sequence[int] | None = None
) -> list[tuple[SiteSession, Site]]:
    """Return the sessions of these days with their sites, in order."""
    question = (
        select(SiteSession, Site)
        .join(Site, Site.id == SiteSession.site_id)
        .where(SiteSession.on >= from_on, SiteSession.on <= until_on, Site.is_active)
        .order_by(SiteSession.on, SiteSession.opens, SiteSession.id)
        .limit(2000)
    )
    if site_ids is not None:
        question = question.where(SiteSession.site_id.in_(site_ids))
    return [(row[0], row[1]) for row in session.execute(question)]


def session_days(
    session: Session, *, from_on: date, until_on: date, site_ids: Sequence[int] | None = None
) -> list[SessionDay]:
    """Return the sessions of these days and how full they are."""
    rows = sessions_between(session, from_on=from_on, until_on=until_on, site_ids=site_ids)
    zone = local_zone(session)
    taken = taken_by_slot(session, [row.id for row, _site in rows])
    booked: dict[int, int] = {}
    for (session_id, _slot), count in taken.items():
        booked[session_id] = booked.get(session_id, 0) + count
    return [
        SessionDay(
            site_session_id=row.id,
            site_id=site.id,
            site_name=site.name,
            kind=row.kind,
            on=row.on,
            opens=row.opens,
            closes=row.closes,
            slot_minutes=row.slot_minutes,
            capacity_per_slot=row.capacity_per_slot,
            guides_on_duty=row.guides_on_duty,
            state=row.state,
            closed_from_at=row.closed_from_at,
            booked=booked.get(row.id, 0),
            capacity=row.capacity_per_slot * len(slot_starts(hours_of(row), zone=zone)),
            version=row.version,
        )
        for row, site in rows
    ]


def available_slots(
    session: Session,
    *,
    from_on: date,
    until_on: date,
    now: datetime,
    resident_id: int | None = None,
    site_ids: Sequence[int] | None = None,
    not_before: time | None = None,
    not_after: time | None = None,
) -> list[SlotOffer]:
    """Return the slots with room from day to day, best first for this resident (E3)."""
    rows = sessions_between(session, from_on=from_on, until_on=until_on, site_ids=site_ids)
    zone, today = local_zone(session), local_day(session, now)
    taken = taken_by_slot(session, [row.id for row, _site in rows])
    free = open_slots([hours_of(row) for row, _site in rows], taken, zone=zone, now=now)
    by_site = {site.id: site for _row, site in rows}
    metres: dict[int, float] = {}
    last_site = None
    if resident_id is not None:
        metres = metres_to_sites(session, resident_id=resident_id, sites=by_site, on=from_on)
        last_site = last_site_of(session, resident_id=resident_id)
    wishes = Wishes(
        metres_to_site=metres,
        last_site_id=last_site,
        not_before=not_before,
        not_after=not_after,
    )
    offers = rank(free, wishes, zone=zone, today=today)[:MOST_OFFERS]
    return [_offer(slot, by_site[slot.site_id], metres, last_site) for slot in offers]


def _offer(slot: Slot, site: Site, metres: dict[int, float], last_site: int | None) -> SlotOffer:
    return SlotOffer(
        site_session_id=slot.site_session_id,
        site_id=slot.site_id,
        site_name=site.name,
        kind=slot.kind,
        on=slot.on,
        slot_at=slot.slot_at,
        free=slot.free,
        capacity=slot.capacity,
        metres=metres.get(slot.site_id),
        is_last_site=slot.site_id == last_site,
    )


def metres_to_sites(
    session: Session, *, resident_id: int, sites: dict[int, Site], on: date
) -> dict[int, float]:
    """Return how far each site is from where the resident stays that day, in a straight line."""
    home_id = address_on(session, resident_id=resident_id, on=on)
    if home_id is None:
        return {}
    points = points_of(session, [home_id, *(s.address_id for s in sites.values())])
    home: Point = points[home_id]
    return {site.id: distance_m(home, points[site.address_id]) for site in sites.values()}


def address_on(session: Session, *, resident_id: int, on: date) -> int | None:
    """Return the address where a resident is on a day: the stay then, else the registered one."""
    stay = session.scalars(
        select(Stay)
        .where(
            Stay.resident_id == resident_id,
            Stay.ended_at.is_(None),
            Stay.from_on <= on,
            (Stay.until_on.is_(None)) | (Stay.until_on >= on),
        )
        .order_by(Stay.from_on.desc(), Stay.id.desc())
        .limit(1)
    ).first()
    if stay is not None:
        return stay.address_id
    return session.scalar(select(Resident.address_id).where(Resident.id == resident_id))


def last_site_of(session: Session, *, resident_id: int) -> int | None:
    """Return the site of the resident's last dose, preferred for the next (moment 4f)."""
    return session.scalar(
        select(Dose.site_id)
        .where(Dose.resident_id == resident_id, Dose.voided_at.is_(None), Dose.site_id.is_not(None))
        .order_by(Dose.given_on.desc(), Dose.id.desc())
        .limit(1)
    )


def happenings_of(session: Session, appointment_ids: Iterable[int]) -> dict[int, list[Happening]]:
    """Return the events of appointments as the rules see them."""
    events = session.scalars(
        select(DayEvent)
        .where(DayEvent.appointment_id.in_(list(appointment_ids)))
        .order_by(DayEvent.happened_at, DayEvent.id)
    ).all()
    keys = {event.id: event.uuid for event in events}
    found: dict[int, list[Happening]] = {}
    for event in events:
        voids = keys.get(event.voids_id) if event.voids_id is not None else None
        assert event.appointment_id is not None  # noqa: S101 - filtered above
        found.setdefault(event.appointment_id, []).append(
            Happening(
                key=event.uuid,
                kind=DayEventKind(event.kind),
                at=event.happened_at,
                facts=event.facts,
                voids=voids,
            )
        )
    return found


def visits(session: Session, appointment_ids: Iterable[int]) -> dict[int, Visit]:
    """Return the visit that each appointment's events tell of."""
    ids = list(appointment_ids)
    happened = happenings_of(session, ids)
    return {i: visit_of(happened.get(i, [])) for i in ids}


def arrivals(
    session: Session, *, site_session_id: int, appointment_id: int | None = None
) -> list[Arrival]:
    """Return the desk's list of a session, by slot: who is expected, who is where (moment 5k)."""
    question = (
        select(Appointment, Resident)
        .join(Resident, Resident.id == Appointment.resident_id)
        .where(Appointment.site_session_id == site_session_id)
        .order_by(Appointment.slot_at, Appointment.id)
        .limit(1000)
    )
    if appointment_id is not None:
        question = question.where(Appointment.id == appointment_id)
    else:
        question = question.where(Appointment.status != AppointmentStatus.CANCELLED)
    rows = session.execute(question).all()
    ids = [appointment.id for appointment, _resident in rows]
    seen = visits(session, ids)
    planned = planned_campaigns(session, ids)
    return [
        Arrival(
            appointment_id=a.id,
            version=a.version,
            resident_id=r.id,
            name=r.name,
            pinyin=r.name_pinyin,
            born_on=r.born_on,
            mobility=r.mobility,
            slot_at=a.slot_at,
            status=a.status,
            stage=seen[a.id].stage,
            visit=seen[a.id],
            outbound_mode=a.outbound_mode,
            return_mode=a.return_mode,
            return_with=a.return_with,
            companions=a.companions,
            wants_escort=a.wants_escort,
            campaign_ids=planned.get(a.id, ()),
        )
        for a, r in rows
    ]


def planned_campaigns(
    session: Session, appointment_ids: Iterable[int]
) -> dict[int, tuple[int, ...]]:
    """Return the campaigns whose doses are planned at each appointment."""
    rows = session.execute(
        select(PlannedDose.appointment_id, PlannedDose.campaign_id)
        .where(PlannedDose.appointment_id.in_(list(appointment_ids)))
        .order_by(PlannedDose.id)
    )
    found: dict[int, tuple[int, ...]] = {}
    for appointment_id, campaign_id in rows:
        found[appointment_id] = (*found.get(appointment_id, ()), campaign_id)
    return found


def observation_clocks(
    session: Session, *, on: date, now: datetime, site_session_id: int | None = None
) -> list[ObservationClock]:
    """Return who was jabbed that day and has not been ready yet, the next to be ready first."""
    question = (
        select(Observation, Appointment, Resident, SiteSession)
        .join(Appointment, Appointment.id == Observation.appointment_id)
        .join(Resident, Resident.id == Appointment.resident_id)
        .join(SiteSession, SiteSession.id == Appointment.site_session_id)
        .where(SiteSession.on == on, Observation.ended_at.is_(None))
        .order_by(Observation.ready_at, Observation.id)
        .limit(1000)
    )
    if site_session_id is not None:
        question = question.where(SiteSession.id == site_session_id)
    return [
        ObservationClock(
            appointment_id=a.id,
            resident_id=r.id,
            name=r.name,
            site_id=s.site_id,
            jab_at=o.jab_at,
            ready_at=o.ready_at,
            minutes_left=_minutes_left(o.ready_at, now),
            extended_minutes=o.extended_minutes,
            extension_reason=o.extension_reason,
            adverse_code=o.adverse_code,
            ended_at=o.ended_at,
            return_mode=a.return_mode,
            return_with=a.return_with,
        )
        for o, a, r, s in session.execute(question)
    ]


def _minutes_left(ready_at: datetime, now: datetime) -> int:
    # Rounded up, so that "0" is never shown while a second is left.
    return -(-int((ready_at - now).total_seconds()) // 60)
