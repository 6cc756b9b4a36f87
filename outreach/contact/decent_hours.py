"""The place's decent hours and holidays, read for the rules of contact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from outreach.contact.rules import DecentHours
from outreach.kernel.place import Hours
from outreach.places.models import Place
from outreach.places.queries import get_place


def decent_hours(session: Session) -> DecentHours:
    """Return when people of this place may be reached."""
    return hours_of(get_place(session))


def hours_of(place: Place) -> DecentHours:
    """Return the decent hours of a place row; without a noon rest the day is one span."""
    usual: Hours = ((place.opens, place.closes),)
    if place.rest_from is not None and place.rest_until is not None:
        usual = ((place.opens, place.rest_from), (place.rest_until, place.closes))
    return DecentHours(
        zone=ZoneInfo(place.time_zone),
        usual=usual,
        ride=((place.ride_opens, place.ride_closes),),
        is_holiday=_calendar(place.holidays),
    )


@lru_cache(maxsize=4)
def _calendar(country: str) -> Callable[[date], bool]:
    if not country:
        return lambda _day: False
    import holidays  # half a second of import, and only processes that plan or send need it

    try:
        days = holidays.country_holidays(country)
    except NotImplementedError:
        return lambda _day: False
    return lambda day: day in days
