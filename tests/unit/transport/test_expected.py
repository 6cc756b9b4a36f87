"""When a car will be there: the last tap plus the planned way, never a promise without a fresh word (5g)."""

from __future__ import annotations

from datetime import datetime, timedelta

from outreach.kernel.geo import Point
from outreach.transport.expected import Heard, StopTimes, expected_times
from tests.builders.clinics import at

HOME = Point(34.7500, 113.6200)


def stop(number: int, minute: int, done: datetime | None = None) -> StopTimes:
    arrives = at(9, 0) + timedelta(minutes=minute)
    return StopTimes(number, arrives, arrives + timedelta(minutes=3), None, done, HOME)


def test_moment_5g_a_late_tap_moves_all_that_follows() -> None:
    stops = [stop(1, 0, done=at(9, 15)), stop(2, 10), stop(3, 20)]
    found = expected_times(stops, heard=Heard(at(9, 15)), now=at(9, 16))
    assert found[2].at == at(9, 22)  # left at 9:15, planned seven minutes on
    assert found[3].at == at(9, 32)
    assert found[2].as_of == at(9, 15)
    assert found[2].is_fresh


def test_an_early_car_waits_for_the_told_hour() -> None:
    stops = [stop(1, 0, done=at(8, 40)), stop(2, 30)]
    found = expected_times(stops, heard=Heard(at(8, 40)), now=at(8, 41))
    assert found[2].at == at(9, 25)


def test_moment_5g_without_a_fresh_word_nothing_is_fresh_and_nothing_lies_in_the_past() -> None:
    silent = expected_times([stop(1, 0), stop(2, 10)], heard=Heard(), now=at(9, 40))
    assert silent[1].as_of is None
    assert not silent[1].is_fresh
    assert silent[1].at == at(9, 40)
    stale = expected_times([stop(1, 0)], heard=Heard(at(8, 0)), now=at(8, 46))
    assert not stale[1].is_fresh


def test_a_fresh_position_says_more_of_the_next_stop_than_the_plan() -> None:
    stops = [stop(1, 0, done=at(9, 0)), stop(2, 10), stop(3, 20)]
    far = Heard(at(9, 0), seen_at=at(9, 9), point=Point(34.7800, 113.6200))
    found = expected_times(stops, heard=far, now=at(9, 9))
    assert at(9, 18) < found[2].at < at(9, 22)
    old = expected_times(stops, heard=far, now=at(9, 20))
    assert old[2].at == at(9, 20)
