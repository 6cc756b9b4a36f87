"""Rules of a ride: minutes at the door, windows that fit together, caps, fitness, proof of a no-show."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.transport.codes import (
    FAULT_SIDE,
    NEXT_LEG_STATUS,
    NEXT_RUN_STATUS,
    RIDE_RESULTS,
    LegStatus,
    RunStatus,
)
from outreach.transport.rules import (
    BOARDING,
    CarPapers,
    DoorFacts,
    NoCarForBedBound,
    boarding_of,
    car_unfit,
    driver_unfit,
    escort_unfit,
    home_seconds,
    load_of,
    max_ride_s,
    missing_for_no_show,
    outbound_windows,
    promised_window,
    return_windows,
    site_seconds,
)

SLOT = datetime(2026, 11, 26, 2, tzinfo=UTC)
MILD, ICY, HOT = date(2026, 10, 12), date(2026, 1, 12), date(2026, 7, 12)
CODES = st.sampled_from(sorted(BOARDING))


@given(CODES, st.integers(1, 30), st.booleans())
def test_every_floor_without_a_lift_costs_a_minute_and_ice_costs_more(
    code: str, floor: int, is_pickup: bool
) -> None:
    def seconds(on: date, **door: object) -> int:
        return home_seconds(code, DoorFacts(**door), on=on, is_pickup=is_pickup)  # type: ignore[arg-type]

    ground = seconds(MILD)
    assert seconds(MILD, floor=floor, has_lift=False) == ground + 60 * (floor - 1)
    assert seconds(MILD, floor=floor, has_lift=True) == ground
    assert seconds(ICY, floor=floor) > seconds(HOT, floor=floor) > seconds(MILD, floor=floor)
    assert seconds(ICY, floor=floor, learned_load_s=400) <= 400


def test_a_wheelchair_takes_longer_than_walking_and_a_stretcher_no_car() -> None:
    assert site_seconds("M4", is_pickup=True) > site_seconds("M0", is_pickup=True)
    assert site_seconds("M0", is_pickup=False) == 60
    assert load_of("M4", companions=1) == (1, 1)
    assert load_of("M0", companions=0) == (1, 0)
    assert boarding_of("M?") == BOARDING["M9"]
    with pytest.raises(NoCarForBedBound):
        load_of("M6", companions=0)


@given(st.floats(0, 3600))
def test_the_ride_cap_follows_the_direct_way(direct_s: float) -> None:
    cap = max_ride_s(direct_s)
    assert cap >= direct_s
    if direct_s <= 40 * 60:
        assert cap <= 45 * 60
    assert cap <= max(45 * 60, direct_s + 300) + 1


def test_beyond_an_hour_nobody_is_driven_silently() -> None:
    assert max_ride_s(3 * 3600) == 45 * 60


@given(st.floats(60, 3600), st.integers(60, 900))
def test_whoever_is_fetched_at_the_latest_is_still_in_time(direct_s: float, service: int) -> None:
    pickup, dropoff = outbound_windows(SLOT, direct_s=direct_s, pickup_service_s=service)
    assert dropoff.until_at == SLOT
    assert dropoff.length == timedelta(minutes=15)
    latest = pickup.until_at + timedelta(seconds=service + round(direct_s))
    assert latest <= SLOT
    earliest = pickup.from_at + timedelta(seconds=service + max_ride_s(direct_s))
    assert earliest <= dropoff.from_at


@given(st.floats(60, 3600), st.integers(60, 900))
def test_nobody_waits_more_than_twenty_five_minutes_for_the_way_home(
    direct_s: float, service: int
) -> None:
    pickup, dropoff = return_windows(SLOT, direct_s=direct_s, pickup_service_s=service)
    assert pickup.from_at == SLOT
    assert pickup.length == timedelta(minutes=25)
    assert dropoff.until_at >= pickup.until_at + timedelta(seconds=service + direct_s - 1)


def test_a_promise_is_twenty_minutes_around_the_planned_time() -> None:
    told = promised_window(SLOT)
    assert told.from_at == SLOT - timedelta(minutes=5)
    assert told.until_at == SLOT + timedelta(minutes=15)


@given(st.integers(0, 30), st.integers(0, 4), st.integers(0, 2))
def test_a_no_show_needs_the_wait_two_calls_and_a_knock(
    minutes: int, calls: int, knocks: int
) -> None:
    missing = missing_for_no_show(
        arrived_at=SLOT, calls=calls, knocks=knocks, at=SLOT + timedelta(minutes=minutes)
    )
    assert ("wait" in missing) == (minutes < 10)
    assert ("calls" in missing) == (calls < 2)
    assert ("knock" in missing) == (knocks < 1)
    assert "wait" in missing_for_no_show(arrived_at=None, calls=9, knocks=9, at=SLOT)


def test_papers_leave_and_failed_checks_keep_car_and_crew_at_home() -> None:
    fine = CarPapers(is_active=True, insured_until=MILD, inspected_until=None)
    assert car_unfit(fine, on=MILD) == ()
    old = CarPapers(
        is_active=False,
        insured_until=ICY,
        inspected_until=ICY,
        out_from=MILD,
        out_until=None,
        check_passed=False,
    )
    assert car_unfit(old, on=MILD) == (
        "car_inactive",
        "insurance_expired",
        "inspection_expired",
        "out_of_service",
        "check_failed",
    )
    back = CarPapers(True, None, None, out_from=ICY, out_until=HOT)
    assert car_unfit(back, on=MILD) == ()
    assert driver_unfit(is_active=True, licence_until=MILD, on_leave=False, on=MILD) == ()
    assert len(driver_unfit(is_active=False, licence_until=ICY, on_leave=True, on=MILD)) == 3
    assert len(escort_unfit(is_active=False, on_leave=True)) == 2


def test_every_status_and_code_is_in_its_table() -> None:
    assert set(NEXT_LEG_STATUS) == set(LegStatus)
    assert set(NEXT_RUN_STATUS) == set(RunStatus)
    assert set(FAULT_SIDE) <= set(RIDE_RESULTS)
