"""Tables of the message pipeline: outbox, receipts, inbound, opt-outs, wordings, cadences, gateways."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.contact.codes import (
    Channel,
    InboundState,
    Meaning,
    MessageState,
    OptOutScope,
    Purpose,
    Step,
)
from outreach.db import Base


class Message(Base):
    """One row of the outbox. ``natural_key`` makes two schedulers write one row (decisions §3)."""

    __tablename__ = "message"
    __table_args__ = (
        # What senders look at stays small however long the history grows.
        Index(
            "ix_message_due",
            "priority",
            "due_at",
            "id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index("ix_message_state", "state", "due_at"),
        Index("ix_message_number", "number_index", "began_at"),
        Index("ix_message_household", "household_id", "began_at"),
        Index("ix_message_subject", "subject_kind", "subject_id"),
        Index("ix_message_resident", "resident_id", "created_at"),
        Index("ix_message_lease", "state", "lease_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True)
    natural_key: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[Channel]
    purpose: Mapped[Purpose]
    step: Mapped[Step]
    state: Mapped[MessageState] = mapped_column(default=MessageState.QUEUED)
    priority: Mapped[int] = mapped_column(default=5)
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("resident.id"))
    contact_person_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id"))
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"), index=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[int]
    subject_version: Mapped[int] = mapped_column(default=1)
    number_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    number_index: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    language: Mapped[str] = mapped_column(default="zh")
    wording_id: Mapped[int | None] = mapped_column(ForeignKey("wording.id"))
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body: Mapped[str | None]
    # What was handed over, where it differs from body: merged with another's text (moment 3d).
    sent_body: Mapped[str | None]
    body_hash: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    segments: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    resends: Mapped[int] = mapped_column(default=0)
    # Real time: retry_at, claimed_at, lease_until, post_started_at, unknown_since. The rest: business time.
    retry_at: Mapped[datetime | None]
    claim_token: Mapped[str] = mapped_column(default="")
    claimed_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    post_started_at: Mapped[datetime | None]
    unknown_since: Mapped[datetime | None]
    began_at: Mapped[datetime | None]
    gateway: Mapped[str] = mapped_column(default="")
    provider_id: Mapped[str] = mapped_column(default="", index=True)
    error_code: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    read_back_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    arm_id: Mapped[int | None] = mapped_column(ForeignKey("experiment_arm.id"))
    cost_micros: Mapped[int | None]


class DeliveryReceipt(Base):
    """The provider's later word on a message; one row per distinct word (faults 22–28)."""

    __tablename__ = "delivery_receipt"
    __table_args__ = (UniqueConstraint("message_id", "provider_id", "status", "error_code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    provider_id: Mapped[str] = mapped_column(default="")
    status: Mapped[str]
    error_code: Mapped[str] = mapped_column(default="")
    is_applied: Mapped[bool] = mapped_column(default=True)
    received_at: Mapped[datetime]


class InboundMessage(Base):
    """A text or keypress that came in; a person reads whatever was not surely understood."""

    __tablename__ = "inbound_message"
    __table_args__ = (
        UniqueConstraint("gateway", "provider_id"),
        Index("ix_inbound_message_state", "state", "received_at"),
        Index("ix_inbound_message_number", "number_index", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True)
    gateway: Mapped[str]
    provider_id: Mapped[str]
    channel: Mapped[Channel] = mapped_column(default=Channel.SMS)
    number_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    number_index: Mapped[bytes] = mapped_column(LargeBinary(16))
    body: Mapped[str | None]
    meaning: Mapped[Meaning]
    state: Mapped[InboundState]
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("resident.id"), index=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    in_reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    received_at: Mapped[datetime]
    read_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    read_at: Mapped[datetime | None]


class OptOut(Base):
    """A number (or a person) that must not be written to; ended only by a new word of theirs."""

    __tablename__ = "opt_out"
    __table_args__ = (Index("ix_opt_out_number", "number_index", "ended_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number_index: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("resident.id"), index=True)
    scope: Mapped[OptOutScope]
    source: Mapped[str]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    end_reason: Mapped[str] = mapped_column(default="")


class Wording(Base):
    """One version of the words of one step in one language; never changed once used."""

    __tablename__ = "wording"
    __table_args__ = (UniqueConstraint("campaign_id", "step", "channel", "language", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    step: Mapped[Step]
    channel: Mapped[Channel] = mapped_column(default=Channel.SMS)
    language: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    body: Mapped[str]
    template_code: Mapped[str] = mapped_column(default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    made_at: Mapped[datetime]


class CadenceStep(Base):
    """When one step of a campaign goes out: offset from its anchor, local time, channels, to whom."""

    __tablename__ = "cadence_step"
    __table_args__ = (UniqueConstraint("campaign_id", "step", "channel"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    step: Mapped[Step]
    purpose: Mapped[Purpose]
    channel: Mapped[Channel] = mapped_column(default=Channel.SMS)
    anchor: Mapped[str]
    offset_days: Mapped[int] = mapped_column(default=0)
    offset_minutes: Mapped[int] = mapped_column(default=0)
    at_local: Mapped[time | None]
    audience: Mapped[str] = mapped_column(default="everyone")
    expires_after_minutes: Mapped[int] = mapped_column(default=720)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class SendingControl(Base):
    """The one row that pauses all sending (a restored copy starts paused) or limits it to listed numbers."""

    __tablename__ = "sending_control"

    id: Mapped[int] = mapped_column(primary_key=True)
    paused_at: Mapped[datetime | None]
    paused_reason: Mapped[str] = mapped_column(default="")
    paused_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    is_trial: Mapped[bool] = mapped_column(default=False)
    hold_created_before: Mapped[datetime | None]
    # Words and numbers of what ended longer ago are removed each night.
    keep_days: Mapped[int] = mapped_column(default=180)
    # What one part of a text costs, where the provider tells no price; millionths of the currency.
    part_price_micros: Mapped[int] = mapped_column(default=0)


class TrialNumber(Base):
    """A number that trial mode may reach."""

    __tablename__ = "trial_number"

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True)
    number_index: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    label: Mapped[str]


class GatewayState(Base):
    """What is known of a gateway's health: circuit, weight, recent failures; on real time."""

    __tablename__ = "gateway_state"

    name: Mapped[str] = mapped_column(primary_key=True)
    weight: Mapped[float] = mapped_column(default=1.0)
    failures: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime | None]
    opened_reason: Mapped[str] = mapped_column(default="")
    probe_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    alerted_at: Mapped[datetime | None]
    pulled_until: Mapped[datetime | None]


class SimulatedText(Base):
    """What the console gateway put on an invented phone, and what was answered there (demo)."""

    __tablename__ = "simulated_text"
    __table_args__ = (Index("ix_simulated_text_number", "number_index", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True)
    number_index: Mapped[bytes] = mapped_column(LargeBinary(16))
    number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    is_outbound: Mapped[bool]
    channel: Mapped[Channel]
    body: Mapped[str]
    reference: Mapped[str] = mapped_column(default="", index=True)
    keypad: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class Experiment(Base):
    """A randomised comparison of wordings or cadences by household; off until a named person approves."""

    __tablename__ = "experiment"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    name: Mapped[str]
    step: Mapped[Step]
    planned_households: Mapped[int]
    outcome_days: Mapped[int] = mapped_column(default=14)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    made_at: Mapped[datetime | None]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    approved_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stop_reason: Mapped[str] = mapped_column(default="")
    seed: Mapped[int] = mapped_column(default=0)


class ExperimentArm(Base):
    """One arm of an experiment: a wording and an offset against the usual time."""

    __tablename__ = "experiment_arm"

    id: Mapped[int] = mapped_column(primary_key=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiment.id"), index=True)
    label: Mapped[str]
    is_control: Mapped[bool] = mapped_column(default=False)
    wording_id: Mapped[int | None] = mapped_column(ForeignKey("wording.id"))
    shift_days: Mapped[int] = mapped_column(default=0)
