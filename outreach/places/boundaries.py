"""Boundaries of areas from a community's own GeoJSON file, matched by code or name, kept in WGS-84."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.kernel.errors import InvalidInput
from outreach.kernel.geo import Datum, Point, is_possible, to_wgs84
from outreach.places.models import Area
from outreach.places.queries import get_area

LARGEST_BYTES = 8_000_000
MOST_POINTS = 200_000
MOST_SHAPES = 3000
CODE_NAMES = ("code", "adcode", "area_code", "代码", "编码")
NAME_NAMES = ("name", "NAME", "Name", "名称", "社区", "街道")
DEPTH = {"Polygon": 1, "MultiPolygon": 2}  # lists around a ring


@dataclass(frozen=True, slots=True)
class Shape:
    """One outline of the file: how it names its area, and its geometry as GeoJSON in WGS-84."""

    code: str
    name: str
    geometry: dict[str, Any]

    @property
    def label(self) -> str:
        """How the file calls it."""
        return self.name or self.code


@dataclass(frozen=True, slots=True)
class Matched:
    """What a file did: the areas that got a boundary, and outlines that belong to none or to several."""

    area_ids: tuple[int, ...]
    unknown: tuple[str, ...]
    unclear: tuple[str, ...]


def read_boundaries(data: bytes, *, datum: Datum) -> list[Shape]:
    """Return the outlines of a GeoJSON FeatureCollection.

    InvalidInput names what is wrong: no GeoJSON, no outlines, too large, a point that is none.
    """
    if len(data) > LARGEST_BYTES:
        raise InvalidInput("boundaries_large", field="file", most=LARGEST_BYTES // 1_000_000)
    try:
        told = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InvalidInput("boundaries_unreadable", field="file") from error
    features = told.get("features") if isinstance(told, dict) else None
    if not isinstance(features, list):
        raise InvalidInput("boundaries_unreadable", field="file")
    shapes = [_shape(one, number, datum) for number, one in enumerate(features[:MOST_SHAPES], 1)]
    found = [shape for shape in shapes if shape is not None]
    if not found:
        raise InvalidInput("boundaries_empty", field="file")
    if sum(1 for shape in found for _ in _points(shape.geometry)) > MOST_POINTS:
        raise InvalidInput("boundaries_large", field="file", most=LARGEST_BYTES // 1_000_000)
    return found


def _shape(feature: object, number: int, datum: Datum) -> Shape | None:
    """Return an outline; None for points and lines, which outline nothing."""
    if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
        return None
    geometry, properties = feature["geometry"], feature.get("properties") or {}
    kind = geometry.get("type")
    if kind not in DEPTH or not isinstance(properties, dict):
        return None
    coordinates = _rings(geometry.get("coordinates"), DEPTH[kind], number, datum)
    named = _first(properties, NAME_NAMES)
    return Shape(_first(properties, CODE_NAMES), named, {"type": kind, "coordinates": coordinates})


def _first(properties: dict[str, Any], names: Sequence[str]) -> str:
    return next((str(properties[n]).strip() for n in names if properties.get(n)), "")


def _rings(value: object, depth: int, number: int, datum: Datum) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise InvalidInput("boundary_broken", field="file", number=number)
    if depth:
        return [_rings(inner, depth - 1, number, datum) for inner in value]
    ring = [_point(pair, number, datum) for pair in value]
    if ring[0] != ring[-1]:
        ring.append(ring[0])
    if len(ring) < 4:
        raise InvalidInput("boundary_broken", field="file", number=number)
    return ring


def _point(pair: object, number: int, datum: Datum) -> list[float]:
    """Return [longitude, latitude] in WGS-84 to a decimetre, as GeoJSON orders them."""
    try:
        longitude, latitude = float(pair[0]), float(pair[1])  # type: ignore[index]
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise InvalidInput("boundary_broken", field="file", number=number) from error
    point = Point(latitude, longitude)
    if not is_possible(point):
        raise InvalidInput("boundary_broken", field="file", number=number)
    at = to_wgs84(point, datum)
    return [round(at.longitude, 6), round(at.latitude, 6)]


def _points(geometry: dict[str, Any]) -> Iterator[list[float]]:
    polygons = geometry["coordinates"]
    if geometry["type"] == "Polygon":
        polygons = [polygons]
    for polygon in polygons:
        for ring in polygon:
            yield from ring


def set_boundaries(session: Session, *, shapes: Sequence[Shape], paths: Sequence[str]) -> Matched:
    """Give areas under these paths their outlines: by code, else by a name that only one of them has."""
    rows = session.scalars(select(Area).where(Area.is_active).order_by(Area.id)).all()
    areas = [area for area in rows if any(area.path.startswith(path) for path in paths)]
    done: list[int] = []
    unknown: list[str] = []
    unclear: list[str] = []
    for shape in shapes:
        fitting = [area for area in areas if shape.code and area.code == shape.code]
        fitting = fitting or [area for area in areas if shape.name and area.name == shape.name]
        if len(fitting) == 1:
            fitting[0].boundary = shape.geometry
            done.append(fitting[0].id)
        else:
            (unclear if fitting else unknown).append(shape.label)
    session.flush()
    return Matched(tuple(done), tuple(unknown), tuple(unclear))


def forget_boundary(session: Session, *, area_id: int) -> None:
    """Draw an area as a circle again."""
    get_area(session, area_id).boundary = None
    session.flush()


@dataclass(frozen=True, slots=True)
class Outlined:
    """An area and whether it has an outline, as the page lists them."""

    area_id: int
    name: str
    level: str
    points: int


def outlined_areas(session: Session, *, paths: Sequence[str]) -> list[Outlined]:
    """Return the areas under these paths that have an outline."""
    rows = session.scalars(
        select(Area).where(Area.boundary.is_not(None)).order_by(Area.path, Area.id)
    ).all()
    return [
        Outlined(area.id, area.name, area.level, sum(1 for _ in _points(area.boundary)))
        for area in rows
        if area.boundary and any(area.path.startswith(path) for path in paths)
    ]
