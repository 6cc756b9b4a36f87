"""Why an episode is not in a plan: facts that can be checked, from the narrowest to the widest."""

from __future__ import annotations

import numpy as np

from outreach.routing.compiling import Compiled
from outreach.routing.network import HORIZON_S, NOWHERE_S, PAUSE, Flags, box_network
from outreach.routing.plan import Reason
from outreach.routing.pricing import NEVER, box_memory, new_memory, price_in_route
from outreach.routing.problem import Leg
from outreach.routing.tours import Tours, box_tours


def keep_rests(compiled: Compiled, begun: Tours) -> None:
    """Let a car take nobody whose driver could not rest as stated even with nothing else to do.

    A car that is out already goes on: people wait for it.
    """
    net, memory = compiled.net, box_memory(new_memory(compiled.net, compiled.longest, bits=4))
    boxed, tours = box_network(net), box_tours(begun)
    for g in np.flatnonzero(net.form == PAUSE):
        v = compiled.leg_rows[g].vehicle
        price, _ = price_in_route(boxed, compiled.weights, tours, memory, int(g), v)
        if price >= NEVER and not compiled.heads[v]:
            net.fits[v] = 0


def servable_alone(compiled: Compiled, begun: Tours) -> Flags:
    """Return for every kernel leg whether some vehicle could do it with nothing else to do.

    ``begun`` holds the heads of the routes, that is what the vehicles are bound to do anyway.
    """
    net, memory = compiled.net, box_memory(new_memory(compiled.net, compiled.longest, bits=4))
    boxed, tours = box_network(net), box_tours(begun)
    able = np.zeros(len(net.ride), np.uint8)
    for v in range(len(net.kind)):
        alike = net.fits[:v][net.kind[:v] == net.kind[v]].any(axis=0)
        for g in np.flatnonzero((able == 0) & (net.fits[v] == 1) & ~alike):
            price, _ = price_in_route(boxed, compiled.weights, tours, memory, int(g), v)
            able[g] = price < NEVER
    return able


def forbid_hopeless(compiled: Compiled, able: Flags) -> None:
    """Make sure that no time is spent on legs that no vehicle can do: they fit none from here on."""
    compiled.net.fits[:, able == 0] = 0


def reason_for(compiled: Compiled, unit: int, tours: Tours, able: Flags, *, tried: bool) -> Reason:
    """Return why a unit is not placed in the given tours."""
    row = compiled.unit_rows[unit]
    if not row.options:
        return Reason.NOTHING_OFFERED
    if not len(compiled.net.kind):
        return Reason.NO_VEHICLE
    reasons = {_leg_reason(compiled, g) for o in row.options for g in o.legs if not able[g]}
    alone = [o for o in row.options if all(able[g] for g in o.legs)]
    if not alone:
        return min(reasons, key=list(Reason).index)
    if not tried:
        return Reason.NOT_TRIED
    room = compiled.units.room
    if all(any(tours.used[r] + a > room[r] + 1e-9 for r, a in o.uses) for o in alone):
        return Reason.RESOURCE_FULL
    return Reason.FLEET_BUSY


def _leg_reason(compiled: Compiled, g: int) -> Reason:
    net, leg = compiled.net, compiled.leg_rows[g].leg
    if leg is None:
        return Reason.OUTSIDE_SHIFTS
    if any(s.latest_s < s.earliest_s for s in (leg.pickup, leg.dropoff)):
        return Reason.WINDOW_IMPOSSIBLE
    direct = float(net.direct[g])
    if direct >= NOWHERE_S or not _reachable(compiled, leg):
        return Reason.UNREACHABLE
    if not _fits_any(compiled, g, leg):
        return Reason.FITS_NO_VEHICLE
    if direct > leg.max_ride_s:
        return Reason.RIDE_TOO_LONG
    served = float(net.service[:, 2 * g].min())
    if leg.pickup.earliest_s + served + direct > leg.dropoff.latest_s:
        return Reason.WINDOW_SHORTER_THAN_DRIVE
    return Reason.OUTSIDE_SHIFTS


def _reachable(compiled: Compiled, leg: Leg) -> bool:
    net = compiled.net
    there = net.travel[net.start, leg.pickup.place] < HORIZON_S
    back = net.travel[leg.dropoff.place, net.end] < HORIZON_S
    return bool((there & back).any())


def _fits_any(compiled: Compiled, g: int, leg: Leg) -> bool:
    net = compiled.net
    return any(
        leg.needs <= vehicle.features
        and vehicle.key not in leg.not_vehicles
        and leg.vehicle in (None, vehicle.key)
        and bool((net.load[net.kind[v], g] <= net.capacity[v] + 1e-9).all())
        for v, vehicle in enumerate(compiled.problem.vehicles)
    )
