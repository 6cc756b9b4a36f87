"""Tables of clinics: sites, sessions, stock, appointments, the day's events, pre-screens, observations."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.clinics.codes import (
    AppointmentStatus,
    DayEventKind,
    EventSource,
    Mode,
    SessionKind,
    SessionState,
)
from outreach.db import Base


class Site(Base):
    """A place where doses are given."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
    phone: Mapped[str] = mapped_column(default="")
    entrance_note: Mapped[str] = mapped_column(default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class WeeklyHours(Base):
    """A site's usual session on a weekday (0 = Monday), from which days are laid out."""

    __tablename__ = "weekly_hours"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    weekday: Mapped[int]
    kind: Mapped[SessionKind] = mapped_column(default=SessionKind.CLINIC)
    opens: Mapped[time]
    closes: Mapped[time]
    slot_minutes: Mapped[int] = mapped_column(default=20)
    capacity_per_slot: Mapped[int] = mapped_column(default=3)
    guides_on_duty: Mapped[int] = mapped_column(default=2)
    elders_only: Mapped[bool] = mapped_column(default=True)
    from_on: Mapped[date]
    until_on: Mapped[date | None]


class SiteClosure(Base):
    """Days on which a site stays shut whatever its weekly hours say."""

    __tablename__ = "site_closure"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date]
    reason: Mapped[str] = mapped_column(default="")


class SiteSession(Base):
    """A site on one day with hours, slot length and capacity per slot."""

    __tablename__ = "site_session"
    __table_args__ = (
        UniqueConstraint("site_id", "on", "opens"),
        Index("ix_site_session_on", "on"),
        CheckConstraint("capacity_per_slot >= 0", name="capacity"),
        CheckConstraint("slot_minutes > 0", name="slot_minutes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    kind: Mapped[SessionKind] = mapped_column(default=SessionKind.CLINIC)
    on: Mapped[date]
    opens: Mapped[time]
    closes: Mapped[time]
    slot_minutes: Mapped[int] = mapped_column(default=20)
    capacity_per_slot: Mapped[int] = mapped_column(default=3)
    guides_on_duty: Mapped[int] = mapped_column(default=2)
    elders_only: Mapped[bool] = mapped_column(default=True)
    state: Mapped[SessionState] = mapped_column(default=SessionState.OPEN)
    closed_from_at: Mapped[datetime | None]
    closed_reason: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class SessionStock(Base):
    """A product (and batch) in stock at a session; doses taken are counted from doses recorded."""

    __tablename__ = "session_stock"
    __table_args__ = (UniqueConstraint("site_session_id", "product_id", "batch_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_session_id: Mapped[int] = mapped_column(ForeignKey("site_session.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("product_batch.id"))
    doses: Mapped[int]
    is_preset: Mapped[bool] = mapped_column(default=False)


class Appointment(Base):
    """One resident in one site session at one time, with a way there and a way home (N2)."""

    __tablename__ = "appointment"
    __table_args__ = (
        Index("ix_appointment_session_slot", "site_session_id", "slot_at"),
        Index("ix_appointment_resident", "resident_id", "slot_at"),
        Index("ix_appointment_status", "status", "slot_at"),
        # N2 in the database itself: whoever our car brings has our car or a named person home.
        CheckConstraint(
            "outbound_mode <> 'our_car' OR return_mode = 'our_car'"
            " OR return_with <> '' OR return_contact_id IS NOT NULL",
            name="way_home",
        ),
        CheckConstraint("companions >= 0", name="companions"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"))
    site_session_id: Mapped[int] = mapped_column(ForeignKey("site_session.id"))
    slot_at: Mapped[datetime]
    status: Mapped[AppointmentStatus] = mapped_column(default=AppointmentStatus.BOOKED)
    outbound_mode: Mapped[Mode]
    outbound_with: Mapped[str] = mapped_column(default="")
    return_mode: Mapped[Mode]
    return_with: Mapped[str] = mapped_column(default="")
    return_contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id"))
    companions: Mapped[int] = mapped_column(default=0)
    wants_escort: Mapped[bool] = mapped_column(default=False)
    linked_appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str] = mapped_column(default="")
    visit_result: Mapped[str] = mapped_column(default="")
    booked_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    booked_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    cancel_code: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    told_version: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class PlannedDose(Base):
    """What is to be given at an appointment; one trip may serve two campaigns (moments 1c, 2e)."""

    __tablename__ = "planned_dose"
    __table_args__ = (UniqueConstraint("appointment_id", "campaign_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    dose_id: Mapped[int | None] = mapped_column(ForeignKey("dose.id"))
    result: Mapped[str] = mapped_column(default="")


class DayEvent(Base):
    """One thing that happened, appended only; ``uuid`` comes from the phone that tapped it (fault 58)."""

    __tablename__ = "day_event"
    __table_args__ = (
        Index("ix_day_event_appointment", "appointment_id", "happened_at"),
        Index("ix_day_event_run", "run_id", "happened_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[DayEventKind]
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    leg_id: Mapped[int | None] = mapped_column(ForeignKey("ride_leg.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"))
    happened_at: Mapped[datetime]
    received_at: Mapped[datetime]
    source: Mapped[EventSource]
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    by_driver_id: Mapped[int | None] = mapped_column(ForeignKey("driver.id"))
    by_escort_id: Mapped[int | None] = mapped_column(ForeignKey("escort.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    voids_id: Mapped[int | None] = mapped_column(ForeignKey("day_event.id"))


class PreScreen(Base):
    """Questions and measurements before the ride or at the desk, with a clinician's decision."""

    __tablename__ = "pre_screen"

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), index=True)
    at_place: Mapped[str]
    temperature_c: Mapped[float | None]
    systolic: Mapped[int | None]
    diastolic: Mapped[int | None]
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    decision: Mapped[str] = mapped_column(default="")
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime]


class Observation(Base):
    """The clock after the jab: ready 30 minutes after it, later when extended with a reason."""

    __tablename__ = "observation"

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), unique=True)
    jab_at: Mapped[datetime]
    ready_at: Mapped[datetime]
    extended_minutes: Mapped[int] = mapped_column(default=0)
    extension_reason: Mapped[str] = mapped_column(default="")
    adverse_code: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
