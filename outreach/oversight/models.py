"""Tables of oversight: rollups and what made them stale, frozen days and what changed between them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, Integer, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Base
from outreach.ledger.codes import EntryStatus
from outreach.oversight.codes import Basis, ChangeKind, Dimension


class CountColumns:
    """One number of people for each status, and the two that stand beside."""

    not_yet_eligible: Mapped[int] = mapped_column(Integer, default=0)
    to_contact: Mapped[int] = mapped_column(Integer, default=0)
    considering: Mapped[int] = mapped_column(Integer, default=0)
    agreed: Mapped[int] = mapped_column(Integer, default=0)
    booked: Mapped[int] = mapped_column(Integer, default=0)
    vaccinated: Mapped[int] = mapped_column(Integer, default=0)
    deferred: Mapped[int] = mapped_column(Integer, default=0)
    exempt: Mapped[int] = mapped_column(Integer, default=0)
    declined: Mapped[int] = mapped_column(Integer, default=0)
    unreachable: Mapped[int] = mapped_column(Integer, default=0)
    moved: Mapped[int] = mapped_column(Integer, default=0)
    deceased: Mapped[int] = mapped_column(Integer, default=0)
    unknown: Mapped[int] = mapped_column(Integer, default=0)
    elsewhere: Mapped[int] = mapped_column(Integer, default=0)


class Rollup(CountColumns, Base):
    """The sums of one unit for one value of one dimension; grids carry the whole unit alone.

    A grid holds a dozen people: its finer tables are counted when they are asked for.
    """

    __tablename__ = "rollup"
    __table_args__ = (UniqueConstraint("area_id", "campaign_id", "basis", "dimension", "value"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    basis: Mapped[Basis]
    dimension: Mapped[Dimension]
    value: Mapped[str] = mapped_column(default="")


class RollupTouch(Base):
    """A community whose sums changed since its rollup was written; readers count such ones anew."""

    __tablename__ = "rollup_touch"

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)


class RollupState(Base):
    """The one row that says for which local day the rollups stand (ages depend on it)."""

    __tablename__ = "rollup_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    on: Mapped[date]
    rebuilt_at: Mapped[datetime]
    proved_at: Mapped[datetime | None]
    differences: Mapped[int] = mapped_column(default=0)


class Snapshot(Base):
    """One frozen day: yesterday's report is made from it again and again, to the same figures."""

    __tablename__ = "snapshot"

    id: Mapped[int] = mapped_column(primary_key=True)
    on: Mapped[date] = mapped_column(unique=True)
    frozen_at: Mapped[datetime]
    entries: Mapped[int]
    changes: Mapped[int]


class SnapshotCount(CountColumns, Base):
    """A rollup row as it stood when the day was frozen."""

    __tablename__ = "snapshot_count"
    __table_args__ = (
        UniqueConstraint("on", "area_id", "campaign_id", "basis", "dimension", "value"),
        Index("ix_snapshot_count_area", "area_id", "campaign_id", "basis", "dimension", "on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    on: Mapped[date]
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    basis: Mapped[Basis]
    dimension: Mapped[Dimension]
    value: Mapped[str] = mapped_column(default="")


class FrozenColumns:
    """Where a line stood in the sums: its units by both bases and its status."""

    community_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    stay_community_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    status: Mapped[EntryStatus | None]
    is_unknown: Mapped[bool] = mapped_column(default=False)
    is_elsewhere: Mapped[bool] = mapped_column(default=False)


class FrozenLine(FrozenColumns, Base):
    """Each line of the ledger as it stood on the last frozen day.

    Earlier days are found by undoing ``SnapshotChange`` rows, so that every frozen figure opens its
    people without a copy of the ledger for every day.
    """

    __tablename__ = "frozen_line"

    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), primary_key=True)


