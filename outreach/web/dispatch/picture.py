"""The day as pictures: runs as timelines and everything on a map, from the same values as the lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from outreach.kernel.geo import Point
from outreach.transport.board import Board, BoardRun
from outreach.transport.codes import Direction, StopKind

WIDTH = 1000
COLOURS = ("#0b6e4f", "#b3541e", "#2b59c3", "#8a2d7c", "#5b6b00", "#00707a", "#a31621", "#4a4e69")


@dataclass(frozen=True, slots=True)
class Mark:
    """One stop on a timeline; ``x`` is its place between 0 and WIDTH, ``slack`` how far it could slip."""

    x: float
    kind: str
    leg_id: int
    label: str
    is_late: bool
    is_done: bool
    slack: float
    told_x: float | None
    told_width: float


@dataclass(frozen=True, slots=True)
class Load:
    """One stretch of a run: how full seats and wheelchair places are, as shares of the strip's height."""

    x: float
    width: float
    seats: float
    chairs: float
    is_over: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """One run's bar: when it is out, its load, its stops."""

    run_id: int
    colour: str
    out_x: float
    out_width: float
    marks: tuple[Mark, ...]
    loads: tuple[Load, ...]
    now_x: float | None


@dataclass(frozen=True, slots=True)
class CarSeen:
    """Where a car was last seen, and whether that still holds."""

    point: Point
    at: datetime
    is_fresh: bool


class _Scale:
    """From instants to places on the strip, one scale for all runs of a day."""

    def __init__(self, board: Board) -> None:
        self.begins = min(run.starts_at for run in board.runs)
        self.ends = max(run.ends_at for run in board.runs)
        self.span = max((self.ends - self.begins).total_seconds(), 1.0)

    def x(self, at: datetime) -> float:
        share = (at - self.begins).total_seconds() / self.span
        return round(min(max(share, 0.0), 1.0) * WIDTH, 1)

    def width(self, minutes: float) -> float:
        return round(minutes * 60 / self.span * WIDTH, 1)


def timelines(board: Board) -> dict[int, Timeline]:
    """Return a timeline per run, all on one scale."""
    if not board.runs:
        return {}
    scale = _Scale(board)
    is_on = scale.begins <= board.now <= scale.ends
    return {
        run.run_id: Timeline(
            run_id=run.run_id,
            colour=COLOURS[i % len(COLOURS)],
            out_x=scale.x(run.leaves_at) if run.stops else scale.x(run.starts_at),
            out_width=round(scale.x(run.back_at) - scale.x(run.leaves_at), 1) if run.stops else 0.0,
            marks=_marks(run, scale),
            loads=_loads(run, scale),
            now_x=scale.x(board.now) if is_on else None,
        )
        for i, run in enumerate(board.runs)
    }


def hours_of(board: Board, *, zone: ZoneInfo) -> tuple[tuple[float, str], ...]:
    """Return (place in percent, hour) for the full hours of the strip."""
    if not board.runs:
        return ()
    scale = _Scale(board)
    first = scale.begins.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    hours = [first + timedelta(hours=n) for n in range(25)]
    shown = [hour for hour in hours if scale.begins <= hour <= scale.ends]
    return tuple((round(scale.x(hour) / WIDTH * 100, 1), f"{hour:%H}") for hour in shown)


def _marks(run: BoardRun, scale: _Scale) -> tuple[Mark, ...]:
    late = {b.position for b in run.broken if b.position is not None}
    marks = []
    for stop in run.stops:
        told = stop.leg.promised if stop.kind is StopKind.PICKUP else None
        marks.append(
            Mark(
                x=scale.x(stop.arrives_at),
                kind=stop.kind.value,
                leg_id=stop.leg.leg_id,
                label=stop.leg.person.name,
                is_late=stop.position in late,
                is_done=stop.done_at is not None,
                slack=scale.width(max(0, min(stop.slack_minutes, 60))),
                told_x=scale.x(told.from_at) if told is not None else None,
                told_width=round(scale.x(told.until_at) - scale.x(told.from_at), 1)
                if told
                else 0.0,
            )
        )
    return tuple(marks)


def _loads(run: BoardRun, scale: _Scale) -> tuple[Load, ...]:
    loads = []
    for here, there in pairwise(run.stops):
        if not here.seats_taken and not here.chairs_taken:
            continue
        x = scale.x(here.departs_at)
        loads.append(
            Load(
                x=x,
                width=max(1.0, round(scale.x(there.arrives_at) - x, 1)),
                seats=round(min(here.seats_taken / max(run.seats, 1), 1.0), 2),
                chairs=round(min(here.chairs_taken / max(run.chairs, 1), 1.0), 2),
                is_over=here.seats_taken > run.seats or here.chairs_taken > run.chairs,
            )
        )
    return tuple(loads)


def map_of(board: Board, *, tiles: str, seen: Mapping[int, CarSeen]) -> dict[str, object]:
    """Return what the map shows: doors, sites, each run's way, and where cars were last seen."""
    points: list[dict[str, object]] = []
    sites: dict[int, dict[str, object]] = {}
    for leg in board.without_car:
        door = leg.from_point if leg.direction is Direction.OUTBOUND else leg.to_point
        site = leg.to_point if leg.direction is Direction.OUTBOUND else leg.from_point
        points.append(_pin(door, leg.person.name, "waiting", key=f"leg-{leg.leg_id}"))
        sites[leg.site_id] = _pin(site, leg.site_name, "site")
    lines = []
    for i, run in enumerate(board.runs):
        for stop in run.stops:
            is_door = (stop.kind is StopKind.PICKUP) == (stop.leg.direction is Direction.OUTBOUND)
            if is_door:
                key = f"leg-{stop.leg.leg_id}"
                points.append(_pin(stop.point, stop.leg.person.name, "home", key=key))
            else:
                sites[stop.leg.site_id] = _pin(stop.point, stop.leg.site_name, "site")
        if run.stops:
            way = [run.depot, *(stop.point for stop in run.stops), run.depot]
            colour = COLOURS[i % len(COLOURS)]
            lines.append(
                {"path": [_at(p) for p in way], "color": colour, "key": f"run-{run.run_id}"}
            )
        if run.run_id in seen:
            points.append(_pin(seen[run.run_id].point, run.plate, "car", key=f"run-{run.run_id}"))
    return {"points": [*points, *sites.values()], "lines": lines, "tiles": tiles}


def _pin(point: Point, label: str, kind: str, *, key: str = "") -> dict[str, object]:
    return {"at": _at(point), "label": label, "kind": kind, "key": key}


def _at(point: Point) -> tuple[float, float]:
    """Return a point as the map takes it; a metre is near enough, and a big day stays light."""
    return round(point.latitude, 5), round(point.longitude, 5)
