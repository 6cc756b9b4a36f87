"""People who agreed and have no slot yet: the slots they could have, and the rides each would bring (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from outreach.clinics.rules import expected_ready_at
from outreach.kernel.timewindow import TimeWindow
from outreach.places.matrix import TravelTable
from outreach.transport.codes import Direction, LegStatus
from outreach.transport.rules import (
    DoorFacts,
    boarding_of,
    home_seconds,
    load_of,
    max_ride_s,
    outbound_windows,
    return_windows,
    site_seconds,
)
from outreach.transport.sheets import LegSheet


@dataclass(frozen=True, slots=True)
class SlotWanted:
    """One slot that someone could have; ``cost_s`` weighs it against others in seconds of driving."""

    site_session_id: int
    site_id: int
    site_address_id: int
    on: date
    slot_at: datetime
    free: int
    cost_s: float = 0.0
    limits: tuple[tuple[str, float], ...] = ()  # stock, guides: what is left of each

    @property
    def key(self) -> str:
        """The slot's name in a problem and in a form."""
        return f"{self.site_session_id}@{int(self.slot_at.timestamp())}"


@dataclass(frozen=True, slots=True)
class Request:
    """Someone to be placed, with whatever decides the rides."""

    resident_id: int
    home_address_id: int
    mobility: str
    door: DoorFacts
    slots: tuple[SlotWanted, ...]
    companions: int = 0
    wants_escort: bool = False
    weight: float = 1.0


def leg_number(resident_id: int, direction: Direction) -> int:
    """Return the number of a ride that no row has yet: below zero, one per person and direction."""
    return -(2 * resident_id + (direction is Direction.RETURN))


def resident_of(leg_id: int) -> tuple[int, Direction]:
    """Return whose ride a number below zero is, and which way."""
    number = -leg_id
    return number // 2, Direction.RETURN if number % 2 else Direction.OUTBOUND


def legs_for(request: Request, slot: SlotWanted, table: TravelTable) -> tuple[LegSheet, LegSheet]:
    """Return the rides there and home that a slot would bring, as a booking would lay them."""
    out_s = table.between(request.home_address_id, slot.site_address_id)
    back_s = table.between(slot.site_address_id, request.home_address_id)
    at_home = home_seconds(request.mobility, request.door, on=slot.on, is_pickup=True)
    from_site = site_seconds(request.mobility, is_pickup=True)
    out = outbound_windows(slot.slot_at, direct_s=out_s, pickup_service_s=at_home)
    back = return_windows(
        expected_ready_at(slot.slot_at), direct_s=back_s, pickup_service_s=from_site
    )
    return (
        _leg(request, slot, Direction.OUTBOUND, out, out_s),
        _leg(request, slot, Direction.RETURN, back, back_s),
    )


def _leg(
    request: Request,
    slot: SlotWanted,
    direction: Direction,
    windows: tuple[TimeWindow, TimeWindow],
    direct_s: float,
) -> LegSheet:
    is_out = direction is Direction.OUTBOUND
    seats, chairs = load_of(request.mobility, companions=request.companions)
    at_home = home_seconds(request.mobility, request.door, on=slot.on, is_pickup=is_out)
    at_site = site_seconds(request.mobility, is_pickup=not is_out)
    ends = (request.home_address_id, slot.site_address_id)
    return LegSheet(
        leg_id=leg_number(request.resident_id, direction),
        version=0,
        appointment_id=-request.resident_id,
        resident_id=request.resident_id,
        site_id=slot.site_id,
        direction=direction,
        status=LegStatus.WAITING,
        on=slot.on,
        slot_at=slot.slot_at,
        from_address_id=ends[0] if is_out else ends[1],
        to_address_id=ends[1] if is_out else ends[0],
        pickup=windows[0],
        dropoff=windows[1],
        seats=seats,
        chairs=chairs,
        pickup_service_s=at_home if is_out else at_site,
        dropoff_service_s=at_site if is_out else at_home,
        direct_s=round(direct_s),
        max_ride_s=max_ride_s(direct_s),
        needs_ramp=boarding_of(request.mobility).needs_ramp,
        wants_escort=request.wants_escort,
        ready_at=None,
        is_will_call=False,
        is_standby=False,
        by_taxi=False,
        priority=0,
        promise_version=0,
        promised=None,
        promise_reached_at=None,
    )