class SnapshotChange(Base):
    """One line that stood elsewhere in the sums on ``on`` than on the frozen day before, and why.

    ``true_from`` is the day from which the new standing held in truth: a dose given on Monday and
    recorded on Thursday corrects Monday to Wednesday, as they are known now.
    """

    __tablename__ = "snapshot_change"
    __table_args__ = (Index("ix_snapshot_change_entry", "entry_id", "on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    on: Mapped[date] = mapped_column(index=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"))
    kind: Mapped[ChangeKind]
    true_from: Mapped[date] = mapped_column(Date)
    was_community_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    was_grid_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    was_stay_community_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    was_status: Mapped[EntryStatus | None]
    was_unknown: Mapped[bool] = mapped_column(default=False)
    was_elsewhere: Mapped[bool] = mapped_column(default=False)
    community_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    stay_community_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    status: Mapped[EntryStatus | None]
    is_unknown: Mapped[bool] = mapped_column(default=False)
    is_elsewhere: Mapped[bool] = mapped_column(default=False)


class Target(Base):
    """What a unit is to reach by a day, and who answers for it (领导小组, 任务分工).

    A changed target is a new row; the old one ends. ``owner_id`` is a named person.
    """

    __tablename__ = "target"
    __table_args__ = (Index("ix_target_area", "area_id", "campaign_id", "ended_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    goal: Mapped[float]
    by_on: Mapped[date]
    note: Mapped[str] = mapped_column(default="")
    set_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    set_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Request(Base):
    """What one level asked of a unit below it, by when, and what came of it."""

    __tablename__ = "oversight_request"
    __table_args__ = (Index("ix_oversight_request_area", "area_id", "done_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    asked_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    asked_at: Mapped[datetime]
    text: Mapped[str]
    due_on: Mapped[date]
    answer: Mapped[str] = mapped_column(default="")
    done_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    done_at: Mapped[datetime | None]


class Escalation(Base):
    """Unserved need that waited too long and climbed: both levels are told. Never a person's no (6e)."""

    __tablename__ = "escalation"
    __table_args__ = (
        UniqueConstraint("cause_key", "level"),
        Index("ix_escalation_area", "area_id", "ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cause: Mapped[str]
    cause_key: Mapped[str]
    subject_id: Mapped[int]
    from_area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    level: Mapped[int]
    overdue_since: Mapped[date]
    climbed_at: Mapped[datetime]
    seen_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    seen_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class SavedReport(Base):
    """A report as it was made: figures frozen with it, files kept as they went out."""

    __tablename__ = "saved_report"
    __table_args__ = (
        UniqueConstraint("kind", "area_id", "campaign_id", "basis", "on", "language"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    basis: Mapped[Basis]
    on: Mapped[date]
    language: Mapped[str]
    content: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class ReportForm(Base):
    """A superior's own Excel form, kept as uploaded, with the cells that we fill (moment 6a).

    ``marks`` are the words around each cell as they stood when it was mapped: a changed form is noticed.
    """

    __tablename__ = "report_form"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    name: Mapped[str]
    file: Mapped[bytes] = mapped_column(LargeBinary)
    cells: Mapped[dict[str, Any]] = mapped_column(default=dict)
    marks: Mapped[dict[str, Any]] = mapped_column(default=dict)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    made_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class OfficialFigure(Base):
    """A number that somebody else published of a unit on a day, to compare with ours (moment 6c)."""

    __tablename__ = "official_figure"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    figure: Mapped[str]
    on: Mapped[date]
    value: Mapped[int]
    source: Mapped[str]
    listed: Mapped[list[str] | None]
    noted_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    noted_at: Mapped[datetime]


class SpotCheck(Base):
    """A random sample of strike-offs to call back; the seed draws the same people again (moment 6d)."""

    __tablename__ = "spot_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    seed: Mapped[int]
    since: Mapped[date]
    until: Mapped[date]
    population: Mapped[int]
    drawn_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    drawn_at: Mapped[datetime]


class SpotCheckItem(Base):
    """One sampled strike-off and what the call back found."""

    __tablename__ = "spot_check_item"
    __table_args__ = (UniqueConstraint("spot_check_id", "strike_off_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    spot_check_id: Mapped[int] = mapped_column(ForeignKey("spot_check.id"), index=True)
    strike_off_id: Mapped[int] = mapped_column(ForeignKey("strike_off.id"))
    position: Mapped[int]
    agrees: Mapped[bool | None]
    finding: Mapped[str] = mapped_column(default="")
    checked_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    checked_at: Mapped[datetime | None]
