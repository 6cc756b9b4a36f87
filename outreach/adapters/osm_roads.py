"""Travel times on an own road graph from an OpenStreetMap extract, without any network.

pyosmium reads the ``.osm.pbf`` once; the graph is kept in ``instance/`` and scipy finds shortest
paths in it. One-way streets make the seconds there and back differ.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from outreach.kernel.geo import EARTH_RADIUS_M, Point, distance_m
from outreach.places.distance import StreetModel
from outreach.ports.travel import Seconds, TravelTimes

log = logging.getLogger(__name__)

# Kilometres an hour that a careful driver makes on each class of road without other traffic.
SPEEDS_KM_H = {
    "motorway": 90.0, "motorway_link": 50.0, "trunk": 65.0, "trunk_link": 40.0,
    "primary": 48.0, "primary_link": 35.0, "secondary": 42.0, "secondary_link": 32.0,
    "tertiary": 36.0, "tertiary_link": 28.0, "unclassified": 30.0, "residential": 24.0,
    "living_street": 12.0, "service": 14.0, "road": 24.0,
}  # fmt: skip
CLOSED = frozenset({"no", "private", "agricultural", "forestry", "emergency"})
FORWARD = frozenset({"yes", "true", "1"})
BACKWARD = frozenset({"-1", "reverse"})
KEEP_EVERY_M = 150.0
FARTHEST_FROM_ROAD_M = 3_000.0
ON_FOOT_M_S = 3.0  # the last bit to the door: yards and gates, not streets
SOURCES_AT_ONCE = 16
FORMAT = 2

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RoadGraph:
    """Nodes that all reach one another, and the seconds of each directed edge without traffic."""

    latitude: Floats
    longitude: Floats
    tails: Ints
    heads: Ints
    seconds: Floats


class OsmRoads:
    """Shortest driving times on the graph; points far from any road are left to the fallback."""

    name = "osm_roads"

    def __init__(
        self, file: Path, *, cache: Path, fallback: TravelTimes, streets: StreetModel | None = None
    ) -> None:
        self.graph = load_graph(file, cache=cache)
        self.fallback = fallback
        self.streets = streets or StreetModel()
        self._matrix = _sparse(self.graph)
        self._tree, self._frame = _nearest_index(self.graph)

    def table_s(self, points: Sequence[Point], *, leaving: datetime) -> Seconds:
        """Return seconds from each point to each, slower when the town is busy."""
        if not points:
            return np.zeros((0, 0))
        local = leaving.timetz().replace(tzinfo=None)
        busy = self.streets.usual_km_h / self.streets.km_h(local)
        nodes, off_road_m = self._snap(points)
        table = self._paths(nodes) * busy
        door_s = off_road_m / ON_FOOT_M_S
        table = table + door_s[:, None] + door_s[None, :]
        lost = (off_road_m > FARTHEST_FROM_ROAD_M)[:, None] | (off_road_m > FARTHEST_FROM_ROAD_M)
        unknown = lost | ~np.isfinite(table)
        if unknown.any():
            table = np.where(unknown, self.fallback.table_s(points, leaving=leaving), table)
        np.fill_diagonal(table, 0.0)
        return table

    def _snap(self, points: Sequence[Point]) -> tuple[Ints, Floats]:
        spots = self._frame(np.asarray([tuple(p) for p in points], dtype=np.float64))
        metres, nodes = self._tree.query(spots)
        return np.asarray(nodes, dtype=np.int64), np.asarray(metres, dtype=np.float64)

    def _paths(self, nodes: Ints) -> Seconds:
        from scipy.sparse.csgraph import dijkstra

        distinct, back = np.unique(nodes, return_inverse=True)
        rows = [
            dijkstra(self._matrix, indices=distinct[i : i + SOURCES_AT_ONCE])[:, distinct]
            for i in range(0, len(distinct), SOURCES_AT_ONCE)
        ]
        between: Seconds = np.vstack(rows)
        return between[np.ix_(back, back)]


def load_graph(file: Path, *, cache: Path) -> RoadGraph:
    """Return the graph of an extract, from ``cache`` when the same file was read before."""
    kept = cache / f"roads-{_fingerprint(file)}.npz"
    if kept.exists():
        with np.load(kept, allow_pickle=False) as data:
            return RoadGraph(**{name: data[name] for name in RoadGraph.__slots__})
    graph = read_graph(file)
    cache.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(f".{os.getpid()}.part")
    with partial.open("wb") as out:
        np.savez_compressed(out, **{name: getattr(graph, name) for name in RoadGraph.__slots__})
    partial.replace(kept)
    log.info("road graph built", extra={"nodes": len(graph.latitude), "edges": len(graph.tails)})
    return graph


def _fingerprint(file: Path) -> str:
    stat = file.stat()
    text = f"{FORMAT}\x00{file.name}\x00{stat.st_size}\x00{stat.st_mtime_ns}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_graph(file: Path) -> RoadGraph:
    """Read the roads a car may use out of an OpenStreetMap file."""
    roads = _read_roads(file)
    junctions = _junctions(roads)
    number: dict[int, int] = {}
    places: list[Point] = []
    edges: list[tuple[int, int, float]] = []
    for road in roads:
        _add_road(road, junctions=junctions, number=number, places=places, edges=edges)
    if not edges:
        raise ValueError("no road for cars in this extract")
    table = np.asarray(edges, dtype=np.float64)
    return _largest_component(
        np.asarray([p.latitude for p in places]),
        np.asarray([p.longitude for p in places]),
        table[:, 0].astype(np.int64),
        table[:, 1].astype(np.int64),
        table[:, 2],
    )


@dataclass(frozen=True, slots=True)
class _Road:
    refs: list[int]
    points: list[Point]
    m_s: float
    forward: bool
    backward: bool


def _read_roads(file: Path) -> list[_Road]:
    import osmium

    roads: list[_Road] = []
    source = osmium.FileProcessor(str(file), osmium.osm.NODE | osmium.osm.WAY)
    for way in source.with_locations().with_filter(osmium.filter.KeyFilter("highway")):
        if not isinstance(way, osmium.osm.Way):
            continue
        tags = dict(way.tags)
        if not _is_drivable(tags):
            continue
        nodes = [n for n in way.nodes if n.location.valid()]
        if len(nodes) < 2:
            continue
        forward, backward = _directions(tags)
        roads.append(
            _Road(
                refs=[n.ref for n in nodes],
                points=[Point(n.lat, n.lon) for n in nodes],
                m_s=_speed_km_h(tags) / 3.6,
                forward=forward,
                backward=backward,
            )
        )
    return roads


def _is_drivable(tags: dict[str, str]) -> bool:
    if tags.get("highway") not in SPEEDS_KM_H or tags.get("area") == "yes":
        return False
    access = next(
        (tags[k] for k in ("motorcar", "motor_vehicle", "vehicle", "access") if k in tags), "yes"
    )
    return access not in CLOSED


def _directions(tags: dict[str, str]) -> tuple[bool, bool]:
    stated = tags.get("oneway", "")
    if stated in BACKWARD:
        return False, True
    implied = tags.get("junction") in {"roundabout", "circular"} or tags["highway"] == "motorway"
    if stated in FORWARD or (implied and stated != "no"):
        return True, False
    return True, True


def _speed_km_h(tags: dict[str, str]) -> float:
    usual = SPEEDS_KM_H[tags["highway"]]
    stated = tags.get("maxspeed", "").removesuffix("km/h").strip()
    # A limit is an upper bound for a careful driver, never a promise of that speed.
    return min(usual, max(5.0, float(stated) * 0.85)) if stated.isdigit() else usual


def _junctions(roads: list[_Road]) -> set[int]:
    seen: set[int] = set()
    shared: set[int] = set()
    for road in roads:
        shared.update((road.refs[0], road.refs[-1]))
        for ref in road.refs:
            (shared if ref in seen else seen).add(ref)
    return shared


def _add_road(
    road: _Road,
    *,
    junctions: set[int],
    number: dict[int, int],
    places: list[Point],
    edges: list[tuple[int, int, float]],
) -> None:
    """Cut a road at junctions and every so often between, so that doors find a node nearby."""

    def node(at: int) -> int:
        if road.refs[at] not in number:
            number[road.refs[at]] = len(places)
            places.append(road.points[at])
        return number[road.refs[at]]

    last, metres = node(0), 0.0
    for at in range(1, len(road.refs)):
        metres += distance_m(road.points[at - 1], road.points[at])
        if road.refs[at] in junctions or metres >= KEEP_EVERY_M:
            here = node(at)
            if here != last:
                seconds = max(0.1, metres / road.m_s)
                if road.forward:
                    edges.append((last, here, seconds))
                if road.backward:
                    edges.append((here, last, seconds))
            last, metres = here, 0.0


def _largest_component(
    latitude: Floats, longitude: Floats, tails: Ints, heads: Ints, seconds: Floats
) -> RoadGraph:
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    size = len(latitude)
    links = csr_matrix((np.ones(len(tails)), (tails, heads)), shape=(size, size))
    _count, part = connected_components(links, directed=True, connection="strong")
    keep = part == np.bincount(part).argmax()
    renumber = np.cumsum(keep) - 1
    inside = keep[tails] & keep[heads]
    return RoadGraph(
        latitude=latitude[keep],
        longitude=longitude[keep],
        tails=renumber[tails[inside]],
        heads=renumber[heads[inside]],
        seconds=seconds[inside],
    )


def _sparse(graph: RoadGraph) -> Any:  # noqa: ANN401 - scipy carries no types
    from scipy.sparse import csr_matrix

    # Two roads may join the same two nodes; a sparse matrix would add them up, a driver takes the faster.
    order = np.lexsort((graph.seconds, graph.heads, graph.tails))
    tails, heads, seconds = graph.tails[order], graph.heads[order], graph.seconds[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (tails[1:] != tails[:-1]) | (heads[1:] != heads[:-1])
    size = len(graph.latitude)
    return csr_matrix((seconds[first], (tails[first], heads[first])), shape=(size, size))


def _nearest_index(graph: RoadGraph) -> tuple[Any, Any]:
    from scipy.spatial import cKDTree

    middle = float(np.cos(np.radians(graph.latitude.mean())))
    metres_a_degree = EARTH_RADIUS_M * np.pi / 180

    def frame(degrees: Floats) -> Floats:
        flat: Floats = degrees * np.asarray([metres_a_degree, metres_a_degree * middle])
        return flat

    spots = frame(np.column_stack([graph.latitude, graph.longitude]))
    return cKDTree(spots), frame
