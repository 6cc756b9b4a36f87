"""Points on the earth: great-circle distance and the shifted datums of Chinese map services.

Chinese services answer in GCJ-02 (AMap, Tencent) or BD-09 (Baidu); the product keeps WGS-84. The
shift is published as a one-way polynomial only, so the way back is found by iterating it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

EARTH_RADIUS_M = 6_371_008.8
_AXIS_M = 6_378_245.0  # the Krasovsky ellipsoid that the GCJ-02 shift is defined on
_ECCENTRICITY = 0.00669342162296594323
_BAIDU_TURN = math.pi * 3000.0 / 180.0
_CLOSE_ENOUGH_DEG = 1e-9  # about a tenth of a millimetre
_MAX_ROUNDS = 30


class Datum(StrEnum):
    """What the numbers of a point refer to."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class Point(NamedTuple):
    """Degrees of latitude and longitude."""

    latitude: float
    longitude: float


def distance_m(a: Point, b: Point) -> float:
    """Return the great-circle distance in metres between two points of one datum."""
    lat_a, lat_b = math.radians(a.latitude), math.radians(b.latitude)
    half_lat = (lat_b - lat_a) / 2
    half_lon = math.radians(b.longitude - a.longitude) / 2
    h = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


def is_possible(point: Point) -> bool:
    """Tell whether numbers can be a place people live at; (0, 0) is how geocoders say nothing."""
    finite = math.isfinite(point.latitude) and math.isfinite(point.longitude)
    return (
        finite
        and abs(point.latitude) <= 90
        and abs(point.longitude) <= 180
        and (abs(point.latitude) > 1e-6 or abs(point.longitude) > 1e-6)
    )


def is_shifted_here(point: Point) -> bool:
    """Tell whether Chinese maps shift this place (the rough box that the services themselves use)."""
    return 0.8293 <= point.latitude <= 55.8271 and 72.004 <= point.longitude <= 137.8347


def to_wgs84(point: Point, datum: Datum) -> Point:
    """Return a point of any datum in WGS-84."""
    if datum is Datum.BD09:
        return gcj02_to_wgs84(bd09_to_gcj02(point))
    return gcj02_to_wgs84(point) if datum is Datum.GCJ02 else point


def from_wgs84(point: Point, datum: Datum) -> Point:
    """Return a WGS-84 point in the datum that a map app wants."""
    if datum is Datum.BD09:
        return gcj02_to_bd09(wgs84_to_gcj02(point))
    return wgs84_to_gcj02(point) if datum is Datum.GCJ02 else point


def wgs84_to_gcj02(point: Point) -> Point:
    """Return where Chinese maps draw a WGS-84 point."""
    if not is_shifted_here(point):
        return point
    x, y = point.longitude - 105.0, point.latitude - 35.0
    phi = math.radians(point.latitude)
    m = 1 - _ECCENTRICITY * math.sin(phi) ** 2
    metres_a_degree_lat = _AXIS_M * (1 - _ECCENTRICITY) / (m * math.sqrt(m)) * math.pi / 180
    metres_a_degree_lon = _AXIS_M / math.sqrt(m) * math.cos(phi) * math.pi / 180
    return Point(
        point.latitude + _north_m(x, y) / metres_a_degree_lat,
        point.longitude + _east_m(x, y) / metres_a_degree_lon,
    )


def gcj02_to_wgs84(point: Point) -> Point:
    """Return the WGS-84 point that Chinese maps draw here, to well under a metre."""
    return _inverse(point, wgs84_to_gcj02) if is_shifted_here(point) else point


def gcj02_to_bd09(point: Point) -> Point:
    """Return where Baidu draws a GCJ-02 point."""
    x, y = point.longitude, point.latitude
    radius = math.hypot(x, y) + 0.00002 * math.sin(y * _BAIDU_TURN)
    angle = math.atan2(y, x) + 0.000003 * math.cos(x * _BAIDU_TURN)
    return Point(radius * math.sin(angle) + 0.006, radius * math.cos(angle) + 0.0065)


def bd09_to_gcj02(point: Point) -> Point:
    """Return the GCJ-02 point that Baidu draws here."""
    return _inverse(point, gcj02_to_bd09)


def _inverse(wanted: Point, forward: Callable[[Point], Point]) -> Point:
    """Solve forward(p) = wanted: the shift is small and smooth, so p ← p + (wanted − forward(p))."""
    guess = wanted
    for _ in range(_MAX_ROUNDS):
        image = forward(guess)
        off_lat, off_lon = wanted.latitude - image.latitude, wanted.longitude - image.longitude
        guess = Point(guess.latitude + off_lat, guess.longitude + off_lon)
        if max(abs(off_lat), abs(off_lon)) < _CLOSE_ENOUGH_DEG:
            break
    return guess


def _waves(value: float) -> float:
    return 20.0 * math.sin(6.0 * value * math.pi) + 20.0 * math.sin(2.0 * value * math.pi)


def _north_m(x: float, y: float) -> float:
    metres = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    metres += _waves(x) * 2.0 / 3.0
    metres += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    slow = 160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)
    return metres + slow * 2.0 / 3.0


def _east_m(x: float, y: float) -> float:
    metres = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    metres += _waves(x) * 2.0 / 3.0
    metres += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    slow = 150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)
    return metres + slow * 2.0 / 3.0


def bearing_deg(a: Point, b: Point) -> float:
    """Return the direction from ``a`` to ``b`` in degrees clockwise from north, 0 up to 360."""
    lat_a, lat_b = math.radians(a.latitude), math.radians(b.latitude)
    east = math.radians(b.longitude - a.longitude)
    y = math.sin(east) * math.cos(lat_b)
    x = math.cos(lat_a) * math.sin(lat_b) - math.sin(lat_a) * math.cos(lat_b) * math.cos(east)
    return math.degrees(math.atan2(y, x)) % 360
