"""The frozen statement of one planning problem: who is to be placed, by what fleet, by what rules.

Everything a caller says is checked here once, so that no kernel ever meets a bad number. Times are
seconds after one origin that the caller chooses (usually local midnight); places are indices into
``Problem.travel_s``. A person who *cannot* be served (impossible window, no fitting car) is no
error: the plan names the reason. A number that *cannot be read* (NaN, negative seconds) is an error
that names its field.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from outreach.kernel.errors import InvalidInput

Floats = npt.NDArray[np.float64]
FOREVER_S = math.inf
MAX_GROUPS = 62


class BadProblem(InvalidInput):
    """The problem cannot be read; ``facts['field']`` says where and ``facts['reason']`` why."""

    def __init__(self, field_name: str, reason: str, **facts: object) -> None:
        super().__init__("bad_problem", field=field_name, reason=reason, **facts)

    def __str__(self) -> str:
        """Return the field and the reason in one line, for a log or a command line."""
        return f"{self.facts['field']}: {self.facts['reason']}"


class StopKind(StrEnum):
    """What happens at a stop of a route."""

    PICKUP = "pickup"
    DROPOFF = "dropoff"
    BREAK = "break"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Stop:
    """One end of a leg: where, when service may start, and how long this person needs there."""

    place: int
    earliest_s: float = 0.0
    latest_s: float = FOREVER_S
    service_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Promise:
    """A pickup time already told to a family; kept when the car comes within the tolerance."""

    pickup_at_s: float
    tolerance_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Leg:
    """One ride of one party: who boards where, who they can ride with, and for how long."""

    key: str
    pickup: Stop
    dropoff: Stop
    load: tuple[float, ...] = (1.0,)
    max_ride_s: float = FOREVER_S
    needs: frozenset[str] = frozenset()
    vehicle: str | None = None
    not_vehicles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    avoids: frozenset[str] = frozenset()
    promise: Promise | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a counting resource (slot, guide, vaccine, escort hour) an option takes."""

    resource: str
    amount: float = 1.0


@dataclass(frozen=True, slots=True)
class Option:
    """One way of placing an episode: usually a slot with the ride there and the ride home.

    ``cost_s`` is a preference in seconds of driving: another site than for the last dose, a later
    day, an escort who is not known.
    """

    key: str
    legs: tuple[Leg, ...]
    uses: tuple[Use, ...] = ()
    cost_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Episode:
    """One appointment (of one person or one couple) to be placed whole, or not at all (N2)."""

    key: str
    options: tuple[Option, ...]
    priority: float = 1.0


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that is counted: places in a slot, people a guide can mind, doses in stock."""

    key: str
    capacity: float


@dataclass(frozen=True, slots=True)
class Break:
    """A pause of the driver, begun within the window, wherever the empty car then stands."""

    earliest_s: float
    latest_s: float
    length_s: float


@dataclass(frozen=True, slots=True)
class HeadStop:
    """A stop that keeps its place at the head of a route: driven already, or locked by hand."""

    leg: str
    kind: StopKind
    at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """Where and from when a car that is under way is free to take new orders."""

    place: int
    from_s: float


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One car with its driver for one shift; a second shift of the same car is a second vehicle.

    ``displaces`` says how many units of each dimension one unit of another one takes away: with
    dimensions (seats, chairs) and ``((1, 0, 2.0),)`` every chair on board costs two seats.

    ``finishes`` names the legs given to this vehicle before: when a late day has made the end of its
    shift impossible already, it still does these, and takes nobody else.
    """

    key: str
    capacity: tuple[float, ...]
    start_place: int
    end_place: int
    shift_start_s: float = 0.0
    shift_end_s: float = FOREVER_S
    max_duty_s: float = FOREVER_S
    displaces: tuple[tuple[int, int, float], ...] = ()
    features: frozenset[str] = frozenset()
    breaks: tuple[Break, ...] = ()
    service_factor: float = 1.0
    service_extra_s: float = 0.0
    head: tuple[HeadStop, ...] = ()
    ready: Ready | None = None
    finishes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Problem:
    """A whole day (or any part of one) as the engine sees it."""

    travel_s: Floats
    vehicles: tuple[Vehicle, ...]
    episodes: tuple[Episode, ...]
    resources: tuple[Resource, ...] = ()
    max_wait_aboard_s: float = FOREVER_S
    dimensions: tuple[str, ...] = field(default=("seats",))

    def __post_init__(self) -> None:
        """Refuse what cannot be read, naming the field."""
        object.__setattr__(self, "travel_s", _readable_table(self.travel_s))
        _check_number("max_wait_aboard_s", self.max_wait_aboard_s, finite=False)
        _check_unique("vehicles", (v.key for v in self.vehicles))
        _check_unique("episodes", (e.key for e in self.episodes))
        _check_unique("resources", (r.key for r in self.resources))
        _check_vehicles(self)
        for k, resource in enumerate(self.resources):
            _check_number(f"resources[{k}].capacity", resource.capacity, finite=False)
        known = {r.key for r in self.resources}
        for k, episode in enumerate(self.episodes):
            _check_episode(self, f"episodes[{k}]", episode, known)
        _check_leg_keys(self)

    @property
    def places(self) -> int:
        """Return the number of distinct places in the travel table."""
        return int(self.travel_s.shape[0])

    @cached_property
    def legs(self) -> dict[str, Leg]:
        """Return every leg of every option by its key."""
        return {leg.key: leg for e in self.episodes for option in e.options for leg in option.legs}


