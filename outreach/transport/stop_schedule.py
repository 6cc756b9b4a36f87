"""When the stops of a run happen: the earliest schedule that keeps every rule, told times included (pure).

Times are difference constraints: driving and service between neighbours, windows, a cap on each ride,
a bound on waiting with people aboard, the driver's break with an empty car. Raising lower bounds until
nothing moves gives the earliest schedule that keeps all of them, or shows that none exists. Seconds
count from any one origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from outreach.transport.run_facts import LONGEST_WAIT_ABOARD_S, Halt, RunFacts, Travel

EPSILON_S = 0.5


class Rows:
    """The run spread into parallel lists, one entry a stop; ``told`` narrows windows to told times."""

    def __init__(
        self, run: RunFacts, travel: Travel, *, told: frozenset[int] = frozenset()
    ) -> None:
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
            if at_home and halt.leg_id in told and rider.told is not None:
                window = max(window[0], rider.told[0]), min(window[1], rider.told[1])
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


def told_schedule(run: RunFacts, travel: Travel) -> tuple[Rows, list[float]] | None:
    """Return the schedule that keeps every rule and as many told times as it can, in driving order.

    None when no told time can be kept, or there is none: then the plain schedule is as good.
    """
    wanted = [
        halt.leg_id
        for halt in run.halts
        if halt.is_pickup and halt.done_at_s is None and run.riders[halt.leg_id].told is not None
    ]
    if not wanted:
        return None
    rows = Rows(run, travel, told=frozenset(wanted))
    times = _in_hours(rows)
    if times is not None:
        return rows, times
    kept: tuple[Rows, list[float]] | None = None
    held: frozenset[int] = frozenset()
    for leg_id in wanted:
        rows = Rows(run, travel, told=held | {leg_id})
        times = _in_hours(rows)
        if times is not None:
            held, kept = held | {leg_id}, (rows, times)
    return kept


def _in_hours(rows: Rows) -> list[float] | None:
    """Return the earliest schedule if it also ends with the shift: no word is kept at its cost."""
    times = feasible(rows)
    if times is None or not rows.size:
        return times
    back = leaves_at(rows, times, rows.size - 1) + rows.last_drive
    return times if back <= rows.run.duty.ends_s + EPSILON_S else None


def _forward(rows: Rows, floors: list[float]) -> list[float]:
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


def _past_break(rows: Rows, leaves: float, drive: float, service: float) -> float:
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


def feasible(rows: Rows) -> list[float] | None:
    """Return the earliest schedule that keeps everything, or None when there is none."""
    floors = [rows.floor_s(i) for i in range(rows.size)]
    for _round in range(4 * rows.size + 4):
        times = _forward(rows, floors)
        if any(is_late(rows, i, times[i]) for i in range(rows.size)):
            return None
        if not _raise_floors(rows, times, floors):
            return times
    return None


def is_late(rows: Rows, at: int, start: float) -> bool:
    return rows.run.halts[at].done_at_s is None and start > rows.closes[at] + EPSILON_S


def _raise_floors(rows: Rows, times: list[float], floors: list[float]) -> bool:
    """Raise the floors that ride caps, waits aboard and the break ask for; what is done stays done."""
    wanted: list[tuple[int, float]] = []
    for pickup, dropoff in rows.pairs:
        cap = rows.run.riders[rows.run.halts[pickup].leg_id].max_ride_s
        wanted.append((pickup, times[dropoff] - cap - rows.service[pickup]))
    for i in range(rows.size - 1):
        if rows.is_loaded[i]:
            ride = rows.drive[i] + rows.service[i] + LONGEST_WAIT_ABOARD_S
            wanted.append((i, times[i + 1] - ride))
    wanted.extend(after_the_break(rows, times))
    raised = False
    for at, floor in wanted:
        is_done = rows.run.halts[at].done_at_s is not None
        if not is_done and floor > max(times[at], floors[at]) + EPSILON_S:
            floors[at] = floor
            raised = True
    return raised


def after_the_break(rows: Rows, times: list[float]) -> list[tuple[int, float]]:
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


def _loaded_spans(rows: Rows) -> list[tuple[int, int]]:
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


def plain(rows: Rows) -> list[float]:
    return _forward(rows, [rows.floor_s(i) for i in range(rows.size)])


def fetch_later(rows: Rows, times: list[float]) -> None:
    """Move pickups as late as what follows allows: people wait at home, not in the car."""
    for i in range(rows.size - 2, -1, -1):
        halt = rows.run.halts[i]
        if halt.done_at_s is None and halt.is_pickup:
            latest = times[i + 1] - rows.drive[i] - rows.service[i]
            times[i] = max(times[i], min(latest, rows.closes[i]))


def latest_starts(run: RunFacts, rows: Rows) -> list[float]:
    """Return how late each stop could start with everything after it still in time."""
    latest = [0.0] * rows.size
    bound = run.duty.ends_s - rows.last_drive
    for i in range(rows.size - 1, -1, -1):
        latest[i] = min(rows.closes[i], bound - rows.service[i])
        if i:
            bound = latest[i] - rows.drive[i - 1]
    return latest


def leaves_at(rows: Rows, times: list[float], at: int) -> float:
    halt = rows.run.halts[at]
    if halt.done_at_s is not None:
        return halt.left_at_s if halt.left_at_s is not None else halt.done_at_s
    return times[at] + rows.service[at]
