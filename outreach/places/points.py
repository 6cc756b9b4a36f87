"""Where a car is sent: the point of an address, or the nearest thing known when it has none."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.kernel.geo import Point
from outreach.places.models import Address, Area, Compound

SOMEWHERE = Point(34.7466, 113.6254)  # only before any area of the place has a point


def points_of(session: Session, address_ids: Iterable[int]) -> dict[int, Point]:
    """Return a point for every address, so that planning goes on whatever is missing (moment 1i).

    A checked "where I really stopped" wins over the address's own point (moment 5i).
    """
    wanted = sorted(set(address_ids))
    found: dict[int, Point] = {}
    centres: dict[int | None, Point] = {}
    rows = session.execute(
        select(
            Address.id,
            Address.area_id,
            Address.latitude,
            Address.longitude,
            Address.stopped_latitude,
            Address.stopped_longitude,
            Address.stopped_checked_by,
        ).where(Address.id.in_(wanted))
    )
    for row in rows:
        if row.stopped_checked_by is not None and row.stopped_latitude is not None:
            found[row.id] = Point(row.stopped_latitude, row.stopped_longitude)
        elif row.latitude is not None and row.longitude is not None:
            found[row.id] = Point(row.latitude, row.longitude)
        else:
            if row.area_id not in centres:
                centres[row.area_id] = centre_near(session, row.area_id) or SOMEWHERE
            found[row.id] = centres[row.area_id]
    return found


def centre_near(session: Session, area_id: int | None) -> Point | None:
    """Return the centre of an area, of its compounds, or of the nearest area above that has one."""
    if area_id is not None:
        area = session.get(Area, area_id)
        ids = [int(i) for i in area.path.strip("/").split("/") if i] if area is not None else []
        above = {a.id: a for a in session.scalars(select(Area).where(Area.id.in_(ids)))}
        for each in reversed(ids):
            found = above.get(each)
            if found is not None and found.latitude is not None and found.longitude is not None:
                return Point(found.latitude, found.longitude)
            gates = _middle_of_compounds(session, each)
            if gates is not None:
                return gates
    known = session.execute(
        select(Area.latitude, Area.longitude)
        .where(Area.latitude.is_not(None), Area.longitude.is_not(None))
        .order_by(Area.id)
        .limit(1)
    ).first()
    if known is None or known.latitude is None or known.longitude is None:
        return None
    return Point(known.latitude, known.longitude)


def _middle_of_compounds(session: Session, community_id: int) -> Point | None:
    rows = session.execute(
        select(Compound.latitude, Compound.longitude)
        .where(Compound.community_id == community_id)
        .order_by(Compound.id)
        .limit(500)
    ).all()
    if not rows:
        return None
    return Point(sum(r[0] for r in rows) / len(rows), sum(r[1] for r in rows) / len(rows))
