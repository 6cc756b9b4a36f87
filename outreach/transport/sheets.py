"""Runs and legs as read from the rows, ready for the exact check: one set of questions for a whole day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.clinics.models import Appointment, SiteSession
from outreach.kernel.errors import NotFound
from outreach.kernel.geo import Point
from outreach.kernel.timewindow import TimeWindow
from outreach.places.points import points_of
from outreach.transport.codes import Direction, LegStatus, RunStatus, StopKind
from outreach.transport.models import Driver, Escort, Leave, Shift, Vehicle, VehicleCheck
from outreach.transport.rules import (
    LONGEST_WAIT_FOR_RETURN,
    CarPapers,
    car_unfit,
    driver_unfit,
    escort_unfit,
)
from outreach.transport.run_facts import Car, Duty, Halt, Rider, RunFacts
from outreach.transport.run_models import Promise, RideLeg, Run, RunStop

TRANSFER_GRACE_S = 3 * 3600.0
TELLS_WHEN = frozenset({LegStatus.WAITING, LegStatus.ASSIGNED, LegStatus.UNMET})


@dataclass(frozen=True, slots=True)
class LegSheet:
    """One leg with what planning needs of it."""

    leg_id: int
    version: int
    appointment_id: int
    resident_id: int
    site_id: int
    direction: Direction
    status: LegStatus
    on: date
    slot_at: datetime
    from_address_id: int
    to_address_id: int
    pickup: TimeWindow
    dropoff: TimeWindow
    seats: int
    chairs: int
    pickup_service_s: int
    dropoff_service_s: int
    direct_s: int
    max_ride_s: int
    needs_ramp: bool
    wants_escort: bool
    ready_at: datetime | None
    is_will_call: bool
    is_standby: bool
    by_taxi: bool
    priority: int
    promise_version: int
    promised: TimeWindow | None
    promise_reached_at: datetime | None
    is_transfer: bool = (
        False  # aboard a car that broke down: another one takes over where it stands
    )

    def rider(self, now: datetime | None = None) -> Rider:
        """Return the leg as the check sees it, in seconds of the epoch.

        Someone at a site is never beyond help: once their wait for the way home is over, it counts
        anew from now, so that a car may always be given to them. The alarm tells that it is late.
        Nor is someone whose car broke down with them aboard: they are brought on, however late.
        """
        pickup, dropoff = _seconds(self.pickup), _seconds(self.dropoff)
        if now is not None and self.direction is Direction.RETURN:
            missed_s = now.timestamp() + LONGEST_WAIT_FOR_RETURN.total_seconds() - pickup[1]
            if missed_s > 0:
                pickup = (pickup[0], pickup[1] + missed_s)
                dropoff = (dropoff[0], dropoff[1] + missed_s)
        if self.is_transfer:
            pickup = (pickup[0], pickup[1] + TRANSFER_GRACE_S)
            dropoff = (dropoff[0], dropoff[1] + TRANSFER_GRACE_S)
        is_told = self.promised is not None and self.status in TELLS_WHEN
        return Rider(
            leg_id=self.leg_id,
            pickup_place=self.from_address_id,
            dropoff_place=self.to_address_id,
            pickup=pickup,
            dropoff=dropoff,
            pickup_service_s=self.pickup_service_s,
            dropoff_service_s=self.dropoff_service_s,
            max_ride_s=self.max_ride_s,
            seats=self.seats,
            chairs=self.chairs,
            needs_ramp=self.needs_ramp,
            wants_escort=self.wants_escort,
            told=_seconds(self.promised) if is_told and self.promised is not None else None,
        )


@dataclass(frozen=True, slots=True)
class StopSheet:
    """One stop as it is stored."""

    stop_id: int
    leg_id: int
    kind: StopKind
    position: int
    address_id: int
    arrives_at: datetime
    departs_at: datetime
    reached_at: datetime | None
    done_at: datetime | None
    is_locked: bool

    def halt(self) -> Halt:
        """Return the stop as the check sees it."""
        is_pickup = self.kind is StopKind.PICKUP
        if self.done_at is None:
            return Halt(self.leg_id, is_pickup)
        began = self.reached_at if self.reached_at is not None else self.done_at
        began = min(began, self.done_at)
        return Halt(
            self.leg_id, is_pickup, done_at_s=began.timestamp(), left_at_s=self.done_at.timestamp()
        )


@dataclass(frozen=True, slots=True)
class RunSheet:
    """One run with its car, crew and stops."""

    run_id: int
    version: int
    on: date
    status: RunStatus
    vehicle_id: int
    plate: str
    car_label: str
    driver_id: int | None
    driver_name: str
    escort_id: int | None
    escort_name: str
    is_locked: bool
    starts_at: datetime
    ends_at: datetime
    published_at: datetime | None
    published_version: int | None
    acknowledged_version: int | None
    changed_by: int | None
    changed_at: datetime | None
    depot_address_id: int
    car: Car
    duty: Duty
    stops: tuple[StopSheet, ...]
    is_taken_over: bool = False  # another driver begins now: what lies behind was not driven

    @property
    def leg_ids(self) -> tuple[int, ...]:
        """The legs on this run, in order of their first stop."""
        return tuple(dict.fromkeys(stop.leg_id for stop in self.stops))

    @property
    def can_go(self) -> bool:
        """Whether the car is fit and has a driver who is fit."""
        return self.duty.has_driver and not self.duty.driver_unfit and not self.car.unfit

    @property
    def is_published(self) -> bool:
        """Whether families and the crew were told of it."""
        return self.status in {RunStatus.PUBLISHED, RunStatus.UNDER_WAY, RunStatus.FINISHED}


def stops_by_now(
    run: RunSheet, legs: Mapping[int, LegSheet], now: datetime
) -> tuple[StopSheet, ...]:
    """Return a run's stops; while its car tells nothing, those due by now count as done on time.

    A driver may have no phone. Nobody knows better than the plan, so nothing that lies behind is
    planned again on a guess; the alarms ask for the taps, and nothing of this is stored.
    """
    if run.status is not RunStatus.PUBLISHED or run.is_taken_over or not run.can_go:
        return run.stops
    return tuple(
        replace(stop, reached_at=stop.arrives_at, done_at=stop.departs_at)
        if _is_supposed(stop, legs[stop.leg_id], now)
        else stop
        for stop in run.stops
    )


def _is_supposed(stop: StopSheet, leg: LegSheet, now: datetime) -> bool:
    # Whoever a desk sent home only after the planned time was not driven then.
    was_ready = leg.ready_at is None or leg.ready_at <= stop.arrives_at
    is_open = leg.status is LegStatus.ASSIGNED and stop.done_at is None
    return is_open and was_ready and stop.arrives_at < now


@dataclass(frozen=True, slots=True)
class DaySheet:
    """Runs and legs of a day (or some of them) and the point of every address in them."""

    runs: Mapping[int, RunSheet]
    legs: Mapping[int, LegSheet]
    points: Mapping[int, Point]
    run_of_leg: Mapping[int, int] = field(default_factory=dict)

    def facts(
        self, run_id: int, *, halts: Sequence[Halt] | None = None, now: datetime | None = None
    ) -> RunFacts:
        """Return a run as the check sees it, with its own stops or with others."""
        run = self.runs[run_id]
        stops = run.stops if now is None else stops_by_now(run, self.legs, now)
        if halts is None:
            used = tuple(stop.halt() for stop in stops)
        else:
            past = {(s.leg_id, s.kind is StopKind.PICKUP): s.halt() for s in stops if s.done_at}
            used = tuple(past.get((h.leg_id, h.is_pickup), h) for h in halts)
        riders = {i: self.legs[i].rider(now) for i in {halt.leg_id for halt in used}}
        is_on = now is not None and (run.status is RunStatus.UNDER_WAY or now < run.ends_at)
        floor = now.timestamp() if now is not None and is_on else None
        return RunFacts(car=run.car, duty=run.duty, halts=used, riders=riders, not_before_s=floor)

    def leg(self, leg_id: int) -> LegSheet:
        """Return one leg; NotFound when it is not in this sheet."""
        if leg_id not in self.legs:
            raise NotFound("ride_leg", leg_id=leg_id)
        return self.legs[leg_id]

    def run(self, run_id: int) -> RunSheet:
        """Return one run; NotFound when it is not in this sheet."""
        if run_id not in self.runs:
            raise NotFound("run", run_id=run_id)
        return self.runs[run_id]


def read_day(session: Session, *, on: date, area_ids: Sequence[int] | None = None) -> DaySheet:
    """Return every run and every leg of a day; ``area_ids`` bounds the cars (None: all)."""
    runs = select(Run.id).where(Run.on == on, Run.status != RunStatus.CANCELLED)
    if area_ids is not None:
        runs = runs.join(Vehicle, Vehicle.id == Run.vehicle_id).where(Vehicle.area_id.in_(area_ids))
    legs = select(RideLeg.id).where(RideLeg.on == on, RideLeg.status != LegStatus.CANCELLED)
    return read_sheets(
        session,
        run_ids=session.scalars(runs.order_by(Run.id).limit(1000)).all(),
        leg_ids=session.scalars(legs.order_by(RideLeg.id).limit(10_000)).all(),
    )


def read_sheets(
    session: Session, *, run_ids: Iterable[int], leg_ids: Iterable[int] = ()
) -> DaySheet:
    """Return these runs with all their legs, and these further legs."""
    wanted = sorted(set(run_ids))
    stops = _read_stops(session, wanted)
    runs = _read_runs(session, wanted, stops)
    on_runs = {stop.leg_id for some in stops.values() for stop in some}
    legs = _boarding_where(_read_legs(session, on_runs | set(leg_ids)), stops)
    run_of_leg = {s.leg_id: run_id for run_id, some in stops.items() for s in some}
    missing = [leg_id for leg_id in legs if leg_id not in run_of_leg]
    if missing:
        elsewhere = session.execute(
            select(RunStop.leg_id, RunStop.run_id).where(RunStop.leg_id.in_(missing))
        )
        run_of_leg.update({row.leg_id: row.run_id for row in elsewhere})
    addresses = {run.depot_address_id for run in runs.values()}
    addresses |= {leg.from_address_id for leg in legs.values()}
    addresses |= {leg.to_address_id for leg in legs.values()}
    return DaySheet(
        runs=runs, legs=legs, points=points_of(session, addresses), run_of_leg=run_of_leg
    )


def _boarding_where(
    legs: dict[int, LegSheet], stops: Mapping[int, Sequence[StopSheet]]
) -> dict[int, LegSheet]:
    """Let those whose car broke down board where it stands: their pickup has an address of its own."""
    found = dict(legs)
    for some in stops.values():
        for stop in some:
            leg = found[stop.leg_id]
            if stop.kind is StopKind.PICKUP and stop.address_id != leg.from_address_id:
                found[stop.leg_id] = replace(leg, from_address_id=stop.address_id, is_transfer=True)
    return found


def _read_stops(session: Session, run_ids: Sequence[int]) -> dict[int, list[StopSheet]]:
    found: dict[int, list[StopSheet]] = {run_id: [] for run_id in run_ids}
    rows = session.scalars(
        select(RunStop)
        .where(RunStop.run_id.in_(run_ids))
        .order_by(RunStop.run_id, RunStop.position, RunStop.id)
    )
    for row in rows:
        found[row.run_id].append(
            StopSheet(
                stop_id=row.id,
                leg_id=row.leg_id,
                kind=StopKind(row.kind),
                position=row.position,
                address_id=row.address_id,
                arrives_at=row.arrives_at,
                departs_at=row.departs_at,
                reached_at=row.reached_at,
                done_at=row.done_at,
                is_locked=row.is_locked,
            )
        )
    return found


def _read_runs(
    session: Session, run_ids: Sequence[int], stops: Mapping[int, Sequence[StopSheet]]
) -> dict[int, RunSheet]:
    rows = session.execute(
        select(Run, Vehicle, Driver, Escort, Shift)
        .join(Vehicle, Vehicle.id == Run.vehicle_id)
        .outerjoin(Driver, Driver.id == Run.driver_id)
        .outerjoin(Escort, Escort.id == Run.escort_id)
        .outerjoin(Shift, Shift.id == Run.shift_id)
        .where(Run.id.in_(run_ids))
        .order_by(Run.starts_at, Run.id)
    ).all()
    days = {row[0].on for row in rows}
    away = _Absences(session, days)
    return {
        run.id: _run_sheet(run, vehicle, _Crew(driver, escort, shift), stops[run.id], away)
        for run, vehicle, driver, escort, shift in rows
    }


@dataclass(frozen=True, slots=True)
class _Crew:
    driver: Driver | None
    escort: Escort | None
    shift: Shift | None


class _Absences:
    """Leaves and failed car checks of some days."""

    def __init__(self, session: Session, days: Iterable[date]) -> None:
        days = set(days)
        self._leaves = (
            session.scalars(
                select(Leave).where(Leave.from_on <= max(days), Leave.until_on >= min(days))
            ).all()
            if days
            else []
        )
        self._checks = {
            (row.vehicle_id, row.on): row.is_fit
            for row in session.scalars(select(VehicleCheck).where(VehicleCheck.on.in_(days)))
        }

    def driver(self, driver_id: int, on: date) -> bool:
        return any(x.driver_id == driver_id and x.from_on <= on <= x.until_on for x in self._leaves)

    def escort(self, escort_id: int, on: date) -> bool:
        return any(x.escort_id == escort_id and x.from_on <= on <= x.until_on for x in self._leaves)

    def check(self, vehicle_id: int, on: date) -> bool | None:
        return self._checks.get((vehicle_id, on))


def papers_of(vehicle: Vehicle, *, check_passed: bool | None) -> CarPapers:
    """Return what of a car decides whether it may drive."""
    return CarPapers(
        is_active=vehicle.is_active,
        insured_until=vehicle.insured_until,
        inspected_until=vehicle.inspected_until,
        out_from=vehicle.out_of_service_from,
        out_until=vehicle.out_of_service_until,
        check_passed=check_passed,
    )


def _run_sheet(
    run: Run, vehicle: Vehicle, crew: _Crew, stops: Sequence[StopSheet], away: _Absences
) -> RunSheet:
    papers = papers_of(vehicle, check_passed=away.check(vehicle.id, run.on))
    return RunSheet(
        run_id=run.id,
        version=run.version,
        on=run.on,
        status=run.status,
        vehicle_id=vehicle.id,
        plate=vehicle.plate,
        car_label=vehicle.label,
        driver_id=run.driver_id,
        driver_name=crew.driver.name if crew.driver is not None else "",
        escort_id=run.escort_id,
        escort_name=crew.escort.name if crew.escort is not None else "",
        is_locked=run.is_locked,
        starts_at=run.starts_at,
        ends_at=run.ends_at,
        published_at=run.published_at,
        published_version=run.published_version,
        acknowledged_version=run.acknowledged_version,
        changed_by=run.changed_by,
        changed_at=run.changed_at,
        depot_address_id=vehicle.depot_address_id,
        car=car_of(vehicle, unfit=car_unfit(papers, on=run.on)),
        duty=_duty(run, crew, away),
        stops=tuple(stops),
    )


def car_of(vehicle: Vehicle, *, unfit: tuple[str, ...]) -> Car:
    """Return a vehicle as the check sees it."""
    return Car(
        seats=vehicle.seats,
        chairs=vehicle.wheelchair_places,
        start_place=vehicle.depot_address_id,
        end_place=vehicle.depot_address_id,
        seats_lost_per_chair=vehicle.seats_lost_per_chair,
        has_ramp=vehicle.has_ramp,
        unfit=unfit,
    )


def _duty(run: Run, crew: _Crew, away: _Absences) -> Duty:
    driver, escort = crew.driver, crew.escort
    why_not_driver: tuple[str, ...] = ()
    why_not_escort: tuple[str, ...] = ()
    if driver is not None:
        why_not_driver = driver_unfit(
            is_active=driver.is_active,
            licence_until=driver.licence_until,
            on_leave=away.driver(driver.id, run.on),
            on=run.on,
        )
        shift = crew.shift
        if shift is not None and shift.cancelled_at is not None and shift.driver_id == driver.id:
            why_not_driver = (*why_not_driver, "shift_called_off")
    if escort is not None:
        why_not_escort = escort_unfit(
            is_active=escort.is_active, on_leave=away.escort(escort.id, run.on)
        )
    return Duty(
        starts_s=run.starts_at.timestamp(),
        ends_s=run.ends_at.timestamp(),
        break_from_s=_stamp(crew.shift.break_from_at) if crew.shift is not None else None,
        break_until_s=_stamp(crew.shift.break_until_at) if crew.shift is not None else None,
        longest_day_s=(driver.max_minutes_a_day if driver is not None else 480) * 60.0,
        has_driver=driver is not None,
        has_escort=escort is not None,
        driver_unfit=why_not_driver,
        escort_unfit=why_not_escort,
    )


def _stamp(at: datetime | None) -> float | None:
    return at.timestamp() if at is not None else None


def _read_legs(session: Session, leg_ids: Iterable[int]) -> dict[int, LegSheet]:
    found: dict[int, LegSheet] = {}
    wanted = sorted(leg_ids)
    for start in range(0, len(wanted), 2000):
        rows = session.execute(
            select(RideLeg, Appointment, SiteSession.site_id, Promise)
            .join(Appointment, Appointment.id == RideLeg.appointment_id)
            .join(SiteSession, SiteSession.id == Appointment.site_session_id)
            .outerjoin(
                Promise,
                (Promise.leg_id == RideLeg.id)
                & (Promise.version == RideLeg.promise_version)
                & or_(Promise.ended_at.is_(None), Promise.kept.is_not(None)),
            )
            .where(RideLeg.id.in_(wanted[start : start + 2000]))
            .order_by(RideLeg.pickup_from_at, RideLeg.id)
        )
        for leg, appointment, site_id, promise in rows:
            found[leg.id] = _leg_sheet(leg, appointment, site_id, promise)
    return found


def _leg_sheet(
    leg: RideLeg, appointment: Appointment, site_id: int, promise: Promise | None
) -> LegSheet:
    return LegSheet(
        leg_id=leg.id,
        version=leg.version,
        appointment_id=leg.appointment_id,
        resident_id=appointment.resident_id,
        site_id=site_id,
        direction=leg.direction,
        status=leg.status,
        on=leg.on,
        slot_at=appointment.slot_at,
        from_address_id=leg.from_address_id,
        to_address_id=leg.to_address_id,
        pickup=TimeWindow(leg.pickup_from_at, leg.pickup_until_at),
        dropoff=TimeWindow(leg.dropoff_from_at, leg.dropoff_until_at),
        seats=leg.seats,
        chairs=leg.chairs,
        pickup_service_s=leg.pickup_service_s,
        dropoff_service_s=leg.dropoff_service_s,
        direct_s=leg.direct_s,
        max_ride_s=leg.max_ride_s,
        needs_ramp=leg.needs_ramp,
        wants_escort=appointment.wants_escort,
        ready_at=leg.ready_at,
        is_will_call=leg.is_will_call,
        is_standby=leg.is_standby,
        by_taxi=leg.by_taxi,
        priority=leg.priority,
        promise_version=leg.promise_version,
        promised=TimeWindow(promise.pickup_from_at, promise.pickup_until_at)
        if promise is not None
        else None,
        promise_reached_at=promise.reached_at if promise is not None else None,
    )


def _seconds(window: TimeWindow) -> tuple[float, float]:
    return window.from_at.timestamp(), window.until_at.timestamp()


def with_run(sheet: DaySheet, run: RunSheet) -> DaySheet:
    """Return the sheet with one run replaced; for trying other cars and crews."""
    return replace(sheet, runs={**sheet.runs, run.run_id: run})


def instant(seconds: float) -> datetime:
    """Return the aware UTC instant of epoch seconds, to the whole second."""
    return datetime.fromtimestamp(round(seconds), tz=UTC)
