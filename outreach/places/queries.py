"""Readings of places: the place setting and with it the business clock, the area tree."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.kernel.clock import BusinessClock
from outreach.kernel.errors import NotFound
from outreach.kernel.place import DateOrder, PlaceRules
from outreach.places.models import Area, Place


def get_place(session: Session) -> Place:
    """Return the one place row; NotFound before ``init`` made it."""
    place = session.scalars(select(Place).order_by(Place.id).limit(1)).first()
    if place is None:
        raise NotFound("place_missing")
    return place


def first_language(session: Session) -> str:
    """Return the language in which somebody is spoken to of whom none is known: the place's first."""
    return get_place(session).languages[0]


def place_rules(session: Session) -> PlaceRules:
    """Return the place setting as the pure rules know it."""
    place = get_place(session)
    rest = (place.rest_from, place.rest_until)
    hours = (
        ((place.opens, rest[0]), (rest[1], place.closes))
        if rest[0] is not None and rest[1] is not None
        else ((place.opens, place.closes),)
    )
    return PlaceRules(
        country=place.country,
        area_code=place.area_code,
        time_zone=place.time_zone,
        id_scheme="cn" if place.id_scheme == "cn" else "none",
        minimum_age=place.minimum_age,
        date_order=_date_order(place.date_order),
        languages=tuple(place.languages),
        holidays=place.holidays,
        message_hours=hours,
        ride_hours=((place.ride_opens, place.ride_closes),),
    )


def _date_order(text: str) -> DateOrder:
    return "dmy" if text == "dmy" else "mdy" if text == "mdy" else "ymd"


def business_clock(session: Session) -> BusinessClock:
    """Return the clock of business: real time plus the place's offset (decisions §2)."""
    return BusinessClock(offset=timedelta(seconds=get_place(session).clock_offset_s))


def local_zone(session: Session) -> ZoneInfo:
    """Return the place's time zone."""
    return ZoneInfo(get_place(session).time_zone)


def local_day(session: Session, now: datetime) -> date:
    """Return the local calendar day of the instant ``now``."""
    return now.astimezone(local_zone(session)).date()


def get_area(session: Session, area_id: int) -> Area:
    """Return one area; NotFound when there is none."""
    area = session.get(Area, area_id)
    if area is None:
        raise NotFound("area", area_id=area_id)
    return area


def children(session: Session, parent_id: int | None) -> list[Area]:
    """Return the areas directly below ``parent_id`` (None: the districts), by code and name."""
    question = select(Area).where(Area.parent_id == parent_id, Area.is_active)
    return list(session.scalars(question.order_by(Area.code, Area.name, Area.id).limit(2000)))


def descendant_ids(session: Session, area_id: int) -> list[int]:
    """Return the ids of an area and of everything below it."""
    path = get_area(session, area_id).path
    question = select(Area.id).where(Area.path.startswith(path, autoescape=True))
    return list(session.scalars(question.order_by(Area.id)))


def area_ids_within(session: Session, paths: tuple[str, ...]) -> list[int] | None:
    """Return the ids of all areas at or below these paths; None when that is the whole tree."""
    if "/" in paths:
        return None
    inside = [Area.path.startswith(path, autoescape=True) for path in paths]
    if not inside:
        return []
    return list(session.scalars(select(Area.id).where(or_(*inside)).order_by(Area.id)))


def ancestors(session: Session, area_id: int) -> list[Area]:
    """Return the areas from the district down to and including ``area_id``."""
    ids = [int(part) for part in get_area(session, area_id).path.strip("/").split("/")]
    rows = {area.id: area for area in session.scalars(select(Area).where(Area.id.in_(ids)))}
    return [rows[i] for i in ids if i in rows]


def areas_at(session: Session, paths: tuple[str, ...]) -> list[Area]:
    """Return the areas at the roots of a scope; the root of everything stands for the districts."""
    found: list[Area] = []
    for path in paths:
        last = path.strip("/").rpartition("/")[2]
        found += [get_area(session, int(last))] if last else children(session, None)
    return found
