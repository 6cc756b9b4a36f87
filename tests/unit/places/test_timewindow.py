"""Windows of time: their ends belong to them, and reversed ones cannot be made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.kernel.timewindow import TimeWindow

START = datetime(2026, 11, 26, 8, tzinfo=UTC)
MINUTES = st.integers(0, 600)


def window(a: int, b: int) -> TimeWindow:
    first, last = sorted((a, b))
    return TimeWindow(START + timedelta(minutes=first), START + timedelta(minutes=last))


@given(MINUTES, MINUTES, MINUTES, MINUTES)
def test_what_two_windows_share_lies_in_both(a: int, b: int, c: int, d: int) -> None:
    one, two = window(a, b), window(c, d)
    shared = one.clipped(two)
    assert (shared is not None) == one.overlaps(two) == two.overlaps(one)
    if shared is not None:
        assert shared.from_at in one
        assert shared.until_at in two
        assert shared.length <= min(one.length, two.length)


@given(MINUTES, MINUTES, st.integers(-300, 300))
def test_a_shifted_window_keeps_its_length(a: int, b: int, by: int) -> None:
    assert window(a, b).shifted(timedelta(minutes=by)).length == window(a, b).length


def test_lateness_counts_from_the_end() -> None:
    here = window(0, 10)
    assert here.lateness(START + timedelta(minutes=10)) == timedelta(0)
    assert here.lateness(START + timedelta(minutes=13)) == timedelta(minutes=3)


def test_a_promise_is_made_around_an_instant() -> None:
    made = TimeWindow.around(START, before=timedelta(minutes=5), after=timedelta(minutes=15))
    assert made.length == timedelta(minutes=20)
    assert START in made


def test_reversed_and_naive_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="ends before"):
        TimeWindow(START, START - timedelta(seconds=1))
    with pytest.raises(ValueError, match="naive"):
        TimeWindow(START.replace(tzinfo=None), START)
