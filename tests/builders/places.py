"""Geocoders and travel times for tests: scripted answers, plain distances."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from outreach.kernel.geo import Point
from outreach.places.distance import distances_m
from outreach.ports.geocoding import Answer, GeocoderDown
from outreach.ports.travel import Seconds


class ScriptedGeocoder:
    """Answers what it was told to and counts how often it was asked."""

    name = "scripted"

    def __init__(self, answer: Answer | None = None) -> None:
        self.answer: Answer = answer if answer is not None else GeocoderDown(reason="script")
        self.asked: list[str] = []

    def locate(self, text: str, *, near: Point | None) -> Answer:
        """Return the scripted answer."""
        self.asked.append(text)
        return self.answer


class SteadyTravel:
    """Eight metres a second as the crow flies, at every hour; counts its tables."""

    name = "steady"

    def __init__(self) -> None:
        self.tables = 0

    def table_s(self, points: Sequence[Point], *, leaving: datetime) -> Seconds:
        """Return the table."""
        assert leaving.tzinfo is not None
        self.tables += 1
        seconds: Seconds = np.asarray(distances_m(points) / 8.0)
        return seconds
