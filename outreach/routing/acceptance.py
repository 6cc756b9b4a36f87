"""When a changed plan replaces the present one: simulated annealing on a cooling temperature."""

from __future__ import annotations

import math

import numba as nb

from outreach.routing.chance import draw
from outreach.routing.network import Ints

WARM = 0.5  # first temperature, as a share of the cost per placed unit
REHEATED = 0.1  # where later cycles begin
COLD = 0.06  # last temperature
HURRIED = 1.4  # times warmer where there is time for few rounds: a plan must not freeze half-made


def temperature(
    share: float, cost_per_unit: float, *, first: bool, is_hurried: bool = False
) -> float:
    """Return the temperature after a share (0 to 1) of a cycle."""
    hotter = HURRIED if is_hurried else 1.0
    warm, cold = (hotter * WARM if first else REHEATED), hotter * COLD
    return cost_per_unit * warm * (cold / warm) ** min(1.0, max(0.0, share))  # type: ignore[no-any-return]


@nb.njit(cache=True, nogil=True)
def accepted(chance: Ints, new_cost: float, old_cost: float, heat: float) -> bool:
    """Tell whether a new cost is taken (Kirkpatrick and others 1983), by a threshold drawn ahead."""
    return new_cost < old_cost - heat * math.log(max(1e-300, draw(chance)))
