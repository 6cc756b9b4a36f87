"""Travel times from an own road graph and from a table server, with the fallback behind both."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import requests
import responses

from outreach.adapters.osm_roads import OsmRoads
from outreach.adapters.table_server import TableServer
from outreach.kernel.geo import Point
from tests.builders.places import SteadyTravel

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
A, B, C = Point(34.7500, 113.6000), Point(34.7500, 113.6100), Point(34.7600, 113.6100)


def write_town(path: Path, *, oneway: str = "yes") -> Path:
    """Write a square of three roads; the one from A to B may be one-way, a footpath cuts the corner."""
    import osmium

    corners = {1: A, 2: B, 3: C, 4: Point(34.7600, 113.6000), 9: Point(34.9, 113.9)}
    writer = osmium.SimpleWriter(str(path))
    for ref, point in corners.items():
        node = osmium.osm.mutable.Node(
            id=ref, version=1, location=(point.longitude, point.latitude)
        )
        writer.add_node(node)
    roads = [
        (10, [1, 2], {"highway": "secondary", "oneway": oneway}),
        (11, [2, 3], {"highway": "residential", "maxspeed": "20"}),
        (12, [3, 4, 1], {"highway": "tertiary"}),
        (13, [1, 3], {"highway": "footway"}),
        (14, [3, 9], {"highway": "residential", "access": "private"}),
    ]
    for ref, nodes, tags in roads:
        writer.add_way(osmium.osm.mutable.Way(id=ref, version=1, nodes=nodes, tags=tags))
    writer.close()
    return path


@pytest.mark.parametrize("ending", ["osm.pbf", "osm"])
def test_moment_4e_one_way_streets_make_there_and_back_differ(tmp_path: Path, ending: str) -> None:
    file = write_town(tmp_path / f"town.{ending}")
    roads = OsmRoads(file, cache=tmp_path / "cache", fallback=SteadyTravel())
    table = roads.table_s([A, B, C], leaving=NOON)
    assert table[0, 1] < table[1, 0]
    assert (np.diag(table) == 0).all()
    assert np.isfinite(table).all()
    direct_m = 914.0
    assert table[0, 1] == pytest.approx(direct_m / (42 / 3.6), rel=0.05)


def test_both_ways_are_alike_without_a_one_way_street(tmp_path: Path) -> None:
    file = write_town(tmp_path / "town.osm.pbf", oneway="no")
    table = OsmRoads(file, cache=tmp_path, fallback=SteadyTravel()).table_s([A, B], leaving=NOON)
    assert table[0, 1] == pytest.approx(table[1, 0])


def test_the_graph_is_read_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_town(tmp_path / "town.osm.pbf")
    first = OsmRoads(file, cache=tmp_path / "kept", fallback=SteadyTravel())
    monkeypatch.setattr("outreach.adapters.osm_roads.read_graph", None)
    again = OsmRoads(file, cache=tmp_path / "kept", fallback=SteadyTravel())
    points = [A, B, C]
    assert np.array_equal(first.table_s(points, leaving=NOON), again.table_s(points, leaving=NOON))


def test_the_morning_rush_slows_the_roads_and_far_points_take_the_fallback(tmp_path: Path) -> None:
    file = write_town(tmp_path / "town.osm.pbf")
    roads = OsmRoads(file, cache=tmp_path, fallback=SteadyTravel())
    rush = roads.table_s([A, B], leaving=NOON.replace(hour=8))
    assert rush[0, 1] > roads.table_s([A, B], leaving=NOON)[0, 1]
    far = Point(35.2, 114.2)
    table = roads.table_s([A, far], leaving=NOON)
    assert table[0, 1] == SteadyTravel().table_s([A, far], leaving=NOON)[0, 1]
    assert roads.table_s([], leaving=NOON).shape == (0, 0)


def test_an_extract_without_roads_is_refused(tmp_path: Path) -> None:
    import osmium

    path = tmp_path / "empty.osm.pbf"
    writer = osmium.SimpleWriter(str(path))
    writer.add_node(osmium.osm.mutable.Node(id=1, version=1, location=(113.6, 34.7)))
    writer.close()
    with pytest.raises(ValueError, match="no road"):
        OsmRoads(path, cache=tmp_path, fallback=SteadyTravel())


def osrm_answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
    asked = parse_qs(urlsplit(request.url or "").query)
    rows = [int(i) for i in asked["sources"][0].split(";")]
    columns = [int(i) for i in asked["destinations"][0].split(";")]
    durations = [[float(100 * r + c) for c in columns] for r in rows]
    return 200, {}, json.dumps({"code": "Ok", "durations": durations})


@responses.activate
def test_moment_4e_an_osrm_server_gives_its_seconds() -> None:
    responses.add_callback("GET", _url("http://osrm.test/table/v1/driving/"), osrm_answer)
    server = TableServer("http://osrm.test", fallback=SteadyTravel())
    table = server.table_s([A, B, C], leaving=NOON)
    assert table[1, 0] == 100 * 1 + 3
    assert table[0, 2] == 5


@responses.activate
def test_more_points_than_one_question_holds_are_asked_in_blocks() -> None:
    responses.add_callback("GET", _url("http://osrm.test/table/v1/driving/"), osrm_answer)
    points = [Point(34.7 + i / 10_000, 113.6) for i in range(130)]
    table = TableServer("http://osrm.test", fallback=SteadyTravel()).table_s(points, leaving=NOON)
    assert table.shape == (130, 130)
    assert len(responses.calls) == 4


@responses.activate
def test_a_valhalla_server_is_spoken_to_in_its_own_way() -> None:
    cells = [[{"time": 60 * r + c} for c in range(2)] for r in range(2)]
    responses.post("http://valhalla.test/sources_to_targets", json={"sources_to_targets": cells})
    server = TableServer("http://valhalla.test", fallback=SteadyTravel())
    assert server.table_s([A, B], leaving=NOON)[1, 0] == 60


@responses.activate
def test_what_the_server_does_not_know_is_filled_in() -> None:
    responses.get(
        _url("http://osrm.test/table/v1/driving/"),
        json={"code": "Ok", "durations": [[0, None], [77.0, 0]]},
    )
    table = TableServer("http://osrm.test", fallback=SteadyTravel()).table_s([A, B], leaving=NOON)
    assert table[1, 0] == 77
    assert table[0, 1] == SteadyTravel().table_s([A, B], leaving=NOON)[0, 1]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500},
        {"body": "<html>"},
        {"json": {"code": "NoSegment"}},
        {"json": {"code": "Ok", "durations": [[1]]}},
        {"json": []},
        {"body": requests.ConnectTimeout()},
    ],
)
def test_moment_4e_a_server_in_trouble_slows_nobody_down(answer: dict[str, Any]) -> None:
    with responses.RequestsMock() as mock:
        mock.get(_url("http://osrm.test/table/v1/driving/"), **answer)
        server = TableServer("http://osrm.test", fallback=SteadyTravel())
        rough = SteadyTravel().table_s([A, B], leaving=NOON)
        for _ in range(3):  # it rests for a minute after the first failure
            assert np.array_equal(server.table_s([A, B], leaving=NOON), rough)
        assert len(mock.calls) == 1


def _url(start: str) -> re.Pattern[str]:
    return re.compile(re.escape(start) + ".*")
