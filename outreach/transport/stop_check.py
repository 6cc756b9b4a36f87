"""The exact check of a hand-made run: when everything happens and what it breaks (pure).

Times are difference constraints: driving and service between neighbours, windows, a cap on each ride,
a bound on waiting with people aboard, the driver's break with an empty car. Raising lower bounds until
nothing moves gives the earliest schedule that keeps all of them, or shows that none exists; then the
plainest schedule is reported with what it breaks. Seconds count from any one origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from outreach.transport.run_facts import (
    LONGEST_WAIT_ABOARD_S,
    Breach,
    Halt,
    RunCheck,
    RunFacts,
    TimedHalt,
    Travel,
    Violation,
)

EPSILON_S = 0.5


def check_run(run: RunFacts, travel: Travel) -> RunCheck:
    """Return when each stop happens and what the run breaks."""
    rows = _Rows(run, travel)
    times = _feasible(rows) or _plain(rows)
    _fetch_later(rows, times)
    violations = [
        *_crew_breaches(run),
        *_order_breaches(run),
        *_load_breaches(run, rows),
        *_time_breaches(run, rows, times),
    ]
    return _result(run, rows, times, violations)


def keeps_every_bound(run: RunFacts, travel: Travel) -> bool:
    """Tell quickly whether load, windows, caps and shift can be kept; says nothing of car and crew."""
    rows = _Rows(run, travel)
    if _load_breaches(run, rows):
        return False
    times = _feasible(rows)
    if times is None:
        return False
    return not rows.size or (
        _leaves(rows, times, rows.size - 1) + rows.last_drive <= run.duty.ends_s + EPSILON_S
    )


def new_violations(before: RunCheck, after: RunCheck) -> tuple[Violation, ...]:
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


class _Rows:
    """The run spread into parallel lists, one entry a stop."""

    def __init__(self, run: RunFacts, travel: Travel) -> None:
        self.run = run
        halts, riders = run.halts, run.riders
        self.size = len(halts)
        self.place: list[int] = []
        self.opens: list[float] = []
        self.closes: list[float] = []
        self.service: list[float] = []
        for halt in halts:
            rider = riders[halt.leg_id]
            at_home = halt.is_pickup
            self.place.append(rider.pickup_place if at_home else rider.dropoff_place)
            window = rider.pickup if at_home else rider.dropoff
            self.opens.append(window[0])
            self.closes.append(window[1])
            self.service.append(rider.pickup_service_s if at_home else rider.dropoff_service_s)
        car = run.car
        self.first_drive = travel(car.start_place, self.place[0]) if halts else 0.0
        self.last_drive = travel(self.place[-1], car.end_place) if halts else 0.0
        self.drive = [travel(a, b) for a, b in pairwise(self.place)]
        self.pairs = _pairs(halts)
        self.seats, self.chairs = _loads(run)
        self.is_loaded = [s + c > 0 for s, c in zip(self.seats, self.chairs, strict=True)]

    def floor_s(self, at: int) -> float:
        """The earliest a stop may start, leaving everything else aside."""
        earliest = self.opens[at]
        not_before = self.run.not_before_s
        if not_before is not None:
            earliest = max(earliest, not_before)
        return earliest


def _pairs(halts: Sequence[Halt]) -> list[tuple[int, int]]:
    where: dict[tuple[int, bool], int] = {
        (halt.leg_id, halt.is_pickup): i for i, halt in enumerate(halts)
    }
    return [
        (i, where[leg, False])
        for (leg, is_pickup), i in where.items()
        if is_pickup and where.get((leg, False), -1) > i
    ]


def _loads(run: RunFacts) -> tuple[list[int], list[int]]:
    """Return seats and chairs taken after each stop, without the escort."""
    seats = chairs = 0
    aboard_seats, aboard_chairs = [], []
    picked = {h.leg_id for h in run.halts if h.is_pickup}
    for halt in run.halts:
        rider = run.riders[halt.leg_id]
        # A drop-off whose pickup is not on this run (car swapped) frees what it never took here.
        sign = 1 if halt.is_pickup else -1 if halt.leg_id in picked else 0
        seats += sign * rider.seats
        chairs += sign * rider.chairs
        aboard_seats.append(seats)
        aboard_chairs.append(chairs)
    return aboard_seats, aboard_chairs


def _forward(rows: _Rows, floors: list[float]) -> list[float]:
    """Return the earliest starts of service above the given floors."""
    run, times = rows.run, []
    clock = run.duty.starts_s
    if run.not_before_s is not None and not any(h.done_at_s is not None for h in run.halts):
        clock = max(clock, run.not_before_s)
    drive = rows.first_drive
    for i, halt in enumerate(run.halts):
        if halt.done_at_s is not None:
            start = halt.done_at_s
            leaves = halt.left_at_s if halt.left_at_s is not None else start
        else:
            was_empty = i == 0 or not rows.is_loaded[i - 1]
            reach = _past_break(rows, clock, drive, rows.service[i]) if was_empty else clock + drive
            start = max(reach, floors[i])
            leaves = start + rows.service[i]
        times.append(start)
        clock = leaves
        drive = rows.drive[i] if i < rows.size - 1 else 0.0
    return times


def _past_break(rows: _Rows, leaves: float, drive: float, service: float) -> float:
    """Return when an empty car may start at the next stop, given the driver's break between."""
    rest_from, rest_until = rows.run.duty.break_from_s, rows.run.duty.break_until_s
    reach = leaves + drive
    if rest_from is None or rest_until is None or leaves >= rest_until:
        return reach
    if reach + service <= rest_from:
        return reach
    if reach <= rest_from:
        return max(reach, rest_until)  # rests at the door
    return rest_until + drive  # rests where it stands


