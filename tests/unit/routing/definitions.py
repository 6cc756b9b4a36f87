"""Checks a plan against its problem from the definitions alone; shares no code with the engine."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

from outreach.routing.plan import Plan, Route
from outreach.routing.problem import Problem, StopKind, Vehicle

EPS = 1e-3


def faults_of(problem: Problem, plan: Plan) -> list[str]:
    """Return every breach of a rule, in words; none means the plan holds."""
    faults: list[str] = []
    vehicles = {v.key: v for v in problem.vehicles}
    if [r.vehicle for r in plan.routes] != [v.key for v in problem.vehicles]:
        faults.append("routes are not one per vehicle in order")
    for route in plan.routes:
        faults += [
            f"{route.vehicle}: {f}" for f in _route_faults(problem, vehicles[route.vehicle], route)
        ]
    faults += _episode_faults(problem, plan)
    faults += _resource_faults(problem, plan)
    return faults


def _route_faults(problem: Problem, car: Vehicle, route: Route) -> list[str]:
    faults: list[str] = []
    if not route.stops:
        return faults
    stops = route.stops
    if route.leave_s < car.shift_start_s - EPS or route.back_s > car.shift_end_s + EPS:
        faults.append("outside the shift")
    if route.back_s - route.leave_s > car.max_duty_s + EPS:
        faults.append("duty too long")
    here, free_at, driving = car.start_place, route.leave_s, 0.0
    aboard: dict[str, float] = {}
    breaks = []
    for stop in stops:
        drive = float(problem.travel_s[here, stop.place])
        driving += drive
        if stop.start_s < free_at + drive - EPS:
            faults.append(f"{stop.leg} begins before the car is there")
        if aboard and stop.start_s - free_at - drive > problem.max_wait_aboard_s + EPS:
            faults.append(f"waits too long with people aboard before {stop.leg}")
        here, served = stop.place, 0.0
        if stop.kind is StopKind.BREAK:
            breaks.append(stop)
            if aboard:
                faults.append("a break with people aboard")
            served = stop.depart_s - stop.start_s
        elif stop.leg is not None:
            leg = problem.legs[stop.leg]
            end = leg.pickup if stop.kind is StopKind.PICKUP else leg.dropoff
            served = end.service_s * car.service_factor + car.service_extra_s
            if stop.place != end.place:
                faults.append(f"{stop.leg} at the wrong place")
            if not end.earliest_s - EPS <= stop.start_s <= end.latest_s + EPS:
                faults.append(f"{stop.leg} {stop.kind} outside its window")
            if stop.kind is StopKind.PICKUP:
                if not leg.needs <= car.features or leg.vehicle not in (None, car.key):
                    faults.append(f"{stop.leg} in a vehicle that does not fit")
                if car.key in leg.not_vehicles:
                    faults.append(f"{stop.leg} in a vehicle that is excluded")
                for other in aboard:
                    met = problem.legs[other]
                    if met.groups & leg.avoids or leg.groups & met.avoids:
                        faults.append(f"{stop.leg} meets {other}")
                aboard[stop.leg] = stop.start_s + served
            elif stop.leg not in aboard:
                faults.append(f"{stop.leg} dropped off without a pickup")
            elif stop.start_s - aboard.pop(stop.leg) > leg.max_ride_s + EPS:
                faults.append(f"{stop.leg} rides too long")
            faults += _load_faults(problem, car, list(aboard))
        free_at = stop.start_s + served
    home = float(problem.travel_s[here, car.end_place])
    if route.back_s < free_at + home - EPS:
        faults.append("back before it can be")
    if aboard:
        faults.append(f"{sorted(aboard)} never dropped off")
    if any(s.leg for s in stops) and len(breaks) != len(car.breaks):
        faults.append("a break is missing")
    for pause, stop in zip(sorted(car.breaks, key=lambda b: b.earliest_s), breaks, strict=False):
        if not pause.earliest_s - EPS <= stop.start_s <= pause.latest_s + EPS:
            faults.append("a break outside its window")
    if any(s.leg for s in stops) and not math.isclose(driving + home, route.driving_s, abs_tol=EPS):
        faults.append("driving is not the sum of its drives")
    return faults


def _load_faults(problem: Problem, car: Vehicle, aboard: list[str]) -> list[str]:
    held = [sum(problem.legs[k].load[d] for k in aboard) for d in range(len(problem.dimensions))]
    own = list(held)
    for by, of, amount in car.displaces:
        held[of] += amount * own[by]
    return [
        f"{problem.dimensions[d]} over capacity"
        for d in range(len(held))
        if held[d] > car.capacity[d] + EPS
    ]


def _episode_faults(problem: Problem, plan: Plan) -> list[str]:
    faults: list[str] = []
    seen = Counter(
        s.leg for r in plan.routes for s in r.stops if s.leg and s.kind is StopKind.PICKUP
    )
    wanted: Counter[str] = Counter()
    left = {u.episode for u in plan.unserved}
    begun = {
        s.leg for v in problem.vehicles for s in v.head
    }  # is driven whatever becomes of the rest
    for episode in problem.episodes:
        if (episode.key in plan.chosen) == (episode.key in left):
            faults.append(f"{episode.key} is neither placed nor left, or both")
        if episode.key in plan.chosen:
            option = next(o for o in episode.options if o.key == plan.chosen[episode.key])
            wanted.update(leg.key for leg in option.legs)
        else:
            wanted.update(g.key for o in episode.options for g in o.legs if g.key in begun)
    if seen != wanted:
        faults.append("the legs driven are not those of the chosen options")
    return faults


def _resource_faults(problem: Problem, plan: Plan) -> list[str]:
    used: dict[str, float] = defaultdict(float)
    begun = {s.leg for v in problem.vehicles for s in v.head}
    for episode in problem.episodes:
        for option in episode.options:
            if option.key == plan.chosen.get(episode.key) or begun & {g.key for g in option.legs}:
                for use in option.uses:
                    used[use.resource] += use.amount
    return [f"{r.key} over capacity" for r in problem.resources if used[r.key] > r.capacity + EPS]
