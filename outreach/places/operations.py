"""Writes of places: areas, addresses, compounds, and the clock's offset."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.kernel.clock import offset_to
from outreach.kernel.errors import InvalidInput
from outreach.places.codes import CHILD_LEVEL, AreaLevel, PointConfidence, PointSource
from outreach.places.models import Address, Area
from outreach.places.queries import get_area, get_place


def add_area(
    session: Session,
    *,
    name: str,
    parent_id: int | None,
    code: str = "",
    point: tuple[float, float] | None = None,
) -> Area:
    """Add an area under ``parent_id`` at the next level; point is (latitude, longitude) in WGS-84."""
    parent = get_area(session, parent_id) if parent_id is not None else None
    level = CHILD_LEVEL.get(parent.level if parent else None)
    if level is None:
        raise InvalidInput("grid_has_no_children", field="parent_id")
    if not name.strip():
        raise InvalidInput("name_missing", field="name")
    area = Area(name=name.strip(), parent_id=parent_id, level=level, code=code)
    if point is not None:
        area.latitude, area.longitude = point
    session.add(area)
    session.flush()
    area.path = f"{parent.path if parent else '/'}{area.id}/"
    session.flush()
    return area


def area_named(session: Session, *, name: str, parent_id: int | None) -> Area | None:
    """Return the area of this name directly under the parent, or None."""
    return session.scalars(
        select(Area).where(Area.parent_id == parent_id, Area.name == name.strip()).limit(1)
    ).first()


def grid_named(session: Session, *, community_id: int, name: str) -> Area:
    """Return the community's grid of this name, added when new (ledgers bring their grids along)."""
    found = area_named(session, name=name, parent_id=community_id)
    return found or add_area(session, name=name, parent_id=community_id)


def community_named(session: Session, *, name: str) -> Area:
    """Return the community of this name; an unknown one is added under the first street."""
    found = session.scalars(
        select(Area).where(Area.level == AreaLevel.COMMUNITY, Area.name == name.strip()).limit(1)
    ).first()
    if found is not None:
        return found
    street = session.scalars(
        select(Area).where(Area.level == AreaLevel.STREET).order_by(Area.id).limit(1)
    ).first()
    if street is None:
        raise InvalidInput("no_street_yet", field="community")
    return add_area(session, name=name, parent_id=street.id)


def set_pin(
    address: Address,
    *,
    latitude: float,
    longitude: float,
    source: PointSource,
    confidence: PointConfidence,
    now: datetime,
) -> None:
    """Put an address on the map (WGS-84 degrees); (0, 0) and impossible values are refused."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180) or (latitude, longitude) == (0, 0):
        raise InvalidInput("point_impossible", field="point")
    address.latitude, address.longitude = latitude, longitude
    address.point_source, address.point_confidence = source, confidence
    address.located_at = now


def move_clock(session: Session, *, to: datetime) -> None:
    """Move business time to the aware instant ``to``; it goes on ticking from there."""
    get_place(session).clock_offset_s = offset_to(to).total_seconds()
