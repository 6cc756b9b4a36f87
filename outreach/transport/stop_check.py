"""The exact check of a run, made by hand or by the engine: when everything happens and what it breaks (pure).

``stop_schedule`` gives the earliest schedule that keeps all rules and told times; where there is none,
the plainest schedule is reported with what it breaks.
"""

from __future__ import annotations

from dataclasses import dataclass

from outreach.transport.run_facts import (
    LONGEST_WAIT_ABOARD_S,
    Breach,
    RunCheck,
    RunFacts,
    TimedHalt,
    Travel,
    Violation,
)
from outreach.transport.stop_schedule import (
    EPSILON_S,
    Rows,
    after_the_break,
    feasible,
    fetch_later,
    is_late,
    latest_starts,
    leaves_at,
    plain,
    told_schedule,
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a run breaks; when each of its stops happens is told of the runs that are shown alone."""

    violations: tuple[Violation, ...]
    _run: RunFacts
    _rows: Rows
    _times: list[float]

    def check(self) -> RunCheck:
        """Return the same with the times of every stop."""
        return _result(self._run, self._rows, self._times, self.violations)


def check_run(run: RunFacts, travel: Travel) -> RunCheck:
    """Return when each stop happens and what the run breaks."""
    return judge_run(run, travel).check()


def judge_run(run: RunFacts, travel: Travel) -> Judged:
    """Return what the run breaks, by the same exact check: for those who try many orders."""
    rows = Rows(run, travel)
    bound, times = told_schedule(run, travel) or (rows, feasible(rows) or plain(rows))
    fetch_later(bound, times)
    violations = (
        *_crew_breaches(run),
        *_order_breaches(run),
        *_load_breaches(run, rows),
        *_time_breaches(run, rows, times),
    )
    return Judged(violations, run, rows, times)


def keeps_every_bound(run: RunFacts, travel: Travel) -> bool:
    """Tell quickly whether load, windows, caps, shift and day can be kept; says nothing of car and crew.

    What it refuses no schedule could keep; what it lets pass is for ``check_run`` to say.
    """
    rows = Rows(run, travel)
    if _load_breaches(run, rows):
        return False
    times = feasible(rows)
    if times is None:
        return False
    if not rows.size:
        return True
    back = leaves_at(rows, times, rows.size - 1) + rows.last_drive
    out = times[0] if run.halts[0].done_at_s is not None else latest_starts(run, rows)[0]
    least_worked = back - (out - rows.first_drive) - run.duty.rest_s
    duty = run.duty
    return back <= duty.ends_s + EPSILON_S and least_worked <= duty.longest_day_s + EPSILON_S


def new_violations(before: RunCheck, after: RunCheck | Judged) -> tuple[Violation, ...]:
    """Return what a change breaks that was whole before; or breaks clearly more than before."""
    old = {v.cause: v for v in before.violations}
    return tuple(v for v in after.violations if v.cause not in old or _is_worse(old[v.cause], v))


def _is_worse(before: Violation, after: Violation) -> bool:
    slack = {"late_s": 30.0, "over_s": 30.0, "over": 0.0}
    return any(
        float(after.facts[k]) > float(before.facts.get(k, 0.0)) + slack[k]
        for k in slack
        if k in after.facts
    )


def _crew_breaches(run: RunFacts) -> list[Violation]:
    duty = run.duty
    found = [Violation(Breach.CAR_UNFIT, facts={"why": why}) for why in run.car.unfit]
    found += [Violation(Breach.DRIVER_UNFIT, facts={"why": why}) for why in duty.driver_unfit]
    found += [Violation(Breach.ESCORT_UNFIT, facts={"why": why}) for why in duty.escort_unfit]
    if run.halts and not duty.has_driver:
        found.append(Violation(Breach.NO_DRIVER))
    for leg_id in dict.fromkeys(h.leg_id for h in run.halts):
        rider = run.riders[leg_id]
        if rider.wants_escort and not duty.has_escort:
            found.append(Violation(Breach.NO_ESCORT, leg_id))
        if rider.needs_ramp and not run.car.has_ramp:
            found.append(Violation(Breach.NO_RAMP, leg_id))
    return found


def _order_breaches(run: RunFacts) -> list[Violation]:
    found = []
    seen: set[tuple[int, bool]] = set()
    for i, halt in enumerate(run.halts):
        if not halt.is_pickup and (halt.leg_id, True) not in seen:
            later = any(h.leg_id == halt.leg_id and h.is_pickup for h in run.halts[i + 1 :])
            breach = Breach.OUT_OF_ORDER if later else Breach.HALF_A_RIDE
            found.append(Violation(breach, halt.leg_id, i))
        seen.add((halt.leg_id, halt.is_pickup))
    found += [
        Violation(Breach.HALF_A_RIDE, leg_id)
        for leg_id, is_pickup in sorted(seen)
        if is_pickup and (leg_id, False) not in seen
    ]
    return found


def _load_breaches(run: RunFacts, rows: Rows) -> list[Violation]:
    """N4: seats with what chairs displace and the escort's own, and wheelchair places, at every stop."""
    found = []
    car = run.car
    for i, halt in enumerate(run.halts):
        if not halt.is_pickup:
            continue
        chairs = rows.chairs[i]
        if chairs > car.chairs:
            facts = {"taken": chairs, "places": car.chairs, "over": chairs - car.chairs}
            found.append(Violation(Breach.TOO_MANY_CHAIRS, halt.leg_id, i, facts))
        room = car.seats - run.duty.has_escort - chairs * car.seats_lost_per_chair
        if rows.seats[i] > room:
            facts = {"taken": rows.seats[i], "places": room, "over": rows.seats[i] - room}
            found.append(Violation(Breach.TOO_MANY_SEATS, halt.leg_id, i, facts))
    return found


def _time_breaches(run: RunFacts, rows: Rows, times: list[float]) -> list[Violation]:
    found = []
    for i, halt in enumerate(run.halts):
        if is_late(rows, i, times[i]):
            breach = Breach.LATE_PICKUP if halt.is_pickup else Breach.LATE_DROPOFF
            late = times[i] - rows.closes[i]
            found.append(Violation(breach, halt.leg_id, i, {"late_s": late}))
    for pickup, dropoff in rows.pairs:
        if run.halts[dropoff].done_at_s is not None:
            continue
        rider = run.riders[run.halts[pickup].leg_id]
        ride = times[dropoff] - leaves_at(rows, times, pickup)
        if ride > rider.max_ride_s + EPSILON_S:
            facts = {"ride_s": ride, "cap_s": rider.max_ride_s, "over_s": ride - rider.max_ride_s}
            found.append(Violation(Breach.RIDE_TOO_LONG, rider.leg_id, dropoff, facts))
    found += _wait_breaches(run, rows, times)
    found += _shift_breaches(run, rows, times)
    return found


def _wait_breaches(run: RunFacts, rows: Rows, times: list[float]) -> list[Violation]:
    found = []
    for i in range(rows.size - 1):
        if not rows.is_loaded[i] or run.halts[i + 1].done_at_s is not None:
            continue
        wait = times[i + 1] - leaves_at(rows, times, i) - rows.drive[i]
        if wait > LONGEST_WAIT_ABOARD_S + EPSILON_S:
            facts = {"wait_s": wait, "over_s": wait - LONGEST_WAIT_ABOARD_S}
            found.append(Violation(Breach.WAITS_ABOARD, run.halts[i + 1].leg_id, i + 1, facts))
    for first, _floor in after_the_break(rows, times):
        found.append(Violation(Breach.NO_BREAK, run.halts[first].leg_id, first))
    return found


def _shift_breaches(run: RunFacts, rows: Rows, times: list[float]) -> list[Violation]:
    if not run.halts:
        return []
    found = []
    duty = run.duty
    out = times[0] - rows.first_drive
    back = leaves_at(rows, times, rows.size - 1) + rows.last_drive
    if run.halts[0].done_at_s is None and out < duty.starts_s - EPSILON_S:
        found.append(Violation(Breach.BEFORE_SHIFT, facts={"over_s": duty.starts_s - out}))
    if back > duty.ends_s + EPSILON_S:
        found.append(Violation(Breach.AFTER_SHIFT, facts={"over_s": back - duty.ends_s}))
    worked = back - out - duty.rest_s
    if worked > duty.longest_day_s + EPSILON_S:
        facts = {"over_s": worked - duty.longest_day_s}
        found.append(Violation(Breach.DAY_TOO_LONG, facts=facts))
    return found


def _result(
    run: RunFacts, rows: Rows, times: list[float], violations: tuple[Violation, ...]
) -> RunCheck:
    latest = latest_starts(run, rows)
    earliest = plain(rows)
    halts = []
    for i, halt in enumerate(run.halts):
        reach = run.duty.starts_s if i == 0 else leaves_at(rows, times, i - 1)
        reach += rows.first_drive if i == 0 else rows.drive[i - 1]
        halts.append(
            TimedHalt(
                leg_id=halt.leg_id,
                is_pickup=halt.is_pickup,
                reaches_s=min(times[i], reach),
                starts_s=times[i],
                leaves_s=leaves_at(rows, times, i),
                seats_taken=rows.seats[i]
                + rows.chairs[i] * run.car.seats_lost_per_chair
                + run.duty.has_escort,
                chairs_taken=rows.chairs[i],
                slack_s=latest[i] - times[i],
                earliest_leaves_s=leaves_at(rows, earliest, i),
                is_done=halt.done_at_s is not None,
            )
        )
    driving = rows.first_drive + sum(rows.drive) + rows.last_drive
    return RunCheck(
        halts=tuple(halts),
        violations=violations,
        driving_s=driving if run.halts else 0.0,
        leaves_depot_s=times[0] - rows.first_drive if times else run.duty.starts_s,
        back_at_s=leaves_at(rows, times, rows.size - 1) + rows.last_drive
        if times
        else run.duty.starts_s,
    )
