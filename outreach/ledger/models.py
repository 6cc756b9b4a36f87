"""Tables of the ledger's people: households, residents, stays, contact persons, phones, consents, life."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Base
from outreach.ledger.codes import (
    BirthCertainty,
    ConsentForm,
    ContactRole,
    LifeReportKind,
    LifeStatus,
    PhoneKind,
    Relation,
    ReportState,
    Sex,
)


class Household(Base):
    """People behind one door; ``stairwell`` groups doors that one visit serves."""

    __tablename__ = "household"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id"), index=True)
    building: Mapped[str] = mapped_column(default="")
    unit: Mapped[str] = mapped_column(default="")
    floor: Mapped[int | None]
    has_lift: Mapped[bool | None]
    stairwell: Mapped[str] = mapped_column(default="", index=True)
    snoozed_until: Mapped[date | None]
    snooze_reason: Mapped[str] = mapped_column(default="")
    mourning_until: Mapped[date | None]


class Resident(Base):
    """One person of the ledger. Identity numbers are sealed; lists find them by blind index."""

    __tablename__ = "resident"
    __table_args__ = (
        Index("ix_resident_community", "community_id", "id"),
        Index("ix_resident_grid", "grid_id", "id"),
        Index("ix_resident_born_on", "born_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_folded: Mapped[str] = mapped_column(default="", index=True)
    name_pinyin: Mapped[str] = mapped_column(default="", index=True)
    sex: Mapped[Sex] = mapped_column(default=Sex.UNKNOWN)
    born_on: Mapped[date | None]
    birth_certainty: Mapped[BirthCertainty] = mapped_column(default=BirthCertainty.STATED)
    eligible_on: Mapped[date | None]
    id_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_index: Mapped[bytes | None] = mapped_column(LargeBinary(16), index=True)
    id_tail_index: Mapped[bytes | None] = mapped_column(LargeBinary(16), index=True)
    id_as_written_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    community_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    is_registered_elsewhere: Mapped[bool] = mapped_column(default=False)
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"), index=True)
    address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id"))
    mobility: Mapped[str] = mapped_column(default="M9")
    mobility_flags: Mapped[list[str]] = mapped_column(default=list)
    lives_alone: Mapped[bool | None]
    language: Mapped[str] = mapped_column(default="zh")
    dialect: Mapped[str] = mapped_column(default="")
    life_status: Mapped[LifeStatus] = mapped_column(default=LifeStatus.PRESENT)
    life_status_on: Mapped[date | None]
    life_review_on: Mapped[date | None]
    life_owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    held_all: Mapped[bool] = mapped_column(default=False)
    held_nudges: Mapped[bool] = mapped_column(default=False)
    snoozed_until: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
    clinical_note: Mapped[str] = mapped_column(default="")
    access_note: Mapped[str] = mapped_column(default="")
    missing: Mapped[list[str]] = mapped_column(default=list)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("resident.id"))
    erased_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class SearchTerm(Base):
    """Something a resident can be found by: folded name, pinyin, initials, n-grams of the address."""

    __tablename__ = "search_term"
    __table_args__ = (
        Index("ix_search_term_resident_id", "resident_id"),
        {"sqlite_with_rowid": False},
    )

    # Prefixes are found by comparing bytes, whatever language the database sorts by.
    term: Mapped[str] = mapped_column(
        String().with_variant(String(collation="C"), "postgresql"), primary_key=True
    )
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"), primary_key=True)


class Stay(Base):
    """A temporary address from–until: where a car must really go (Zhao at her daughter's)."""

    __tablename__ = "stay"

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"), index=True)
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
    community_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    with_contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id"))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    noted_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    noted_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ContactPerson(Base):
    """Someone to speak with about a resident, the resident included (relation ``self``)."""

    __tablename__ = "contact_person"

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"), index=True)
    name: Mapped[str] = mapped_column(default="")
    relation: Mapped[Relation]
    role: Mapped[ContactRole] = mapped_column(default=ContactRole.TOLD)
    position: Mapped[int] = mapped_column(default=0)
    language: Mapped[str] = mapped_column(default="zh")
    preferred_channel: Mapped[str] = mapped_column(default="")
    preferred_from: Mapped[time | None]
    preferred_until: Mapped[time | None]
    told_purposes: Mapped[list[str]] = mapped_column(default=lambda: ["appointment", "ride"])
    knows_health: Mapped[bool] = mapped_column(default=False)
    only_if_changed: Mapped[bool] = mapped_column(default=False)
    cannot_read: Mapped[bool] = mapped_column(default=False)
    no_aftercare: Mapped[bool] = mapped_column(default=False)
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Phone(Base):
    """One number of a contact person, sealed; ``number_index`` finds it, ``tail_index`` its last four."""

    __tablename__ = "phone"

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True)
    contact_person_id: Mapped[int] = mapped_column(ForeignKey("contact_person.id"), index=True)
    number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    number_index: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    tail_index: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    kind: Mapped[PhoneKind]
    position: Mapped[int] = mapped_column(default=0)
    invalid_since: Mapped[datetime | None]
    invalid_reason: Mapped[str] = mapped_column(default="")


class Consent(Base):
    """A yes or no to one dose, as it happened; withdrawable up to the needle (moment 2d)."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"), index=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    dose_number: Mapped[int | None]
    is_yes: Mapped[bool]
    by_contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id"))
    guardian_basis: Mapped[str] = mapped_column(default="")
    form: Mapped[ConsentForm] = mapped_column(default=ConsentForm.SPOKEN)
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))
    given_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class Infection(Base):
    """An infection that moves a due date."""

    __tablename__ = "infection"

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"), index=True)
    vaccine_code: Mapped[str]
    infected_on: Mapped[date]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime]


class LifeReport(Base):
    """A word that a life changed: it holds messages until people decide (moments 2c, 2f)."""

    __tablename__ = "life_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"), index=True)
    kind: Mapped[LifeReportKind]
    state: Mapped[ReportState] = mapped_column(default=ReportState.OPEN, index=True)
    source: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    reported_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    reported_at: Mapped[datetime]
    seconded_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]
    review_on: Mapped[date | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class DuplicatePair(Base):
    """Two residents who may be one person, and what was decided; remembered (features A5)."""

    __tablename__ = "duplicate_pair"
    __table_args__ = (UniqueConstraint("first_id", "second_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    first_id: Mapped[int] = mapped_column(ForeignKey("resident.id"))
    second_id: Mapped[int] = mapped_column(ForeignKey("resident.id"))
    score: Mapped[float]
    reasons: Mapped[list[str]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(default="open", index=True)
    found_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]
    undo: Mapped[dict[str, Any] | None]
