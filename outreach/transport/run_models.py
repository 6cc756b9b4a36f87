"""Tables of rides: legs, runs, stops, promises, handovers, plans, unmet need, alarms, taxi slips."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Base
from outreach.transport.codes import (
    Direction,
    HandoverKind,
    LegStatus,
    PlanState,
    RunStatus,
    StopKind,
)


class RideLeg(Base):
    """One person, one direction: windows, load, service times and where it stands."""

    __tablename__ = "ride_leg"
    __table_args__ = (
        UniqueConstraint("appointment_id", "direction"),
        Index("ix_ride_leg_on", "on", "status"),
        CheckConstraint("seats >= 0 AND chairs >= 0 AND seats + chairs > 0", name="load"),
        CheckConstraint("pickup_from_at <= pickup_until_at", name="pickup_window"),
        CheckConstraint("dropoff_from_at <= dropoff_until_at", name="dropoff_window"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    direction: Mapped[Direction]
    on: Mapped[date]
    from_address_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
    to_address_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
    pickup_from_at: Mapped[datetime]
    pickup_until_at: Mapped[datetime]
    dropoff_from_at: Mapped[datetime]
    dropoff_until_at: Mapped[datetime]
    seats: Mapped[int] = mapped_column(default=1)
    chairs: Mapped[int] = mapped_column(default=0)
    pickup_service_s: Mapped[int]
    dropoff_service_s: Mapped[int]
    direct_s: Mapped[int] = mapped_column(default=0)
    max_ride_s: Mapped[int]
    needs_ramp: Mapped[bool] = mapped_column(default=False)
    ready_at: Mapped[datetime | None]
    is_will_call: Mapped[bool] = mapped_column(default=False)
    priority: Mapped[int] = mapped_column(default=0)
    status: Mapped[LegStatus] = mapped_column(default=LegStatus.WAITING)
    result_code: Mapped[str] = mapped_column(default="")
    is_standby: Mapped[bool] = mapped_column(default=False)
    by_taxi: Mapped[bool] = mapped_column(default=False)
    promise_version: Mapped[int] = mapped_column(default=0)
    door_code: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Run(Base):
    """One vehicle, one driver, one day (or part of it); its version guards every edit (fault 57)."""

    __tablename__ = "run"
    __table_args__ = (Index("ix_run_on", "on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    on: Mapped[date]
    shift_id: Mapped[int | None] = mapped_column(ForeignKey("shift.id"))
    vehicle_id: Mapped[int] = mapped_column(ForeignKey("vehicle.id"))
    driver_id: Mapped[int | None] = mapped_column(ForeignKey("driver.id"))
    escort_id: Mapped[int | None] = mapped_column(ForeignKey("escort.id"))
    status: Mapped[RunStatus] = mapped_column(default=RunStatus.DRAFT)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    is_locked: Mapped[bool] = mapped_column(default=False)
    published_at: Mapped[datetime | None]
    published_version: Mapped[int | None]
    acknowledged_version: Mapped[int | None]
    acknowledged_at: Mapped[datetime | None]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    changed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class RunStop(Base):
    """An ordered stop of a run for one leg, with planned and told times."""

    __tablename__ = "run_stop"
    __table_args__ = (
        UniqueConstraint("leg_id", "kind"),
        Index("ix_run_stop_run", "run_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    leg_id: Mapped[int] = mapped_column(ForeignKey("ride_leg.id"))
    kind: Mapped[StopKind]
    position: Mapped[int]
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
    arrives_at: Mapped[datetime]
    departs_at: Mapped[datetime]
    reached_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    is_locked: Mapped[bool] = mapped_column(default=False)


class Promise(Base):
    """A time told to a family; a newer version replaces it, never overwrites it (moment 5d)."""

    __tablename__ = "promise"
    __table_args__ = (UniqueConstraint("leg_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    leg_id: Mapped[int] = mapped_column(ForeignKey("ride_leg.id"))
    version: Mapped[int]
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    pickup_from_at: Mapped[datetime]
    pickup_until_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    made_at: Mapped[datetime]
    reached_at: Mapped[datetime | None]
    reached_how: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]
    kept: Mapped[bool | None]


class Handover(Base):
    """Who received the person, verified how: what alone closes the debt of a drop-off (N2)."""

    __tablename__ = "handover"

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), index=True)
    leg_id: Mapped[int | None] = mapped_column(ForeignKey("ride_leg.id"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("day_event.id"))
    kind: Mapped[HandoverKind]
    received_by: Mapped[str]
    contact_person_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id"))
    witness: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    by_driver_id: Mapped[int | None] = mapped_column(ForeignKey("driver.id"))
    by_escort_id: Mapped[int | None] = mapped_column(ForeignKey("escort.id"))
    call_due_at: Mapped[datetime | None]
    called_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]


class Plan(Base):
    """What the engine proposed for a day, kept with its inputs so that it can be solved again."""

    __tablename__ = "plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    on: Mapped[date] = mapped_column(index=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    state: Mapped[PlanState] = mapped_column(default=PlanState.PROPOSED)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    inputs: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    made_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]


class UnmetNeed(Base):
    """A ride that was asked for and could not be given; leaders read these."""

    __tablename__ = "unmet_need"

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"), index=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    leg_id: Mapped[int | None] = mapped_column(ForeignKey("ride_leg.id"))
    on: Mapped[date] = mapped_column(index=True)
    reason: Mapped[str]
    noted_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    noted_at: Mapped[datetime]
    solved_at: Mapped[datetime | None]
    solved_how: Mapped[str] = mapped_column(default="")


class TaxiSlip(Base):
    """A leg given to a taxi, to be reconciled against its receipt."""

    __tablename__ = "taxi_slip"

    id: Mapped[int] = mapped_column(primary_key=True)
    leg_id: Mapped[int] = mapped_column(ForeignKey("ride_leg.id"), unique=True)
    company: Mapped[str]
    reference: Mapped[str] = mapped_column(default="")
    ordered_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    ordered_at: Mapped[datetime]
    amount_cents: Mapped[int | None]
    reconciled_at: Mapped[datetime | None]
    reconciled_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class Alarm(Base):
    """Something on the day that a named person must take on: one per cause (moment 5a)."""

    __tablename__ = "alarm"
    __table_args__ = (UniqueConstraint("cause_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cause_key: Mapped[str]
    kind: Mapped[str]
    on: Mapped[date] = mapped_column(index=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    raised_at: Mapped[datetime]
    level: Mapped[int] = mapped_column(default=1)
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    taken_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class DayClosing(Base):
    """The proof that everyone brought to a site that day was handed over (N2)."""

    __tablename__ = "day_closing"
    __table_args__ = (UniqueConstraint("on", "area_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    on: Mapped[date]
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    brought: Mapped[int]
    handed_over: Mapped[int]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    closed_at: Mapped[datetime]