def alone(leg: Leg, *, priority: float = 1.0) -> Episode:
    """Return a leg that stands alone (will-call return, same-day ride, benchmark) as an episode."""
    return Episode(key=leg.key, options=(Option(key=leg.key, legs=(leg,)),), priority=priority)


def _readable_table(table: object) -> Floats:
    matrix = np.ascontiguousarray(table, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] == 0:
        raise BadProblem("travel_s", "must be a square table with at least one place")
    if np.isnan(matrix).any():
        row, column = np.argwhere(np.isnan(matrix))[0]
        raise BadProblem(f"travel_s[{row}][{column}]", "is not a number")
    if (matrix < 0).any():
        row, column = np.argwhere(matrix < 0)[0]
        raise BadProblem(f"travel_s[{row}][{column}]", "is negative")
    matrix.setflags(write=False)
    return matrix


def _check_number(name: str, value: float, *, finite: bool, signed: bool = False) -> None:
    if not isinstance(value, int | float) or math.isnan(value):
        raise BadProblem(name, "is not a number")
    if finite and math.isinf(value):
        raise BadProblem(name, "is infinite")
    if not signed and value < 0:
        raise BadProblem(name, "is negative")


def _check_unique(name: str, keys: Iterable[str]) -> None:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise BadProblem(name, f"key {key!r} appears twice")
        seen.add(key)


def _check_place(problem: Problem, name: str, place: int) -> None:
    if not isinstance(place, int | np.integer) or not 0 <= place < problem.places:
        raise BadProblem(name, f"is not one of the {problem.places} places")


def _check_vehicles(problem: Problem) -> None:
    for k, vehicle in enumerate(problem.vehicles):
        at = f"vehicles[{k}]"
        if len(vehicle.capacity) != len(problem.dimensions):
            raise BadProblem(f"{at}.capacity", f"needs {len(problem.dimensions)} figures")
        for d, amount in enumerate(vehicle.capacity):
            _check_number(f"{at}.capacity[{d}]", amount, finite=True)
        _check_place(problem, f"{at}.start_place", vehicle.start_place)
        _check_place(problem, f"{at}.end_place", vehicle.end_place)
        _check_number(f"{at}.shift_start_s", vehicle.shift_start_s, finite=True, signed=True)
        _check_number(f"{at}.shift_end_s", vehicle.shift_end_s, finite=False, signed=True)
        _check_number(f"{at}.max_duty_s", vehicle.max_duty_s, finite=False)
        _check_number(f"{at}.service_factor", vehicle.service_factor, finite=True)
        _check_number(f"{at}.service_extra_s", vehicle.service_extra_s, finite=True)
        for b, pause in enumerate(vehicle.breaks):
            _check_number(
                f"{at}.breaks[{b}].earliest_s", pause.earliest_s, finite=True, signed=True
            )
            _check_number(f"{at}.breaks[{b}].latest_s", pause.latest_s, finite=False, signed=True)
            _check_number(f"{at}.breaks[{b}].length_s", pause.length_s, finite=True)
        for by, of, amount in vehicle.displaces:
            if not (0 <= by < len(problem.dimensions) and 0 <= of < len(problem.dimensions)):
                raise BadProblem(f"{at}.displaces", "names a dimension that is not there")
            _check_number(f"{at}.displaces", amount, finite=True)
        if vehicle.ready is not None:
            _check_place(problem, f"{at}.ready.place", vehicle.ready.place)
            _check_number(f"{at}.ready.from_s", vehicle.ready.from_s, finite=True, signed=True)


