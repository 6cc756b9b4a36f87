"""A place's own boundaries: taken by code or name, moved to our datum, and nothing of a broken file."""

from __future__ import annotations

import io
import json

import pytest
from flask.testing import FlaskClient

from outreach.accounts.codes import Role
from outreach.db import Database
from outreach.kernel.geo import Datum, Point, distance_m, from_wgs84
from outreach.places.models import Area
from tests.builders.office import Office
from tests.web.conftest import Join, Post, text_of

HERE = [(34.75, 113.61), (34.75, 113.62), (34.76, 113.62)]


def file_of(*features: dict[str, object]) -> tuple[io.BytesIO, str]:
    told = {"type": "FeatureCollection", "features": list(features)}
    return io.BytesIO(json.dumps(told).encode()), "areas.geojson"


def outline(
    properties: dict[str, str], corners: list[tuple[float, float]] = HERE
) -> dict[str, object]:
    ring = [[longitude, latitude] for latitude, longitude in corners]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


@pytest.fixture
def boss(join: Join, office: Office) -> FlaskClient:
    return join("boss", (Role.ADMINISTRATOR, office.district))


def boundary(database: Database, area_id: int) -> list[list[float]] | None:
    with database.read() as session:
        kept = session.get_one(Area, area_id).boundary
        return kept["coordinates"][0] if kept else None


def test_outlines_find_their_areas_and_the_others_are_named(
    boss: FlaskClient, office: Office, office_database: Database, post: Post
) -> None:
    upload = file_of(outline({"name": "绵东社区"}), outline({"name": "云上社区"}))
    post(boss, "/admin/boundaries", file=upload, datum="wgs84")
    ring = boundary(office_database, office.community)
    assert ring is not None
    assert ring[0] == ring[-1] == [113.61, 34.75]
    page = text_of(boss.get("/admin/boundaries"))
    assert "云上社区" in page
    assert "绵东社区" in page
    assert boundary(office_database, office.neighbour) is None


def test_points_of_a_chinese_map_are_moved_to_our_datum(
    boss: FlaskClient, office: Office, office_database: Database, post: Post
) -> None:
    moved = [from_wgs84(Point(*corner), Datum.GCJ02) for corner in HERE]
    shifted = [(point.latitude, point.longitude) for point in moved]
    upload = file_of(outline({"name": "绵东社区"}, shifted))
    post(boss, "/admin/boundaries", file=upload, datum="gcj02")
    ring = boundary(office_database, office.community)
    assert ring is not None
    assert distance_m(Point(ring[0][1], ring[0][0]), Point(*HERE[0])) < 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04", "no GeoJSON"),
        (b"[]", "no GeoJSON"),
        (b'{"features": []}', "no outline"),
        (json.dumps({"features": [outline({"name": "x"}, [(95, 1), (2, 2), (3, 3)])]}), "number 1"),
        (json.dumps({"features": [outline({"name": "x"}, HERE[:2])]}), "number 1"),
    ],
)
def test_a_broken_file_says_what_is_wrong_and_changes_nothing(
    boss: FlaskClient,
    office: Office,
    office_database: Database,
    post: Post,
    content: bytes | str,
    said: str,
) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    answer = post(boss, "/admin/boundaries", file=(io.BytesIO(data), "x.json"), datum="wgs84")
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert boundary(office_database, office.community) is None


def test_an_area_of_another_administrator_keeps_its_outline(
    join: Join, office: Office, office_database: Database, post: Post
) -> None:
    neighbour = join("neighbour", (Role.ADMINISTRATOR, office.other_street))
    post(neighbour, "/admin/boundaries", file=file_of(outline({"name": "绵东社区"})), datum="wgs84")
    assert boundary(office_database, office.community) is None
    assert post(neighbour, f"/admin/boundaries/{office.community}/forget").status_code == 404


def test_an_outline_can_be_taken_back(
    boss: FlaskClient, office: Office, office_database: Database, post: Post
) -> None:
    post(boss, "/admin/boundaries", file=file_of(outline({"name": "绵东社区"})), datum="wgs84")
    post(boss, f"/admin/boundaries/{office.community}/forget")
    assert boundary(office_database, office.community) is None
