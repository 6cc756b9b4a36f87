"""When a changed plan replaces the present one: simulated annealing on a cooling temperature."""

from __future__ import annotations

import math

import numba as nb

from outreach.routing.chance import draw

WARM = 0.02  # first temperature, as a share of the cost per placed unit
COLD = 0.0005  # last temperature


def temperature(share: float, cost_per_unit: float) -> float:
    """Return the temperature after a share (0 … 1) of the search."""
    return cost_per_unit * WARM * (COLD / WARM) ** min(1.0, max(0.0, share))


@nb.njit(cache=True, nogil=True)
def accepted(chance, new_cost, old_cost, heat):
    """Tell whether a new cost is taken (Kirkpatrick and others 1983, as a threshold drawn ahead)."""
    return new_cost < old_cost - heat * math.log(max(1e-300, draw(chance)))
