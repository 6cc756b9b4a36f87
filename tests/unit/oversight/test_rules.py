"""Sums, bounds, pace, age bands, capacity and what climbs, as plain arithmetic a reader can check."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.kernel.dates import age_on
from outreach.ledger.codes import BESIDE_DENOMINATOR, DUE, STRUCK_OFF, EntryStatus
from outreach.oversight.capacity import Candidate, Measured, Rate, gain_per_hour, needed
from outreach.oversight.climbing import ClimbCause, level_on
from outreach.oversight.codes import DEFINITIONS, PARTS, STATUSES_OF, Figure
from outreach.oversight.rules import (
    Counts,
    age_band,
    born_after,
    needed_for,
    pace,
    sums_hold,
    total,
)

STATUSES = {str(status): st.integers(0, 500) for status in EntryStatus}
COUNTS = st.builds(Counts, **STATUSES)


@given(st.lists(COUNTS, max_size=6))
def test_sums_of_parts_make_the_whole_for_any_rows(rows: list[Counts]) -> None:
    whole = total(rows)
    assert sums_hold(whole)
    for figure in Figure:
        assert whole.of(figure) == sum(row.of(figure) for row in rows)


def test_the_denominator_leaves_out_exactly_the_young_and_the_dead() -> None:
    assert STATUSES_OF[Figure.DENOMINATOR] == frozenset(EntryStatus) - BESIDE_DENOMINATOR
    assert STATUSES_OF[Figure.DUE] == DUE
    assert STATUSES_OF[Figure.STRUCK_OFF] == STRUCK_OFF
    assert {s for part in PARTS for s in STATUSES_OF[part]} == STATUSES_OF[Figure.DENOMINATOR]


def test_every_figure_has_its_definition_in_both_languages() -> None:
    for code in (*Figure, "coverage", "bounds", "finished"):
        for language in ("zh", "en"):
            assert all(DEFINITIONS[code].words(language))


def test_bounds_count_the_unsure_as_none_and_as_all() -> None:
    counts = Counts(vaccinated=50, to_contact=20, unknown=10, unreachable=5, moved=5, declined=20)
    assert counts.coverage == 0.5
    assert counts.bounds == (0.5, 0.7)
    assert counts.finished == 0.7  # an informed no is finished work (moment 6e)
    assert Counts().bounds is None


@pytest.mark.parametrize(
    ("vaccinated", "people", "goal", "expected"),
    [(0, 10, 0.9, 9), (9, 10, 0.9, 0), (8, 10, 0.85, 1), (0, 0, 0.9, 0), (53, 83, 0.9, 22)],
)
def test_what_a_target_asks_for_is_counted_in_whole_people(
    vaccinated: int, people: int, goal: float, expected: int
) -> None:
    counts = Counts(vaccinated=vaccinated, to_contact=people - vaccinated)
    assert needed_for(counts, goal) == expected


def test_pace_says_when_the_target_is_reached() -> None:
    counts = Counts(vaccinated=40, to_contact=60)
    day, by = date(2026, 11, 23), date(2026, 12, 13)
    course = pace(counts, goal=0.9, by=by, day=day, measured_per_day=2.0)
    assert (course.needed, course.days_left, course.needed_per_day) == (50, 20, 2.5)
    assert course.reached_on == date(2026, 12, 18)
    assert not course.is_on_course


@given(
    st.dates(date(1900, 1, 1), date(1960, 12, 31)),
    st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    st.sampled_from([80, 85, 90, 95]),
)
def test_born_after_says_exactly_who_is_younger(born_on: date, day: date, years: int) -> None:
    assert (born_on > born_after(day, years)) == (age_on(day, born_on=born_on) < years)


def test_age_bands_begin_on_the_birthday() -> None:
    day = date(2026, 11, 23)
    assert age_band(date(1946, 11, 23), day) == "80_84"
    assert age_band(date(1946, 11, 24), day) == "under_80"
    assert age_band(date(1931, 11, 23), day) == "95_on"
    assert age_band(None, day) == "unknown"


@given(st.integers(0, 400), st.integers(1, 400))
def test_an_interval_holds_the_measured_share(successes: int, tries: int) -> None:
    rate = Rate(min(successes, tries), tries)
    low, high = rate.interval
    assert 0 <= low <= (rate.value or 0) + 1e-9
    assert (rate.value or 0) - 1e-9 <= high <= 1


def test_what_it_would_take_by_hand() -> None:
    rates = Measured(
        doses_per_contact=Rate(50, 200),
        cars_per_dose=Rate(40, 100),
        escorts_per_dose=Rate(30, 100),
        doses_per_visit=Rate(80, 100),
        people_per_car_hour=2.0,
    )
    need = needed(120, 20, rates)
    assert need.contacts.expected == 480  # 120 doses at one in four
    assert need.slots.expected == 150  # 120 doses at four in five
    assert need.car_trips.expected == 120  # 150 visits, two in five by car, there and back
    assert need.cars_a_day.expected == 1  # 6 trips a day, a car carries 12
    assert need.contacts.low <= 480 <= (need.contacts.high or 0)
    nothing = needed(10, 5, Measured(Rate(0, 0), Rate(0, 0), Rate(0, 0), Rate(0, 0), 1.0))
    assert nothing.contacts.expected is None
    assert nothing.contacts.high is None


def test_protection_per_hour_prefers_the_oldest_who_agreed() -> None:
    old = Candidate(1, "agreed", 95, lives_alone=True, mobility="M0")
    young = Candidate(2, "agreed", 81, lives_alone=False, mobility="M0")
    unsure = Candidate(3, "considering", 95, lives_alone=True, mobility="M0")
    assert gain_per_hour(old) > gain_per_hour(young) > 0
    assert gain_per_hour(old) > gain_per_hour(unsure)


@given(st.integers(0, 60))
def test_need_climbs_one_level_for_each_three_days_and_no_further_than_the_district(
    overdue: int,
) -> None:
    day = date(2026, 11, 23)
    assert level_on(day - timedelta(days=overdue), day) == min(3, overdue // 3)


def test_moment_6e_no_cause_of_climbing_is_a_persons_no() -> None:
    assert {str(cause) for cause in ClimbCause} == {
        "no_car",
        "no_answer",
        "no_slot",
        "promised_call",
        "request",
    }
