"""What a booking form offers one person: slots day by day, doses due, people who may take them home."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.campaigns.models import Campaign
from outreach.clinics.codes import AppointmentStatus, Mode
from outreach.clinics.models import Appointment
from outreach.clinics.queries import SlotOffer, address_on, available_slots
from outreach.ledger.codes import DUE, EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.heads import PersonHead, Speaker, person_head, speakers
from outreach.ledger.models import Resident
from outreach.places.models import Address
from outreach.places.queries import local_day
from outreach.workflows.booking_sheet import live_booking_id

LOOK_AHEAD_DAYS = 21
SUGGESTED = 3
BOOKABLE = DUE | {EntryStatus.BOOKED, EntryStatus.UNREACHABLE, EntryStatus.DECLINED}


@dataclass(frozen=True, slots=True)
class PlannableDose:
    """A campaign for which someone can be booked; ``is_due`` presets the tick."""

    campaign_id: int
    name_zh: str
    name_en: str
    number: int | None
    earliest_on: date | None
    is_due: bool

    def name(self, language: str) -> str:
        """Return the campaign's name in a language."""
        return self.name_zh if language == "zh" else self.name_en


@dataclass(frozen=True, slots=True)
class SlotChoice:
    """One slot of a form. ``value`` names it; the first few of all are suggested."""

    value: str
    slot_at: datetime
    free: int
    is_suggested: bool


@dataclass(frozen=True, slots=True)
class SlotDay:
    """The slots of one site on one day."""

    on: date
    site_name: str
    kilometres: float | None
    is_last_site: bool
    slots: tuple[SlotChoice, ...]


@dataclass(frozen=True, slots=True)
class Partner:
    """Somebody of the same household who is booked: the two can travel together (moment 4a)."""

    appointment_id: int
    name: str
    slot_at: datetime
    site_session_id: int


@dataclass(frozen=True, slots=True)
class BookingOffer:
    """Everything the form shows."""

    head: PersonHead
    days: tuple[SlotDay, ...]
    doses: tuple[PlannableDose, ...]
    people: tuple[Speaker, ...]
    live_booking_id: int | None
    today: date
    fetched_from: str
    is_stay: bool
    partner: Partner | None = None

    @property
    def first_value(self) -> str:
        """The slot that is offered first."""
        suggested = [s for day in self.days for s in day.slots if s.is_suggested]
        return suggested[0].value if suggested else ""

    @property
    def first_day(self) -> str:
        """The day of the slot that is offered first, as an address names it."""
        days = [day.on for day in self.days for s in day.slots if s.value == self.first_value]
        return days[0].isoformat() if days else self.today.isoformat()


def booking_offer(
    session: Session, *, resident_id: int, scope: Scope, now: datetime
) -> BookingOffer:
    """Return what can be offered to a person of the scope, from today on."""
    head = person_head(session, resident_id=resident_id, scope=scope, now=now)
    today = local_day(session, now)
    offers = available_slots(
        session,
        from_on=today,
        until_on=today + timedelta(days=LOOK_AHEAD_DAYS),
        now=now,
        resident_id=resident_id,
    )
    where = address_on(session, resident_id=resident_id, on=today)
    usual = session.get_one(Resident, resident_id).address_id
    partner = partner_of(session, resident_id=resident_id)
    return BookingOffer(
        head=head,
        days=tuple(_by_day(_beside(offers, partner))),
        doses=plannable_doses(session, resident_id=resident_id),
        people=tuple(speakers(session, resident_id=resident_id)),
        live_booking_id=live_booking_id(session, resident_id=resident_id),
        today=today,
        fetched_from=_text(session, where),
        is_stay=where is not None and where != usual,
        partner=partner,
    )


def partner_of(session: Session, *, resident_id: int) -> Partner | None:
    """Return who of the same household stands in an appointment by our car and travels with nobody yet."""
    own = session.get_one(Resident, resident_id)
    if own.household_id is None:
        return None
    row = session.execute(
        select(Appointment, Resident.name)
        .join(Resident, Resident.id == Appointment.resident_id)
        .where(
            Resident.household_id == own.household_id,
            Resident.id != resident_id,
            Appointment.status.in_([AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED]),
            Appointment.outbound_mode == Mode.OUR_CAR,
            Appointment.linked_appointment_id.is_(None),
        )
        .order_by(Appointment.slot_at, Appointment.id)
        .limit(1)
    ).first()
    if row is None:
        return None
    return Partner(row[0].id, row[1], row[0].slot_at, row[0].site_session_id)


def _beside(offers: list[SlotOffer], partner: Partner | None) -> list[SlotOffer]:
    """Offer first what lies beside the partner's slot: same session, within twenty-five minutes."""
    if partner is None:
        return offers

    def is_beside(offer: SlotOffer) -> bool:
        near = abs(offer.slot_at - partner.slot_at) <= timedelta(minutes=25)
        return offer.site_session_id == partner.site_session_id and near

    return sorted(offers, key=lambda offer: not is_beside(offer))


def _text(session: Session, address_id: int | None) -> str:
    address = session.get(Address, address_id) if address_id is not None else None
    return address.text if address else ""


def plannable_doses(session: Session, *, resident_id: int) -> tuple[PlannableDose, ...]:
    """Return the campaigns whose next dose may be planned for a person."""
    rows = session.execute(
        select(LedgerEntry, Campaign)
        .join(Campaign, Campaign.id == LedgerEntry.campaign_id)
        .where(
            LedgerEntry.resident_id == resident_id,
            LedgerEntry.is_counted,
            LedgerEntry.status.in_(list(BOOKABLE)),
        )
        .order_by(Campaign.id)
    )
    return tuple(
        PlannableDose(
            campaign_id=campaign.id,
            name_zh=campaign.name_zh,
            name_en=campaign.name_en,
            number=entry.dose_number_due,
            earliest_on=entry.earliest_on,
            is_due=entry.status in DUE,
        )
        for entry, campaign in rows
    )


def slot_value(site_session_id: int, slot_at: datetime) -> str:
    """Return how a form names a slot."""
    return f"{site_session_id}@{int(slot_at.timestamp())}"


def _by_day(offers: Iterable[SlotOffer]) -> list[SlotDay]:
    ranked = list(offers)
    best = {slot_value(o.site_session_id, o.slot_at) for o in ranked[:SUGGESTED]}
    groups: dict[tuple[date, int, int], list[SlotOffer]] = {}
    for offer in ranked:
        groups.setdefault((offer.on, offer.site_session_id, offer.site_id), []).append(offer)
    return [_day(groups[key], best) for key in sorted(groups)]


def _day(offers: list[SlotOffer], best: set[str]) -> SlotDay:
    first = offers[0]
    choices = [
        SlotChoice(
            value=slot_value(o.site_session_id, o.slot_at),
            slot_at=o.slot_at,
            free=o.free,
            is_suggested=slot_value(o.site_session_id, o.slot_at) in best,
        )
        for o in sorted(offers, key=lambda o: o.slot_at)
    ]
    return SlotDay(
        on=first.on,
        site_name=first.site_name,
        kilometres=first.metres / 1000 if first.metres is not None else None,
        is_last_site=first.is_last_site,
        slots=tuple(choices),
    )
