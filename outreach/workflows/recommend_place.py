"""The best places for one person on the phone: slot, cars, minutes they cost, times of pickup."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from outreach.db import Database
from outreach.places.queries import area_ids_within
from outreach.ports.travel import TravelTimes
from outreach.routing.problem import Episode
from outreach.transport.plan_orders import plan_in_force
from outreach.transport.plan_requests import Request
from outreach.transport.planning import Stated, Wish, can_be_planned, state
from outreach.workflows.open_requests import request_of
from outreach.workflows.plan_rows import DayRows, read_rows

SLOTS_LOOKED_AT = 8
MOST = 5


@dataclass(frozen=True, slots=True)
class Ride:
    """One direction of a recommended place."""

    run_id: int
    plate: str
    driver: str
    pickup_at: datetime
    dropoff_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """A slot with a car there and a car home, and what it adds to the day."""

    site_session_id: int
    slot_at: datetime
    added_minutes: int
    there: Ride
    home: Ride

    @property
    def value(self) -> str:
        """How a form names the slot."""
        return f"{self.site_session_id}@{int(self.slot_at.timestamp())}"


@dataclass(frozen=True, slots=True)
class Places:
    """What can be recommended on one day; ``has_cars`` tells a day without runs from a full one."""

    on: date
    places: tuple[Place, ...]
    has_slots: bool
    has_cars: bool


def recommend_places(
    database: Database,
    travel: TravelTimes,
    *,
    resident_id: int,
    on: date,
    paths: tuple[str, ...],
    now: datetime,
    at_most: int = MOST,
) -> Places:
    """Return the cheapest places of a day for both rides, nobody else moved; exact, and within a blink."""
    with database.read() as session:
        areas = area_ids_within(session, paths)
        request = request_of(session, resident_id=resident_id, on=on, now=now, most=SLOTS_LOOKED_AT)
    if request is None:
        return Places(on, (), has_slots=False, has_cars=False)
    rows = read_rows(database, travel, on=on, area_ids=areas, now=now, requests=(request,))
    if not any(can_be_planned(run) for run in rows.sheet.runs.values()):
        return Places(on, (), has_slots=True, has_cars=False)
    return Places(on, _places(rows, request, at_most=at_most), has_slots=True, has_cars=True)


def _places(rows: DayRows, request: Request, *, at_most: int) -> tuple[Place, ...]:
    from outreach.routing.engine import recommend

    stated = state(rows.sheet, rows.table, wish=Wish(requests=(request,)), now=rows.now)
    standing = {run_id: rows.check(rows.sheet, run_id) for run_id in rows.sheet.runs}
    caller = next(e for e in stated.problem.episodes if e.key in stated.requested)
    placed = _placed_only(stated, rows)
    problem = replace(stated.problem, episodes=(*placed, caller))
    found = recommend(problem, plan_in_force(stated, standing), caller, at_most=at_most)
    return tuple(
        Place(
            site_session_id=stated.slot_of[place.option].site_session_id,
            slot_at=stated.slot_of[place.option].slot_at,
            added_minutes=max(0, round(place.added_s / 60)),
            there=_ride(rows, stated, place.pickups[0]),
            home=_ride(rows, stated, place.pickups[1]),
        )
        for place in found
        if len(place.pickups) == 2
    )


def _placed_only(stated: Stated, rows: DayRows) -> list[Episode]:
    """Keep those who have a car: whoever waits for one takes no room yet."""
    fleet = {run.run_id for run in rows.sheet.runs.values() if can_be_planned(run)}
    on_runs = {
        leg_id for run in rows.sheet.runs.values() if run.run_id in fleet for leg_id in run.leg_ids
    }
    return [
        episode
        for episode in stated.problem.episodes
        if episode.key not in stated.requested
        and any(i in on_runs for leg in episode.options[0].legs for i in stated.riders[leg.key])
    ]


def _ride(rows: DayRows, stated: Stated, found: tuple[str, str, float, float]) -> Ride:
    _leg, vehicle, pickup_s, dropoff_s = found
    run = rows.sheet.run(int(vehicle[1:]))
    return Ride(
        run_id=run.run_id,
        plate=run.plate,
        driver=run.driver_name,
        pickup_at=datetime.fromtimestamp(round(pickup_s + stated.origin_s), tz=UTC),
        dropoff_at=datetime.fromtimestamp(round(dropoff_s + stated.origin_s), tz=UTC),
    )
