"""What a dispatcher's page is made of: people without a car, runs with their stops, cars and crews of a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from outreach.kernel.geo import Point
from outreach.kernel.timewindow import TimeWindow
from outreach.transport.codes import Direction, LegStatus, RunStatus, StopKind
from outreach.transport.run_facts import RunCheck, TimedHalt, Violation
from outreach.transport.sheets import DaySheet, LegSheet, RunSheet, StopSheet, instant


@dataclass(frozen=True, slots=True)
class Person:
    """Who rides, as a dispatcher may see them."""

    resident_id: int
    name: str
    mobility: str
    flags: tuple[str, ...]
    community_id: int


@dataclass(frozen=True, slots=True)
class Labels:
    """The words that a sheet's ids stand for."""

    people: Mapping[int, Person]
    addresses: Mapping[int, str]
    sites: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class BoardLeg:
    """One leg of the day."""

    leg_id: int
    version: int
    appointment_id: int
    person: Person
    direction: Direction
    status: LegStatus
    slot_at: datetime
    pickup: TimeWindow
    dropoff: TimeWindow
    seats: int
    chairs: int
    needs_ramp: bool
    wants_escort: bool
    ready_at: datetime | None
    is_will_call: bool
    is_standby: bool
    by_taxi: bool
    priority: int
    site_id: int
    site_name: str
    from_text: str
    to_text: str
    from_point: Point
    to_point: Point
    promised: TimeWindow | None
    promise_reached_at: datetime | None
    run_id: int | None


@dataclass(frozen=True, slots=True)
class Broken:
    """One thing a run breaks, with whom it concerns."""

    code: str
    leg_id: int | None
    name: str
    position: int | None
    facts: Mapping[str, float | str]


@dataclass(frozen=True, slots=True)
class BoardStop:
    """One stop of a run: when by the exact check, when as stored, with what load and how much play."""

    stop_id: int
    position: int
    kind: StopKind
    leg: BoardLeg
    address_text: str
    point: Point
    planned_at: datetime
    arrives_at: datetime
    departs_at: datetime
    reached_at: datetime | None
    done_at: datetime | None
    is_locked: bool
    seats_taken: int
    chairs_taken: int
    slack_minutes: int
    promise_moves: bool


@dataclass(frozen=True, slots=True)
class BoardRun:
    """One run of the day."""

    run_id: int
    version: int
    status: RunStatus
    vehicle_id: int
    plate: str
    car_label: str
    seats: int
    chairs: int
    has_ramp: bool
    driver_id: int | None
    driver_name: str
    escort_id: int | None
    escort_name: str
    is_locked: bool
    starts_at: datetime
    ends_at: datetime
    leaves_at: datetime
    back_at: datetime
    driving_minutes: int
    depot: Point
    stops: tuple[BoardStop, ...]
    broken: tuple[Broken, ...]
    is_changed_since_published: bool
    is_acknowledged: bool
    changed_by: int | None
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class BoardCrew:
    """A car, a driver or an escort of that day: on shift, fit or why not, and on which runs."""

    id: int
    label: str
    starts_at: datetime | None
    ends_at: datetime | None
    unfit: tuple[str, ...]
    run_ids: tuple[int, ...]
    seats: int = 0
    chairs: int = 0
    has_ramp: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """One day on one page."""

    on: date
    now: datetime
    without_car: tuple[BoardLeg, ...]
    runs: tuple[BoardRun, ...]
    cars: tuple[BoardCrew, ...]
    drivers: tuple[BoardCrew, ...]
    escorts: tuple[BoardCrew, ...]
    unreached: tuple[BoardLeg, ...]
    moved_promises: tuple[BoardLeg, ...]
    open_debts: int


@dataclass(frozen=True, slots=True)
class TryOut:
    """What taking a leg into a run would mean."""

    run_id: int
    run_version: int
    fits: bool
    cost_minutes: int
    positions: tuple[int, int]
    broken: tuple[Broken, ...]
    moved_promises: int = 0