def _feasible(rows: _Rows) -> list[float] | None:
    """Return the earliest schedule that keeps everything, or None when there is none."""
    floors = [rows.floor_s(i) for i in range(rows.size)]
    for _round in range(4 * rows.size + 4):
        times = _forward(rows, floors)
        if any(_is_late(rows, i, times[i]) for i in range(rows.size)):
            return None
        if not _raise_floors(rows, times, floors):
            return times
    return None


def _is_late(rows: _Rows, at: int, start: float) -> bool:
    return rows.run.halts[at].done_at_s is None and start > rows.closes[at] + EPSILON_S


def _raise_floors(rows: _Rows, times: list[float], floors: list[float]) -> bool:
    """Raise the floors that ride caps, waits aboard and the break ask for; what is done stays done."""
    wanted: list[tuple[int, float]] = []
    for pickup, dropoff in rows.pairs:
        cap = rows.run.riders[rows.run.halts[pickup].leg_id].max_ride_s
        wanted.append((pickup, times[dropoff] - cap - rows.service[pickup]))
    for i in range(rows.size - 1):
        if rows.is_loaded[i]:
            ride = rows.drive[i] + rows.service[i] + LONGEST_WAIT_ABOARD_S
            wanted.append((i, times[i + 1] - ride))
    wanted.extend(_after_the_break(rows, times))
    raised = False
    for at, floor in wanted:
        is_done = rows.run.halts[at].done_at_s is not None
        if not is_done and floor > max(times[at], floors[at]) + EPSILON_S:
            floors[at] = floor
            raised = True
    return raised


def _after_the_break(rows: _Rows, times: list[float]) -> list[tuple[int, float]]:
    """Return pickups to push behind the break because people would sit in the car through it."""
    rest_from, rest_until = rows.run.duty.break_from_s, rows.run.duty.break_until_s
    if rest_from is None or rest_until is None:
        return []
    return [
        (first, rest_until)
        for first, last in _loaded_spans(rows)
        if times[first] < rest_until - EPSILON_S
        and times[last] + rows.service[last] > rest_from + EPSILON_S
    ]


def _loaded_spans(rows: _Rows) -> list[tuple[int, int]]:
    """Return (first, last) stops of each stretch with people aboard."""
    spans, first = [], None
    for i, loaded in enumerate(rows.is_loaded):
        if loaded and first is None:
            first = i
        if not loaded:
            spans.append((first if first is not None else i, i))
            first = None
    if first is not None:
        spans.append((first, rows.size - 1))
    return spans


def _plain(rows: _Rows) -> list[float]:
    return _forward(rows, [rows.floor_s(i) for i in range(rows.size)])


def _fetch_later(rows: _Rows, times: list[float]) -> None:
    """Move pickups as late as what follows allows: people wait at home, not in the car."""
    for i in range(rows.size - 2, -1, -1):
        halt = rows.run.halts[i]
        if halt.done_at_s is None and halt.is_pickup:
            latest = times[i + 1] - rows.drive[i] - rows.service[i]
            times[i] = max(times[i], min(latest, rows.closes[i]))


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


def _load_breaches(run: RunFacts, rows: _Rows) -> list[Violation]:
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


