"""Tables of the ledger's lines: entries, transitions, doses, deferrals, strike-offs, evidence."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Base
from outreach.ledger.codes import EntryStatus, EvidenceGrade, StrikeOffKind


class LedgerEntry(Base):
    """One resident in one campaign. ``status`` is computed from facts and stored for querying alone.

    ``restated_on`` is the local day for which it was computed. ``is_counted`` is false for a line that
    was merged into another or erased: it stands in no list and no sum. ``is_to_verify`` says that a
    dose was told whose evidence does not close the line yet.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("resident_id", "campaign_id"),
        Index("ix_ledger_entry_worklist", "assigned_to", "next_contact_on"),
        Index("ix_ledger_entry_community", "campaign_id", "is_counted", "community_id", "status"),
        Index("ix_ledger_entry_status", "campaign_id", "is_counted", "status"),
        Index("ix_ledger_entry_grid", "campaign_id", "grid_id", "status"),
        # Lines without a date come last, on either database and by the index.
        Index(
            "ix_ledger_entry_next_contact",
            "campaign_id",
            "is_counted",
            text("coalesce(next_contact_on, '9999-12-31')"),
            "id",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    community_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    status: Mapped[EntryStatus]
    status_since: Mapped[datetime]
    dose_number_due: Mapped[int | None]
    earliest_on: Mapped[date | None]
    recommended_on: Mapped[date | None]
    past_due_on: Mapped[date | None]
    rule_set_id: Mapped[int | None] = mapped_column(ForeignKey("rule_set.id"))
    rule_id: Mapped[str] = mapped_column(default="")
    doses_counted: Mapped[int] = mapped_column(default=0)
    last_dose_on: Mapped[date | None]
    history_verified: Mapped[bool] = mapped_column(default=False)
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    next_action: Mapped[str] = mapped_column(default="")
    next_contact_on: Mapped[date | None]
    promised_call_at: Mapped[datetime | None]
    last_contact_at: Mapped[datetime | None]
    refusals: Mapped[int] = mapped_column(default=0)
    declined_until: Mapped[date | None]
    do_not_ask: Mapped[bool] = mapped_column(default=False)
    unreached_since: Mapped[date | None]
    next_channel: Mapped[str] = mapped_column(default="")
    is_to_verify: Mapped[bool] = mapped_column(default=False)
    is_counted: Mapped[bool] = mapped_column(default=True)
    restated_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class StatusTransition(Base):
    """One change of an entry's status: from, to, when, by whom and through which act."""

    __tablename__ = "status_transition"
    __table_args__ = (Index("ix_status_transition_entry", "entry_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"))
    from_status: Mapped[EntryStatus | None]
    to_status: Mapped[EntryStatus]
    at: Mapped[datetime] = mapped_column(index=True)
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    cause: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Dose(Base):
    """One injection given. Its number in the series is computed, never stored as truth (decisions §1)."""

    __tablename__ = "dose"
    __table_args__ = (
        UniqueConstraint("resident_id", "vaccine_id", "given_on", "source_reference"),
        Index("ix_dose_resident", "resident_id", "vaccine_id", "given_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"))
    vaccine_id: Mapped[int] = mapped_column(ForeignKey("vaccine.id"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    product_text: Mapped[str] = mapped_column(default="")
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("product_batch.id"), index=True)
    given_on: Mapped[date]
    given_at: Mapped[datetime | None]
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    site_text: Mapped[str] = mapped_column(default="")
    grade: Mapped[EvidenceGrade]
    source_reference: Mapped[str]
    stated_number: Mapped[int | None]
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"), index=True)
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    void_reason: Mapped[str] = mapped_column(default="")


class Deferral(Base):
    """A clinician's (or, D22, a worker's) word that a dose waits or must not be given."""

    __tablename__ = "deferral"

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"), index=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    code: Mapped[str]
    is_permanent: Mapped[bool] = mapped_column(default=False)
    until_on: Mapped[date | None]
    review_on: Mapped[date | None] = mapped_column(index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    note: Mapped[str] = mapped_column(default="")
    set_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    set_at: Mapped[datetime]
    seconded_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    lift_reason: Mapped[str] = mapped_column(default="")


class StrikeOff(Base):
    """One closure (or, kind ``reversed``, its taking back): grade of evidence, who and when (N8)."""

    __tablename__ = "strike_off"
    __table_args__ = (
        CheckConstraint("kind <> 'vaccinated' OR grade IS NOT NULL", name="has_grade"),
        CheckConstraint("by_user_id IS NOT NULL OR by_actor <> 'user'", name="has_name"),
        CheckConstraint("kind <> 'reversed' OR reverses_id IS NOT NULL", name="names_what"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), index=True)
    kind: Mapped[StrikeOffKind]
    grade: Mapped[EvidenceGrade | None]
    dose_id: Mapped[int | None] = mapped_column(ForeignKey("dose.id"))
    deferral_id: Mapped[int | None] = mapped_column(ForeignKey("deferral.id"))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("strike_off.id"))
    reason: Mapped[str] = mapped_column(default="")
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    by_actor: Mapped[str] = mapped_column(default="user")
    at: Mapped[datetime]


class Evidence(Base):
    """A document seen: certificate, paper book, signed consent; the file lies sealed in instance/."""

    __tablename__ = "evidence"

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"), index=True)
    kind: Mapped[str]
    content_type: Mapped[str]
    size_bytes: Mapped[int]
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    uploaded_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
