"""Coded words of places."""

from __future__ import annotations

from enum import StrEnum


class AreaLevel(StrEnum):
    """A level of the tree that answers for people; names of levels are a place setting."""

    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"


CHILD_LEVEL = {
    None: AreaLevel.DISTRICT,
    AreaLevel.DISTRICT: AreaLevel.STREET,
    AreaLevel.STREET: AreaLevel.COMMUNITY,
    AreaLevel.COMMUNITY: AreaLevel.GRID,
}


class PointSource(StrEnum):
    """Who says where an address lies."""

    PIN = "pin"
    COMPOUND = "compound"
    GEOCODER = "geocoder"
    COMMUNITY_CENTRE = "community_centre"
    STOPPED = "stopped"


class PointConfidence(StrEnum):
    """How far a point may be trusted; LOW asks a person for a pin."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