def _time_breaches(run: RunFacts, rows: _Rows, times: list[float]) -> list[Violation]:
    found = []
    for i, halt in enumerate(run.halts):
        if _is_late(rows, i, times[i]):
            breach = Breach.LATE_PICKUP if halt.is_pickup else Breach.LATE_DROPOFF
            late = times[i] - rows.closes[i]
            found.append(Violation(breach, halt.leg_id, i, {"late_s": late}))
    for pickup, dropoff in rows.pairs:
        if run.halts[dropoff].done_at_s is not None:
            continue
        rider = run.riders[run.halts[pickup].leg_id]
        ride = times[dropoff] - _leaves(rows, times, pickup)
        if ride > rider.max_ride_s + EPSILON_S:
            facts = {"ride_s": ride, "cap_s": rider.max_ride_s, "over_s": ride - rider.max_ride_s}
            found.append(Violation(Breach.RIDE_TOO_LONG, rider.leg_id, dropoff, facts))
    found += _wait_breaches(run, rows, times)
    found += _shift_breaches(run, rows, times)
    return found


def _wait_breaches(run: RunFacts, rows: _Rows, times: list[float]) -> list[Violation]:
    found = []
    for i in range(rows.size - 1):
        if not rows.is_loaded[i] or run.halts[i + 1].done_at_s is not None:
            continue
        wait = times[i + 1] - _leaves(rows, times, i) - rows.drive[i]
        if wait > LONGEST_WAIT_ABOARD_S + EPSILON_S:
            facts = {"wait_s": wait, "over_s": wait - LONGEST_WAIT_ABOARD_S}
            found.append(Violation(Breach.WAITS_ABOARD, run.halts[i + 1].leg_id, i + 1, facts))
    for first, _floor in _after_the_break(rows, times):
        found.append(Violation(Breach.NO_BREAK, run.halts[first].leg_id, first))
    return found


def _shift_breaches(run: RunFacts, rows: _Rows, times: list[float]) -> list[Violation]:
    if not run.halts:
        return []
    found = []
    duty = run.duty
    out = times[0] - rows.first_drive
    back = _leaves(rows, times, rows.size - 1) + rows.last_drive
    if run.halts[0].done_at_s is None and out < duty.starts_s - EPSILON_S:
        found.append(Violation(Breach.BEFORE_SHIFT, facts={"over_s": duty.starts_s - out}))
    if back > duty.ends_s + EPSILON_S:
        found.append(Violation(Breach.AFTER_SHIFT, facts={"over_s": back - duty.ends_s}))
    rest = (duty.break_until_s or 0.0) - (duty.break_from_s or 0.0)
    worked = back - out - (rest if duty.break_from_s is not None else 0.0)
    if worked > duty.longest_day_s + EPSILON_S:
        facts = {"over_s": worked - duty.longest_day_s}
        found.append(Violation(Breach.DAY_TOO_LONG, facts=facts))
    return found


def _leaves(rows: _Rows, times: list[float], at: int) -> float:
    halt = rows.run.halts[at]
    if halt.done_at_s is not None:
        return halt.left_at_s if halt.left_at_s is not None else halt.done_at_s
    return times[at] + rows.service[at]


def _result(
    run: RunFacts, rows: _Rows, times: list[float], violations: list[Violation]
) -> RunCheck:
    latest = _latest(run, rows)
    earliest = _plain(rows)
    halts = []
    for i, halt in enumerate(run.halts):
        reach = run.duty.starts_s if i == 0 else _leaves(rows, times, i - 1)
        reach += rows.first_drive if i == 0 else rows.drive[i - 1]
        halts.append(
            TimedHalt(
                leg_id=halt.leg_id,
                is_pickup=halt.is_pickup,
                reaches_s=min(times[i], reach),
                starts_s=times[i],
                leaves_s=_leaves(rows, times, i),
                seats_taken=rows.seats[i]
                + rows.chairs[i] * run.car.seats_lost_per_chair
                + run.duty.has_escort,
                chairs_taken=rows.chairs[i],
                slack_s=latest[i] - times[i],
                earliest_leaves_s=_leaves(rows, earliest, i),
                is_done=halt.done_at_s is not None,
            )
        )
    driving = rows.first_drive + sum(rows.drive) + rows.last_drive
    return RunCheck(
        halts=tuple(halts),
        violations=tuple(violations),
        driving_s=driving if run.halts else 0.0,
        leaves_depot_s=times[0] - rows.first_drive if times else run.duty.starts_s,
        back_at_s=_leaves(rows, times, rows.size - 1) + rows.last_drive
        if times
        else run.duty.starts_s,
    )


def _latest(run: RunFacts, rows: _Rows) -> list[float]:
    """Return how late each stop could start with everything after it still in time."""
    latest = [0.0] * rows.size
    bound = run.duty.ends_s - rows.last_drive
    for i in range(rows.size - 1, -1, -1):
        latest[i] = min(rows.closes[i], bound - rows.service[i])
        if i:
            bound = latest[i] - rows.drive[i - 1]
    return latest
