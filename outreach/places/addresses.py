"""Addresses: adding one with the best point known at once, pins by hand, and the list that wants pins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.kernel.errors import InvalidInput, NotFound
from outreach.kernel.geo import Datum, Point, is_possible, to_wgs84
from outreach.places.codes import PointConfidence, PointSource
from outreach.places.geocoding import put_on_map
from outreach.places.models import Address
from outreach.places.operations import set_pin
from outreach.ports.geocoding import NotLocated

NOTE_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Door:
    """What is known of reaching a door."""

    building: str = ""
    unit: str = ""
    floor: int | None = None
    has_lift: bool | None = None
    access_note: str = ""


@dataclass(frozen=True, slots=True)
class Unpinned:
    """An address whose point a person should check."""

    address_id: int
    text: str
    area_id: int | None
    point: Point | None
    confidence: PointConfidence | None


@dataclass(frozen=True, slots=True)
class RealStop:
    """What a driver says of a stop: where the car really stood, and how one gets in."""

    address_id: int
    text: str
    area_id: int | None
    known: Point | None
    stopped: Point | None
    known_note: str
    note: str
    at: datetime


def add_address(
    session: Session,
    *,
    text: str,
    area_id: int | None,
    now: datetime,
    pin: Point | None = None,
    door: Door | None = None,
) -> Address:
    """Add an address; without a pin it lies at its compound's gate, else at the community's centre."""
    if not text.strip():
        raise InvalidInput("address_missing", field="text")
    door = door or Door()
    address = Address(
        text=text.strip(),
        area_id=area_id,
        building=door.building,
        unit=door.unit,
        floor=door.floor,
        has_lift=door.has_lift,
        access_note=door.access_note,
    )
    session.add(address)
    session.flush()
    if pin is not None:
        pin_address(session, address_id=address.id, pin=pin, now=now)
    else:
        put_on_map(
            session, address_id=address.id, asked_text=address.text, answer=NotLocated(), now=now
        )
    return address


def pin_address(
    session: Session,
    *,
    address_id: int,
    pin: Point,
    now: datetime,
    datum: Datum = Datum.WGS84,
) -> Address:
    """Put an address where a person says it is; ``datum`` is what the map they clicked on speaks."""
    if not is_possible(pin):
        raise InvalidInput("point_impossible", field="point")
    address = get_address(session, address_id)
    point = to_wgs84(pin, datum)
    set_pin(
        address,
        latitude=point.latitude,
        longitude=point.longitude,
        source=PointSource.PIN,
        confidence=PointConfidence.HIGH,
        now=now,
    )
    address.source_datum = datum
    session.flush()
    return address


def note_real_stop(
    session: Session,
    *,
    address_id: int,
    stopped: Point | None,
    access_note: str,
    now: datetime,
) -> None:
    """Keep where a driver really stopped and how one gets in; both count once staff checked them (5i)."""
    if stopped is not None and not is_possible(stopped):
        raise InvalidInput("point_impossible", field="point")
    note = access_note.strip()
    if stopped is None and not note:
        raise InvalidInput("stop_says_nothing", field="note")
    address = get_address(session, address_id)
    if stopped is not None:
        address.stopped_latitude, address.stopped_longitude = stopped
        address.stopped_checked_by = None
    address.stopped_note = note[:NOTE_LONGEST]
    address.stopped_at = now
    session.flush()


def check_real_stop(session: Session, *, address_id: int, is_right: bool, by: int) -> None:
    """Take over a driver's real stop and note from now on, or drop both."""
    address = get_address(session, address_id)
    if address.stopped_at is None:
        raise NotFound("real_stop", address_id=address_id)
    if is_right:
        if address.stopped_latitude is not None:
            address.stopped_checked_by = by
        address.access_note = address.stopped_note or address.access_note
    elif address.stopped_checked_by is None:
        address.stopped_latitude = address.stopped_longitude = None
    address.stopped_note, address.stopped_at = "", None
    session.flush()


def real_stops_to_check(
    session: Session, *, area_ids: list[int] | None, limit: int = 200
) -> list[RealStop]:
    """Return what drivers say of stops and nobody has checked yet, newest first."""
    question = select(Address).where(Address.stopped_at.is_not(None))
    if area_ids is not None:
        question = question.where(Address.area_id.in_(area_ids))
    rows = session.scalars(
        question.order_by(Address.stopped_at.desc(), Address.id).limit(limit)
    ).all()
    return [
        RealStop(
            address_id=a.id,
            text=a.text,
            area_id=a.area_id,
            known=_point(a.latitude, a.longitude),
            stopped=_point(a.stopped_latitude, a.stopped_longitude),
            known_note=a.access_note,
            note=a.stopped_note,
            at=a.stopped_at,
        )
        for a in rows
        if a.stopped_at is not None
    ]


def _point(latitude: float | None, longitude: float | None) -> Point | None:
    return Point(latitude, longitude) if latitude is not None and longitude is not None else None


def get_address(session: Session, address_id: int) -> Address:
    """Return one address; NotFound when there is none."""
    address = session.get(Address, address_id)
    if address is None:
        raise NotFound("address", address_id=address_id)
    return address


def addresses_wanting_a_pin(
    session: Session, *, area_ids: list[int], limit: int = 200
) -> list[Unpinned]:
    """Return the addresses of these areas that nobody can vouch for (moment 1i)."""
    question = (
        select(Address)
        .where(
            Address.area_id.in_(area_ids),
            or_(
                Address.latitude.is_(None),
                Address.point_confidence.is_(None),
                Address.point_confidence == PointConfidence.LOW,
            ),
        )
        .order_by(Address.area_id, Address.id)
        .limit(limit)
    )
    return [
        Unpinned(
            address_id=a.id,
            text=a.text,
            area_id=a.area_id,
            point=Point(a.latitude, a.longitude)
            if a.latitude is not None and a.longitude is not None
            else None,
            confidence=a.point_confidence,
        )
        for a in session.scalars(question)
    ]


def addresses_to_locate(session: Session, *, limit: int = 50) -> list[int]:
    """Return addresses that a geocoder has not been asked about, oldest first; for the worker's tick."""
    question = (
        select(Address.id)
        .where(
            or_(
                Address.latitude.is_(None),
                Address.point_source == PointSource.COMMUNITY_CENTRE,
            )
        )
        .order_by(Address.located_at.is_not(None), Address.located_at, Address.id)
        .limit(limit)
    )
    return list(session.scalars(question))
