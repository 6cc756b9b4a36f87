"""Addresses by AMap (Gaode), through a geopy geocoder of our own; it answers in GCJ-02."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from geopy.exc import (
    GeocoderAuthenticationFailure,
    GeocoderQuotaExceeded,
    GeocoderServiceError,
)
from geopy.geocoders.base import Geocoder
from geopy.location import Location

from outreach.adapters.geopy_door import TIMEOUT_S, ask
from outreach.kernel.geo import Datum, Point
from outreach.ports.geocoding import Answer, Confidence

PUBLIC = "https://restapi.amap.com"
EXACT = frozenset({"门牌号", "楼栋号", "单元号", "兴趣点", "门址"})
ROUGH = frozenset({"国家", "省", "市", "区县", "开发区", "乡镇", "村庄"})
QUOTA_CODES = frozenset({"10003", "10004", "10014", "10019", "10020", "10021", "10044", "10045"})
KEY_CODES = frozenset({"10001", "10002", "10005", "10006", "10007", "10008", "10009", "10012"})


class AMapGeocoder(Geocoder):  # type: ignore[misc]
    """What geopy lacks: the ``/v3/geocode/geo`` call of AMap's web service."""

    def __init__(self, key: str, *, url: str = PUBLIC) -> None:
        super().__init__(timeout=TIMEOUT_S)
        self._key = key
        self._api = url.rstrip("/") + "/v3/geocode/geo"

    def geocode(self, query: str) -> Location | None:
        """Return the first place AMap finds, or None."""
        url = f"{self._api}?{urlencode({'key': self._key, 'address': query, 'output': 'JSON'})}"
        return self._call_geocoder(url, self._read)

    @staticmethod
    def _read(page: dict[str, Any]) -> Location | None:
        if str(page.get("status")) != "1":
            code = str(page.get("infocode", ""))
            if code in QUOTA_CODES:
                raise GeocoderQuotaExceeded(code)
            if code in KEY_CODES:
                raise GeocoderAuthenticationFailure(code)
            raise GeocoderServiceError(code)
        places = page.get("geocodes") or []
        if not places:
            return None
        longitude, latitude = str(places[0]["location"]).split(",")
        return Location(
            str(places[0].get("level", "")), (float(latitude), float(longitude)), places[0]
        )


class AMap:
    """Needs a key; the answer is turned from GCJ-02 into WGS-84."""

    name = "amap"

    def __init__(self, *, key: str, url: str = "") -> None:
        self._geopy = AMapGeocoder(key, url=url or PUBLIC)

    def locate(self, text: str, *, near: Point | None) -> Answer:
        """Ask once."""
        return ask(
            lambda: self._geopy.geocode(text),
            datum=Datum.GCJ02,
            near=near,
            confidence=_confidence,
        )


def _confidence(raw: dict[str, object]) -> Confidence:
    level = raw.get("level")
    if level in EXACT:
        return "high"
    return "low" if level in ROUGH else "medium"
