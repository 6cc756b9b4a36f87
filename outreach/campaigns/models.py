"""Tables of campaigns: vaccines, products, batches, dated rule sets and the drives themselves."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.campaigns.codes import CampaignState
from outreach.db import Base


class Vaccine(Base):
    """What one protects against; rule packs speak of it by ``code``."""

    __tablename__ = "vaccine"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]


class Product(Base):
    """One maker's product of a vaccine; ``code`` is the rule pack's word for it."""

    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    vaccine_id: Mapped[int] = mapped_column(ForeignKey("vaccine.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    platform: Mapped[str] = mapped_column(default="")
    aliases: Mapped[list[str]] = mapped_column(default=list)
    is_active: Mapped[bool] = mapped_column(default=True)


class ProductBatch(Base):
    """A production batch; quarantine blocks recording and lists who had it (moment 2i)."""

    __tablename__ = "product_batch"
    __table_args__ = (UniqueConstraint("product_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    number: Mapped[str]
    expires_on: Mapped[date | None]
    quarantined_at: Mapped[datetime | None]
    quarantined_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    quarantine_reason: Mapped[str] = mapped_column(default="")


class RuleSet(Base):
    """A dated, versioned and sourced set of dose rules as data; due dates keep the set that made them."""

    __tablename__ = "rule_set"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    version: Mapped[str]
    vaccine_code: Mapped[str] = mapped_column(index=True)
    jurisdiction: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    body: Mapped[dict[str, Any]]
    source: Mapped[str] = mapped_column(default="")
    activated_at: Mapped[datetime | None]
    activated_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class Campaign(Base):
    """One vaccine drive in one area. ``closing_grade`` is the weakest evidence that strikes off."""

    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    vaccine_id: Mapped[int] = mapped_column(ForeignKey("vaccine.id"))
    rule_set_id: Mapped[int | None] = mapped_column(ForeignKey("rule_set.id"))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    state: Mapped[CampaignState] = mapped_column(default=CampaignState.OPEN)
    minimum_age: Mapped[int] = mapped_column(default=80)
    target_dose: Mapped[int | None]
    closing_grade: Mapped[str] = mapped_column(default="certificate_seen")
    opens_on: Mapped[date]
    closes_on: Mapped[date | None]
    retain_until: Mapped[date | None]
    sending_paused_at: Mapped[datetime | None]
    sending_cancelled_at: Mapped[datetime | None]
    signature: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
