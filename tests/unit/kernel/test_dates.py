"""Calendar arithmetic: the days that libraries get wrong, and laws that hold for all days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.kernel.dates import Period, add_months, age_on, eligible_on

DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31))


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (date(2022, 7, 31), 2, date(2022, 10, 1)),
        (date(2022, 11, 30), 3, date(2023, 3, 1)),
        (date(2023, 11, 30), 3, date(2024, 3, 1)),
        (date(2022, 8, 31), 3, date(2022, 12, 1)),
        (date(2022, 8, 30), 3, date(2022, 11, 30)),
        (date(2022, 11, 29), 3, date(2023, 3, 1)),
        (date(2023, 11, 29), 3, date(2024, 2, 29)),
        (date(2022, 12, 31), 2, date(2023, 3, 1)),
        (date(2022, 10, 31), 1, date(2022, 12, 1)),
        (date(2022, 3, 31), -1, date(2022, 3, 1)),
        (date(2022, 1, 15), -1, date(2021, 12, 15)),
        (date(2022, 12, 31), 12, date(2023, 12, 31)),
    ],
)
def test_fault_38_an_impossible_day_moves_to_the_first_of_the_next_month(start, months, expected):
    assert add_months(start, months) == expected


def test_fault_37_a_leap_day_birthday_falls_on_the_first_of_march():
    born_on = date(1944, 2, 29)
    assert age_on(date(2023, 2, 28), born_on=born_on) == 78
    assert age_on(date(2023, 3, 1), born_on=born_on) == 79
    assert eligible_on(born_on, 79) == date(2023, 3, 1)
    assert eligible_on(born_on, 80) == date(2024, 2, 29)


def test_fault_37_turning_80_today_counts_and_the_day_before_does_not():
    born_on = date(1946, 12, 15)
    assert age_on(date(2026, 12, 14), born_on=born_on) == 79
    assert age_on(date(2026, 12, 15), born_on=born_on) == 80
    assert eligible_on(born_on, 80) == date(2026, 12, 15)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 months", date(2022, 10, 31)),
        ("8 weeks", date(2022, 9, 25)),
        ("1 year", date(2023, 7, 31)),
        ("2 months", date(2022, 10, 1)),
        ("7 months + 4 weeks - 1 day", date(2023, 3, 28)),
        ("18 years - 4 days", date(2040, 7, 27)),
        ("0 days", date(2022, 7, 31)),
    ],
)
def test_a_period_is_read_as_people_write_it(text, expected):
    assert Period.parse(text).after(date(2022, 7, 31)) == expected


@pytest.mark.parametrize(
    "text",
    ["", "  ", "3", "months", "3 month 2", "3 fortnights", "about 3 months", "3 months 4 days"],
)
def test_a_text_that_is_no_period_is_refused(text):
    with pytest.raises(ValueError, match="period"):
        Period.parse(text)


@pytest.mark.parametrize(
    "text",
    ["3 months", "1 day", "7 months + 4 weeks - 1 day", "18 years - 4 days", "0 days", "- 2 days"],
)
def test_a_period_prints_as_it_was_written(text):
    assert str(Period.parse(text)) == text


def test_days_of_grace_shorten_a_period():
    assert Period.parse("4 weeks").minus_days(4).after(date(2025, 10, 13)) == date(2025, 11, 6)


@given(DAYS, st.integers(-600, 600))
def test_adding_months_never_lands_before_the_month_it_aims_at(day, months):
    moved = add_months(day, months)
    aimed = day.year * 12 + day.month + months
    assert moved.year * 12 + moved.month in {aimed, aimed + 1}
    assert moved.day in {day.day, 1}


@given(DAYS, DAYS, st.integers(0, 120))
def test_adding_months_keeps_the_order_of_days(one, other, months):
    first, second = sorted((one, other))
    assert add_months(first, months) <= add_months(second, months)


@given(DAYS, st.integers(1, 110))
def test_someone_turns_an_age_on_exactly_one_day(born_on, years):
    day = eligible_on(born_on, years)
    assert age_on(day, born_on=born_on) == years
    assert age_on(day - timedelta(days=1), born_on=born_on) == years - 1


@given(st.integers(0, 120), st.integers(0, 24), st.integers(0, 60), st.integers(-30, 400))
def test_every_period_survives_being_printed_and_read(years, months, weeks, days):
    period = Period(years, months, weeks, days)
    assert Period.parse(str(period)) == period
