"""Addresses by OpenStreetMap's Nominatim, through geopy."""

from __future__ import annotations

from urllib.parse import urlsplit

from geopy.geocoders import Nominatim as GeopyNominatim

from outreach.adapters.geopy_door import TIMEOUT_S, ask
from outreach.kernel.geo import Datum, Point
from outreach.ports.geocoding import Answer, Confidence

PUBLIC = "https://nominatim.openstreetmap.org"
BOX_DEG = 0.5
EXACT = frozenset({"house", "building", "apartments", "residential"})


class Nominatim:
    """Speaks WGS-84. The public server allows one request a second and no bulk: the cache keeps to it."""

    name = "nominatim"

    def __init__(self, *, url: str = "", contact: str = "") -> None:
        address = urlsplit(url or PUBLIC)
        self._geopy = GeopyNominatim(
            user_agent=f"outreach ({contact})" if contact else "outreach",
            domain=address.netloc + address.path.rstrip("/"),
            scheme=address.scheme,
            timeout=TIMEOUT_S,
        )

    def locate(self, text: str, *, near: Point | None) -> Answer:
        """Ask once, within half a degree of ``near`` first."""
        box = None
        if near is not None:
            box = [
                (near.latitude - BOX_DEG, near.longitude - BOX_DEG),
                (near.latitude + BOX_DEG, near.longitude + BOX_DEG),
            ]
        return ask(
            lambda: self._geopy.geocode(text, viewbox=box, exactly_one=True),
            datum=Datum.WGS84,
            near=near,
            confidence=_confidence,
        )


def _confidence(raw: dict[str, object]) -> Confidence:
    kind = {str(raw.get("type")), str(raw.get("addresstype"))}
    if kind & EXACT:
        return "high"
    return "medium" if raw.get("class") in {"highway", "amenity", "place"} else "low"
