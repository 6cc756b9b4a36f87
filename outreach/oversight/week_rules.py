"""PURE: a sampled week as problems for the engine, and what its plans say about cars, escorts and slots."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import fmean
from zoneinfo import ZoneInfo

from outreach.clinics.rules import expected_ready_at
from outreach.places.matrix import TravelTable
from outreach.routing.escorts import Escort, Stay, duty_resources, uses_of_stay
from outreach.routing.plan import Plan, PlannedStop
from outreach.routing.problem import (
    Episode,
    Leg,
    Option,
    Problem,
    Resource,
    Stop,
    StopKind,
    Use,
    Vehicle,
)
from outreach.transport.plan_requests import Request, SlotWanted, legs_for
from outreach.transport.rules import DoorFacts
from outreach.transport.run_facts import LONGEST_WAIT_ABOARD_S
from outreach.transport.sheets import LegSheet

DAYS = 5
SLOT_TIMES = tuple(
    time(hour, minute)
    for hour, minute in (
        *((h, m) for h in (9, 10) for m in (0, 20, 40)),
        *((h, m) for h in (14, 15) for m in (30, 50)),
    )
)
SITES_EACH, SLOTS_EACH = 2, 6
SHIFT = (time(7, 30), time(18, 0))
LONGEST_DUTY_S = 8 * 3600.0
MINDS = 3  # people whom one escort minds at a site at a time
BED_BOUND = "M6"


@dataclass(frozen=True, slots=True)
class Dials:
    """What a leader may turn, a day: cars and escorts on duty, places in slots, people who would come."""

    cars: int
    escorts: int
    slots: int
    people: int


@dataclass(frozen=True, slots=True)
class Someone:
    """A due person as far as a ride is concerned; no name, no number."""

    resident_id: int
    address_id: int
    mobility: str
    door: DoorFacts


@dataclass(frozen=True, slots=True)
class Car:
    """The usual car of the fleet."""

    seats: int = 4
    chairs: int = 1
    seats_lost_per_chair: int = 1
    has_ramp: bool = True
    depot_address_id: int = 0


@dataclass(frozen=True)
class WeekFacts:
    """Whom a week is drawn from, and where they would go."""

    people: tuple[Someone, ...]
    sites: Mapping[int, int]  # site → address
    car: Car
    zone: ZoneInfo
    bed_bound: int = 0  # due people for the home team, who never get a car


@dataclass(frozen=True, slots=True)
class DayOutcome:
    """What one sampled day's plan served, by how much driving, and why others are left."""

    asked: int
    served: int
    driving_s: float
    aboard_s: float
    left: Mapping[str, int] = field(default_factory=dict)


def drawn(facts: WeekFacts, dials: Dials, *, day: int, seed: int) -> list[Someone]:
    """Return who would come on a day of the week; the same seed draws the same people."""
    chance = random.Random(f"{seed}:{day}")  # noqa: S311 - a sample, not a secret
    count = min(dials.people, len(facts.people))
    return sorted(chance.sample(facts.people, count), key=lambda one: one.resident_id)


def problem_of(
    people: Sequence[Someone], facts: WeekFacts, dials: Dials, table: TravelTable, *, on: date
) -> Problem:
    """State one day: everybody may have one of six slots at the two nearest sites, rides included."""
    midnight = datetime.combine(on, time(0), tzinfo=facts.zone)
    room = _slot_room(facts, dials, on)
    duty = duty_resources(_escorts(facts, dials))
    episodes = [
        _episode(one, facts, table, midnight, duty) for one in people if one.mobility != BED_BOUND
    ]
    depot = table.node_of[facts.car.depot_address_id]
    return Problem(
        travel_s=table.seconds,
        vehicles=tuple(_vehicle(number, facts.car, depot) for number in range(dials.cars)),
        episodes=tuple(episodes),
        resources=(*room, *duty),
        max_wait_aboard_s=LONGEST_WAIT_ABOARD_S,
        dimensions=("seats", "chairs"),
    )


def _seconds(at: time) -> float:
    return at.hour * 3600.0 + at.minute * 60.0


def _slot_key(site_id: int, at: time) -> str:
    return f"slot {site_id} {at:%H%M}"


def _slot_room(facts: WeekFacts, dials: Dials, on: date) -> tuple[Resource, ...]:
    """Return the day's places dealt evenly over all slots of all sites."""
    keys = [_slot_key(site, at) for at in SLOT_TIMES for site in sorted(facts.sites)]
    each, more = divmod(dials.slots, len(keys))
    return tuple(Resource(key, float(each + (number < more))) for number, key in enumerate(keys))


def _escorts(facts: WeekFacts, dials: Dials) -> list[Escort]:
    sites = sorted(facts.sites)
    begins, ends = _seconds(time(8, 0)), _seconds(time(18, 0))
    return [
        Escort(f"e{number}", f"s{sites[number % len(sites)]}", begins, ends, minds=MINDS)
        for number in range(dials.escorts)
    ]


