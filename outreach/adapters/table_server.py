"""Travel times from an OSRM or Valhalla server by URL; whatever it cannot say is filled by a fallback."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import requests

from outreach.kernel.clock import monotonic_s
from outreach.kernel.geo import Point
from outreach.ports.travel import Seconds, TravelTimes

log = logging.getLogger(__name__)
TIMEOUT_S = (2.0, 10.0)
BLOCK = 100  # public OSRM tables stop at 100 sources and 100 destinations
REST_AFTER_FAILURE_S = 60.0


class TableServer:
    """Asks ``{url}/table/v1/driving`` (OSRM) or ``{url}/sources_to_targets`` (Valhalla).

    After a failure it rests a minute on the fallback, so that a dead server slows nobody's page.
    """

    name = "table_server"

    def __init__(
        self, url: str, *, fallback: TravelTimes, session: requests.Session | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self.fallback = fallback
        self._http = session or requests.Session()
        self._speaks_valhalla = "valhalla" in self.url
        self._resting_until_s = 0.0
        self._guard = threading.Lock()

    def table_s(self, points: Sequence[Point], *, leaving: datetime) -> Seconds:
        """Return the server's seconds; the fallback's where it gives none or cannot be reached."""
        rough = self.fallback.table_s(points, leaving=leaving)
        with self._guard:
            if monotonic_s() < self._resting_until_s:
                return rough
        try:
            table = self._ask(points)
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            log.warning("travel server did not answer", extra={"error": type(error).__name__})
            with self._guard:
                self._resting_until_s = monotonic_s() + REST_AFTER_FAILURE_S
            return rough
        known = np.isfinite(table) & (table >= 0)
        return np.where(known, table, rough)

    def _ask(self, points: Sequence[Point]) -> Seconds:
        size = len(points)
        table = np.full((size, size), np.nan)
        for row in range(0, size, BLOCK):
            for column in range(0, size, BLOCK):
                rows = range(row, min(row + BLOCK, size))
                columns = range(column, min(column + BLOCK, size))
                ask = self._ask_valhalla if self._speaks_valhalla else self._ask_osrm
                block = ask([points[i] for i in rows], [points[i] for i in columns])
                if block.shape != (len(rows), len(columns)):
                    raise ValueError("table of another shape")
                table[row : rows.stop, column : columns.stop] = block
        np.fill_diagonal(table, 0.0)
        return table

    def _ask_osrm(self, sources: list[Point], targets: list[Point]) -> Seconds:
        places = ";".join(f"{p.longitude:.6f},{p.latitude:.6f}" for p in [*sources, *targets])
        answer = self._read(
            self._http.get(
                f"{self.url}/table/v1/driving/{places}",
                params={
                    "annotations": "duration",
                    "sources": ";".join(map(str, range(len(sources)))),
                    "destinations": ";".join(
                        map(str, range(len(sources), len(sources) + len(targets)))
                    ),
                },
                timeout=TIMEOUT_S,
            )
        )
        if answer.get("code") != "Ok":
            raise ValueError("server refused")
        return _numbers(answer["durations"])

    def _ask_valhalla(self, sources: list[Point], targets: list[Point]) -> Seconds:
        def wrapped(points: list[Point]) -> list[dict[str, float]]:
            return [{"lat": p.latitude, "lon": p.longitude} for p in points]

        body = {"sources": wrapped(sources), "targets": wrapped(targets), "costing": "auto"}
        answer = self._read(
            self._http.post(f"{self.url}/sources_to_targets", json=body, timeout=TIMEOUT_S)
        )
        return _numbers([[cell["time"] for cell in row] for row in answer["sources_to_targets"]])

    @staticmethod
    def _read(response: requests.Response) -> dict[str, Any]:
        response.raise_for_status()
        answer = response.json()
        if not isinstance(answer, dict):
            raise TypeError("not an object")
        return answer


def _numbers(rows: list[list[float | None]]) -> Seconds:
    return np.asarray(
        [[np.nan if cell is None else float(cell) for cell in row] for row in rows],
        dtype=np.float64,
    )
