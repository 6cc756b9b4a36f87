"""The door to how long a car takes from place to place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import numpy as np
import numpy.typing as npt

from outreach.kernel.geo import Point

Seconds = npt.NDArray[np.float64]


class TravelTimes(Protocol):
    """Gives driving seconds between points; there and back may differ."""

    name: str

    def table_s(self, points: Sequence[Point], *, leaving: datetime) -> Seconds:
        """Return seconds from each point (row) to each (column).

        ``leaving`` is aware and in the place's own zone, because traffic follows the local clock.
        It always answers with finite numbers: whoever cannot reach its source falls back.
        """
        ...
