"""Rides: on time, on board, waits, load, empty kilometres, unmet need, no-shows by side, promises kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from outreach.clinics.codes import VISIT_RESULTS, AppointmentStatus, Mode
from outreach.clinics.models import Appointment, Observation
from outreach.kernel.codes import Coded
from outreach.kernel.geo import Point, distance_m
from outreach.ledger.entry_models import LedgerEntry
from outreach.oversight.blocks import (
    Block,
    BlockRow,
    Measured,
    Unit,
    measured,
    median,
    part,
    people,
)
from outreach.oversight.span import Lines, ListOf, Span, how_many
from outreach.places.models import Address
from outreach.transport.codes import (
    FAULT_SIDE,
    RIDE_RESULTS,
    Direction,
    LegStatus,
    StopKind,
)
from outreach.transport.run_models import Promise, RideLeg, Run, RunStop, UnmetNeed

RIDDEN = (LegStatus.DROPPED_OFF, LegStatus.HANDED_OVER)
DETOUR = 1.35  # of the straight-line model of places.distance: kilometres here are estimates too
SIDES = (
    Coded("rider", "乘客方", "The rider's side"),
    Coded("ours", "我方", "Ours"),
    Coded("third", "第三方", "A third party's"),
    Coded("nobody", "不可抗力", "Nobody's"),
)
LONG_RIDE_S = 45 * 60


def _legs(span: Span, *conditions: ColumnElement[bool]) -> Lines:
    return (
        select(LedgerEntry.id)
        .join(Appointment, Appointment.resident_id == LedgerEntry.resident_id)
        .join(RideLeg, RideLeg.appointment_id == Appointment.id)
        .where(span.mine(), RideLeg.on.between(span.since, span.until), *conditions)
    )


def _ridden(span: Span, code: str) -> Lines:
    if code == "all":
        return _legs(span, RideLeg.status.in_(RIDDEN))
    if code in {"kept", "broken"}:
        told = _legs(span).join(Promise, Promise.leg_id == RideLeg.id)
        return told.where(Promise.ended_at.is_(None), Promise.kept.is_(code == "kept"))
    return _legs(span, RideLeg.direction == Direction(code), RideLeg.status.in_(RIDDEN))


def _no_show(span: Span, code: str) -> Lines:
    codes = [result for result, side in FAULT_SIDE.items() if side == code]
    return _legs(span, RideLeg.result_code.in_(codes))


def _result(span: Span, code: str) -> Lines:
    return _legs(span, RideLeg.result_code == code)


def _unmet(span: Span, code: str) -> Lines:
    lines = (
        select(LedgerEntry.id)
        .join(UnmetNeed, UnmetNeed.resident_id == LedgerEntry.resident_id)
        .where(span.mine(), UnmetNeed.on.between(span.since, span.until))
    )
    return lines.where(UnmetNeed.solved_at.is_(None)) if code == "open" else lines


def _no_dose(span: Span, code: str) -> Lines:
    """Return the people whom our car brought for nothing, by cause (V-code; empty: any)."""
    lines = (
        select(LedgerEntry.id)
        .join(Appointment, Appointment.resident_id == LedgerEntry.resident_id)
        .where(
            span.mine(),
            span.covers(Appointment.slot_at),
            Appointment.outbound_mode == Mode.OUR_CAR,
            Appointment.status == AppointmentStatus.NO_DOSE,
        )
    )
    return lines.where(Appointment.visit_result == code) if code != "any" else lines


LISTS: dict[str, ListOf] = {
    "ride": _ridden,
    "no_show": _no_show,
    "result": _result,
    "unmet": _unmet,
    "no_dose": _no_dose,
}


@dataclass(frozen=True, slots=True)
class Ride:
    """One leg that was ridden, with what is known of its times."""

    direction: Direction
    people: int
    picked_up_at: datetime | None
    dropped_off_at: datetime | None
    promised_from_at: datetime | None
    promised_until_at: datetime | None
    ready_at: datetime | None

    @property
    def is_on_time(self) -> bool | None:
        """Whether the car came within the window that was told; None where nothing was told."""
        if self.picked_up_at is None or self.promised_until_at is None:
            return None
        return self.picked_up_at <= self.promised_until_at

    @property
    def minutes_on_board(self) -> float | None:
        """Minutes from picking up to dropping off."""
        return _minutes(self.picked_up_at, self.dropped_off_at)

    @property
    def minutes_waited(self) -> float | None:
        """Minutes from being ready at the site to being picked up."""
        return _minutes(self.ready_at, self.picked_up_at)


def _minutes(since: datetime | None, until: datetime | None) -> float | None:
    if since is None or until is None or until < since:
        return None
    return (until - since).total_seconds() / 60


def blocks(session: Session, span: Span, *, language: str) -> tuple[Block, ...]:
    """Return the tables of rides of these units and days."""
    rides = _rides(session, span)
    return (
        _service(session, span, rides, language),
        _fleet(session, span, rides, language),
        _sides(session, span, language),
        _for_nothing(session, span, language),
    )


def _opened(session: Session, span: Span, kind: str, code: str) -> Measured:
    return people(how_many(session, LISTS[kind](span, code)), f"{kind}:{code}")


def _rides(session: Session, span: Span) -> list[Ride]:
    pickup, dropoff = aliased(RunStop), aliased(RunStop)
    rows: Iterable[Any] = session.execute(
        select(
            RideLeg.direction,
            RideLeg.seats + RideLeg.chairs,
            pickup.done_at,
            dropoff.done_at,
            Promise.pickup_from_at,
            Promise.pickup_until_at,
            func.coalesce(RideLeg.ready_at, Observation.ended_at, Observation.ready_at),
        )
        .select_from(LedgerEntry)
        .join(Appointment, Appointment.resident_id == LedgerEntry.resident_id)
        .join(RideLeg, RideLeg.appointment_id == Appointment.id)
        .outerjoin(pickup, (pickup.leg_id == RideLeg.id) & (pickup.kind == StopKind.PICKUP))
        .outerjoin(dropoff, (dropoff.leg_id == RideLeg.id) & (dropoff.kind == StopKind.DROPOFF))
        .outerjoin(Promise, (Promise.leg_id == RideLeg.id) & Promise.ended_at.is_(None))
        .outerjoin(Observation, Observation.appointment_id == Appointment.id)
        .where(
            span.mine(),
            RideLeg.on.between(span.since, span.until),
            RideLeg.status.in_(RIDDEN),
        )
    )
    return [
        Ride(
            direction=row[0],
            people=row[1],
            picked_up_at=row[2],
            dropped_off_at=row[3],
            promised_from_at=row[4],
            promised_until_at=row[5],
            ready_at=row[6] if row[0] is Direction.RETURN else None,
        )
        for row in rows
    ]


def _service(session: Session, span: Span, rides: Sequence[Ride], language: str) -> Block:
    on_time = [r.is_on_time for r in rides if r.is_on_time is not None]
    aboard = [m for r in rides if (m := r.minutes_on_board) is not None]
    waits = [m for r in rides if (m := r.minutes_waited) is not None]
    kept = _opened(session, span, "ride", "kept")
    broken = _opened(session, span, "ride", "broken")
    long = sum(minutes * 60 > LONG_RIDE_S for minutes in aboard)
    rows: list[tuple[Coded, Measured]] = [
        (Coded("rode", "乘车人数", "People who rode"), _opened(session, span, "ride", "all")),
        (Coded("there", "送去接种", "Brought there"), _opened(session, span, "ride", "outbound")),
        (Coded("home", "送回家", "Brought home"), _opened(session, span, "ride", "return")),
        (
            Coded("on_time", "准时（在告知时段内到门口）", "On time (within the window told)"),
            part(sum(on_time), len(on_time)),
        ),
        (Coded("kept", "承诺兑现", "Promises kept"), kept),
        (Coded("broken", "承诺未兑现", "Promises broken"), broken),
        (
            Coded("aboard", "车上时间（中位）", "Minutes on board (median)"),
            measured(median(aboard), Unit.MINUTES),
        ),
        (Coded("long", "超过45分钟的行程", "Rides over 45 minutes"), part(long, len(aboard))),
        (
            Coded("wait", "接种后等车（中位）", "Minutes waited for the ride home (median)"),
            measured(median(waits), Unit.MINUTES),
        ),
        (
            Coded("unmet", "要车未能安排", "Asked for a car and got none"),
            _opened(session, span, "unmet", "all"),
        ),
        (
            Coded("unmet_open", "其中仍未解决", "Of these still unsolved"),
            _opened(session, span, "unmet", "open"),
        ),
    ]
    return Block(
        "service",
        Coded("service", "接送质量", "The ride as people had it"),
        Coded("service", "按乘客登记的单位统计。", "For people registered in these units."),
        (Coded("value", "数值", "Value"),),
        tuple(BlockRow(label.label(language), (cell,)) for label, cell in rows),
    )


def _fleet(session: Session, span: Span, rides: Sequence[Ride], language: str) -> Block:
    hours, km, empty = _driven(session, span)
    riders = sum(ride.people for ride in rides)
    rows: list[tuple[Coded, Measured]] = [
        (Coded("hours", "车辆工时", "Car-hours"), measured(hours, Unit.HOURS)),
        (
            Coded("per_hour", "每车时人数", "People per car-hour"),
            measured(riders / hours if hours else None, Unit.RATE),
        ),
        (Coded("km", "行驶公里（估算）", "Kilometres (estimated)"), measured(km, Unit.KM)),
        (
            Coded("empty", "空驶公里（估算）", "Empty kilometres (estimated)"),
            measured(empty, Unit.KM),
        ),
        (Coded("empty_share", "空驶占比", "Share driven empty"), part(empty, km)),
    ]
    return Block(
        "fleet",
        Coded("fleet", "车辆使用", "Use of the cars"),
        Coded(
            "fleet",
            "这些天接送过本单位人员的车次；公里按站点间直线距离 × 1.35 估算，不含出入库。",
            "Runs that carried people of these units; kilometres are straight lines between stops × 1.35, "
            "without the way from and to the depot.",
        ),
        (Coded("value", "数值", "Value"),),
        tuple(BlockRow(label.label(language), (cell,)) for label, cell in rows),
    )


def _driven(session: Session, span: Span) -> tuple[float, float, float]:
    """Return hours, kilometres and empty kilometres of the runs that served these units."""
    mine = (
        select(RunStop.run_id)
        .join(RideLeg, RideLeg.id == RunStop.leg_id)
        .where(RideLeg.id.in_(_legs(span).with_only_columns(RideLeg.id)))
    )
    hours = session.scalars(select(Run).where(Run.id.in_(mine)))
    seconds = sum((run.ends_at - run.starts_at).total_seconds() for run in hours)
    rows = session.execute(
        select(
            RunStop.run_id,
            RunStop.kind,
            RideLeg.seats + RideLeg.chairs,
            Address.latitude,
            Address.longitude,
        )
        .join(RideLeg, RideLeg.id == RunStop.leg_id)
        .join(Address, Address.id == RunStop.address_id)
        .where(RunStop.run_id.in_(mine), RideLeg.status.in_(RIDDEN))
        .order_by(RunStop.run_id, RunStop.position)
    ).all()
    metres = empty = 0.0
    before: Any = None
    load = 0
    for row in rows:
        if before is not None and before[0] == row[0]:
            leg = _metres(before, row)
            metres += leg
            empty += leg if load <= 0 else 0.0
        else:
            load = 0
        load += row[2] if row[1] is StopKind.PICKUP else -row[2]
        before = row
    return seconds / 3600, metres / 1000, empty / 1000


def _metres(one: Any, other: Any) -> float:  # noqa: ANN401 - result rows
    if None in (one[3], one[4], other[3], other[4]):
        return 0.0
    here, there = Point(one[3], one[4]), Point(other[3], other[4])
    return float(distance_m(here, there)) * DETOUR


def _sides(session: Session, span: Span, language: str) -> Block:
    rows = [
        BlockRow(side.label(language), (_opened(session, span, "no_show", side.code),))
        for side in SIDES
    ]
    present = set(session.scalars(_legs(span).with_only_columns(RideLeg.result_code).distinct()))
    rows += [
        BlockRow(f"· {entry.label(language)}", (_opened(session, span, "result", code),))
        for code, entry in RIDE_RESULTS.items()
        if code in present and code != "R01"
    ]
    return Block(
        "sides",
        Coded("sides", "未成行的原因", "Rides that did not happen, by whose side"),
        Coded(
            "sides",
            "乘客方的原因只作改进之用，从不追究。",
            "What lay with riders is counted to serve them better, never held against anyone.",
        ),
        (Coded("people", "人数", "People"),),
        tuple(rows),
        chart=(0,),
    )


def _for_nothing(session: Session, span: Span, language: str) -> Block:
    came = how_many(session, _ridden(span, "outbound"))
    rows = [
        BlockRow(
            entry.label(language),
            (_opened(session, span, "no_dose", code),),
        )
        for code, entry in VISIT_RESULTS.items()
        if code not in {"V01", "V07", "V08"}
    ]
    total = _opened(session, span, "no_dose", "any")
    words = "All together" if language == "en" else "合计"
    share = "Share of people brought" if language == "en" else "占送去人数"
    rows.append(BlockRow(words, (total,)))
    rows.append(BlockRow(share, (part(total.value or 0, came),)))
    return Block(
        "for_nothing",
        Coded("for_nothing", "送到而未接种", "Rides that gave no dose, and why"),
        Coded(
            "for_nothing",
            "由我们接来而没有接种的人，按原因；出门前的询问应当使它变少。",
            "People our car brought who got no dose, by cause; asking before boarding should make it rare.",
        ),
        (Coded("people", "人数", "People"),),
        tuple(rows),
    )


def people_per_car_hour(session: Session, span: Span) -> float | None:
    """Return how many people an hour of a car carried; None where no car ran."""
    hours, _, _ = _driven(session, span)
    riders = sum(ride.people for ride in _rides(session, span))
    return riders / hours if hours else None
