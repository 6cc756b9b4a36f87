"""The vendors' geocoders behind geopy, against a server of our own on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from outreach.adapters.amap import AMap
from outreach.adapters.baidu import Baidu
from outreach.adapters.nominatim import Nominatim
from outreach.kernel.geo import Datum, Point, distance_m, from_wgs84
from outreach.ports.geocoding import Geocoder, GeocoderDown, Located, NotLocated

HOME = Point(34.7553, 113.6101)
NEAR = Point(34.75, 113.62)


class Vendor:
    """A web server that answers every question alike and remembers the questions."""

    def __init__(self) -> None:
        self.status = 200
        self.body: Any = {}
        self.asked: list[str] = []
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                vendor.asked.append(self.path)
                text = vendor.body if isinstance(vendor.body, str) else json.dumps(vendor.body)
                self.send_response(vendor.status)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_args: object) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    """A vendor's server."""
    made = Vendor()
    yield made
    made.server.shutdown()
    made.server.server_close()


def baidu_says(point: Point) -> dict[str, object]:
    spoken = from_wgs84(point, Datum.BD09)
    place = {"lng": spoken.longitude, "lat": spoken.latitude}
    return {"status": 0, "result": {"location": place, "precise": 1, "level": "门址"}}


def amap_says(point: Point, level: str = "门牌号") -> dict[str, object]:
    spoken = from_wgs84(point, Datum.GCJ02)
    place = f"{spoken.longitude:.6f},{spoken.latitude:.6f}"
    return {"status": "1", "geocodes": [{"location": place, "level": level}]}


def nominatim_says(point: Point, kind: str = "house") -> list[dict[str, object]]:
    return [
        {"lat": str(point.latitude), "lon": str(point.longitude), "type": kind, "display_name": "x"}
    ]


def geocoders(vendor: Vendor) -> dict[str, Geocoder]:
    return {
        "baidu": Baidu(key="k", url=vendor.url),
        "amap": AMap(key="k", url=vendor.url),
        "nominatim": Nominatim(url=vendor.url),
    }


SAYS: dict[str, Callable[[Point], object]] = {
    "baidu": baidu_says,
    "amap": amap_says,
    "nominatim": nominatim_says,
}


@pytest.mark.parametrize("name", sorted(SAYS))
def test_every_vendors_answer_lands_on_the_door_in_wgs84(vendor: Vendor, name: str) -> None:
    vendor.body = SAYS[name](HOME)
    answer = geocoders(vendor)[name].locate("棉纺东路12号院", near=NEAR)
    assert isinstance(answer, Located)
    assert distance_m(answer.point, HOME) < 1
    assert answer.confidence == "high"
    asked = parse_qs(urlsplit(vendor.asked[0]).query)
    assert "棉纺东路12号院" in {value for values in asked.values() for value in values}


@pytest.mark.parametrize("name", sorted(SAYS))
def test_fault_51_another_city_and_nowhere_are_no_answers(vendor: Vendor, name: str) -> None:
    geocoder = geocoders(vendor)[name]
    vendor.body = SAYS[name](Point(31.23, 121.47))  # Shanghai
    assert isinstance(geocoder.locate("棉纺东路12号院", near=NEAR), NotLocated)
    if name == "nominatim":
        vendor.body = nominatim_says(Point(0.0, 0.0))
        assert isinstance(geocoder.locate("棉纺东路12号院", near=None), NotLocated)


@pytest.mark.parametrize("name", sorted(SAYS))
@pytest.mark.parametrize("status", [429, 500, 503, 403])
def test_fault_51_a_vendor_in_trouble_is_asked_once_and_said_to_be_down(
    vendor: Vendor, name: str, status: int
) -> None:
    vendor.status, vendor.body = status, "busy"
    assert isinstance(geocoders(vendor)[name].locate("某路1号", near=None), GeocoderDown)
    assert len(vendor.asked) == 1


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("baidu", {"status": 4, "message": "quota"}),
        ("baidu", {"status": 101, "message": "no key"}),
        ("amap", {"status": "0", "infocode": "10003"}),
        ("amap", {"status": "0", "infocode": "10001"}),
        ("amap", "<html>"),
        ("nominatim", "<html>"),
    ],
)
def test_fault_51_quota_keys_and_rubbish_count_as_down(
    vendor: Vendor, name: str, body: object
) -> None:
    vendor.body = body
    assert isinstance(geocoders(vendor)[name].locate("某路1号", near=None), GeocoderDown)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("baidu", {"status": 0, "result": []}),
        ("amap", {"status": "1", "geocodes": []}),
        ("nominatim", []),
    ],
)
def test_an_address_that_nobody_knows_is_said_to_be_unknown(
    vendor: Vendor, name: str, body: object
) -> None:
    vendor.body = body
    assert isinstance(geocoders(vendor)[name].locate("无名路0号", near=None), NotLocated)


def test_a_rough_answer_is_marked_so_that_a_person_is_asked(vendor: Vendor) -> None:
    vendor.body = amap_says(HOME, level="区县")
    answer = geocoders(vendor)["amap"].locate("二七区", near=NEAR)
    assert isinstance(answer, Located)
    assert answer.confidence == "low"


def test_a_server_that_is_not_there_is_down(vendor: Vendor) -> None:
    url = vendor.url
    vendor.server.shutdown()
    vendor.server.server_close()
    assert isinstance(AMap(key="k", url=url).locate("某路1号", near=None), GeocoderDown)
