"""The exact check of a run: judged by a linear programme, and by cases that a dispatcher would draw."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from outreach.transport.insertion import best_insertion, with_leg
from outreach.transport.run_facts import (
    LONGEST_WAIT_ABOARD_S,
    Breach,
    Car,
    Duty,
    Halt,
    Rider,
    RunFacts,
)
from outreach.transport.stop_check import check_run, keeps_every_bound, new_violations

MINUTE = 60.0
SITE, DEPOT = 0, 1
CAR = Car(
    seats=4, chairs=1, start_place=DEPOT, end_place=DEPOT, seats_lost_per_chair=1, has_ramp=True
)
DUTY = Duty(starts_s=0.0, ends_s=8 * 3600.0)


def travel(a: int, b: int) -> float:
    """Places stand on a line, five minutes from one to the next."""
    return abs(a - b) * 5 * MINUTE


def rider(leg: int, home: int = 4, slot: float = 120, **changes: object) -> Rider:
    """An outbound leg with a slot so many minutes after the shift's start."""
    direct = travel(home, SITE)
    plain: dict[str, object] = {
        "leg_id": leg,
        "pickup_place": home,
        "dropoff_place": SITE,
        "pickup": (0.0, slot * MINUTE),
        "dropoff": ((slot - 15) * MINUTE, slot * MINUTE),
        "pickup_service_s": 3 * MINUTE,
        "dropoff_service_s": 2 * MINUTE,
        "max_ride_s": direct + 20 * MINUTE,
    }
    return Rider(**(plain | changes))  # type: ignore[arg-type]


def run(*riders: Rider, order: str = "", car: Car = CAR, duty: Duty = DUTY) -> RunFacts:
    """A run in the order given: capital letters fetch, small ones drop (A is the first rider)."""
    order = order or "".join(f"{chr(65 + i)}{chr(97 + i)}" for i in range(len(riders)))
    halts = tuple(Halt(riders[ord(c.upper()) - 65].leg_id, is_pickup=c.isupper()) for c in order)
    return RunFacts(car, duty, halts, {r.leg_id: r for r in riders})


def breaches(facts: RunFacts) -> list[Breach]:
    return [v.breach for v in check_run(facts, travel).violations]


def test_one_leg_in_time_breaks_nothing_and_the_person_waits_at_home() -> None:
    check = check_run(run(rider(1)), travel)
    assert check.is_fine
    fetched, dropped = check.halts
    assert dropped.starts_s == 105 * MINUTE
    assert fetched.leaves_s + travel(4, SITE) == dropped.starts_s  # no minute idle in the car
    assert dropped.slack_s == 15 * MINUTE


def test_seats_are_counted_at_every_stop_with_escort_and_displaced_seats() -> None:
    three = [rider(i, home=i + 2) for i in (1, 2, 3)]
    assert breaches(run(*three, order="CBAabc")) == []
    chair = rider(4, home=6, seats=0, chairs=1, needs_ramp=True)
    crowd = run(*three, chair, order="DCBAabcd")
    assert breaches(crowd) == []  # three seats and a chair that costs one
    with_escort = run(*three, chair, order="DCBAabcd", duty=replace(DUTY, has_escort=True))
    assert breaches(with_escort) == [Breach.TOO_MANY_SEATS]
    found = check_run(with_escort, travel).violations[0]
    assert found.leg_id == 1
    assert found.facts == {"taken": 3, "places": 2, "over": 1}
    two_chairs = run(
        chair, replace(chair, leg_id=5), order="ABab", car=replace(CAR, seats_lost_per_chair=0)
    )
    assert breaches(two_chairs) == [Breach.TOO_MANY_CHAIRS]
    assert breaches(run(chair, car=replace(CAR, has_ramp=False))) == [Breach.NO_RAMP]


def test_who_drops_before_others_board_frees_the_seat() -> None:
    morning, later = rider(1, seats=3, slot=60), rider(2, seats=3, slot=180)
    assert breaches(run(morning, later)) == []
    assert Breach.TOO_MANY_SEATS in breaches(run(morning, later, order="ABab"))


def test_lateness_is_named_with_its_minutes() -> None:
    found = check_run(run(rider(1, slot=60), rider(2, home=7, slot=65)), travel).violations
    late = [v for v in found if v.breach is Breach.LATE_DROPOFF]
    assert [v.leg_id for v in late] == [2]
    assert float(late[0].facts["late_s"]) > 10 * MINUTE


def test_a_ride_longer_than_its_cap_is_refused_even_if_everyone_is_in_time() -> None:
    tour = run(rider(1, home=3), rider(2, home=9, max_ride_s=60 * MINUTE), order="ABab")
    assert Breach.RIDE_TOO_LONG in breaches(tour)
    assert breaches(run(rider(1, home=3), rider(2, home=9), order="BAab")) == []


