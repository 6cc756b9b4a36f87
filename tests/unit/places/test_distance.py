"""Driving seconds from distance: as far as geopy says, slower at rush hour, free when standing still."""

from __future__ import annotations

from datetime import UTC, datetime, time

import numpy as np
import pytest
from geopy.distance import great_circle
from hypothesis import given
from hypothesis import strategies as st

from outreach.adapters.straight_line import StraightLine
from outreach.kernel.geo import Point
from outreach.places.distance import StreetModel, distances_m, driving_s
from outreach.places.matrix import KeptTables, travel_table
from tests.builders.places import SteadyTravel

POINTS = st.lists(
    st.builds(Point, st.floats(34.6, 34.9), st.floats(113.4, 113.9)), min_size=2, max_size=6
)


@given(POINTS)
def test_metres_are_those_of_geopy(points: list[Point]) -> None:
    table = distances_m(points)
    assert table[0, 1] == pytest.approx(great_circle(points[0], points[1]).meters, abs=1.0)
    assert np.allclose(table, table.T)


@given(POINTS, st.times())
def test_driving_is_never_faster_than_any_band(points: list[Point], local: time) -> None:
    streets = StreetModel()
    metres = distances_m(points)
    seconds = driving_s(metres, local=local, streets=streets)
    fastest = max(streets.usual_km_h, *(band.km_h for band in streets.bands)) / 3.6
    assert (seconds >= metres / fastest - 1e-6).all()
    assert (np.diag(seconds) == 0).all()


def test_the_morning_rush_is_slower_than_noon() -> None:
    a, b = Point(34.75, 113.60), Point(34.72, 113.66)
    source = StraightLine()
    rush = source.table_s([a, b], leaving=datetime(2026, 11, 26, 8, 0, tzinfo=UTC))
    noon = source.table_s([a, b], leaving=datetime(2026, 11, 26, 12, 0, tzinfo=UTC))
    assert rush[0, 1] > noon[0, 1] > 0


def test_stops_at_one_door_share_a_row_of_the_table() -> None:
    door, other = Point(34.75, 113.60), Point(34.72, 113.66)
    source = SteadyTravel()
    table = travel_table(
        {1: door, 2: door, 3: other}, source, leaving=datetime(2026, 11, 26, 9, tzinfo=UTC)
    )
    assert table.seconds.shape == (2, 2)
    assert table.between(1, 2) == 0
    assert table.between(1, 3) == table.between(2, 3) > 0
    assert table.covers({1, 2, 3})
    assert not table.covers({4})


def test_an_equal_question_is_answered_from_memory() -> None:
    source = SteadyTravel()
    kept = KeptTables(source, keep=2)
    points = [Point(34.75, 113.60), Point(34.72, 113.66)]
    nine = datetime(2026, 11, 26, 9, 5, tzinfo=UTC)
    first = kept.table_s(points, leaving=nine)
    assert kept.table_s(points, leaving=nine.replace(minute=50)) is first
    assert source.tables == 1
    kept.table_s(points, leaving=nine.replace(hour=17))
    kept.table_s(points[::-1], leaving=nine)
    kept.table_s(points, leaving=nine)
    assert source.tables == 4
