"""Driving seconds out of plain distance: a detour factor and speeds by the time of day (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

import numpy as np
import numpy.typing as npt

from outreach.kernel.geo import EARTH_RADIUS_M, Point

Metres = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Band:
    """A part of the day and how fast a car gets on in it, in kilometres an hour."""

    from_time: time
    until_time: time
    km_h: float


@dataclass(frozen=True, slots=True)
class StreetModel:
    """How streets bend and how traffic flows in a town; defaults suit a Chinese city's old quarters."""

    detour: float = 1.35
    usual_km_h: float = 24.0
    start_s: float = 45.0
    bands: tuple[Band, ...] = (
        Band(time(7, 0), time(9, 0), 18.0),
        Band(time(17, 0), time(19, 0), 17.0),
        Band(time(21, 0), time(23, 59, 59), 32.0),
        Band(time(0, 0), time(6, 0), 34.0),
    )

    def km_h(self, local: time) -> float:
        """Return the speed at a local time of day."""
        for band in self.bands:
            if band.from_time <= local < band.until_time:
                return band.km_h
        return self.usual_km_h


def distances_m(points: Sequence[Point]) -> Metres:
    """Return the great-circle metres between all points."""
    degrees = np.asarray([(p.latitude, p.longitude) for p in points], dtype=np.float64)
    lat, lon = np.radians(degrees.reshape(-1, 2)).T
    half_lat = (lat[None, :] - lat[:, None]) / 2
    half_lon = (lon[None, :] - lon[:, None]) / 2
    h = np.sin(half_lat) ** 2 + np.cos(lat)[:, None] * np.cos(lat)[None, :] * np.sin(half_lon) ** 2
    metres: Metres = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0)))
    return metres


def driving_s(metres: Metres, *, local: time, streets: StreetModel) -> Metres:
    """Return driving seconds for straight distances; standing still costs nothing."""
    seconds = metres * streets.detour / (streets.km_h(local) / 3.6) + streets.start_s
    moved: Metres = np.where(metres < 1.0, 0.0, seconds)
    return moved
