"""The road graph judged by a real OpenStreetMap extract, read from OUTREACH_SHARED."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from outreach.adapters.osm_roads import OsmRoads
from outreach.adapters.straight_line import StraightLine
from outreach.kernel.geo import Point
from outreach.places.distance import distances_m

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
TOWNS = {
    "Andorra la Vella": Point(42.5063, 1.5218),
    "Escaldes": Point(42.5085, 1.5365),
    "Sant Julia": Point(42.4637, 1.4913),
    "La Massana": Point(42.5450, 1.5148),
    "Encamp": Point(42.5361, 1.5828),
    "Canillo": Point(42.5676, 1.5976),
}


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> OsmRoads:
    """The graph of the extract."""
    shared = os.environ.get("OUTREACH_SHARED")
    if not shared:
        pytest.fail("set OUTREACH_SHARED to the folder with data/osm", pytrace=False)
    file = Path(shared) / "data" / "osm" / "andorra.osm.pbf"
    return OsmRoads(file, cache=tmp_path_factory.mktemp("roads"), fallback=StraightLine())


def test_towns_are_as_far_apart_as_a_driver_knows(roads: OsmRoads) -> None:
    table = roads.table_s(list(TOWNS.values()), leaving=NOON) / 60
    names = list(TOWNS)
    to_escaldes = table[0, names.index("Escaldes")]
    to_canillo = table[0, names.index("Canillo")]
    assert 1 < to_escaldes < 12
    assert 10 < to_canillo < 45


def test_roads_are_never_shorter_than_the_straight_line(roads: OsmRoads) -> None:
    points = list(TOWNS.values())
    table = roads.table_s(points, leaving=NOON)
    fastest_m_s = 90 / 3.6
    assert (table >= distances_m(points) / fastest_m_s - 1).all()


def test_one_way_streets_show_and_every_triangle_holds(roads: OsmRoads) -> None:
    chance = np.random.default_rng(7)
    points = [
        Point(float(lat), float(lon))
        for lat, lon in zip(
            chance.uniform(42.49, 42.52, 60), chance.uniform(1.50, 1.54, 60), strict=True
        )
    ]
    table = roads.table_s(points, leaving=NOON)
    assert np.isfinite(table).all()
    assert (np.abs(table - table.T) > 1).mean() > 0.2
    detours = table[:, :, None] + table[None, :, :] - table[:, None, :]
    assert detours.min() > -1e-6
