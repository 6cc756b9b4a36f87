"""From rows to the engine: a day's runs and rides stated as a problem (pure); ``plan_orders`` leads back.

A booked appointment has one slot, so that its two rides are one episode with one option. Someone who
agreed and waits for a slot has one option per slot. Whoever is aboard stays aboard, what is done stays
done, what is locked stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from outreach.kernel.timewindow import TimeWindow
from outreach.places.matrix import TravelTable
from outreach.routing.episodes import couple
from outreach.routing.problem import (
    Break,
    Episode,
    HeadStop,
    Leg,
    Option,
    Problem,
    Promise,
    Ready,
    Resource,
    Stop,
    StopKind,
    Use,
    Vehicle,
)
from outreach.transport.codes import OPEN_LEG, Direction, LegStatus, RunStatus
from outreach.transport.codes import StopKind as HaltKind
from outreach.transport.plan_requests import Request, SlotWanted, legs_for
from outreach.transport.run_facts import LONGEST_WAIT_ABOARD_S
from outreach.transport.sheets import DaySheet, LegSheet, RunSheet, StopSheet, stops_by_now

PLANNABLE = OPEN_LEG | {LegStatus.UNMET}
DIMENSIONS = ("seats", "chairs")
LOCKED_PLAY_S = 120.0
NOBODY_LEFT_THERE = (
    50.0  # the weight of someone who is aboard, at a site or told, beside 1 for others
)
TOLD_WEIGHT = 3.0
STANDBY_WEIGHT = 0.2
AT_NIGHT = 30 * 3600.0
LATEST_FETCHED = timedelta(minutes=60)
LATE_PLAY = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a planning may do."""

    keeps_cars: bool = False  # "plan only the rest": whoever has a car keeps it
    requests: tuple[Request, ...] = ()
    couples: frozenset[frozenset[int]] = frozenset()  # appointments that travel together


@dataclass(frozen=True)
class Stated:
    """A problem with the way back to rows."""

    problem: Problem
    origin_s: float
    riders: Mapping[str, tuple[int, ...]]  # engine leg → legs, in boarding order
    appointment_of: Mapping[str, tuple[int, ...]]  # episode → appointments
    requested: Mapping[str, Request] = field(default_factory=dict)
    slot_of: Mapping[str, SlotWanted] = field(default_factory=dict)
    in_doubt: frozenset[int] = frozenset()  # legs that stay on their run unplanned


def can_be_planned(run: RunSheet) -> bool:
    """Tell whether the engine may give a run orders: staffed, fit, open and not locked by hand."""
    return (
        not run.is_locked
        and run.status not in {RunStatus.CANCELLED, RunStatus.FINISHED}
        and run.can_go
    )


def state(sheet: DaySheet, table: TravelTable, *, wish: Wish, now: datetime) -> Stated:
    """State a day as a problem for the engine."""
    origin_s = _origin(sheet, now)
    scribe = _Scribe(sheet, table, origin_s, now)
    fleet = {run.run_id: run for run in sheet.runs.values() if can_be_planned(run)}
    doubtful = frozenset(x.leg_id for x in sheet.legs.values() if is_in_doubt(sheet, x, now))
    episodes, riders, appointments = _booked(scribe, fleet, wish, doubtful)
    asked, resources, requested, slot_of = _asked(scribe, wish.requests, riders)
    to_finish = _to_finish(sheet, riders)
    problem = Problem(
        travel_s=table.seconds,
        vehicles=tuple(scribe.vehicle(run, to_finish.get(i, set())) for i, run in fleet.items()),
        episodes=(*episodes, *asked),
        resources=resources,
        max_wait_aboard_s=LONGEST_WAIT_ABOARD_S,
        dimensions=DIMENSIONS,
    )
    return Stated(problem, origin_s, riders, appointments, requested, slot_of, doubtful)


def _to_finish(sheet: DaySheet, riders: Mapping[str, tuple[int, ...]]) -> dict[int, set[str]]:
    """Return for each run the engine's legs that it has been given already."""
    given: dict[int, set[str]] = {}
    for key, leg_ids in riders.items():
        runs = {sheet.run_of_leg.get(leg_id) for leg_id in leg_ids}
        if len(runs) == 1 and (run_id := runs.pop()) is not None:
            given.setdefault(run_id, set()).add(key)
    return given


