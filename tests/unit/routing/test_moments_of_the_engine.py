"""What people hit in real days (moments 4a to 4d and 4f), and what must never happen (N2, N10)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outreach.routing.engine import Limits, plan_day, recommend, repair, under_way
from outreach.routing.episodes import AfterDeferral, couple, home_after_deferral
from outreach.routing.escorts import Escort, Stay, duty_resources, name_escorts, uses_of_stay
from outreach.routing.explaining import ChangeKind, explain
from outreach.routing.plan import PromiseState, Reason
from outreach.routing.problem import (
    BadProblem,
    Break,
    Episode,
    Option,
    Problem,
    Promise,
    Resource,
    Stop,
    StopKind,
    alone,
)
from tests.unit.routing.days import car, line, ride, visit
from tests.unit.routing.definitions import faults_of

QUICK = Limits(seconds=None, iterations=200, threads=1)
SITE = 3  # of the line 0, 1, 2, 5 km: depot, two homes, the site
ROAD = line(0.0, 1.0, 2.0, 5.0)


def _day(
    *episodes: Episode, cars: int = 1, resources: tuple[Resource, ...] = (), **about: Any
) -> Problem:
    fleet = tuple(car(f"car {k}", **about) for k in range(cars))
    return Problem(ROAD, fleet, episodes, resources)


def _appointments(key: str, home: int, *slots: float, **about: Any) -> tuple[Option, ...]:
    return tuple(visit(key, home, SITE, at, **about) for at in slots)


def test_moment_4a_a_couple_rides_in_one_car_to_adjacent_slots_and_home_together() -> None:
    his, hers = _appointments("he", 1, 9000.0, 12_000.0), _appointments("she", 1, 9600.0, 12_600.0)
    both = couple("zhang", list(zip(his, hers, strict=True)))
    plan = plan_day(_day(both, cars=2), QUICK)
    assert plan.chosen["zhang"] in {"9000+9600", "12000+12600"}
    used = [r for r in plan.routes if r.stops]
    assert len(used) == 1
    assert [s.load_after for s in used[0].stops] == [(2.0,), (0.0,), (2.0,), (0.0,)]
    arrival, departure = used[0].stops[1].start_s, used[0].stops[2].start_s
    first, last = (float(t) for t in plan.chosen["zhang"].split("+"))
    assert arrival <= first
    assert departure >= last + 2400


def test_moment_4a_when_one_is_deferred_both_go_home_now_or_one_waits() -> None:
    (his,), (hers,) = _appointments("he", 1, 9000.0), _appointments("she", 1, 9600.0)
    both = couple("zhang", [(his, hers)])
    home = both.options[0].legs[1]
    now = home_after_deferral(
        home, ready_s=9300.0, most_wait_s=1500.0, choice=AfterDeferral.BOTH_HOME_NOW
    )
    later = home_after_deferral(
        home, ready_s=9300.0, most_wait_s=1500.0, choice=AfterDeferral.ONE_WAITS
    )
    assert (now.pickup.earliest_s, now.pickup.latest_s) == (9300.0, 10_800.0)
    assert now.load == later.load == (2.0,)
    assert later == home


def test_moment_4a_a_couple_from_two_homes_is_refused_by_name_of_the_field() -> None:
    (his,), (hers,) = _appointments("he", 1, 9000.0), _appointments("she", 2, 9600.0)
    with pytest.raises(BadProblem, match="legs"):
        couple("zhang", [(his, hers)])


def test_moment_4b_a_companion_takes_a_seat() -> None:
    pair = Episode("li", _appointments("li", 1, 9000.0, load=(2.0,)))
    other = Episode("wu", _appointments("wu", 2, 9000.0))
    plan = plan_day(_day(pair, other, seats=2.0), QUICK)
    assert faults_of(_day(pair, other, seats=2.0), plan) == []
    for route in plan.routes:
        assert all(s.load_after[0] <= 2.0 for s in route.stops)


def test_moment_4b_no_slot_is_chosen_at_which_no_escort_is_on_duty() -> None:
    escorts = [Escort("chen", "clinic", 9000.0, 14_400.0, minds=1)]
    resources = duty_resources(escorts)
    assert uses_of_stay(Stay("x", "clinic", 16_200.0, 18_000.0), resources) is None

    def minded(key: str, home: int) -> Episode:
        options = []
        for at in (9000.0, 11_700.0):
            uses = uses_of_stay(Stay(key, "clinic", at, at + 2400.0), resources)
            assert uses is not None
            options.append(replace(visit(key, home, SITE, at), uses=uses))
        return Episode(key, tuple(options))

    plan = plan_day(_day(minded("li", 1), minded("wu", 2), cars=2, resources=resources), QUICK)
    assert sorted(plan.chosen.values()) == ["11700", "9000"]


def test_moment_4b_the_escort_who_is_known_is_preferred() -> None:
    escorts = [
        Escort("chen", "clinic", 0.0, 30_000.0, traits=frozenset({"knows li"})),
        Escort("guo", "clinic", 0.0, 30_000.0, traits=frozenset({"henan dialect", "woman"})),
    ]
    stays = [
        Stay("wu", "clinic", 9000.0, 11_400.0),
        Stay("li", "clinic", 9000.0, 11_400.0, wishes=("knows li",)),
        Stay("ma", "clinic", 12_000.0, 14_400.0, wishes=("woman",)),
    ]
    assert name_escorts(stays, escorts) == {"wu": "guo", "li": "chen", "ma": "guo"}


def test_moment_4c_a_driver_gets_the_break_with_nobody_on_board() -> None:
    people = [
        Episode(f"p{k}", _appointments(f"p{k}", 1 + k % 2, 7200.0 + 1800.0 * k)) for k in range(4)
    ]
    problem = _day(*people, breaks=(Break(9000.0, 12_600.0, 1800.0),))
    plan = plan_day(problem, QUICK)
    assert faults_of(problem, plan) == []
    pauses = [s for r in plan.routes for s in r.stops if s.kind is StopKind.BREAK]
    assert len(pauses) == 1
    assert pauses[0].load_after == (0.0,)


def test_moment_4c_daily_hours_are_kept_and_work_is_shared_fairly() -> None:
    people = [
        Episode(f"p{k}", _appointments(f"p{k}", 1 + k % 2, 7200.0 + 3600.0 * (k % 4)))
        for k in range(4)
    ]
    problem = _day(*people, cars=2, max_duty_s=9000.0)
    plan = plan_day(problem, QUICK)
    assert plan.unserved == ()
    assert all(r.back_s - r.leave_s <= 9000.0 + 1e-6 for r in plan.routes)


def test_moment_4c_one_car_with_two_drivers_is_two_shifts() -> None:
    early = replace(car("car 7, Sun"), shift_end_s=14_400.0)
    late = replace(car("car 7, Qian"), shift_start_s=14_400.0)
    people = (
        Episode("am", _appointments("am", 1, 7200.0)),
        Episode("pm", _appointments("pm", 2, 18_000.0)),
    )
    plan = plan_day(Problem(ROAD, (early, late), people), QUICK)
    assert plan.unserved == ()
    assert plan.routes[0].back_s <= plan.routes[1].leave_s


def test_moment_4d_stairs_and_a_slow_vehicle_lengthen_the_stop() -> None:
    slow = ride("li", 1, SITE)
    slow = replace(slow, pickup=replace(slow.pickup, service_s=600.0))
    plan = plan_day(_day(alone(slow), service_factor=1.5, service_extra_s=60.0), QUICK)
    stop = plan.routes[0].stops[0]
    assert stop.depart_s - stop.start_s == pytest.approx(600.0 * 1.5 + 60.0)


def test_moment_4f_the_same_site_as_last_time_is_preferred_but_not_forced() -> None:
    nearer, same = visit("li", 1, 2, 9000.0), visit("li", 1, SITE, 9300.0)
    nearer = replace(nearer, cost_s=3600.0)
    slot = Resource("9300", 0.0)
    free = plan_day(_day(Episode("li", (nearer, same))), QUICK)
    full = plan_day(
        _day(
            Episode(
                "li", (nearer, replace(same, uses=visit("li", 1, SITE, 9300.0, slot="9300").uses))
            ),
            resources=(slot,),
        ),
        QUICK,
    )
    assert free.chosen == {"li": "9300"}
    assert full.chosen == {"li": "9000"}


def test_n2_nobody_is_brought_whose_return_cannot_be_planned() -> None:
    (option,) = _appointments("li", 1, 27_000.0)  # the way home would end after the shift
    plan = plan_day(_day(Episode("li", (option,))), QUICK)
    assert plan.routes[0].stops == ()
    assert [u.reason for u in plan.unserved] == [Reason.OUTSIDE_SHIFTS]


def test_n4_a_chair_takes_the_seats_it_displaces() -> None:
    van = replace(car("van"), capacity=(3.0, 1.0), displaces=((1, 0, 2.0),))
    sitting = [alone(ride(f"s{k}", 1, SITE, load=(1.0, 0.0))) for k in range(2)]
    rolling = alone(ride("w", 1, SITE, load=(0.0, 1.0)))
    problem = Problem(ROAD, (van,), (*sitting, rolling), dimensions=("seats", "chairs"))
    plan = plan_day(problem, QUICK)
    assert plan.unserved == ()
    for stop in plan.routes[0].stops:
        assert stop.load_after[0] + 2.0 * stop.load_after[1] <= 3.0


def _promised_day() -> tuple[Problem, dict[str, float]]:
    people = [
        Episode(f"p{k}", _appointments(f"p{k}", 1 + k % 2, 9000.0 + 600.0 * k)) for k in range(6)
    ]
    plan = plan_day(_day(*people, cars=3), QUICK)
    told = {
        leg.key: plan.times_of(leg.key)[0]  # type: ignore[index]
        for e in people
        for leg in e.options[0].legs
    }
    promised = [
        replace(e, options=tuple(
            replace(o, legs=tuple(replace(g, promise=Promise(told[g.key])) for g in o.legs))
            for o in e.options
        ))
        for e in people
    ]  # fmt: skip
    return _day(*promised, cars=3), told


def test_repair_lists_every_promise_and_keeps_people_on_board() -> None:
    problem, told = _promised_day()
    plan = plan_day(problem, QUICK)
    now = 8400.0
    later = under_way(problem, plan, now_s=now)
    aboard = {s.leg: v.key for v in later.vehicles for s in v.head if s.kind is StopKind.PICKUP}
    outcome = repair(later, plan, QUICK)
    assert {p.leg for p in outcome.promises} == set(told)
    assert outcome.count(PromiseState.KEPT) == len(told)
    assert outcome.newly_left == ()
    for leg, vehicle in aboard.items():
        assert outcome.plan.vehicle_of(leg) == vehicle
    assert faults_of(later, outcome.plan) == []


def test_repair_after_a_breakdown_says_how_far_each_promise_moved() -> None:
    problem, _ = _promised_day()
    plan = plan_day(problem, QUICK)
    busiest = max(plan.routes, key=lambda r: len(r.stops)).vehicle
    fewer = replace(problem, vehicles=tuple(v for v in problem.vehicles if v.key != busiest))
    outcome = repair(fewer, plan, QUICK)
    for promise in outcome.promises:
        moved = promise.shift_s
        if promise.state is PromiseState.KEPT:
            assert moved is not None
            assert abs(moved) <= 300.0 + 1e-3
        else:
            assert moved is None or abs(moved) > 300.0
    assert faults_of(fewer, outcome.plan) == []


def test_recommend_answers_with_slots_that_move_nobody() -> None:
    others = [
        Episode(f"p{k}", _appointments(f"p{k}", 1 + k % 2, 9000.0 + 600.0 * k)) for k in range(4)
    ]
    day = _day(*others, cars=2)
    plan = plan_day(day, QUICK)
    caller = Episode("zhao", _appointments("zhao", 2, 9000.0, 12_000.0, 27_500.0))
    places = recommend(day, plan, caller)
    assert [p.option for p in places]
    assert "27500" not in {p.option for p in places}
    assert list(places) == sorted(places, key=lambda p: p.added_s)
    assert all(len(p.pickups) == 2 for p in places)


def _overfull() -> tuple[Problem, Episode]:
    at = 9000.0
    others = [Episode(f"p{k}", _appointments(f"p{k}", 1, at), priority=2.0) for k in range(4)]
    last = Episode("zhao", _appointments("zhao", 2, at))
    return _day(*others, last, seats=4.0), last


def test_n10_explain_offers_only_what_a_new_plan_confirms() -> None:
    problem, last = _overfull()
    plan = plan_day(problem, QUICK)
    assert [u.episode for u in plan.unserved] == ["zhao"]
    later_slot = visit("zhao", 2, SITE, 18_000.0)
    hopeless = visit("zhao", 2, SITE, 27_500.0)
    answer = explain(
        problem, plan, "zhao", QUICK, other_options=(hopeless, later_slot), offers_at_most=5
    )
    assert answer is not None
    assert answer.reason is Reason.FLEET_BUSY
    found = {(o.kind, o.detail) for o in answer.offers}
    assert (ChangeKind.OTHER_SLOT, "18000") in found
    assert (ChangeKind.OTHER_SLOT, "27500") not in found
    assert ChangeKind.ANOTHER_VEHICLE in {o.kind for o in answer.offers}
    for offer in answer.offers:
        assert last.key in offer.plan.chosen
        assert set(plan.chosen) <= set(offer.plan.chosen)


def test_n10_a_reason_that_planning_anew_would_refute_is_not_left_standing() -> None:
    problem = _day(Episode("zhao", _appointments("zhao", 2, 9000.0)))
    lazy = plan_day(replace(problem, vehicles=()), QUICK)
    answer = explain(problem, lazy, "zhao", QUICK)
    assert answer is not None
    assert [o.kind for o in answer.offers] == [ChangeKind.REPLAN]


def test_explain_has_nothing_to_say_about_somebody_who_is_placed() -> None:
    problem = _day(Episode("li", _appointments("li", 1, 9000.0)))
    assert explain(problem, plan_day(problem, QUICK), "li", QUICK) is None


def test_people_who_avoid_each_other_never_share_a_car() -> None:
    a = alone(ride("a", 1, SITE, groups=frozenset({"cough"})))
    b = alone(ride("b", 1, SITE, avoids=frozenset({"cough"})))
    plan = plan_day(_day(a, b), QUICK)
    assert plan.unserved == ()
    assert all(s.load_after[0] <= 1.0 for s in plan.routes[0].stops)


def test_nobody_waits_on_board_longer_than_the_bound() -> None:
    early = alone(ride("a", 1, SITE))
    late = replace(ride("b", 2, SITE), pickup=Stop(2, 9000.0, 9600.0))
    problem = replace(_day(early, alone(late)), max_wait_aboard_s=60.0)
    assert faults_of(problem, plan_day(problem, QUICK)) == []
