"""Builds episodes that belong together: couples who share a car, and what follows a deferral."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from outreach.routing.problem import BadProblem, Episode, Leg, Option, Stop, Use


class AfterDeferral(StrEnum):
    """What a couple chooses when one of the two is deferred at the desk."""

    BOTH_HOME_NOW = "both_home_now"
    ONE_WAITS = "one_waits"  # with the escort, until the other may leave too


def couple(
    key: str,
    pairs: Sequence[tuple[Option, Option]],
    *,
    priority: float = 1.0,
) -> Episode:
    """Return two linked appointments as one episode: same car there, same car home.

    Each pair holds adjacent slots at one site, one per partner. The merged rides carry both loads;
    they arrive in time for the earlier slot and leave when the later one is over.
    """
    options = tuple(_together(k, a, b) for k, (a, b) in enumerate(pairs))
    return Episode(key, options, priority)


def _together(k: int, a: Option, b: Option) -> Option:
    if len(a.legs) != len(b.legs):
        raise BadProblem(f"pairs[{k}]", "the two options have different rides")
    legs = []
    for n, (first, second) in enumerate(zip(a.legs, b.legs, strict=True)):
        if (first.pickup.place, first.dropoff.place) != (second.pickup.place, second.dropoff.place):
            raise BadProblem(f"pairs[{k}].legs[{n}]", "a couple shares both ends of a ride")
        legs.append(_shared(first, second))
    uses: dict[str, float] = {}
    for use in (*a.uses, *b.uses):
        uses[use.resource] = uses.get(use.resource, 0.0) + use.amount
    key = a.key if a.key == b.key else f"{a.key}+{b.key}"
    return Option(key, tuple(legs), tuple(Use(r, n) for r, n in uses.items()), a.cost_s + b.cost_s)


def _shared(first: Leg, second: Leg) -> Leg:
    vehicles = {leg.vehicle for leg in (first, second) if leg.vehicle is not None}
    if len(vehicles) > 1:
        raise BadProblem(f"legs[{second.key}].vehicle", "a couple cannot be pinned to two vehicles")
    return replace(
        first,
        key=f"{first.key}+{second.key}",
        pickup=_shared_stop(first.pickup, second.pickup),
        dropoff=_shared_stop(first.dropoff, second.dropoff),
        load=tuple(a + b for a, b in zip(first.load, second.load, strict=True)),
        max_ride_s=min(first.max_ride_s, second.max_ride_s),
        needs=first.needs | second.needs,
        vehicle=vehicles.pop() if vehicles else None,
        not_vehicles=first.not_vehicles | second.not_vehicles,
        groups=first.groups | second.groups,
        avoids=first.avoids | second.avoids,
        promise=first.promise or second.promise,
    )


def _shared_stop(a: Stop, b: Stop) -> Stop:
    """Return one stop for two people: both windows where they meet, one after the other served.

    Slots side by side may leave arrival windows that do not meet; then the earlier slot rules, since
    coming early for the later one costs only a wait indoors.
    """
    early, late = max(a.earliest_s, b.earliest_s), min(a.latest_s, b.latest_s)
    if early > late:
        early = min(a.earliest_s, b.earliest_s)
    return Stop(a.place, early, late, a.service_s + b.service_s)


def home_after_deferral(
    home: Leg, *, ready_s: float, most_wait_s: float, choice: AfterDeferral
) -> Leg:
    """Return the couple's ride home once one of the two has been deferred at ``ready_s``.

    Home at once means both are ready now and fetched within the longest wait; else the ride stays
    as it was, and nobody goes home alone.
    """
    if choice is AfterDeferral.ONE_WAITS:
        return home
    pickup = replace(home.pickup, earliest_s=ready_s, latest_s=ready_s + most_wait_s)
    dropoff = replace(home.dropoff, earliest_s=min(home.dropoff.earliest_s, ready_s))
    return replace(home, pickup=pickup, dropoff=dropoff, promise=None)
