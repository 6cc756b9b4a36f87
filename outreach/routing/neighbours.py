"""Which legs are close to which in space and time: this bounds the work of every insertion."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numba as nb
import numpy as np

from outreach.routing.network import RIDE, Network, Nodes

NEAREST = 60
LONGEST_PAUSE_S = 3600.0  # legs further apart in time are no neighbours
NO_STEP_S = 1e12
PIECE = 500  # legs whose neighbours one thread looks for at a time
WAIT_SHARE = 0.3  # a second of waiting between two stops counts this much of a second of driving


def nearest_legs(net: Network, leg_unit: Nodes, count: int) -> Nodes:
    """Return for each leg the legs of other units that could best stand beside it in a route."""
    legs = len(leg_unit)
    near = np.full((legs, min(count, max(1, legs - 1))), -1, np.int32)
    pieces = [(k, min(k + PIECE, legs)) for k in range(0, legs, PIECE)]
    if len(pieces) < 2:
        _nearest(net, leg_unit, near, 0, legs)
        return near
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        for job in [workers.submit(_nearest, net, leg_unit, near, *piece) for piece in pieces]:
            job.result()
    return near


@nb.njit(cache=True, nogil=True)
def _nearest(net: Network, leg_unit: Nodes, near: Nodes, first: int, last: int) -> None:
    """Fill in the rows from ``first`` up to ``last``; every pair of legs is looked at."""
    legs, count = near.shape
    apart = np.empty(count)
    for a in range(first, last):
        kept = 0
        for b in range(legs):
            if leg_unit[b] < 0 or leg_unit[a] == leg_unit[b] or not _may_meet(net, a, b):
                continue
            far = _apart(net, a, b)
            if far >= NO_STEP_S or (kept == count and far >= apart[count - 1]):
                continue
            rank = min(kept, count - 1)
            while rank > 0 and apart[rank - 1] > far:
                apart[rank], near[a, rank] = apart[rank - 1], near[a, rank - 1]
                rank -= 1
            apart[rank], near[a, rank] = far, b
            kept = min(kept + 1, count)


@nb.njit(cache=True, nogil=True, inline="always")
def _may_meet(net: Network, a: int, b: int) -> bool:
    """Tell whether two rides are close enough in time to stand side by side in a route."""
    if net.form[a] != RIDE or net.form[b] != RIDE:
        return False
    apart_s = max(net.early[2 * a] - net.late[2 * b + 1], net.early[2 * b] - net.late[2 * a + 1])
    return apart_s < LONGEST_PAUSE_S  # type: ignore[no-any-return]


@nb.njit(cache=True, nogil=True)
def _apart(net: Network, a: int, b: int) -> float:
    """Return the cheapest step from an end of one leg to an end of the other, either way round."""
    least = np.inf
    for m in (2 * a, 2 * a + 1):
        for n in (2 * b, 2 * b + 1):
            least = min(least, _step(net, m, n), _step(net, n, m))
    return least


@nb.njit(cache=True, nogil=True)
def _step(net: Network, m: int, n: int) -> float:
    drive = net.travel[net.place[m], net.place[n]]
    served = net.service[0, m] if len(net.service) else 0.0
    if net.early[m] + served + drive > net.late[n]:
        return np.inf
    return drive + WAIT_SHARE * max(0.0, net.early[n] - net.late[m] - served - drive)  # type: ignore[no-any-return]
