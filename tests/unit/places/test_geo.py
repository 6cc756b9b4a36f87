"""Datums: what Chinese maps shift is shifted back to well under a metre."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.kernel.geo import (
    Datum,
    Point,
    distance_m,
    from_wgs84,
    is_possible,
    to_wgs84,
    wgs84_to_gcj02,
)

IN_CHINA = st.builds(Point, st.floats(18.2, 53.4), st.floats(73.6, 134.7))
ANYWHERE = st.builds(Point, st.floats(-85, 85), st.floats(-179, 179))


@given(IN_CHINA, st.sampled_from(Datum))
def test_a_point_survives_the_way_into_a_map_and_back(point: Point, datum: Datum) -> None:
    assert distance_m(to_wgs84(from_wgs84(point, datum), datum), point) < 0.01


@pytest.mark.parametrize(
    ("wgs", "gcj"),
    [
        (Point(31.1774276, 121.5272106), Point(31.17530398364597, 121.531541859215)),
        (Point(22.543847, 113.912316), Point(22.540796131694766, 113.9171764808363)),
        (Point(39.911954, 116.377817), Point(39.91334545536069, 116.38404722455657)),
    ],
)
def test_known_points_are_shifted_as_the_maps_shift_them(wgs: Point, gcj: Point) -> None:
    assert distance_m(wgs84_to_gcj02(wgs), gcj) < 0.01


def test_a_point_of_zhengzhou_moves_by_about_half_a_kilometre() -> None:
    here = Point(34.72, 113.63)
    assert 400 < distance_m(here, wgs84_to_gcj02(here)) < 800


@given(st.builds(Point, st.floats(42.4, 42.7), st.floats(1.4, 1.8)))
def test_nothing_is_shifted_outside_china(point: Point) -> None:
    assert wgs84_to_gcj02(point) == point


@given(ANYWHERE, ANYWHERE)
def test_distance_is_the_same_both_ways(a: Point, b: Point) -> None:
    assert distance_m(a, b) == pytest.approx(distance_m(b, a), abs=1e-6)


@pytest.mark.parametrize(
    "point", [Point(0, 0), Point(91, 10), Point(float("nan"), 1.0), Point(10, 200)]
)
def test_what_no_place_can_be_is_known_as_such(point: Point) -> None:
    assert not is_possible(point)
