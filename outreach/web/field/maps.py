"""Where a map app is sent: each one with the numbers of its own datum, and never with a name."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask_babel.speaklater import LazyString

from outreach.kernel.geo import Datum, Point, from_wgs84
from outreach.web.i18n import _l


@dataclass(frozen=True, slots=True)
class MapLink:
    """One map app and the address that opens it."""

    label: LazyString
    to: str


def map_links(point: Point, datum: str) -> list[MapLink]:
    """Return the ways to navigate to a WGS-84 point, the app of the place's own datum first."""
    known = {
        Datum.GCJ02: MapLink(_l("Amap"), _amap(from_wgs84(point, Datum.GCJ02))),
        Datum.BD09: MapLink(_l("Baidu Maps"), _baidu(from_wgs84(point, Datum.BD09))),
        Datum.WGS84: MapLink(_l("Other map app"), _geo(point)),
    }
    first = Datum(datum)
    return [known[first], *(link for each, link in known.items() if each is not first)]


def _amap(point: Point) -> str:
    asked = {
        "to": f"{point.longitude:.6f},{point.latitude:.6f}",
        "mode": "car",
        "coordinate": "gaode",
        "callnative": "1",
    }
    return f"https://uri.amap.com/navigation?{urlencode(asked, safe=',')}"


def _baidu(point: Point) -> str:
    asked = {
        "destination": f"{point.latitude:.6f},{point.longitude:.6f}",
        "coord_type": "bd09ll",
        "mode": "driving",
        "src": "web.outreach.run",
    }
    return f"baidumap://map/direction?{urlencode(asked, safe=',')}"


def _geo(point: Point) -> str:
    spot = f"{point.latitude:.6f},{point.longitude:.6f}"
    return f"geo:{spot}?q={spot}"
