"""Reads planning problems from files: Cordeau's dial-a-ride format and the product's day files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from outreach.routing.problem import BadProblem, Leg, Problem, Stop, Vehicle, alone

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Instance:
    """A problem from a file; leg *i* (1-based in the file's numbering) has the key ``str(i)``."""

    problem: Problem
    size: int

    def number_of(self, leg: str, *, dropoff: bool) -> int:
        """Return the node number the checkers use: i for a pickup, i + n for its drop-off."""
        return int(leg) + (self.size if dropoff else 0)


def read_instance(path: Path) -> Instance:
    """Return the problem of a file, told apart by its content."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadProblem("file", "cannot be read as text") from error
    if text.lstrip().startswith("{"):
        return _read_day(text)
    return _read_cordeau(text)


def _read_cordeau(text: str) -> Instance:
    rows = [line.split() for line in text.splitlines() if line.strip()]
    if not rows or len(rows[0]) < 5:
        raise BadProblem("header", "needs vehicles, requests, duration, capacity and ride time")
    count, _, duration, capacity, ride = (
        _number(f"header[{k}]", v) for k, v in enumerate(rows[0][:5])
    )
    nodes = [_cordeau_node(k, row) for k, row in enumerate(rows[1:])]
    size = (len(nodes) - 1) // 2
    if not nodes or len(nodes) not in (2 * size + 1, 2 * size + 2):
        raise BadProblem("nodes", "must be a depot and two nodes per request")
    points = [(n[1], n[2]) for n in nodes]
    ends = nodes[-1] if len(nodes) == 2 * size + 2 else nodes[0]
    place, travel = _places([*points[: 2 * size + 1], (ends[1], ends[2])], MINUTE_S)
    vehicles = tuple(
        Vehicle(
            key=str(k + 1),
            capacity=(capacity,),
            start_place=place[0],
            end_place=place[-1],
            shift_start_s=max(nodes[0][5], 0.0) * MINUTE_S,
            shift_end_s=ends[6] * MINUTE_S,
            max_duty_s=duration * MINUTE_S,
        )
        for k in range(int(count))
    )
    legs = [
        Leg(
            key=str(i),
            pickup=_cordeau_stop(nodes[i], place[i]),
            dropoff=_cordeau_stop(nodes[i + size], place[i + size]),
            load=(nodes[i][4],),
            max_ride_s=ride * MINUTE_S,
        )
        for i in range(1, size + 1)
    ]
    problem = Problem(travel_s=travel, vehicles=vehicles, episodes=tuple(alone(g) for g in legs))
    return Instance(problem, size)


def _cordeau_node(k: int, row: Sequence[str]) -> list[float]:
    if len(row) < 7:
        raise BadProblem(f"nodes[{k}]", "needs id, x, y, service, load, earliest, latest")
    values = [_number(f"nodes[{k}][{c}]", v) for c, v in enumerate(row[:7])]
    if not all(map(math.isfinite, values)):
        raise BadProblem(f"nodes[{k}]", "holds a number that is not finite")
    return values


def _cordeau_stop(node: Sequence[float], place: int) -> Stop:
    return Stop(place, node[5] * MINUTE_S, node[6] * MINUTE_S, node[3] * MINUTE_S)


def _read_day(text: str) -> Instance:
    try:
        day = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadProblem("file", f"is not JSON (line {error.lineno})") from error
    for name in ("legs", "vehicles"):
        if not isinstance(day.get(name), list):
            raise BadProblem(name, "must be a list")
    speed, detour = _field(day, "", "speed_kmh"), _field(day, "", "detour")
    if speed <= 0:
        raise BadProblem("speed_kmh", "must be above zero")
    legs, cars = day["legs"], day["vehicles"]
    points = [_point(c, f"vehicles[{k}].", "depot") for k, c in enumerate(cars)]
    for k, leg in enumerate(legs):
        points += [_point(leg, f"legs[{k}].", "p"), _point(leg, f"legs[{k}].", "d")]
    place, travel = _places(points or [(0.0, 0.0)], detour / speed * 3600.0)
    vehicles = tuple(_day_vehicle(k, car, place[k]) for k, car in enumerate(cars))
    first = len(cars)
    episodes = tuple(
        alone(_day_leg(k, leg, place[first + 2 * k], place[first + 2 * k + 1]))
        for k, leg in enumerate(legs)
    )
    problem = Problem(
        travel_s=travel, vehicles=vehicles, episodes=episodes, dimensions=("seats", "chairs")
    )
    return Instance(problem, len(legs))


def _day_vehicle(k: int, car: Mapping[str, Any], place: int) -> Vehicle:
    at = f"vehicles[{k}]."
    return Vehicle(
        key=str(k + 1),
        capacity=(_field(car, at, "seats"), _field(car, at, "wheel")),
        start_place=place,
        end_place=place,
        shift_start_s=_field(car, at, "start") * MINUTE_S,
        shift_end_s=_field(car, at, "end") * MINUTE_S,
    )


def _day_leg(k: int, leg: Mapping[str, Any], pickup: int, dropoff: int) -> Leg:
    at = f"legs[{k}]."

    def seconds(name: str) -> float:
        return _field(leg, at, name) * MINUTE_S

    return Leg(
        key=str(k + 1),
        pickup=Stop(pickup, seconds("ep"), seconds("lp"), seconds("sp")),
        dropoff=Stop(dropoff, seconds("ed"), seconds("ld"), seconds("sd")),
        load=(_field(leg, at, "seats"), _field(leg, at, "wheel")),
        max_ride_s=seconds("maxride"),
    )


def _field(row: Mapping[str, Any], at: str, name: str) -> float:
    if not isinstance(row, Mapping) or name not in row:
        raise BadProblem(f"{at}{name}", "is missing")
    return _number(f"{at}{name}", row[name])


def _number(name: str, value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise BadProblem(name, "is not a number") from error
    if math.isnan(number):
        raise BadProblem(name, "is not a number")
    return number


def _point(row: Mapping[str, Any], at: str, name: str) -> tuple[float, float]:
    value = row.get(name) if isinstance(row, Mapping) else None
    if not isinstance(value, list) or len(value) != 2:
        raise BadProblem(f"{at}{name}", "must be a point of two numbers")
    return _number(f"{at}{name}[0]", value[0]), _number(f"{at}{name}[1]", value[1])


def _places(
    points: Sequence[tuple[float, float]], seconds_per_unit: float
) -> tuple[list[int], np.ndarray[Any, np.dtype[np.float64]]]:
    """Return each point's index among the distinct ones, and the straight-line table over these."""
    index: dict[tuple[float, float], int] = {}
    place = [index.setdefault(point, len(index)) for point in points]
    x, y = np.array(list(index)).T
    with np.errstate(invalid="ignore"):
        table = np.hypot(x[:, None] - x, y[:, None] - y) * seconds_per_unit
    # An infinite coordinate is a place to which no road leads, also from itself.
    return place, np.where(np.isnan(table), np.inf, table)
