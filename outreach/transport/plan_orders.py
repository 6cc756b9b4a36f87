"""From the engine back to rows: a plan read as orders of stops, and the runs as they stand as a plan (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from outreach.places.matrix import TravelTable
from outreach.routing.plan import Cost, Plan, PlannedStop, Route
from outreach.routing.problem import StopKind
from outreach.transport.plan_requests import Request, SlotWanted, legs_for
from outreach.transport.planning import Stated
from outreach.transport.run_facts import Halt, RunCheck
from outreach.transport.sheets import DaySheet

NO_COST = Cost(0.0, 0, 0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A request with the slot that a plan chose for it."""

    request: Request
    slot: SlotWanted


def plan_in_force(stated: Stated, checks: Mapping[int, RunCheck]) -> Plan:
    """Return the runs as they stand as a plan, so that the engine can start from it."""
    key_of = {leg_id: key for key, ids in stated.riders.items() for leg_id in ids}
    routes = []
    for vehicle in stated.problem.vehicles:
        run_id = int(vehicle.key[1:])
        stops = []
        seen: set[tuple[str, bool]] = set()
        check = checks[run_id]
        for halt in check.halts:
            key = key_of.get(halt.leg_id)
            if key is None or (key, halt.is_pickup) in seen:
                continue
            seen.add((key, halt.is_pickup))
            at = halt.starts_s - stated.origin_s
            kind = StopKind.PICKUP if halt.is_pickup else StopKind.DROPOFF
            stops.append(PlannedStop(kind, key, 0, at, at, at, (0.0, 0.0)))
        leave, back = check.leaves_depot_s - stated.origin_s, check.back_at_s - stated.origin_s
        routes.append(Route(vehicle.key, leave, tuple(stops), back, check.driving_s))
    driven = {s.leg for r in routes for s in r.stops}
    chosen = {
        e.key: e.options[0].key
        for e in stated.problem.episodes
        if e.options and all(leg.key in driven for leg in e.options[0].legs)
    }
    return Plan(tuple(routes), chosen, (), (), NO_COST)


def orders_of(plan: Plan, stated: Stated, sheet: DaySheet) -> dict[int, tuple[Halt, ...]]:
    """Return each run's stops as the plan wants them: what is done, what is in doubt, the new order."""
    orders = {}
    for route in plan.routes:
        run = sheet.run(int(route.vehicle[1:]))
        done = sorted(
            (stop for stop in run.stops if stop.done_at is not None),
            key=lambda stop: (stop.done_at, stop.position),
        )
        doubtful = [s for s in run.stops if s.leg_id in stated.in_doubt and s.done_at is None]
        halts = [stop.halt() for stop in (*done, *doubtful)]
        passed = {(halt.leg_id, halt.is_pickup) for halt in halts}
        for planned in route.stops:
            if planned.leg is None:
                continue
            is_pickup = planned.kind is StopKind.PICKUP
            for leg_id in stated.riders[planned.leg]:
                if (leg_id, is_pickup) not in passed:
                    passed.add((leg_id, is_pickup))
                    halts.append(Halt(leg_id, is_pickup=is_pickup))
        orders[run.run_id] = tuple(halts)
    return orders


def choices_of(plan: Plan, stated: Stated) -> tuple[Chosen, ...]:
    """Return the slots that a plan chose for those who had none."""
    return tuple(
        Chosen(stated.requested[episode], stated.slot_of[option])
        for episode, option in plan.chosen.items()
        if episode in stated.requested
    )


def with_choices(sheet: DaySheet, table: TravelTable, choices: Iterable[Chosen]) -> DaySheet:
    """Return the sheet with the rides that chosen slots bring."""
    legs = dict(sheet.legs)
    for choice in choices:
        for leg in legs_for(choice.request, choice.slot, table):
            legs[leg.leg_id] = leg
    return replace(sheet, legs=legs)