def _vehicle(number: int, car: Car, depot: int) -> Vehicle:
    return Vehicle(
        key=f"v{number}",
        capacity=(float(car.seats), float(car.chairs)),
        start_place=depot,
        end_place=depot,
        shift_start_s=_seconds(SHIFT[0]),
        shift_end_s=_seconds(SHIFT[1]),
        max_duty_s=LONGEST_DUTY_S,
        displaces=((1, 0, float(car.seats_lost_per_chair)),) if car.chairs else (),
        features=frozenset({"ramp"}) if car.has_ramp else frozenset(),
    )


def _episode(
    one: Someone,
    facts: WeekFacts,
    table: TravelTable,
    midnight: datetime,
    duty: Sequence[Resource],
) -> Episode:
    near = sorted(facts.sites, key=lambda s: table.between(one.address_id, facts.sites[s]))
    chance = random.Random(one.resident_id)  # noqa: S311 - which slots suit whom is made up
    pairs = [(site, at) for site in near[:SITES_EACH] for at in SLOT_TIMES]
    options = []
    for site, at in sorted(chance.sample(pairs, min(SLOTS_EACH, len(pairs)))):
        slot_at = midnight + timedelta(seconds=_seconds(at))
        stay = Stay(
            f"p{one.resident_id}",
            f"s{site}",
            _seconds(at),
            _seconds(at) + (expected_ready_at(slot_at) - slot_at).total_seconds(),
        )
        minded = uses_of_stay(stay, duty)
        if minded is not None:
            uses = (Use(_slot_key(site, at)), *minded)
            options.append(_option(one, site, slot_at, uses, facts, table, midnight))
    return Episode(f"p{one.resident_id}", tuple(options))


def _option(
    one: Someone,
    site: int,
    slot_at: datetime,
    uses: tuple[Use, ...],
    facts: WeekFacts,
    table: TravelTable,
    midnight: datetime,
) -> Option:
    slot = SlotWanted(site, site, facts.sites[site], midnight.date(), slot_at, free=1)
    request = Request(one.resident_id, one.address_id, one.mobility, one.door, (slot,))
    key = f"p{one.resident_id}@{site}@{slot_at:%H%M}"
    legs = tuple(
        _leg(leg, f"{key}{number}", table, midnight)
        for number, leg in enumerate(legs_for(request, slot, table))
    )
    return Option(key, legs, uses)


def _leg(leg: LegSheet, key: str, table: TravelTable, midnight: datetime) -> Leg:
    def within(window_at: datetime) -> float:
        return (window_at - midnight).total_seconds()

    ends = (
        Stop(
            table.node_of[address_id],
            within(window.from_at),
            within(window.until_at),
            float(service_s),
        )
        for address_id, window, service_s in (
            (leg.from_address_id, leg.pickup, leg.pickup_service_s),
            (leg.to_address_id, leg.dropoff, leg.dropoff_service_s),
        )
    )
    pickup, dropoff = ends
    return Leg(
        key=key,
        pickup=pickup,
        dropoff=dropoff,
        load=(float(leg.seats), float(leg.chairs)),
        max_ride_s=float(leg.max_ride_s),
        needs=frozenset({"ramp"}) if leg.needs_ramp else frozenset(),
    )


def outcome_of(plan: Plan, *, asked: int) -> DayOutcome:
    """Return what a day's plan says."""
    aboard = [seconds for route in plan.routes for seconds in _seconds_aboard(route.stops)]
    return DayOutcome(
        asked=asked,
        served=len(plan.chosen),
        driving_s=sum(route.driving_s for route in plan.routes),
        aboard_s=fmean(aboard) if aboard else 0.0,
        left=dict(Counter(one.reason.value for one in plan.unserved)),
    )


def _seconds_aboard(stops: Sequence[PlannedStop]) -> list[float]:
    boarded = {stop.leg: stop.depart_s for stop in stops if stop.kind is StopKind.PICKUP}
    return [stop.start_s - boarded[stop.leg] for stop in stops if stop.kind is StopKind.DROPOFF]


@dataclass(frozen=True, slots=True)
class WeekAnswer:
    """What a sampled week says, and the range over its days."""

    asked_a_day: float
    served_a_day: float
    fewest: int
    most: int
    people_per_car_day: float
    aboard_min: float
    left: Mapping[str, int]


def answer_of(days: Sequence[DayOutcome], dials: Dials) -> WeekAnswer:
    """Return the means of a week's days; ``left`` counts people by reason over all of them."""
    served = [day.served for day in days]
    left: Counter[str] = Counter()
    for day in days:
        left.update(day.left)
    return WeekAnswer(
        asked_a_day=fmean(day.asked for day in days),
        served_a_day=fmean(served),
        fewest=min(served),
        most=max(served),
        people_per_car_day=fmean(served) / dials.cars if dials.cars else 0.0,
        aboard_min=fmean(day.aboard_s for day in days) / 60,
        left=dict(left.most_common()),
    )


def reached_on(people: int, doses_a_day: float, *, today: date) -> date | None:
    """Return the day on which so many more are vaccinated at this pace of five days a week; None: never."""
    if people <= 0:
        return today
    if doses_a_day <= 0:
        return None
    working = -(-people // doses_a_day)
    weeks, rest = divmod(int(working), DAYS)
    return today + timedelta(days=7 * weeks + rest)