def late_as_it_is(sheet: DaySheet, now: datetime) -> DaySheet:
    """Return the sheet with room for people who were told a time: fetched late, not forgotten.

    It is given to those whose time is past, and to those due soon whose own car cannot come.
    """
    legs = dict(sheet.legs)
    for leg in sheet.legs.values():
        late = now - leg.pickup.until_at
        is_near = -LATE_PLAY < late <= LATEST_FETCHED and _was_told_the_way_there(leg)
        if not is_near or (late <= timedelta(0) and not _is_let_down(sheet, leg.leg_id)):
            continue
        more = max(timedelta(0), late) + LATE_PLAY
        legs[leg.leg_id] = replace(
            leg,
            pickup=TimeWindow(leg.pickup.from_at, leg.pickup.until_at + more),
            dropoff=TimeWindow(leg.dropoff.from_at, leg.dropoff.until_at + more),
        )
    return replace(sheet, legs=legs)


def _is_let_down(sheet: DaySheet, leg_id: int) -> bool:
    """Tell whether a ride has no car, or one that cannot go or only begins with another driver now."""
    run_id = sheet.run_of_leg.get(leg_id)
    if run_id is None:
        return True
    run = sheet.runs.get(run_id)
    return run is not None and (run.is_taken_over or not run.can_go)


def _was_told_the_way_there(leg: LegSheet) -> bool:
    return leg.direction is Direction.OUTBOUND and leg.rider().told is not None


def is_in_doubt(sheet: DaySheet, leg: LegSheet, now: datetime) -> bool:
    """Tell whether a told ride to a site is long overdue on its car, and nobody tapped it.

    It was driven and not noted, or it was forgotten: people find out, the alarm is up. A plan must
    not take someone off a car on a guess, so the ride stays where it is while that car goes; and
    the way home is planned, since someone may be waiting for it.
    """
    return (
        leg.status in PLANNABLE
        and leg.leg_id in sheet.run_of_leg
        and leg.pickup.until_at < now
        and _was_told_the_way_there(leg)
    )


def by_now(sheet: DaySheet, now: datetime) -> DaySheet:
    """Return the sheet with what cars that can go and tell nothing have driven by now, as planned."""
    runs, legs = dict(sheet.runs), dict(sheet.legs)
    for run in sheet.runs.values():
        if not can_be_planned(run):
            continue
        stops = stops_by_now(run, sheet.legs, now)
        runs[run.run_id] = replace(run, stops=stops)
        for was, stop in zip(run.stops, stops, strict=True):
            if was is not stop:
                is_pickup = stop.kind is HaltKind.PICKUP
                status = LegStatus.ON_BOARD if is_pickup else LegStatus.DROPPED_OFF
                legs[stop.leg_id] = replace(legs[stop.leg_id], status=status)
    return replace(sheet, runs=runs, legs=legs)


def _origin(sheet: DaySheet, now: datetime) -> float:
    begins = min((run.starts_at.timestamp() for run in sheet.runs.values()), default=None)
    return (begins if begins is not None else now.timestamp()) - 6 * 3600.0


