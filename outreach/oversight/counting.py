"""The SQL behind figures: to which unit a line belongs, by what it is told apart, who is in a figure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from outreach.contact.models import AttemptReason, ContactAttempt
from outreach.ledger.codes import EntryStatus
from outreach.ledger.entry_models import Deferral, LedgerEntry
from outreach.ledger.models import Resident, Stay
from outreach.oversight.codes import AGE_FROM, ONLY_STATUSES, STATUSES_OF, Basis, Dimension, Figure
from outreach.oversight.rules import COLUMNS, NOBODY, Counts, born_after

REFUSED = "C04"
Key = tuple[int, str]  # unit, value


def stays_on(day: date) -> Any:  # noqa: ANN401 - a subquery with labelled columns
    """Return where people stay on a day, one row per person (the newest stay, as ``ledger.stays`` has it).

    Said by what is not there rather than by rank, so that a list of one community looks only at its people.
    """
    newer = aliased(Stay)
    later = or_(
        newer.from_on > Stay.from_on, and_(newer.from_on == Stay.from_on, newer.id > Stay.id)
    )
    superseded = exists().where(newer.resident_id == Stay.resident_id, _stands(newer, day), later)
    return (
        select(Stay.resident_id, Stay.community_id)
        .where(_stands(Stay, day), Stay.community_id.is_not(None), ~superseded)
        .subquery("staying")
    )


def _stands(stay: type[Stay], day: date) -> ColumnElement[bool]:
    return and_(
        stay.ended_at.is_(None),
        stay.from_on <= day,
        or_(stay.until_on.is_(None), stay.until_on >= day),
    )


@dataclass(frozen=True, slots=True)
class Units:
    """The columns that say to which community and grid a line belongs by one basis, and their join."""

    basis: Basis
    day: date
    campaign_id: int
    staying: Any

    @property
    def community(self) -> ColumnElement[int]:
        """The community of a line."""
        if self.staying is None:
            return LedgerEntry.community_id.expression
        return func.coalesce(self.staying.c.community_id, LedgerEntry.community_id)

    @property
    def grid(self) -> ColumnElement[int | None]:
        """The grid of a line; who stays in another community has none there."""
        if self.staying is None:
            return LedgerEntry.grid_id.expression
        away = and_(
            self.staying.c.community_id.is_not(None),
            self.staying.c.community_id != LedgerEntry.community_id,
        )
        return case((away, None), else_=LedgerEntry.grid_id)

    def join(
        self, question: Select[*tuple[Any, ...]], *, with_resident: bool
    ) -> Select[*tuple[Any, ...]]:
        """Return the question over the lines with what the basis needs."""
        question = question.select_from(LedgerEntry)
        if with_resident:
            question = question.join(Resident, Resident.id == LedgerEntry.resident_id)
        if self.staying is not None:
            question = question.outerjoin(
                self.staying, self.staying.c.resident_id == LedgerEntry.resident_id
            )
        return question

    def within(
        self, community_ids: Collection[int] | Select[*tuple[Any, ...]] | None
    ) -> ColumnElement[bool]:
        """Return the condition that a counted line belongs to one of the communities (None: any)."""
        if community_ids is None:
            return true()
        if self.staying is None:
            return LedgerEntry.community_id.in_(community_ids)
        # The first part lets both databases begin at their indexes; the second is what is meant.
        line = aliased(LedgerEntry)
        guests = select(Stay.resident_id).where(Stay.community_id.in_(community_ids))
        nearby = union(
            select(line.id).where(
                line.campaign_id == self.campaign_id,
                line.is_counted,
                line.community_id.in_(community_ids),
            ),
            select(line.id).where(line.resident_id.in_(guests)),
        )
        return and_(LedgerEntry.id.in_(nearby), self.community.in_(community_ids))


def units(basis: Basis, day: date, campaign_id: int) -> Units:
    """Return the units of a basis on a day."""
    staying = stays_on(day) if basis is Basis.RESIDENCE else None
    return Units(basis, day, campaign_id, staying)


def value_of(dimension: Dimension, day: date) -> ColumnElement[str]:
    """Return the expression by which a dimension tells people apart."""
    if dimension is Dimension.AGE:
        bands: list[tuple[ColumnElement[bool], str]] = [
            (Resident.born_on.is_(None), "unknown"),
            (Resident.born_on > born_after(day, AGE_FROM[0][1]), "under_80"),
        ]
        for (code, _), (_, end) in pairwise(AGE_FROM):
            bands.append((Resident.born_on > born_after(day, end), code))
        return case(*bands, else_=AGE_FROM[-1][0])
    if dimension is Dimension.MOBILITY:
        return Resident.mobility.expression
    if dimension is Dimension.ALONE:
        return case(
            (Resident.lives_alone.is_(True), "yes"),
            (Resident.lives_alone.is_(False), "no"),
            else_="unknown",
        )
    if dimension is Dimension.DOSES:
        return case(
            *((LedgerEntry.doses_counted == n, str(n)) for n in range(4)),
            else_="4",
        )
    if dimension is Dimension.REASON:
        return func.coalesce(_main_reason(), "none")
    if dimension is Dimension.DEFERRAL:
        return func.coalesce(_deferral_code(), "none")
    return literal("")


def _main_reason() -> ColumnElement[str]:
    """Return the main reason of the last standing refusal of a line."""
    return (
        select(AttemptReason.code)
        .join(ContactAttempt, ContactAttempt.id == AttemptReason.attempt_id)
        .where(
            ContactAttempt.entry_id == LedgerEntry.id,
            ContactAttempt.outcome == REFUSED,
            ContactAttempt.voided_at.is_(None),
        )
        .order_by(
            ContactAttempt.at.desc(),
            ContactAttempt.id.desc(),
            AttemptReason.is_main.desc(),
            AttemptReason.code,
        )
        .limit(1)
        .correlate(LedgerEntry)
        .scalar_subquery()
    )


def _deferral_code() -> ColumnElement[str]:
    """Return the code of the newest deferral that stands."""
    return (
        select(Deferral.code)
        .where(
            Deferral.resident_id == LedgerEntry.resident_id,
            or_(Deferral.campaign_id.is_(None), Deferral.campaign_id == LedgerEntry.campaign_id),
            Deferral.lifted_at.is_(None),
        )
        .order_by(Deferral.is_permanent.desc(), Deferral.set_at.desc(), Deferral.id.desc())
        .limit(1)
        .correlate(LedgerEntry)
        .scalar_subquery()
    )


def is_unknown() -> ColumnElement[bool]:
    """Return the condition of those to contact whose history nobody verified."""
    return and_(
        LedgerEntry.status == EntryStatus.TO_CONTACT, LedgerEntry.history_verified.is_(False)
    )


def is_elsewhere(basis: Basis) -> ColumnElement[bool]:
    """Return the condition of those who stand beside by registration."""
    if basis is Basis.RESIDENCE:
        return false()
    return Resident.is_registered_elsewhere.is_(True)


def in_figure(figure: Figure, basis: Basis) -> ColumnElement[bool]:
    """Return the condition of the people whom a figure counts."""
    if figure is Figure.ELSEWHERE:
        return is_elsewhere(basis)
    conditions = [~is_elsewhere(basis)] if basis is Basis.REGISTRATION else []
    statuses = STATUSES_OF[figure]
    if len(statuses) < len(EntryStatus):
        conditions.append(LedgerEntry.status.in_(sorted(statuses)))
    if figure is Figure.UNKNOWN:
        conditions.append(LedgerEntry.history_verified.is_(False))
    return and_(true(), *conditions)


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be counted: one campaign by one basis on a day, within some communities (None: all)."""

    campaign_id: int
    basis: Basis
    day: date
    community_ids: tuple[int, ...] | None = None


