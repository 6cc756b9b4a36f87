"""When a throttled door opens: a few tries at once, then fewer and fewer, never for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from outreach.accounts.rules import LOGIN_BY_ACCOUNT, LOGIN_BY_ADDRESS, Throttle

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def ago(*minutes: float) -> list[datetime]:
    return sorted(NOW - m * MINUTE for m in minutes)


def test_four_failures_leave_the_door_open() -> None:
    assert LOGIN_BY_ACCOUNT.opens_at(ago(1, 2, 3, 4), NOW) is None


def test_the_fifth_failure_within_a_quarter_of_an_hour_shuts_it_until_the_first_is_old() -> None:
    assert LOGIN_BY_ACCOUNT.opens_at(ago(1, 2, 3, 4, 10), NOW) == NOW + 5 * MINUTE


def test_five_failures_spread_over_a_morning_do_not_shut_it() -> None:
    assert LOGIN_BY_ACCOUNT.opens_at(ago(1, 20, 40, 60, 80), NOW) is None


def test_the_wait_doubles_when_the_guessing_goes_on() -> None:
    failures = ago(60, 61, 62, 63, 64, 1, 2, 3, 4, 5)
    assert LOGIN_BY_ACCOUNT.opens_at(failures, NOW) == NOW + 25 * MINUTE


def test_yesterdays_failures_are_forgotten() -> None:
    assert LOGIN_BY_ACCOUNT.opens_at([NOW - timedelta(hours=25)] * 50, NOW) is None


THROTTLES = st.sampled_from([LOGIN_BY_ACCOUNT, LOGIN_BY_ADDRESS])
FAILURES = st.lists(st.floats(0, 60 * 24), max_size=200).map(lambda m: ago(*m))


@given(THROTTLES, FAILURES)
def test_the_door_is_never_shut_longer_than_the_longest_wait(
    throttle: Throttle, failures: list[datetime]
) -> None:
    opens_at = throttle.opens_at(failures, NOW)
    assert opens_at is None or NOW < opens_at <= NOW + throttle.longest_wait


@given(THROTTLES, FAILURES)
def test_once_the_time_it_names_has_come_the_door_is_open(
    throttle: Throttle, failures: list[datetime]
) -> None:
    opens_at = throttle.opens_at(failures, NOW)
    if opens_at is not None:
        assert throttle.opens_at(failures, opens_at) is None


def test_fault_62_ten_thousand_tries_in_a_day_let_fewer_than_sixty_through() -> None:
    passed: list[datetime] = []
    for n in range(10_000):
        at = NOW + n * timedelta(seconds=8.64)
        if LOGIN_BY_ACCOUNT.opens_at(passed, at) is None:
            passed.append(at)
    assert len(passed) < 60