class _Scribe:
    """Writes single runs and legs in the engine's words."""

    def __init__(self, sheet: DaySheet, table: TravelTable, origin_s: float, now: datetime) -> None:
        self.sheet, self.table, self.origin_s, self.now = sheet, table, origin_s, now
        self.now_s = now.timestamp() - origin_s
        self.stops: dict[int, dict[HaltKind, StopSheet]] = {}
        for run in sheet.runs.values():
            for stop in run.stops:
                self.stops.setdefault(stop.leg_id, {})[stop.kind] = stop

    def place(self, address_id: int) -> int:
        """Return an address's row in the travel table."""
        return self.table.node_of[address_id]

    def is_aboard(self, leg: LegSheet) -> bool:
        """Tell whether someone sits in the car that drives them now."""
        stops = self.stops.get(leg.leg_id, {})
        picked, dropped = stops.get(HaltKind.PICKUP), stops.get(HaltKind.DROPOFF)
        return (
            picked is not None
            and picked.done_at is not None
            and dropped is not None
            and dropped.done_at is None
        )

    def leg(self, leg: LegSheet, key: str, *, vehicle: str | None) -> Leg:
        """Return one ride; someone aboard has no window left to miss, but does not get out too early."""
        rider = leg.rider(self.now)
        windows = {
            HaltKind.PICKUP: (rider.pickup[0] - self.origin_s, rider.pickup[1] - self.origin_s),
            HaltKind.DROPOFF: (rider.dropoff[0] - self.origin_s, rider.dropoff[1] - self.origin_s),
        }
        for kind, stop in self.stops.get(leg.leg_id, {}).items():
            if stop.is_locked and stop.done_at is None:
                at = stop.arrives_at.timestamp() - self.origin_s
                early, late = windows[kind]
                windows[kind] = (
                    max(early, at - LOCKED_PLAY_S),
                    max(early, min(late, at + LOCKED_PLAY_S)),
                )
        max_ride_s = float(leg.max_ride_s)
        if self.is_aboard(leg):
            opens = min(windows[HaltKind.DROPOFF][0], self._longest_waited(leg))
            windows = {HaltKind.PICKUP: (0.0, AT_NIGHT), HaltKind.DROPOFF: (opens, AT_NIGHT)}
            max_ride_s = AT_NIGHT
        promise = None
        if rider.told is not None and not self.is_aboard(leg):
            middle = (rider.told[0] + rider.told[1]) / 2 - self.origin_s
            promise = Promise(middle, (rider.told[1] - rider.told[0]) / 2)
        needs = {"ramp"} if leg.needs_ramp else set()
        if leg.wants_escort:
            needs.add("escort")
        return Leg(
            key=key,
            pickup=Stop(
                self.place(leg.from_address_id),
                *windows[HaltKind.PICKUP],
                float(leg.pickup_service_s),
            ),
            dropoff=Stop(
                self.place(leg.to_address_id),
                *windows[HaltKind.DROPOFF],
                float(leg.dropoff_service_s),
            ),
            load=(float(leg.seats), float(leg.chairs)),
            max_ride_s=max_ride_s,
            needs=frozenset(needs),
            vehicle=vehicle,
            promise=promise,
        )

    def _longest_waited(self, leg: LegSheet) -> float:
        """Return when someone aboard gets out at the latest if their car drives on and waits in vain."""
        done_at = self.stops[leg.leg_id][HaltKind.PICKUP].done_at
        assert done_at is not None  # noqa: S101 - whoever is aboard was picked up
        drive_s = self.table.between(leg.from_address_id, leg.to_address_id)
        return done_at.timestamp() - self.origin_s + drive_s + LONGEST_WAIT_ABOARD_S

    def vehicle(self, run: RunSheet, to_finish: Iterable[str]) -> Vehicle:
        """Return a run's car and crew: what is done is its head, and where it is free its beginning."""
        duty, car = run.duty, run.car
        head = tuple(
            HeadStop(f"l{stop.leg_id}", StopKind.PICKUP, stop.halt().done_at_s - self.origin_s)  # type: ignore[operator]
            for stop in run.stops
            if stop.kind is HaltKind.PICKUP
            and stop.done_at is not None
            and self.is_aboard(self.sheet.leg(stop.leg_id))
            and self.sheet.leg(stop.leg_id).status in PLANNABLE
        )
        features = {"ramp"} if car.has_ramp else set()
        if duty.has_escort:
            features.add("escort")
        rest_s = (duty.break_until_s or 0.0) - (duty.break_from_s or 0.0)
        return Vehicle(
            key=f"r{run.run_id}",
            capacity=(float(max(0, car.seats - duty.has_escort)), float(car.chairs)),
            start_place=self.place(car.start_place),
            end_place=self.place(car.end_place),
            shift_start_s=min((h.at_s or 0.0 for h in head), default=duty.starts_s - self.origin_s),
            shift_end_s=duty.ends_s - self.origin_s,
            max_duty_s=duty.longest_day_s + rest_s,
            displaces=((1, 0, float(car.seats_lost_per_chair)),) if car.chairs else (),
            features=frozenset(features),
            breaks=self._breaks(run),
            head=head,
            ready=self._ready(run),
            finishes=frozenset(to_finish),
        )

    def _breaks(self, run: RunSheet) -> tuple[Break, ...]:
        rest_from, rest_until = run.duty.break_from_s, run.duty.break_until_s
        if rest_from is None or rest_until is None:
            return ()
        begins = max(rest_from - self.origin_s, self.now_s)
        length = rest_until - self.origin_s - begins
        return (Break(begins, begins, length),) if length > 0 else ()

    def _ready(self, run: RunSheet) -> Ready | None:
        """Return where and from when a car that is out already can take new orders."""
        done = [stop for stop in run.stops if stop.done_at is not None]
        if not done:
            starts_s = run.duty.starts_s - self.origin_s
            if self.now_s <= starts_s:
                return None
            return Ready(self.place(run.car.start_place), self.now_s)
        last = max(done, key=lambda stop: (stop.done_at, stop.position))
        left_s = last.done_at.timestamp() - self.origin_s if last.done_at else self.now_s
        coming = next((stop for stop in run.stops if stop.done_at is None), None)
        if coming is not None:
            drive_s = self.table.between(last.address_id, coming.address_id)
            if self.now_s >= coming.arrives_at.timestamp() - self.origin_s - drive_s:
                return Ready(self.place(coming.address_id), max(self.now_s, left_s + drive_s))
        return Ready(self.place(last.address_id), max(self.now_s, left_s))


