"""What every geocoder behind geopy has in common: one call, a time limit, answers as values."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from geopy.exc import GeocoderQueryError, GeopyError

from outreach.kernel.geo import Datum, Point, distance_m, is_possible, to_wgs84
from outreach.ports.geocoding import Answer, Confidence, GeocoderDown, Located, NotLocated

log = logging.getLogger(__name__)
TIMEOUT_S = 5
FARTHEST_M = 60_000.0  # an answer in another city is no answer


class GeopyPlace(Protocol):
    """What geopy gives back."""

    latitude: float
    longitude: float
    raw: dict[str, object]


def ask(
    call: Callable[[], GeopyPlace | None],
    *,
    datum: Datum,
    near: Point | None,
    confidence: Callable[[dict[str, object]], Confidence],
) -> Answer:
    """Make one geopy call and sort what comes back; it is never repeated here (fault 51)."""
    try:
        found = call()
    except GeocoderQueryError:
        return NotLocated()
    except (GeopyError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("geocoder gave no answer", extra={"error": type(error).__name__})
        return GeocoderDown(reason=type(error).__name__)
    if found is None:
        return NotLocated()
    spoken = Point(float(found.latitude), float(found.longitude))
    if not is_possible(spoken):
        return NotLocated()
    point = to_wgs84(spoken, datum)
    if near is not None and distance_m(point, near) > FARTHEST_M:
        return NotLocated()
    return Located(point=point, confidence=confidence(found.raw), source_datum=datum)
