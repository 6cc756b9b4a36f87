"""Rules of a ride: minutes at the door, load, windows from the slot, ride cap, fitness of car and crew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from outreach.kernel.errors import OutreachError
from outreach.kernel.timewindow import TimeWindow

ARRIVE_BEFORE = timedelta(minutes=15)
LONGEST_WAIT_FOR_RETURN = timedelta(minutes=25)
LONGEST_RIDE_S = 45 * 60
EXTRA_RIDE_S = 20 * 60
DETOUR_SHARE = 2.0
FAR_AWAY_SLACK_S = 5 * 60
FARTHEST_DIRECT_S = 60 * 60
STAIRS_S_A_FLOOR = 60
PROMISE_BEFORE = timedelta(minutes=5)
PROMISE_AFTER = timedelta(minutes=15)
DOOR_WAIT = timedelta(minutes=10)
CALLS_BEFORE_NO_SHOW = 2
ICY_MONTHS = frozenset({12, 1, 2})
HOT_MONTHS = frozenset({7, 8})
ICE_FACTOR = 1.5
HEAT_FACTOR = 1.2
FIELD_LINK_LIFE = timedelta(hours=2)


class NoCarForBedBound(OutreachError):
    """Someone who needs a stretcher is visited at home; no car of ours may be booked (moment 5l)."""


class NoShowUnproven(OutreachError):
    """A no-show needs ten minutes at the door, two calls and a knock; ``facts['missing']`` names what lacks."""


@dataclass(frozen=True, slots=True)
class Boarding:
    """What a kind of mobility needs of a car and its driver."""

    load_s: int
    unload_s: int
    seats: int
    chairs: int
    needs_ramp: bool = False
    helpers: int = 0


BOARDING = {
    "M0": Boarding(120, 60, 1, 0),
    "M1": Boarding(180, 120, 1, 0, helpers=1),
    "M2": Boarding(300, 180, 1, 0, helpers=1),
    "M3": Boarding(360, 300, 1, 0, helpers=1),
    "M4": Boarding(480, 300, 0, 1, needs_ramp=True, helpers=1),
    "M5": Boarding(480, 300, 0, 1, needs_ramp=True, helpers=1),
    "M9": Boarding(180, 120, 1, 0, helpers=1),
}
BED_BOUND = "M6"


@dataclass(frozen=True, slots=True)
class DoorFacts:
    """What of a home decides how long the way from door to car takes."""

    floor: int | None = None
    has_lift: bool | None = None
    learned_load_s: int | None = None


def boarding_of(mobility: str) -> Boarding:
    """Return what a mobility code needs; a bed-bound person gets no car (moment 5l)."""
    if mobility == BED_BOUND:
        raise NoCarForBedBound(mobility=mobility)
    return BOARDING.get(mobility, BOARDING["M9"])


def load_of(mobility: str, *, companions: int) -> tuple[int, int]:
    """Return (seats, wheelchair places) that a person and those who come along take."""
    kind = boarding_of(mobility)
    return kind.seats + companions, kind.chairs


def home_seconds(mobility: str, door: DoorFacts, *, on: date, is_pickup: bool) -> int:
    """Return the seconds at a home: boarding or alighting, stairs without a lift, ice and heat (4d).

    What was measured at this door before wins over the table, because floors lie less than papers.
    """
    kind = boarding_of(mobility)
    base = kind.load_s if is_pickup else kind.unload_s
    if door.learned_load_s is not None:
        share = 1.0 if is_pickup else kind.unload_s / kind.load_s
        return round(door.learned_load_s * share)
    stairs = 0
    if door.floor is not None and door.floor > 1 and door.has_lift is not True:
        stairs = STAIRS_S_A_FLOOR * (door.floor - 1)
    factor = ICE_FACTOR if on.month in ICY_MONTHS else 1.0
    if on.month in HOT_MONTHS:
        factor = HEAT_FACTOR
    return round(base + stairs * factor + (base * (factor - 1) * 0.5))


def site_seconds(mobility: str, *, is_pickup: bool) -> int:
    """Return the seconds at a site, which has a ramp and no stairs."""
    kind = boarding_of(mobility)
    return kind.load_s if is_pickup else kind.unload_s


def max_ride_s(direct_s: float) -> int:
    """Return the longest allowed ride: 45 minutes, or less where the direct way is short.

    Someone whose direct way alone takes that long may ride it with five minutes to spare, up to an
    hour; beyond that the cap stays, and the person is listed as too far instead of driven.
    """
    cap = min(float(LONGEST_RIDE_S), max(direct_s * DETOUR_SHARE, direct_s + EXTRA_RIDE_S))
    if direct_s <= FARTHEST_DIRECT_S:
        cap = max(cap, direct_s + FAR_AWAY_SLACK_S)
    return round(cap)


def outbound_windows(
    slot_at: datetime, *, direct_s: float, pickup_service_s: int
) -> tuple[TimeWindow, TimeWindow]:
    """Return (pickup, drop-off): at the site 0–15 minutes before the slot, fetched in time for that."""
    dropoff = TimeWindow(slot_at - ARRIVE_BEFORE, slot_at)
    earliest = dropoff.from_at - timedelta(seconds=max_ride_s(direct_s) + pickup_service_s)
    latest = dropoff.until_at - timedelta(seconds=round(direct_s) + pickup_service_s)
    return TimeWindow(earliest, max(earliest, latest)), dropoff


def return_windows(
    ready_at: datetime, *, direct_s: float, pickup_service_s: int
) -> tuple[TimeWindow, TimeWindow]:
    """Return (pickup, drop-off): nobody waits more than 25 minutes after being ready."""
    pickup = TimeWindow(ready_at, ready_at + LONGEST_WAIT_FOR_RETURN)
    latest = pickup.until_at + timedelta(seconds=pickup_service_s + max_ride_s(direct_s))
    return pickup, TimeWindow(ready_at, latest)


def promised_window(pickup_at: datetime) -> TimeWindow:
    """Return the 20 minutes told to a family for a planned pickup."""
    return TimeWindow.around(pickup_at, before=PROMISE_BEFORE, after=PROMISE_AFTER)


def missing_for_no_show(
    *,
    arrived_at: datetime | None,
    calls: int,
    knocks: int,
    at: datetime,
) -> tuple[str, ...]:
    """Return what a no-show still lacks: the wait, the calls, the knock (F11)."""
    missing = []
    if arrived_at is None or at - arrived_at < DOOR_WAIT:
        missing.append("wait")
    if calls < CALLS_BEFORE_NO_SHOW:
        missing.append("calls")
    if knocks < 1:
        missing.append("knock")
    return tuple(missing)


@dataclass(frozen=True, slots=True)
class CarPapers:
    """What of a car decides whether it may drive on a day."""

    is_active: bool
    insured_until: date | None
    inspected_until: date | None
    out_from: date | None = None
    out_until: date | None = None
    check_passed: bool | None = None


def car_unfit(papers: CarPapers, *, on: date) -> tuple[str, ...]:
    """Return why a car may not drive that day; empty when it may."""
    why = []
    if not papers.is_active:
        why.append("car_inactive")
    if papers.insured_until is not None and papers.insured_until < on:
        why.append("insurance_expired")
    if papers.inspected_until is not None and papers.inspected_until < on:
        why.append("inspection_expired")
    is_out = papers.out_from is not None and papers.out_from <= on
    if is_out and (papers.out_until is None or on <= papers.out_until):
        why.append("out_of_service")
    if papers.check_passed is False:
        why.append("check_failed")
    return tuple(why)


def driver_unfit(
    *, is_active: bool, licence_until: date | None, on_leave: bool, on: date
) -> tuple[str, ...]:
    """Return why a driver may not drive that day; empty when they may."""
    why = []
    if not is_active:
        why.append("driver_inactive")
    if licence_until is not None and licence_until < on:
        why.append("licence_expired")
    if on_leave:
        why.append("driver_on_leave")
    return tuple(why)


def escort_unfit(*, is_active: bool, on_leave: bool) -> tuple[str, ...]:
    """Return why an escort may not come that day; empty when they may."""
    why = []
    if not is_active:
        why.append("escort_inactive")
    if on_leave:
        why.append("escort_on_leave")
    return tuple(why)
