"""Addresses by Baidu Maps, through geopy; it answers in BD-09."""

from __future__ import annotations

from urllib.parse import urlsplit

from geopy.geocoders import BaiduV3

from outreach.adapters.geopy_door import TIMEOUT_S, ask
from outreach.kernel.geo import Datum, Point
from outreach.ports.geocoding import Answer, Confidence


class Baidu:
    """Needs a key (AK); the answer is turned from BD-09 into WGS-84."""

    name = "baidu"

    def __init__(self, *, key: str, url: str = "") -> None:
        self._geopy = BaiduV3(
            api_key=key, timeout=TIMEOUT_S, scheme=urlsplit(url).scheme or "https"
        )
        if url:
            self._geopy.api = url.rstrip("/") + BaiduV3.api_path

    def locate(self, text: str, *, near: Point | None) -> Answer:
        """Ask once."""
        return ask(
            lambda: self._geopy.geocode(text, exactly_one=True),
            datum=Datum.BD09,
            near=near,
            confidence=_confidence,
        )


def _confidence(raw: dict[str, object]) -> Confidence:
    # "precise" says the house was found; "confidence" of 80 means an error under 100 m, 60 under 500 m.
    if raw.get("precise") == 1:
        return "high"
    sure = raw.get("confidence")
    return "medium" if isinstance(sure, int | float) and sure >= 60 else "low"
