"""Escorts as a shared resource: counted while planning, named afterwards.

On board an escort takes a seat (part of a leg's load). At the site one escort minds several people,
within hours of duty: that is counted per stretch of time, so that no slot is chosen for which nobody
would be there. Who it is, is decided when the plan stands: whom the resident knows, who speaks the
dialect, or is of the gender asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from outreach.routing.problem import Resource, Use

STRETCH_S = 900.0


@dataclass(frozen=True, slots=True)
class Escort:
    """One helper on duty at a site, who minds up to ``minds`` people at a time."""

    key: str
    site: str
    from_s: float
    until_s: float
    minds: int = 1
    traits: frozenset[str] = frozenset()  # languages, gender, residents known


@dataclass(frozen=True, slots=True)
class Stay:
    """One person's time at a site, and what is wished of the escort, the dearest wish first."""

    episode: str
    site: str
    from_s: float
    until_s: float
    wishes: tuple[str, ...] = ()


def duty_resources(escorts: Sequence[Escort]) -> tuple[Resource, ...]:
    """Return how many people can be minded at each site in each stretch of time."""
    room: dict[str, float] = {}
    for escort in escorts:
        for key in _stretches(escort.site, escort.from_s, escort.until_s, whole=True):
            room[key] = room.get(key, 0.0) + escort.minds
    return tuple(Resource(key, count) for key, count in sorted(room.items()))


def uses_of_stay(stay: Stay, resources: Sequence[Resource]) -> tuple[Use, ...] | None:
    """Return what a stay takes of the escorts, or None when nobody is on duty at some moment."""
    known = {r.key for r in resources}
    keys = _stretches(stay.site, stay.from_s, stay.until_s, whole=False)
    return tuple(Use(key) for key in keys) if known.issuperset(keys) else None


def _stretches(site: str, from_s: float, until_s: float, *, whole: bool) -> list[str]:
    """Name the stretches within a span: only those wholly inside, or all that it touches."""
    round_up, round_down = np.ceil, np.floor
    first = (round_up if whole else round_down)(from_s / STRETCH_S)
    last = (round_down if whole else round_up)(until_s / STRETCH_S)
    return [f"escorts {site} {k}" for k in range(int(first), int(last))]


def name_escorts(stays: Sequence[Stay], escorts: Sequence[Escort]) -> Mapping[str, str]:
    """Return an escort for as many stays as can have one, wishes met as far as possible.

    Stays are taken in waves by their start; within a wave the assignment is optimal.
    """
    given: dict[str, str] = {}
    busy: dict[str, list[float]] = {e.key: [] for e in escorts}  # ends of the stays minded
    from scipy.optimize import linear_sum_assignment  # slow to import, and rarely needed

    for start in sorted({s.from_s for s in stays}):
        wave = [s for s in stays if s.from_s == start]
        for ends in busy.values():
            ends[:] = [end for end in ends if end > start]
        places = [e for e in escorts for _ in range(e.minds - len(busy[e.key]))]
        if not places:
            continue
        cost = np.array([[_cost(stay, escort) for escort in places] for stay in wave])
        for row, column in zip(*linear_sum_assignment(cost), strict=True):
            if cost[row, column] < _IMPOSSIBLE:
                given[wave[row].episode] = places[column].key
                busy[places[column].key].append(wave[row].until_s)
    return given


_IMPOSSIBLE = 1e9


def _cost(stay: Stay, escort: Escort) -> float:
    on_duty = escort.from_s <= stay.from_s and stay.until_s <= escort.until_s
    if stay.site != escort.site or not on_duty:
        return _IMPOSSIBLE
    # An earlier wish outweighs all later ones together.
    unmet = [2.0**-k for k, wish in enumerate(stay.wishes) if wish not in escort.traits]
    return float(sum(unmet))