def _check_episode(problem: Problem, at: str, episode: Episode, known: set[str]) -> None:
    _check_number(f"{at}.priority", episode.priority, finite=True)
    _check_unique(f"{at}.options", (o.key for o in episode.options))
    for k, option in enumerate(episode.options):
        _check_number(f"{at}.options[{k}].cost_s", option.cost_s, finite=True, signed=True)
        if not option.legs:
            raise BadProblem(f"{at}.options[{k}].legs", "must hold at least one leg")
        for use in option.uses:
            _check_number(f"{at}.options[{k}].uses", use.amount, finite=True)
            if use.resource not in known:
                raise BadProblem(f"{at}.options[{k}].uses", f"no resource {use.resource!r}")
        for n, leg in enumerate(option.legs):
            _check_leg(problem, f"{at}.options[{k}].legs[{n}]", leg)


def _check_leg(problem: Problem, at: str, leg: Leg) -> None:
    for name, stop in (("pickup", leg.pickup), ("dropoff", leg.dropoff)):
        _check_place(problem, f"{at}.{name}.place", stop.place)
        _check_number(f"{at}.{name}.earliest_s", stop.earliest_s, finite=True, signed=True)
        _check_number(f"{at}.{name}.latest_s", stop.latest_s, finite=False, signed=True)
        _check_number(f"{at}.{name}.service_s", stop.service_s, finite=True)
    if len(leg.load) != len(problem.dimensions):
        raise BadProblem(f"{at}.load", f"needs {len(problem.dimensions)} figures")
    for d, amount in enumerate(leg.load):
        _check_number(f"{at}.load[{d}]", amount, finite=True)
    _check_number(f"{at}.max_ride_s", leg.max_ride_s, finite=False)
    if leg.vehicle is not None and leg.vehicle not in {v.key for v in problem.vehicles}:
        raise BadProblem(f"{at}.vehicle", f"no vehicle {leg.vehicle!r}")
    if leg.promise is not None:
        _check_number(
            f"{at}.promise.pickup_at_s", leg.promise.pickup_at_s, finite=True, signed=True
        )
        _check_number(f"{at}.promise.tolerance_s", leg.promise.tolerance_s, finite=True)


def _check_leg_keys(problem: Problem) -> None:
    _check_unique(
        "episodes.options.legs",
        (leg.key for e in problem.episodes for option in e.options for leg in option.legs),
    )
    groups = {g for leg in problem.legs.values() for g in leg.groups | leg.avoids}
    if len(groups) > MAX_GROUPS:
        raise BadProblem("legs.groups", f"at most {MAX_GROUPS} different groups")
    placed: set[tuple[str, StopKind]] = set()
    for k, vehicle in enumerate(problem.vehicles):
        for n, stop in enumerate(vehicle.head):
            at = f"vehicles[{k}].head[{n}]"
            if stop.leg not in problem.legs:
                raise BadProblem(f"{at}.leg", f"no leg {stop.leg!r}")
            if stop.kind not in (StopKind.PICKUP, StopKind.DROPOFF):
                raise BadProblem(f"{at}.kind", "must be a pickup or a drop-off")
            if (stop.leg, stop.kind) in placed:
                raise BadProblem(f"{at}.leg", f"leg {stop.leg!r} is locked twice")
            if stop.kind is StopKind.DROPOFF and (stop.leg, StopKind.PICKUP) not in placed:
                raise BadProblem(f"{at}.leg", f"leg {stop.leg!r} is dropped off before its pickup")
            if stop.at_s is not None:
                _check_number(f"{at}.at_s", stop.at_s, finite=True, signed=True)
            placed.add((stop.leg, stop.kind))
