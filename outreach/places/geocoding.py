"""From an address to a point: compounds first, then a geocoder behind a cache, else the community's centre.

A question goes to the service at most once: the first asker reserves a second of the service's time
in the cache table (across all processes), so that five hundred equal questions make one call (fault
52), and a failure is not asked again for a while (fault 51). No transaction is open while we wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.db import Database, vault_of
from outreach.kernel.clock import real_now
from outreach.kernel.errors import NotFound
from outreach.kernel.geo import Datum, Point
from outreach.places.codes import PointConfidence, PointSource
from outreach.places.compounds import find_in_compounds
from outreach.places.models import Address, GeocodeCache, Place
from outreach.places.points import centre_near
from outreach.ports.geocoding import Answer, Geocoder, GeocoderDown, Located, NotLocated

SPACING = timedelta(seconds=1)
LONGEST_QUEUE = timedelta(seconds=10)
IN_FLIGHT = timedelta(minutes=1)
AFTER_FAILURE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class _Turn:
    """The right to ask once, from ``at`` on."""

    cache_id: int
    at: datetime


def locate_address(
    database: Database,
    geocoder: Geocoder | None,
    *,
    address_id: int,
    now: datetime,
    sleep: Callable[[float], None] = time.sleep,
) -> PointConfidence | None:
    """Find the point of one address and keep it; return how far it may be trusted (moment 1i)."""
    with database.read() as session:
        address = _address(session, address_id)
        text, area_id = address.text, address.area_id
        is_known = find_in_compounds(session, area_id=area_id, text=text) is not None
        near = centre_near(session, area_id)
    answer: Answer = NotLocated()
    if geocoder is not None and not is_known:
        answer = ask_once(database, geocoder, text=text, near=near, sleep=sleep)
    return database.act(
        lambda session: put_on_map(
            session, address_id=address_id, asked_text=text, answer=answer, now=now
        )
    )


def put_on_map(
    session: Session, *, address_id: int, asked_text: str, answer: Answer, now: datetime
) -> PointConfidence | None:
    """Give an address the best point known; a good older one is never replaced by a worse."""
    address = session.scalars(
        select(Address).where(Address.id == address_id).with_for_update()
    ).one()
    if address.text != asked_text:  # rewritten while we asked; the answer is about another place
        answer = NotLocated()
    if address.point_source in {PointSource.PIN, PointSource.STOPPED}:
        return address.point_confidence
    compound = find_in_compounds(session, area_id=address.area_id, text=address.text)
    if compound is not None:
        _set(address, compound.point, PointSource.COMPOUND, compound.confidence, now)
    elif isinstance(answer, Located) and _is_better(address, answer):
        confidence = PointConfidence(answer.confidence)
        _set(address, answer.point, PointSource.GEOCODER, confidence, now)
        address.source_datum = answer.source_datum
    elif address.latitude is None:
        centre = centre_near(session, address.area_id)
        if centre is not None:
            _set(address, centre, PointSource.COMMUNITY_CENTRE, PointConfidence.LOW, now)
    else:
        address.located_at = now  # looked for again without luck: others go first next time
    session.flush()
    return address.point_confidence


def _is_better(address: Address, answer: Located) -> bool:
    if address.latitude is None or address.point_source is PointSource.COMMUNITY_CENTRE:
        return True
    return answer.confidence != "low" or address.point_confidence is PointConfidence.LOW


def _set(
    address: Address,
    point: Point,
    source: PointSource,
    confidence: PointConfidence,
    now: datetime,
) -> None:
    address.latitude, address.longitude = point
    address.point_source, address.point_confidence = source, confidence
    address.source_datum, address.located_at = Datum.WGS84, now


def ask_once(
    database: Database,
    geocoder: Geocoder,
    *,
    text: str,
    near: Point | None,
    sleep: Callable[[float], None] = time.sleep,
) -> Answer:
    """Return the cached answer, or ask the service once and keep what it says."""
    turn = database.act(lambda session: _take_turn(session, geocoder.name, text))
    if not isinstance(turn, _Turn):
        return turn
    sleep(max(0.0, (turn.at - real_now()).total_seconds()))
    answer = geocoder.locate(text, near=near)
    database.act(lambda session: _keep(session, turn, answer))
    return answer


def _take_turn(session: Session, provider: str, text: str) -> _Turn | Answer:
    moment = real_now()
    # The one place row serves as the lock of the queue, so that two processes never take one second.
    session.execute(select(Place.id).order_by(Place.id).limit(1).with_for_update())
    key = vault_of(session).index(_folded(text), purpose="geocode")
    kept = session.scalars(
        select(GeocodeCache).where(
            GeocodeCache.provider == provider, GeocodeCache.query_index == key
        )
    ).first()
    if kept is not None:
        known = _known(kept, moment)
        if known is not None:
            return known
    last = session.scalar(
        select(func.max(GeocodeCache.asked_at)).where(GeocodeCache.provider == provider)
    )
    at = moment if last is None else max(moment, last + SPACING)
    if at - moment > LONGEST_QUEUE:
        return GeocoderDown(reason="queue")
    if kept is None:
        kept = GeocodeCache(provider=provider, query_index=key, asked_at=at)
        session.add(kept)
    kept.asked_at, kept.retry_at = at, at + IN_FLIGHT
    session.flush()
    return _Turn(cache_id=kept.id, at=at)


def _known(kept: GeocodeCache, moment: datetime) -> Answer | None:
    if kept.latitude is not None and kept.longitude is not None and kept.confidence is not None:
        point = Point(kept.latitude, kept.longitude)
        return Located(point=point, confidence=kept.confidence.value)
    if kept.retry_at is None:
        return NotLocated()
    return GeocoderDown(reason="asked_lately") if kept.retry_at > moment else None


def _keep(session: Session, turn: _Turn, answer: Answer) -> None:
    kept = session.get(GeocodeCache, turn.cache_id)
    if kept is None:
        return
    kept.retry_at = None
    if isinstance(answer, Located):
        kept.latitude, kept.longitude = answer.point
        kept.confidence = PointConfidence(answer.confidence)
    elif isinstance(answer, GeocoderDown):
        kept.retry_at = real_now() + AFTER_FAILURE


def _folded(text: str) -> str:
    return "".join(text.split()).casefold()


def _address(session: Session, address_id: int) -> Address:
    address = session.get(Address, address_id)
    if address is None:
        raise NotFound("address", address_id=address_id)
    return address
