"""What fills the gaps of a message about a visit or a ride, by what the reader may know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.campaigns.models import Campaign
from outreach.clinics.codes import Mode
from outreach.clinics.models import Appointment, PlannedDose, Site, SiteSession
from outreach.contact.addressing import form_of_address, surname
from outreach.contact.codes import Step
from outreach.contact.recipients import Recipient
from outreach.contact.wordings import hints, phrase
from outreach.kernel.place import emergency_number
from outreach.ledger.models import Resident
from outreach.places.models import Area
from outreach.places.queries import get_place
from outreach.ports.messages import Capabilities
from outreach.transport.models import Driver, Vehicle
from outreach.transport.run_models import Promise, RideLeg, Run, RunStop

_WEEKDAYS = {
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Planned texts name a number to call; the route that carries them words the hint anew.
NO_ROUTE_YET = Capabilities()


@dataclass(frozen=True, slots=True)
class Occasion:
    """One appointment with what its messages speak of."""

    appointment: Appointment
    resident: Resident
    campaign_id: int | None
    site: str
    community: str
    signature: str
    duty_phone: str
    emergency: str
    zone: ZoneInfo


def occasion_of(session: Session, appointment: Appointment) -> Occasion:
    """Read what the messages of an appointment speak of."""
    resident = session.get_one(Resident, appointment.resident_id)
    site = session.scalars(
        select(Site)
        .join(SiteSession, SiteSession.site_id == Site.id)
        .where(SiteSession.id == appointment.site_session_id)
    ).one()
    campaign = session.scalars(
        select(Campaign)
        .join(PlannedDose, PlannedDose.campaign_id == Campaign.id)
        .where(PlannedDose.appointment_id == appointment.id)
        .order_by(PlannedDose.id)
        .limit(1)
    ).first()
    place = get_place(session)
    community = session.get_one(Area, resident.community_id).name
    return Occasion(
        appointment=appointment,
        resident=resident,
        campaign_id=campaign.id if campaign else None,
        site=site.name,
        community=community,
        signature=(campaign.signature if campaign else "") or community,
        duty_phone=place.duty_phone or site.phone,
        emergency=emergency_number(place.country),
        zone=ZoneInfo(place.time_zone),
    )


def visit_values(occasion: Occasion, recipient: Recipient, step: Step) -> dict[str, Any]:
    """Return the values of a message about a visit for one reader."""
    language = recipient.language
    appointment = occasion.appointment
    numbers = {"duty_phone": occasion.duty_phone, "emergency": occasion.emergency}
    return {
        "appointment_id": appointment.id,
        "signature": occasion.signature,
        "who": form_of_address(
            occasion.resident.name, sex=occasion.resident.sex, language=language
        ),
        "community": occasion.community,
        **numbers,
        "site": occasion.site,
        "day": day_text(appointment.slot_at, zone=occasion.zone, language=language),
        "time": time_text(appointment.slot_at, zone=occasion.zone),
        "what": _what(step, language, knows_health=recipient.knows_health),
        "way": _way(appointment, language),
        **hints(step=step, language=language, values=numbers, route=NO_ROUTE_YET),
    }


def ride_values(
    session: Session, occasion: Occasion, leg: RideLeg, recipient: Recipient, step: Step
) -> dict[str, Any]:
    """Return the values of a message about a ride: also the car, its driver and the times told."""
    promise = session.scalars(
        select(Promise).where(Promise.leg_id == leg.id).order_by(Promise.version.desc()).limit(1)
    ).first()
    run = session.scalars(
        select(Run)
        .join(RunStop, RunStop.run_id == Run.id)
        .where(RunStop.leg_id == leg.id)
        .order_by(RunStop.id)
        .limit(1)
    ).first()
    vehicle = session.get(Vehicle, run.vehicle_id) if run else None
    driver = session.get(Driver, run.driver_id) if run and run.driver_id else None
    language = recipient.language
    pickup_from = promise.pickup_from_at if promise else leg.pickup_from_at
    pickup_until = promise.pickup_until_at if promise else leg.pickup_until_at
    values = visit_values(occasion, recipient, step)
    values.update(
        day=day_text(pickup_from, zone=occasion.zone, language=language),
        from_time=time_text(pickup_from, zone=occasion.zone),
        until_time=time_text(pickup_until, zone=occasion.zone),
        plate=vehicle.plate if vehicle else "",
        driver=phrase(language, "driver", name=surname(driver.name))
        if driver
        else phrase(language, "no_driver"),
        minutes="15",
    )
    return values


def day_text(instant: datetime, *, zone: ZoneInfo, language: str) -> str:
    """Return a local day as people write it: 11月26日周四, or Thu 26 Nov."""
    day = instant.astimezone(zone).date()
    if language.startswith("en"):
        return f"{_WEEKDAYS['en'][day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"
    return f"{day.month}月{day.day}日{_WEEKDAYS['zh'][day.weekday()]}"


def time_text(instant: datetime, *, zone: ZoneInfo) -> str:
    """Return a local time of day: 9:20."""
    local = instant.astimezone(zone)
    return f"{local.hour}:{local.minute:02d}"


def _what(step: Step, language: str, *, knows_health: bool) -> str:
    may = "health" if knows_health else "plain"
    if step is Step.ON_THE_WAY_HOME:
        return phrase(language, f"home_{may}")
    if step is Step.NO_DOSE_HOME:
        return phrase(language, f"no_dose_{may}")
    if step is Step.T_PLUS_1:
        return phrase(language, "what_after" if knows_health else "what_plain")
    return phrase(language, f"what_{may}")


def _way(appointment: Appointment, language: str) -> str:
    there, home = appointment.outbound_mode, appointment.return_mode
    if there is Mode.OUR_CAR and home is Mode.OUR_CAR:
        return phrase(language, "car_both")
    if there is Mode.OUR_CAR:
        return phrase(language, "car_there", home=phrase(language, f"home_{home.value}"))
    return phrase(language, "car_home" if home is Mode.OUR_CAR else "own_way")