def test_crew_and_car_must_be_fit() -> None:
    one = rider(1, wants_escort=True)
    unfit = replace(
        DUTY, has_driver=False, driver_unfit=("licence_expired",), escort_unfit=("away",)
    )
    assert set(breaches(run(one, duty=unfit, car=replace(CAR, unfit=("out_of_service",))))) == {
        Breach.CAR_UNFIT,
        Breach.DRIVER_UNFIT,
        Breach.ESCORT_UNFIT,
        Breach.NO_DRIVER,
        Breach.NO_ESCORT,
    }


def test_the_shift_bounds_the_run_and_the_day_its_length() -> None:
    assert Breach.AFTER_SHIFT in breaches(run(rider(1), duty=replace(DUTY, ends_s=100 * MINUTE)))
    tight = replace(DUTY, longest_day_s=30 * MINUTE)
    assert breaches(run(rider(1), duty=tight)) == [Breach.DAY_TOO_LONG]
    assert breaches(run(duty=replace(DUTY, has_driver=False))) == []


def test_the_break_is_taken_with_an_empty_car() -> None:
    rest = replace(DUTY, break_from_s=100 * MINUTE, break_until_s=130 * MINUTE)
    assert Breach.NO_BREAK in breaches(run(rider(1, slot=120), duty=rest))
    after = check_run(run(rider(1, slot=200), duty=rest), travel)
    assert after.is_fine
    before_and_after = check_run(run(rider(1, slot=60), rider(2, slot=180), duty=rest), travel)
    assert before_and_after.is_fine
    assert before_and_after.halts[2].starts_s >= 130 * MINUTE
    pushed = rider(1, slot=160, pickup=(90 * MINUTE, 160 * MINUTE), dropoff=(0.0, 160 * MINUTE))
    found = check_run(run(pushed, duty=rest), travel)
    assert found.is_fine
    assert found.halts[0].starts_s >= 130 * MINUTE


def test_order_must_fetch_before_it_drops() -> None:
    assert Breach.OUT_OF_ORDER in breaches(run(rider(1), order="aA"))
    half = RunFacts(CAR, DUTY, (Halt(1, is_pickup=True),), {1: rider(1)})
    assert Breach.HALF_A_RIDE in breaches(half)


def test_a_run_under_way_keeps_what_was_done_and_looks_ahead_from_there() -> None:
    first, second = rider(1, home=3), rider(2, home=5)
    facts = run(second, first, order="ABab")
    done = replace(facts.halts[0], done_at_s=70 * MINUTE, left_at_s=75 * MINUTE)
    check = check_run(
        replace(facts, halts=(done, *facts.halts[1:]), not_before_s=76 * MINUTE), travel
    )
    assert check.halts[0].starts_s == 70 * MINUTE
    assert check.halts[1].starts_s >= 85 * MINUTE
    late = replace(done, done_at_s=150 * MINUTE, left_at_s=155 * MINUTE)
    after = check_run(replace(facts, halts=(late, *facts.halts[1:])), travel)
    assert Breach.LATE_DROPOFF in [v.breach for v in after.violations]


def test_only_what_a_change_makes_worse_counts_against_it() -> None:
    late = run(rider(1, slot=10))
    before = check_run(late, travel)
    assert before.violations
    more = check_run(with_leg(late, rider(2, slot=200), 2, 3), travel)
    assert new_violations(before, more) == ()
    worse = check_run(with_leg(late, rider(2, home=9, slot=200), 0, 3), travel)
    assert new_violations(before, worse)


def test_the_best_place_is_the_cheapest_that_breaks_nothing() -> None:
    base = run(rider(1, home=3, slot=120))
    place = best_insertion(base, rider(2, home=5, slot=120), travel)
    assert place.fits
    assert place.cost_s == 2 * travel(5, 3)  # fetched on the way, from a little further out
    full = run(rider(1, home=3, slot=120, seats=4))
    shared = best_insertion(full, rider(2, home=5, slot=120), travel)
    assert not shared.fits or shared.check.is_fine
    none = best_insertion(full, rider(2, home=5, slot=120, seats=5), travel)
    assert not none.fits
    assert none.breaks[0].breach is Breach.TOO_MANY_SEATS


# A judge who knows nothing of our way of computing: the same bounds as a linear programme.


