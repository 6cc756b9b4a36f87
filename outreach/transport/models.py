"""Tables of the fleet: vehicles, drivers, escorts, shifts, leave, pre-run checks, positions."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Base
from outreach.ledger.codes import Sex


class Vehicle(Base):
    """A car with its seats, wheelchair places and papers; borrowed cars name their lender."""

    __tablename__ = "vehicle"
    __table_args__ = (
        CheckConstraint("seats >= 0 AND wheelchair_places >= 0", name="places"),
        CheckConstraint("seats_lost_per_chair >= 0", name="seats_lost"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plate: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str] = mapped_column(default="")
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    depot_address_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
    seats: Mapped[int]
    wheelchair_places: Mapped[int] = mapped_column(default=0)
    seats_lost_per_chair: Mapped[int] = mapped_column(default=0)
    has_ramp: Mapped[bool] = mapped_column(default=False)
    insured_until: Mapped[date | None]
    inspected_until: Mapped[date | None]
    lender: Mapped[str] = mapped_column(default="")
    out_of_service_from: Mapped[date | None]
    out_of_service_until: Mapped[date | None]
    out_of_service_reason: Mapped[str] = mapped_column(default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Driver(Base):
    """Who drives; apart from the car. ``portrait`` names the sealed file of their photo, "" without one."""

    __tablename__ = "driver"

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    licence_until: Mapped[date | None]
    max_minutes_a_day: Mapped[int] = mapped_column(default=480)
    dialect: Mapped[str] = mapped_column(default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    is_active: Mapped[bool] = mapped_column(default=True)
    portrait: Mapped[str] = mapped_column(default="")
    portrait_type: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Escort(Base):
    """The helper at the side, who takes a seat."""

    __tablename__ = "escort"

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    sex: Mapped[Sex] = mapped_column(default=Sex.UNKNOWN)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    dialect: Mapped[str] = mapped_column(default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class EscortKnows(Base):
    """An elder whom an escort knows: preferred together."""

    __tablename__ = "escort_knows"

    escort_id: Mapped[int] = mapped_column(ForeignKey("escort.id"), primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"), primary_key=True)


class Shift(Base):
    """A driver (with a car) or an escort on duty on one day."""

    __tablename__ = "shift"
    __table_args__ = (Index("ix_shift_on", "on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    on: Mapped[date]
    driver_id: Mapped[int | None] = mapped_column(ForeignKey("driver.id"))
    escort_id: Mapped[int | None] = mapped_column(ForeignKey("escort.id"))
    vehicle_id: Mapped[int | None] = mapped_column(ForeignKey("vehicle.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    break_from_at: Mapped[datetime | None]
    break_until_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(default="")


class ShiftTemplate(Base):
    """A usual weekly shift (0 = Monday)."""

    __tablename__ = "shift_template"

    id: Mapped[int] = mapped_column(primary_key=True)
    weekday: Mapped[int]
    driver_id: Mapped[int | None] = mapped_column(ForeignKey("driver.id"))
    escort_id: Mapped[int | None] = mapped_column(ForeignKey("escort.id"))
    vehicle_id: Mapped[int | None] = mapped_column(ForeignKey("vehicle.id"))
    starts: Mapped[time]
    ends: Mapped[time]
    break_from: Mapped[time | None]
    break_until: Mapped[time | None]
    from_on: Mapped[date]
    until_on: Mapped[date | None]


class Leave(Base):
    """Days on which a driver or an escort is away."""

    __tablename__ = "leave"

    id: Mapped[int] = mapped_column(primary_key=True)
    driver_id: Mapped[int | None] = mapped_column(ForeignKey("driver.id"))
    escort_id: Mapped[int | None] = mapped_column(ForeignKey("escort.id"))
    from_on: Mapped[date]
    until_on: Mapped[date]
    reason: Mapped[str] = mapped_column(default="")


class VehicleCheck(Base):
    """The look at the car before its run."""

    __tablename__ = "vehicle_check"
    __table_args__ = (UniqueConstraint("vehicle_id", "on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    vehicle_id: Mapped[int] = mapped_column(ForeignKey("vehicle.id"))
    on: Mapped[date]
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_fit: Mapped[bool]
    by_driver_id: Mapped[int | None] = mapped_column(ForeignKey("driver.id"))
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]


class VehiclePosition(Base):
    """Where a car is while its run is on; removed when the run ends."""

    __tablename__ = "vehicle_position"
    __table_args__ = (Index("ix_vehicle_position_run", "run_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    at: Mapped[datetime]
    latitude: Mapped[float]
    longitude: Mapped[float]