def _booked(
    scribe: _Scribe, fleet: Mapping[int, RunSheet], wish: Wish, doubtful: frozenset[int]
) -> tuple[list[Episode], dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """Return episodes of appointments, couples as one, with the legs and appointments they stand for."""
    sheet = scribe.sheet
    by_appointment: dict[int, list[LegSheet]] = {}
    for leg in sorted(
        sheet.legs.values(), key=lambda x: (x.direction is Direction.RETURN, x.leg_id)
    ):
        if leg.leg_id not in doubtful and is_in_play(sheet, fleet, leg):
            by_appointment.setdefault(leg.appointment_id, []).append(leg)
    riders: dict[str, tuple[int, ...]] = {}
    single: dict[int, Episode] = {}
    for appointment_id, legs in sorted(by_appointment.items()):
        rides = []
        for leg in legs:
            key = f"l{leg.leg_id}"
            riders[key] = (leg.leg_id,)
            rides.append(scribe.leg(leg, key, vehicle=_pin(scribe, fleet, leg, wish)))
        option = Option(key="slot", legs=tuple(rides))
        single[appointment_id] = Episode(f"a{appointment_id}", (option,), _weight(scribe, legs))
    paired = _paired(scribe, single, by_appointment, wish.couples, riders)
    appointments = {e.key: ids for e, ids in paired}
    return [e for e, _ids in paired], riders, appointments


def is_in_play(sheet: DaySheet, fleet: Mapping[int, RunSheet], leg: LegSheet) -> bool:
    """Tell whether a leg may be planned: open, not by taxi, and not on a run that must stay as it is."""
    if leg.status not in PLANNABLE or leg.by_taxi:
        return False
    run_id = sheet.run_of_leg.get(leg.leg_id)
    if run_id is None or run_id in fleet:
        return True
    run = sheet.runs.get(run_id)
    # A run that cannot go out (car broken, nobody drives) gives its people back; a locked one keeps them.
    return run is not None and not run.is_locked and run.status is not RunStatus.FINISHED


def _pin(scribe: _Scribe, fleet: Mapping[int, RunSheet], leg: LegSheet, wish: Wish) -> str | None:
    run_id = scribe.sheet.run_of_leg.get(leg.leg_id)
    if run_id not in fleet:
        return None
    is_locked = any(stop.is_locked for stop in scribe.stops.get(leg.leg_id, {}).values())
    return f"r{run_id}" if wish.keeps_cars or is_locked or scribe.is_aboard(leg) else None


def _weight(scribe: _Scribe, legs: Sequence[LegSheet]) -> float:
    weight = 1.0 + 0.5 * max(leg.priority for leg in legs)
    if all(leg.is_standby for leg in legs):
        weight *= STANDBY_WEIGHT
    if any(leg.promised is not None for leg in legs):
        weight *= TOLD_WEIGHT
    is_out = any(leg.is_transfer or leg.ready_at or scribe.is_aboard(leg) for leg in legs)
    if is_out or all(leg.direction is Direction.RETURN for leg in legs):
        weight *= NOBODY_LEFT_THERE
    return weight


def _paired(
    scribe: _Scribe,
    single: Mapping[int, Episode],
    legs: Mapping[int, Sequence[LegSheet]],
    couples: Iterable[frozenset[int]],
    riders: dict[str, tuple[int, ...]],
) -> list[tuple[Episode, tuple[int, ...]]]:
    """Join couples whose rides can be one (moment 4a); whoever cannot travel with the other goes alone."""
    found: list[tuple[Episode, tuple[int, ...]]] = []
    joined: set[int] = set()
    for pair in sorted(couples, key=sorted):
        first, second = sorted(pair)
        if not {first, second} <= single.keys() or {first, second} & joined:
            continue
        if not _may_share(scribe, legs[first], legs[second]):
            continue
        found.append((_couple(single[first], single[second], riders), (first, second)))
        joined |= pair
    found += [(e, (i,)) for i, e in single.items() if i not in joined]
    return sorted(found, key=lambda each: each[1])


def _may_share(scribe: _Scribe, first: Sequence[LegSheet], second: Sequence[LegSheet]) -> bool:
    if len(first) != len(second):
        return False
    for a, b in zip(first, second, strict=True):
        same = (a.direction, a.from_address_id, a.to_address_id)
        if same != (b.direction, b.from_address_id, b.to_address_id):
            return False
        if scribe.is_aboard(a) or scribe.is_aboard(b):
            return False
        runs = {scribe.sheet.run_of_leg.get(x.leg_id) for x in (a, b)}
        locked = any(s.is_locked for x in (a, b) for s in scribe.stops.get(x.leg_id, {}).values())
        if locked and len(runs) > 1:
            return False
        if a.pickup.until_at < b.pickup.from_at or b.pickup.until_at < a.pickup.from_at:
            return False
    return True


def _couple(first: Episode, second: Episode, riders: dict[str, tuple[int, ...]]) -> Episode:
    """Return two people as one ride each way; one boards after the other, within the cap of both."""
    a, b = first.options[0], second.options[0]
    pins = [
        replace(y, vehicle=x.vehicle if x.vehicle is not None else y.vehicle)
        for x, y in zip(a.legs, b.legs, strict=True)
    ]
    both = couple(f"{first.key}+{second.key}", [(a, replace(b, legs=tuple(pins)))])
    rides = []
    for leg, x, y in zip(both.options[0].legs, a.legs, b.legs, strict=True):
        lost_s = y.pickup.service_s + x.dropoff.service_s
        cap = max(0.0, min(x.max_ride_s, y.max_ride_s) - lost_s)
        late = min(x.dropoff.latest_s, y.dropoff.latest_s - x.dropoff.service_s)
        stop = replace(leg.dropoff, latest_s=max(leg.dropoff.earliest_s, late))
        rides.append(replace(leg, max_ride_s=cap, dropoff=stop))
        riders[leg.key] = (*riders[x.key], *riders[y.key])
    option = replace(both.options[0], legs=tuple(rides))
    return replace(both, options=(option,), priority=first.priority + second.priority)


def _asked(
    scribe: _Scribe, requests: Sequence[Request], riders: dict[str, tuple[int, ...]]
) -> tuple[list[Episode], tuple[Resource, ...], dict[str, Request], dict[str, SlotWanted]]:
    """Return episodes of people without a slot: an option per slot, which holds so many."""
    episodes, room = [], {}
    requested: dict[str, Request] = {}
    slot_of: dict[str, SlotWanted] = {}
    for request in requests:
        options = []
        for slot in request.slots:
            rides = []
            for leg in legs_for(request, slot, scribe.table):
                key = f"q{request.resident_id}{leg.direction.value[0]}@{slot.key}"
                riders[key] = (leg.leg_id,)
                rides.append(scribe.leg(leg, key, vehicle=None))
            key = f"q{request.resident_id}@{slot.key}"
            limits = ((slot.key, float(slot.free)), *slot.limits)
            room.update({name: Resource(name, left) for name, left in limits})
            slot_of[key] = slot
            uses = tuple(Use(name) for name, _left in limits)
            options.append(Option(key, tuple(rides), uses, slot.cost_s))
        episode = Episode(f"q{request.resident_id}", tuple(options), request.weight)
        requested[episode.key] = request
        episodes.append(episode)
    return episodes, tuple(room.values()), requested, slot_of