def count_by_unit(
    session: Session, asked: Question, *, dimension: Dimension, unit: str
) -> dict[Key, Counts]:
    """Return the sums by unit ('community' or 'grid') and value of the dimension, counted from the lines."""
    belong = units(asked.basis, asked.day, asked.campaign_id)
    place = belong.community if unit == "community" else belong.grid
    value = value_of(dimension, asked.day)
    elsewhere = (
        cast(Resident.is_registered_elsewhere, Integer)
        if asked.basis is Basis.REGISTRATION
        else literal(0)
    )
    columns: list[InstrumentedAttribute[Any] | ColumnElement[Any]] = [
        place.label("unit"),
        value.label("value"),
        LedgerEntry.status,
        elsewhere.label("elsewhere"),
    ]
    unverified = func.sum(case((is_unknown(), 1), else_=0))
    question = belong.join(
        select(*columns, func.count().label("people"), unverified.label("unknown")),
        with_resident=True,
    ).where(
        LedgerEntry.campaign_id == asked.campaign_id,
        LedgerEntry.is_counted,
        belong.within(asked.community_ids),
        *only_statuses(dimension),
    )
    found: dict[Key, dict[str, int]] = {}
    for row in session.execute(question.group_by("unit", "value", LedgerEntry.status, "elsewhere")):
        if (
            row.unit is None
        ):  # in no grid: asking the database to leave them out misleads its planner
            continue
        cell = found.setdefault((row.unit, row.value), dict.fromkeys(COLUMNS, 0))
        if row.elsewhere:
            cell["elsewhere"] += row.people
        else:
            cell[str(row.status)] += row.people
            cell["unknown"] += row.unknown
    return {key: Counts(**cell) for key, cell in found.items()}


def only_statuses(dimension: Dimension) -> list[ColumnElement[bool]]:
    """Return the condition that leaves only people of whom a dimension speaks."""
    statuses = ONLY_STATUSES.get(dimension)
    return [LedgerEntry.status.in_(sorted(statuses))] if statuses else []


def count_whole(session: Session, asked: Question, *, grid_id: int | None = None) -> Counts:
    """Return the sums of all communities asked for, or of one grid, counted from the lines."""
    unit = "community" if grid_id is None else "grid"
    found = count_by_unit(session, asked, dimension=Dimension.ALL, unit=unit)
    whole = NOBODY
    for (place, _), counts in found.items():
        if grid_id is None or place == grid_id:
            whole += counts
    return whole
