#!/usr/bin/env python3
"""Exact checker for a district day's plan.

usage: check_day.py DAY.json PLAN.json
  PLAN: {"routes": [[...], ...]}, one list per vehicle in the day's order; number i (1..n) picks leg i up,
  i + n drops it off. Legs that no route serves count as unserved.
Times are minutes after the day's start, places kilometres; travel = straight line x detour / speed.
A leg: p, d = places; sp, sd = service minutes there; [ep, lp], [ed, ld] = windows for the start of service;
maxride = most minutes between the end of service at p and the start of service at d; seats, wheel = load.
A route may start from its depot at any time in the vehicle's shift and must be back within it.
Prints feasibility, driving minutes, unserved legs; exit status 0 when no constraint is broken.
"""
import json
import math
import sys

EPS = 0.02


def node_tables(day):
    legs, n = day["legs"], len(day["legs"])
    places = [(0.0, 0.0)] + [g["p"] for g in legs] + [g["d"] for g in legs]
    early = [0.0] + [g["ep"] for g in legs] + [g["ed"] for g in legs]
    late = [0.0] + [g["lp"] for g in legs] + [g["ld"] for g in legs]
    service = [0.0] + [g["sp"] for g in legs] + [g["sd"] for g in legs]
    return n, places, early, late, service


def check(day, routes):
    n, places, early, late, service = node_tables(day)
    per_km = day["detour"] / day["speed_kmh"] * 60
    drive = lambda a, b: math.hypot(a[0] - b[0], a[1] - b[1]) * per_km
    errors, total, visits = [], 0.0, {}
    if len(routes) > len(day["vehicles"]):
        errors.append("more routes than vehicles")
    for k, route in enumerate(routes):
        if not route:
            continue
        car = day["vehicles"][k]
        where = {v: i for i, v in enumerate(route, 1)}
        seats = wheels = 0
        for v in route:
            visits[v] = visits.get(v, 0) + 1
            leg, sign = day["legs"][(v - 1) % n], (1 if v <= n else -1)
            seats += sign * leg["seats"]; wheels += sign * leg["wheel"]
            if seats > car["seats"] or wheels > car["wheel"]:
                errors.append(f"vehicle {k}: over capacity at {v}")
            if (v > n and where.get(v - n, len(route) + 1) > where[v]) or (v <= n and v + n not in where):
                errors.append(f"vehicle {k}: leg {(v - 1) % n + 1} not picked up and dropped off in order by the same vehicle")
        stops = [car["depot"]] + [places[v] for v in route] + [car["depot"]]
        total += sum(drive(a, b) for a, b in zip(stops, stops[1:]))
        if any(e.startswith(f"vehicle {k}:") for e in errors):
            continue
        low = [car["start"]] + [early[v] for v in route] + [car["start"]]
        for _ in range(len(stops) + 2):        # least fixpoint of the difference constraints: exact
            at = [low[0]]
            for i in range(1, len(stops)):
                before = service[route[i - 2]] if i > 1 else 0.0
                at.append(max(low[i], at[-1] + before + drive(stops[i - 1], stops[i])))
            if any(at[i] > (late[route[i - 1]] if i < len(stops) - 1 else car["end"]) + EPS for i in range(1, len(stops))):
                errors.append(f"vehicle {k}: no schedule meets windows, ride times and shift")
                break
            moved = False
            for v in route:
                if v > n:
                    p = v - n
                    need = at[where[v]] - service[p] - day["legs"][p - 1]["maxride"]
                    if need > at[where[p]] + EPS:
                        low[where[p]] = need; moved = True
            if not moved:
                break
        else:
            errors.append(f"vehicle {k}: no schedule meets windows, ride times and shift")
    errors += [f"stop {v} visited {c} times" for v, c in visits.items() if c > 1]
    unserved = [i for i in range(1, n + 1) if i not in visits]
    return {"feasible": not errors, "driving_minutes": round(total, 2), "unserved": unserved, "errors": errors}


if __name__ == "__main__":
    result = check(json.load(open(sys.argv[1])), json.load(open(sys.argv[2]))["routes"])
    print(json.dumps(result))
    sys.exit(0 if result["feasible"] else 1)