def board_leg(sheet: DaySheet, leg: LegSheet, labels: Labels) -> BoardLeg:
    """Return a leg with its words."""
    return BoardLeg(
        leg_id=leg.leg_id,
        version=leg.version,
        appointment_id=leg.appointment_id,
        person=labels.people[leg.resident_id],
        direction=leg.direction,
        status=leg.status,
        slot_at=leg.slot_at,
        pickup=leg.pickup,
        dropoff=leg.dropoff,
        seats=leg.seats,
        chairs=leg.chairs,
        needs_ramp=leg.needs_ramp,
        wants_escort=leg.wants_escort,
        ready_at=leg.ready_at,
        is_will_call=leg.is_will_call,
        is_standby=leg.is_standby,
        by_taxi=leg.by_taxi,
        priority=leg.priority,
        site_id=leg.site_id,
        site_name=labels.sites.get(leg.site_id, ""),
        from_text=labels.addresses.get(leg.from_address_id, ""),
        to_text=labels.addresses.get(leg.to_address_id, ""),
        from_point=sheet.points[leg.from_address_id],
        to_point=sheet.points[leg.to_address_id],
        promised=leg.promised,
        promise_reached_at=leg.promise_reached_at,
        run_id=sheet.run_of_leg.get(leg.leg_id),
    )


def board_run(sheet: DaySheet, run: RunSheet, check: RunCheck, labels: Labels) -> BoardRun:
    """Return a run with its checked times and its words."""
    stops = tuple(
        _board_stop(sheet, stop, halt, labels)
        for stop, halt in zip(run.stops, check.halts, strict=True)
    )
    return BoardRun(
        run_id=run.run_id,
        version=run.version,
        status=run.status,
        vehicle_id=run.vehicle_id,
        plate=run.plate,
        car_label=run.car_label,
        seats=run.car.seats,
        chairs=run.car.chairs,
        has_ramp=run.car.has_ramp,
        driver_id=run.driver_id,
        driver_name=run.driver_name,
        escort_id=run.escort_id,
        escort_name=run.escort_name,
        is_locked=run.is_locked,
        starts_at=run.starts_at,
        ends_at=run.ends_at,
        leaves_at=instant(check.leaves_depot_s),
        back_at=instant(check.back_at_s),
        driving_minutes=round(check.driving_s / 60),
        depot=sheet.points[run.depot_address_id],
        stops=stops,
        broken=tuple(broken(sheet, v, labels) for v in check.violations),
        is_changed_since_published=run.is_published and run.published_version != run.version,
        is_acknowledged=run.acknowledged_version == run.version,
        changed_by=run.changed_by,
        changed_at=run.changed_at,
    )


def broken(sheet: DaySheet, violation: Violation, labels: Labels) -> Broken:
    """Return a violation with the name of whom it concerns."""
    name = ""
    if violation.leg_id is not None and violation.leg_id in sheet.legs:
        name = labels.people[sheet.legs[violation.leg_id].resident_id].name
    return Broken(
        code=violation.breach.value,
        leg_id=violation.leg_id,
        name=name,
        position=violation.position,
        facts=dict(violation.facts),
    )


def promise_moves(leg: LegSheet, pickup_at: datetime) -> bool:
    """Tell whether a pickup time would break what the family was told."""
    return leg.promised is not None and pickup_at not in leg.promised


def _board_stop(sheet: DaySheet, stop: StopSheet, halt: TimedHalt, labels: Labels) -> BoardStop:
    leg = sheet.leg(stop.leg_id)
    is_pickup = stop.kind is StopKind.PICKUP
    address_id = leg.from_address_id if is_pickup else leg.to_address_id
    arrives_at = instant(halt.starts_s)
    return BoardStop(
        stop_id=stop.stop_id,
        position=stop.position,
        kind=stop.kind,
        leg=board_leg(sheet, leg, labels),
        address_text=labels.addresses.get(address_id, ""),
        point=sheet.points[address_id],
        planned_at=stop.arrives_at,
        arrives_at=arrives_at,
        departs_at=instant(halt.leaves_s),
        reached_at=stop.reached_at,
        done_at=stop.done_at,
        is_locked=stop.is_locked,
        seats_taken=halt.seats_taken,
        chairs_taken=halt.chairs_taken,
        slack_minutes=int(halt.slack_s // 60),
        promise_moves=is_pickup and stop.done_at is None and promise_moves(leg, arrives_at),
    )
