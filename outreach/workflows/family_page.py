"""What a family reads of one visit: when, which car, who, what to bring, and how it stands right now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.campaigns.models import Campaign
from outreach.clinics.codes import AppointmentStatus, Mode
from outreach.clinics.models import Appointment, PlannedDose, Site, SiteSession
from outreach.clinics.queries import visits
from outreach.clinics.visit import Visit, VisitStage
from outreach.contact.addressing import form_of_address, surname
from outreach.contact.codes import QuestionState
from outreach.contact.models import Question
from outreach.ledger.models import ContactPerson, Resident
from outreach.places.models import Address
from outreach.transport.codes import BEGUN, OPEN_LEG, Direction, LegStatus
from outreach.transport.handovers import standing_handover
from outreach.transport.legs import legs_of
from outreach.transport.models import Driver, Vehicle
from outreach.transport.run_models import Promise, RideLeg, Run, RunStop
from outreach.workflows.family_links import FamilyDoor, SeenVisit


class Phase(StrEnum):
    """How a visit stands, as a family sees it."""

    ASKED = "asked"
    EXPECTED = "expected"
    ON_THE_WAY = "on_the_way"
    AT_SITE = "at_site"
    OBSERVING = "observing"
    READY = "ready"
    GOING_HOME = "going_home"
    HOME = "home"
    CANCELLED = "cancelled"
    MISSED = "missed"


_OF_STAGE = {
    VisitStage.ON_THE_WAY: Phase.ON_THE_WAY,
    VisitStage.AT_SITE: Phase.AT_SITE,
    VisitStage.REGISTERED: Phase.AT_SITE,
    VisitStage.SCREENED: Phase.AT_SITE,
    VisitStage.OBSERVING: Phase.OBSERVING,
    VisitStage.READY: Phase.READY,
    VisitStage.LEFT: Phase.GOING_HOME,
    VisitStage.HANDED_OVER: Phase.HOME,
}


@dataclass(frozen=True, slots=True)
class FamilyCar:
    """The car of one direction: its times only once they were told, who drives, and what proves it."""

    direction: Direction
    is_ours: bool
    mode: Mode
    with_whom: str = ""
    from_at: datetime | None = None
    until_at: datetime | None = None
    plate: str = ""
    driver: str = ""
    proof: str = ""
    is_own_word: bool = False
    portrait_of: int | None = None  # the driver, where there is a photo to know them by


@dataclass(frozen=True, slots=True)
class Asked:
    """A question asked from this page, with the answer as far as this reader may know it."""

    text: str
    asked_at: datetime
    answer: str
    is_answered: bool


@dataclass(frozen=True, slots=True)
class FamilyVisit:
    """One visit as its page shows it."""

    appointment_id: int
    who: str
    phase: Phase
    slot_at: datetime
    site: str
    site_address: str
    entrance_note: str
    site_phone: str
    what: tuple[tuple[str, str], ...]
    companions: int
    has_escort: bool
    there: FamilyCar
    home: FamilyCar
    observed_until: datetime | None
    ready_at: datetime | None
    received_by: str
    home_at: datetime | None
    had_no_dose: bool
    questions: tuple[Asked, ...]
    can_confirm: bool
    can_change: bool
    can_set_word: bool
    told_version: int

    def names(self, language: str) -> list[str]:
        """Return what the visit is for; nothing where the reader may not know."""
        return [zh if language == "zh" else en for zh, en in self.what]


def family_visits(
    session: Session, *, door: FamilyDoor, language: str, now: datetime
) -> list[FamilyVisit]:
    """Return the visits behind a door, its own first."""
    return [_visit(session, seen, language=language, now=now) for seen in door.visits]


def phase_of(status: AppointmentStatus, visit: Visit) -> Phase:
    """Return how a visit stands for its family."""
    if status is AppointmentStatus.CANCELLED:
        return Phase.CANCELLED
    if visit.stage is VisitStage.EXPECTED:
        if status is AppointmentStatus.NO_SHOW:
            return Phase.MISSED
        return Phase.ASKED if status is AppointmentStatus.BOOKED else Phase.EXPECTED
    return _OF_STAGE[visit.stage]


def _visit(session: Session, seen: SeenVisit, *, language: str, now: datetime) -> FamilyVisit:
    appointment, resident, site = session.execute(
        select(Appointment, Resident, Site)
        .join(Resident, Resident.id == Appointment.resident_id)
        .join(SiteSession, SiteSession.id == Appointment.site_session_id)
        .join(Site, Site.id == SiteSession.site_id)
        .where(Appointment.id == seen.appointment_id)
    ).one()
    visit = visits(session, [appointment.id])[appointment.id]
    phase = phase_of(appointment.status, visit)
    if phase is Phase.OBSERVING and not seen.knows_health:
        phase = Phase.AT_SITE
    if phase is Phase.ASKED and now >= appointment.slot_at:
        phase = Phase.EXPECTED  # nobody is asked about an hour that has come
    legs = {leg.direction: leg for leg in legs_of(session, appointment_id=appointment.id)}
    outbound = legs.get(Direction.OUTBOUND)
    has_begun = any(leg.status in BEGUN for leg in legs.values())
    is_ahead = (
        phase in {Phase.ASKED, Phase.EXPECTED} and not has_begun and now < appointment.slot_at
    )
    handover = standing_handover(session, appointment_id=appointment.id)
    return FamilyVisit(
        appointment_id=appointment.id,
        who=form_of_address(resident.name, sex=resident.sex, language=language),
        phase=phase,
        slot_at=appointment.slot_at,
        site=site.name,
        site_address=session.get_one(Address, site.address_id).text,
        entrance_note=site.entrance_note,
        site_phone=site.phone,
        what=_what(session, appointment.id) if seen.knows_health else (),
        companions=appointment.companions,
        has_escort=appointment.wants_escort,
        there=_car(session, appointment, Direction.OUTBOUND, legs),
        home=_car(session, appointment, Direction.RETURN, legs),
        observed_until=visit.ready_due_at if seen.knows_health else None,
        ready_at=visit.home_ready_at,
        received_by=handover.received_by if handover is not None else "",
        home_at=handover.at if handover is not None else None,
        had_no_dose=visit.no_dose_at is not None,
        questions=_questions(session, seen),
        can_confirm=is_ahead and phase is Phase.ASKED,
        can_change=is_ahead,
        can_set_word=is_ahead and outbound is not None and not outbound.by_taxi,
        told_version=appointment.told_version,
    )


def _what(session: Session, appointment_id: int) -> tuple[tuple[str, str], ...]:
    rows = session.execute(
        select(Campaign.name_zh, Campaign.name_en)
        .join(PlannedDose, PlannedDose.campaign_id == Campaign.id)
        .where(PlannedDose.appointment_id == appointment_id)
        .order_by(PlannedDose.id)
    )
    return tuple((row.name_zh, row.name_en) for row in rows)


def _car(
    session: Session,
    appointment: Appointment,
    direction: Direction,
    legs: Mapping[Direction, RideLeg],
) -> FamilyCar:
    is_out = direction is Direction.OUTBOUND
    mode = appointment.outbound_mode if is_out else appointment.return_mode
    leg = legs.get(direction)
    if leg is None or leg.status is LegStatus.CANCELLED:
        with_whom = appointment.outbound_with if is_out else _takes_home(session, appointment)
        return FamilyCar(direction, is_ours=False, mode=mode, with_whom=with_whom)
    promise = session.scalars(
        select(Promise).where(
            Promise.leg_id == leg.id,
            Promise.version == leg.promise_version,
            Promise.ended_at.is_(None),
        )
    ).first()
    crew = session.execute(
        select(Vehicle.plate, Driver.name, Driver.id, Driver.portrait)
        .join(Run, Run.vehicle_id == Vehicle.id)
        .join(RunStop, RunStop.run_id == Run.id)
        .outerjoin(Driver, Driver.id == Run.driver_id)
        .where(RunStop.leg_id == leg.id, Run.published_at.is_not(None))
        .limit(1)
    ).first()
    return FamilyCar(
        direction=direction,
        is_ours=True,
        mode=mode,
        from_at=promise.pickup_from_at if promise is not None and is_out else None,
        until_at=promise.pickup_until_at if promise is not None and is_out else None,
        plate=crew.plate if crew else "",
        driver=surname(crew.name or "") if crew else "",
        proof=leg.door_code if is_out else "",
        is_own_word=bool(leg.door_code) and not leg.door_code.isdecimal(),
        portrait_of=crew.id if crew and crew.portrait and leg.status in OPEN_LEG else None,
    )


def _takes_home(session: Session, appointment: Appointment) -> str:
    if appointment.return_with or appointment.return_contact_id is None:
        return appointment.return_with
    return session.get_one(ContactPerson, appointment.return_contact_id).name


def _questions(session: Session, seen: SeenVisit) -> tuple[Asked, ...]:
    """Return what this reader asked about this visit; an answer is for those who may know of health."""
    rows = session.scalars(
        select(Question)
        .where(
            Question.appointment_id == seen.appointment_id,
            Question.asked_by.is_(None),
            Question.asked_by_contact_id == seen.contact_person_id
            if seen.contact_person_id is not None
            else Question.asked_by_contact_id.is_(None),
        )
        .order_by(Question.asked_at, Question.id)
        .limit(20)
    )
    return tuple(
        Asked(
            text=row.text,
            asked_at=row.asked_at,
            answer=row.answer if seen.knows_health else "",
            is_answered=row.state is not QuestionState.OPEN and bool(row.answer),
        )
        for row in rows
    )
