"""Tables of places: the place setting, area tree, addresses, compounds and the geocode cache."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Base
from outreach.places.codes import AreaLevel, PointConfidence, PointSource


class Place(Base):
    """The one row that says what city and country this installation serves (moment 1j)."""

    __tablename__ = "place"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    country: Mapped[str] = mapped_column(default="CN")
    area_code: Mapped[str] = mapped_column(default="0371")
    time_zone: Mapped[str] = mapped_column(default="Asia/Shanghai")
    id_scheme: Mapped[str] = mapped_column(default="cn")
    minimum_age: Mapped[int] = mapped_column(default=80)
    date_order: Mapped[str] = mapped_column(default="ymd")
    languages: Mapped[list[str]] = mapped_column(default=lambda: ["zh", "en"])
    level_names: Mapped[dict[str, Any]] = mapped_column(default=dict)
    map_datum: Mapped[str] = mapped_column(default="gcj02")
    holidays: Mapped[str] = mapped_column(default="CN")
    opens: Mapped[time] = mapped_column(default=time(8, 30))
    rest_from: Mapped[time | None] = mapped_column(default=time(11, 30))
    rest_until: Mapped[time | None] = mapped_column(default=time(14, 30))
    closes: Mapped[time] = mapped_column(default=time(19, 30))
    ride_opens: Mapped[time] = mapped_column(default=time(6, 30))
    ride_closes: Mapped[time] = mapped_column(default=time(21, 0))
    duty_phone: Mapped[str] = mapped_column(default="")
    is_demo: Mapped[bool] = mapped_column(default=False)
    clock_offset_s: Mapped[float] = mapped_column(default=0.0)
    key_fingerprint: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Area(Base):
    """A unit of the tree district → street → community → grid; ``path`` is '/1/4/9/' with its own id last."""

    __tablename__ = "area"
    __table_args__ = (UniqueConstraint("parent_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    level: Mapped[AreaLevel]
    name: Mapped[str]
    code: Mapped[str] = mapped_column(default="")
    path: Mapped[str] = mapped_column(default="", index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    boundary: Mapped[dict[str, Any] | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Address(Base):
    """A text with a WGS-84 point and what is known about reaching the door."""

    __tablename__ = "address"
    # A hash takes a text of any length.
    __table_args__ = (Index("ix_address_text", "text", postgresql_using="hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    text: Mapped[str]
    building: Mapped[str] = mapped_column(default="")
    unit: Mapped[str] = mapped_column(default="")
    floor: Mapped[int | None]
    has_lift: Mapped[bool | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    point_source: Mapped[PointSource | None]
    point_confidence: Mapped[PointConfidence | None]
    source_datum: Mapped[str] = mapped_column(default="wgs84")
    access_note: Mapped[str] = mapped_column(default="")
    stopped_latitude: Mapped[float | None]
    stopped_longitude: Mapped[float | None]
    stopped_note: Mapped[str] = mapped_column(default="")
    stopped_at: Mapped[datetime | None]
    stopped_checked_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    learned_load_s: Mapped[int | None]
    located_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Compound(Base):
    """A residential compound (小区) of a community's own table, with its gate's point."""

    __tablename__ = "compound"
    __table_args__ = (UniqueConstraint("community_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    name: Mapped[str]
    aliases: Mapped[list[str]] = mapped_column(default=list)
    latitude: Mapped[float]
    longitude: Mapped[float]
    gate_note: Mapped[str] = mapped_column(default="")


class GeocodeCache(Base):
    """One answer of a geocoder, found again by a keyed hash of the question (fault 52)."""

    __tablename__ = "geocode_cache"
    __table_args__ = (
        UniqueConstraint("provider", "query_index"),
        Index("ix_geocode_cache_asked_at", "asked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str]
    query_index: Mapped[bytes] = mapped_column(LargeBinary(16))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    confidence: Mapped[PointConfidence | None]
    asked_at: Mapped[datetime]
    retry_at: Mapped[datetime | None]
