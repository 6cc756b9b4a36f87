"""The door to a service that knows where an address lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from outreach.kernel.geo import Datum, Point

Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Located:
    """An answer, already in WGS-84; ``source_datum`` is what the service spoke."""

    point: Point
    confidence: Confidence
    source_datum: Datum = Datum.WGS84


@dataclass(frozen=True, slots=True)
class NotLocated:
    """The service knows no such address; asking again will not help."""


@dataclass(frozen=True, slots=True)
class GeocoderDown:
    """No answer worth keeping: down, slow, over quota or misconfigured. ``reason`` is for the log."""

    reason: str


Answer = Located | NotLocated | GeocoderDown


class Geocoder(Protocol):
    """Answers with a value, never by raising; one question is one call, without retries."""

    name: str

    def locate(self, text: str, *, near: Point | None) -> Answer:
        """Say where ``text`` lies, preferring places near ``near``."""
        ...
