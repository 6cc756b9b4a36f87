"""Which legs are close to which in space and time: this bounds the work of every insertion."""

from __future__ import annotations

import numba as nb
import numpy as np

from outreach.routing.network import RIDE, Network, Nodes

NEAREST = 60
LONGEST_PAUSE_S = 3600.0  # legs further apart in time are no neighbours
WAIT_SHARE = 0.3  # a second of waiting between two stops counts this much of a second of driving


def nearest_legs(net: Network, leg_unit: Nodes, count: int) -> Nodes:
    """Return for each leg the legs of other units that could best stand beside it in a route."""
    return _nearest(net, leg_unit, min(count, max(1, len(leg_unit) - 1)))


@nb.njit(cache=True, nogil=True)
def _nearest(net: Network, leg_unit: Nodes, count: int) -> Nodes:
    legs = len(leg_unit)
    near = np.full((legs, count), -1, np.int32)
    closeness = np.empty(legs)
    for a in range(legs):
        for b in range(legs):
            closeness[b] = np.inf
            rides = net.form[a] == RIDE and net.form[b] == RIDE
            apart_s = max(
                net.early[2 * a] - net.late[2 * b + 1], net.early[2 * b] - net.late[2 * a + 1]
            )
            if (
                rides
                and apart_s < LONGEST_PAUSE_S
                and leg_unit[b] >= 0
                and leg_unit[a] != leg_unit[b]
            ):
                closeness[b] = _apart(net, a, b)
        kept = min(count, legs)
        chosen = np.argpartition(closeness, kept - 1)[:kept] if kept < legs else np.arange(legs)
        ranked = chosen[np.argsort(closeness[chosen])]
        for rank in range(min(count, len(ranked))):
            if closeness[ranked[rank]] < 1e12:
                near[a, rank] = ranked[rank]
    return near


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
