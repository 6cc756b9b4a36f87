"""Travel times without any road data: straight line, detour factor, speed by the time of day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from outreach.kernel.geo import Point
from outreach.places.distance import StreetModel, distances_m, driving_s
from outreach.ports.travel import Seconds


class StraightLine:
    """The default: always answers, needs nothing, and errs on the slow side in a city."""

    name = "straight_line"

    def __init__(self, streets: StreetModel | None = None) -> None:
        self.streets = streets or StreetModel()

    def table_s(self, points: Sequence[Point], *, leaving: datetime) -> Seconds:
        """Return seconds between all points for a car leaving at this local time."""
        return driving_s(
            distances_m(points), local=leaving.timetz().replace(tzinfo=None), streets=self.streets
        )
