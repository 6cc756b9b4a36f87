"""People who agreed and wait for a slot, with the slots of a day that they could have and what each costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.codes import HOLDS_SLOT, STANDING, SessionKind
from outreach.clinics.models import Appointment, SessionStock, SiteSession
from outreach.clinics.queries import SlotOffer, address_on, available_slots, get_site
from outreach.clinics.rules import ARRIVE_BEFORE, EXPECTED_STAY
from outreach.ledger.codes import EntryStatus, LifeStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Household, Resident
from outreach.places.models import Address
from outreach.transport.plan_requests import Request, SlotWanted
from outreach.transport.rules import BED_BOUND, DoorFacts

MOST_REQUESTS = 200
SLOTS_EACH = 6
SECONDS_A_RANK = 60.0
MINDED_BY_A_GUIDE = 4
QUARTER_S = 900.0
DRIVEN_TO = frozenset({SessionKind.CLINIC, SessionKind.POP_UP})
# Those who can hardly walk are booked with an escort unless the family says otherwise.
WITH_ESCORT = frozenset({"M2", "M3", "M4", "M5"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request and what for."""

    request: Request
    campaign_ids: tuple[int, ...]


def open_requests(
    session: Session, *, on: date, area_ids: Sequence[int] | None, now: datetime
) -> tuple[Asked, ...]:
    """Return who agreed, stands in no appointment and could be driven to a slot of that day."""
    campaigns: dict[int, list[int]] = {}
    for resident_id, campaign_id in session.execute(_waiting(on, area_ids)):
        campaigns.setdefault(resident_id, []).append(campaign_id)
    sheets = []
    limits = _Limits(session, on=on)
    for resident_id, wanted in list(campaigns.items())[:MOST_REQUESTS]:
        request = request_of(session, resident_id=resident_id, on=on, now=now, limits=limits)
        if request is not None:
            sheets.append(Asked(request, tuple(wanted)))
    return tuple(sheets)


def _waiting(on: date, area_ids: Sequence[int] | None):  # type: ignore[no-untyped-def]  # noqa: ANN202
    standing = select(Appointment.resident_id).where(Appointment.status.in_(STANDING))
    question = (
        select(LedgerEntry.resident_id, LedgerEntry.campaign_id)
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .where(
            LedgerEntry.status == EntryStatus.AGREED,
            LedgerEntry.is_counted,
            Resident.life_status == LifeStatus.PRESENT,
            Resident.held_all.is_(False),
            Resident.mobility != BED_BOUND,
            Resident.id.not_in(standing),
            (LedgerEntry.earliest_on.is_(None)) | (LedgerEntry.earliest_on <= on),
        )
        .order_by(LedgerEntry.resident_id, LedgerEntry.campaign_id)
        .limit(2 * MOST_REQUESTS)
    )
    return question if area_ids is None else question.where(Resident.community_id.in_(area_ids))


def request_of(
    session: Session,
    *,
    resident_id: int,
    on: date,
    now: datetime,
    most: int = SLOTS_EACH,
    limits: _Limits | None = None,
) -> Request | None:
    """Return one person's request for a day, or None when no slot or no address is there."""
    resident = session.get_one(Resident, resident_id)
    home = address_on(session, resident_id=resident_id, on=on)
    if home is None or resident.mobility == BED_BOUND:
        return None
    offers = available_slots(session, from_on=on, until_on=on, now=now, resident_id=resident_id)
    limits = limits or _Limits(session, on=on)
    slots = tuple(
        _slot(session, offer, rank, limits)
        for rank, offer in enumerate(o for o in offers if o.kind in DRIVEN_TO)
        if rank < most
    )
    if not slots:
        return None
    return Request(
        resident_id=resident_id,
        home_address_id=home,
        mobility=resident.mobility,
        door=_door(session, resident, home),
        slots=slots,
        wants_escort=resident.mobility in WITH_ESCORT,
    )


def _slot(session: Session, offer: SlotOffer, rank: int, limits: _Limits) -> SlotWanted:
    return SlotWanted(
        site_session_id=offer.site_session_id,
        site_id=offer.site_id,
        site_address_id=get_site(session, offer.site_id).address_id,
        on=offer.on,
        slot_at=offer.slot_at,
        free=offer.free,
        cost_s=SECONDS_A_RANK * rank,
        limits=limits.of(offer.site_session_id, offer.slot_at),
    )


def _door(session: Session, resident: Resident, address_id: int) -> DoorFacts:
    address = session.get_one(Address, address_id)
    floor, has_lift = address.floor, address.has_lift
    if address_id == resident.address_id and resident.household_id is not None and floor is None:
        household = session.get_one(Household, resident.household_id)
        floor, has_lift = household.floor, household.has_lift
    return DoorFacts(floor=floor, has_lift=has_lift, learned_load_s=address.learned_load_s)


class _Limits:
    """What slots of a day share beside their places: doses in stock, and guides by the quarter of an hour."""

    def __init__(self, session: Session, *, on: date) -> None:
        rows = session.execute(
            select(SiteSession.id, SiteSession.guides_on_duty).where(SiteSession.on == on)
        ).all()
        self._guides = {row.id: row.guides_on_duty for row in rows}
        self._held: dict[int, list[datetime]] = {i: [] for i in self._guides}
        held = session.execute(
            select(Appointment.site_session_id, Appointment.slot_at)
            .where(
                Appointment.site_session_id.in_(list(self._guides)),
                Appointment.status.in_(HOLDS_SLOT),
            )
            .order_by(Appointment.id)
        )
        for site_session_id, slot_at in held:
            self._held[site_session_id].append(slot_at)
        self._stock: dict[int, int] = {}
        stocked = session.execute(
            select(SessionStock.site_session_id, SessionStock.doses).where(
                SessionStock.site_session_id.in_(list(self._guides))
            )
        )
        for site_session_id, doses in stocked:
            self._stock[site_session_id] = self._stock.get(site_session_id, 0) + doses

    def of(self, site_session_id: int, slot_at: datetime) -> tuple[tuple[str, float], ...]:
        """Return what someone with this slot takes one of, and how many are left of each."""
        held = self._held.get(site_session_id, [])
        found = []
        if (
            site_session_id in self._stock
        ):  # a session whose stock nobody wrote down is not bounded by it
            left = self._stock[site_session_id] - len(held)
            found.append((f"stock {site_session_id}", float(max(0, left))))
        room = self._guides.get(site_session_id, 0) * MINDED_BY_A_GUIDE
        for quarter in _quarters(slot_at):
            minded = sum(quarter in _quarters(other) for other in held)
            found.append((f"guides {site_session_id} {quarter}", float(max(0, room - minded))))
        return tuple(found)


def _quarters(slot_at: datetime) -> range:
    """Return the quarters of an hour that someone with this slot spends at the site."""
    first = int((slot_at - ARRIVE_BEFORE).timestamp() // QUARTER_S)
    last = int(-(-(slot_at + EXPECTED_STAY).timestamp() // QUARTER_S))
    return range(first, last)
