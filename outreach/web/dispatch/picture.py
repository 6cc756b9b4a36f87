"""The day as pictures: runs as timelines and everything on a map, from the same values as the lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from outreach.kernel.geo import Point
from outreach.transport.board import Board, BoardRun
from outreach.transport.codes import Direction, StopKind

WIDTH = 1000
COLOURS = ("#0b6e4f", "#b3541e", "#2b59c3", "#8a2d7c", "#5b6b00", "#00707a", "#a31621", "#4a4e69")


@dataclass(frozen=True, slots=True)
class Mark:
    """One stop on a timeline; ``x`` is its place between 0 and WIDTH."""

    x: float
    kind: str
    label: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """One run's bar: when it is out, and its stops."""

    run_id: int
    colour: str
    out_x: float
    out_width: float
    marks: tuple[Mark, ...]


def timelines(board: Board) -> dict[int, Timeline]:
    """Return a timeline per run, all on one scale."""
    if not board.runs:
        return {}
    begins = min(run.starts_at for run in board.runs)
    ends = max(run.ends_at for run in board.runs)
    span = max((ends - begins).total_seconds(), 1.0)

    def x(at: datetime) -> float:
        return round(min(max((at - begins).total_seconds() / span, 0.0), 1.0) * WIDTH, 1)

    return {
        run.run_id: Timeline(
            run_id=run.run_id,
            colour=COLOURS[i % len(COLOURS)],
            out_x=x(run.leaves_at) if run.stops else x(run.starts_at),
            out_width=round(x(run.back_at) - x(run.leaves_at), 1) if run.stops else 0.0,
            marks=_marks(run, x),
        )
        for i, run in enumerate(board.runs)
    }


def _marks(run: BoardRun, place: Callable[[datetime], float]) -> tuple[Mark, ...]:
    late = {b.position for b in run.broken if b.position is not None}
    return tuple(
        Mark(
            x=place(stop.arrives_at),
            kind=stop.kind.value,
            label=stop.leg.person.name,
            is_late=stop.position in late,
        )
        for stop in run.stops
    )


def map_of(board: Board, *, tiles: str) -> dict[str, object]:
    """Return what the map shows: doors, sites, and each run's way."""
    points: list[dict[str, object]] = []
    sites: dict[int, dict[str, object]] = {}
    for leg in board.without_car:
        door = leg.from_point if leg.direction is Direction.OUTBOUND else leg.to_point
        site = leg.to_point if leg.direction is Direction.OUTBOUND else leg.from_point
        points.append(_pin(door, leg.person.name, "waiting"))
        sites[leg.site_id] = _pin(site, leg.site_name, "site")
    lines = []
    for i, run in enumerate(board.runs):
        for stop in run.stops:
            is_door = (stop.kind is StopKind.PICKUP) == (stop.leg.direction is Direction.OUTBOUND)
            if is_door:
                points.append(_pin(stop.point, stop.leg.person.name, "home"))
            else:
                sites[stop.leg.site_id] = _pin(stop.point, stop.leg.site_name, "site")
        if run.stops:
            way = [run.depot, *(stop.point for stop in run.stops), run.depot]
            lines.append({"path": [list(_at(p)) for p in way], "color": COLOURS[i % len(COLOURS)]})
    return {"points": [*points, *sites.values()], "lines": lines, "tiles": tiles}


def _pin(point: Point, label: str, kind: str) -> dict[str, object]:
    return {"at": list(_at(point)), "label": label, "kind": kind}


def _at(point: Point) -> tuple[float, float]:
    return point.latitude, point.longitude