def lp_feasible(facts: RunFacts) -> bool:
    halts, riders = facts.halts, facts.riders
    size = len(halts)
    at = {(h.leg_id, h.is_pickup): i for i, h in enumerate(halts)}
    place = [
        riders[h.leg_id].pickup_place if h.is_pickup else riders[h.leg_id].dropoff_place
        for h in halts
    ]
    service = [
        riders[h.leg_id].pickup_service_s if h.is_pickup else riders[h.leg_id].dropoff_service_s
        for h in halts
    ]
    bounds = []
    for i, h in enumerate(halts):
        low, high = riders[h.leg_id].pickup if h.is_pickup else riders[h.leg_id].dropoff
        if i == 0:
            low = max(low, facts.duty.starts_s + travel(DEPOT, place[0]))
        if i == size - 1:
            high = min(high, facts.duty.ends_s - service[i] - travel(place[i], DEPOT))
        if low > high:
            return False
        bounds.append((low, high))
    rows, limits = [], []
    load = 0
    for i, h in enumerate(halts):
        load += 1 if h.is_pickup else -1
        if i == size - 1:
            break
        row = np.zeros(size)
        row[i], row[i + 1] = 1.0, -1.0
        gap = service[i] + travel(place[i], place[i + 1])
        rows.append(row)
        limits.append(-gap)
        if load:
            rows.append(-row)
            limits.append(gap + LONGEST_WAIT_ABOARD_S)
    for leg, r in riders.items():
        row = np.zeros(size)
        row[at[leg, False]], row[at[leg, True]] = 1.0, -1.0
        rows.append(row)
        limits.append(r.max_ride_s + r.pickup_service_s)
    found = linprog(np.zeros(size), A_ub=np.array(rows), b_ub=np.array(limits), bounds=bounds)
    return bool(found.status == 0)


@st.composite
def drawn_runs(draw: st.DrawFn) -> RunFacts:
    riders = []
    for leg in range(draw(st.integers(1, 4))):
        home = draw(st.integers(2, 9))
        slot = draw(st.integers(4, 30)) * 10
        width = draw(st.sampled_from([5, 15, 60, 200]))
        out = rider(
            leg,
            home=home,
            slot=slot,
            pickup=(max(0, slot - width - 60) * MINUTE, slot * MINUTE),
            dropoff=(max(0, slot - width) * MINUTE, slot * MINUTE),
            max_ride_s=travel(home, SITE) + draw(st.integers(0, 30)) * MINUTE,
        )
        riders.append(out)
    halts: list[Halt] = []
    for r in riders:
        i = draw(st.integers(0, len(halts)))
        j = draw(st.integers(i + 1, len(halts) + 1))
        halts.insert(i, Halt(r.leg_id, is_pickup=True))
        halts.insert(j, Halt(r.leg_id, is_pickup=False))
    return RunFacts(CAR, DUTY, tuple(halts), {r.leg_id: r for r in riders})


@settings(max_examples=150, deadline=None)
@given(drawn_runs())
def test_the_check_agrees_with_a_linear_programme(facts: RunFacts) -> None:
    check = check_run(facts, travel)
    in_time = [v for v in check.violations if v.breach not in LOAD]
    assert (not in_time) == lp_feasible(facts)
    if not any(v.breach in LOAD for v in check.violations):
        assert keeps_every_bound(facts, travel) == check.is_fine


LOAD = {Breach.TOO_MANY_SEATS, Breach.TOO_MANY_CHAIRS, Breach.NO_RAMP}


@settings(max_examples=100, deadline=None)
@given(drawn_runs())
def test_times_never_overlap_driving_and_load_never_passes_the_seats_unnamed(
    facts: RunFacts,
) -> None:
    check = check_run(facts, travel)
    place = {}
    for r in facts.riders.values():
        place[r.leg_id, True], place[r.leg_id, False] = r.pickup_place, r.dropoff_place
    for a, b in pairwise(check.halts):
        drive = travel(place[a.leg_id, a.is_pickup], place[b.leg_id, b.is_pickup])
        assert b.starts_s >= a.leaves_s + drive - 1e-6
    peak = max(h.seats_taken for h in check.halts)
    assert (peak > CAR.seats) == any(v.breach is Breach.TOO_MANY_SEATS for v in check.violations)


@settings(max_examples=60, deadline=None)
@given(drawn_runs(), st.integers(2, 9), st.integers(4, 30), st.sampled_from([8, 4, 2]))
def test_an_offered_place_is_the_cheapest_of_all_places(
    facts: RunFacts, home: int, slot: int, longest_day_h: int
) -> None:
    facts = replace(facts, duty=replace(facts.duty, longest_day_s=longest_day_h * 3600.0))
    before = check_run(facts, travel)
    extra = rider(99, home=home, slot=slot * 10)
    offered = best_insertion(facts, extra, travel)
    size = len(facts.halts)
    costs = [math.inf]
    for i in range(size + 1):
        for j in range(i + 1, size + 2):
            after = check_run(with_leg(facts, extra, i, j), travel)
            if not new_violations(before, after):
                costs.append(after.driving_s - before.driving_s)
    if before.is_fine:
        assert offered.fits == (min(costs) < math.inf)
    if offered.fits:
        assert offered.cost_s == pytest.approx(min(costs), abs=1.0)
