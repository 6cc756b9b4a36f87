"""Readings of what waits for a person after imports: conflicts of official lists, pairs, words about lives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from outreach.accounts.models import User
from outreach.accounts.queries import check_within, within
from outreach.accounts.rules import Scope
from outreach.db import vault_of
from outreach.kernel.errors import NotFound
from outreach.kernel.identity import mask_id
from outreach.kernel.phone import mask_phone
from outreach.ledger.codes import LifeReportKind, PairState, ReportState
from outreach.ledger.import_models import ImportBatch, ImportRow
from outreach.ledger.models import ContactPerson, DuplicatePair, LifeReport, Phone, Resident
from outreach.ledger.official import Verdict
from outreach.ledger.official_lines import open_line
from outreach.places.models import Address, Area
from outreach.vault import Vault

PAGE = 30


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """An official line that waits for a person."""

    row_id: int
    batch_id: int
    number: int
    verdict: Verdict
    name: str
    id_masked: str
    given_on: date | None
    dose_number: int | None
    product: str
    site: str
    codes: tuple[str, ...]
    resident_id: int | None
    resident_name: str
    filename: str


@dataclass(frozen=True, slots=True)
class Side:
    """One of two who may be one person; numbers masked, so that equal ones still look equal."""

    resident_id: int
    name: str
    sex: str
    born_on: date | None
    id_masked: str
    phones: tuple[str, ...]
    address: str
    grid: str
    note: str
    community_id: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PairLine:
    """Two who may be one person, and what speaks for and against it."""

    pair_id: int
    first: Side
    second: Side
    score: float
    reasons: tuple[str, ...]
    state: PairState


@dataclass(frozen=True, slots=True)
class LifeLine:
    """A word about a life that waits for a decision."""

    report_id: int
    resident_id: int
    name: str
    born_on: date | None
    kind: LifeReportKind
    state: ReportState
    source: str
    words: str
    reported_by: str
    reported_at: datetime
    seconded_by: str
    may_second: bool
    may_confirm: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for a person, beside the files themselves."""

    conflicts: int
    pairs: int
    lives: int


def waiting(session: Session, *, scope: Scope) -> Waiting:
    """Return how much waits for a person."""
    return Waiting(
        conflicts=session.scalar(
            select(func.count()).select_from(_open_conflicts(scope).subquery())
        )
        or 0,
        pairs=session.scalar(select(func.count()).select_from(_open_pairs(scope).subquery())) or 0,
        lives=session.scalar(select(func.count()).select_from(_open_lives(scope).subquery())) or 0,
    )


def _open_conflicts(scope: Scope) -> Select[int]:
    return (
        select(ImportRow.id)
        .join(ImportBatch, ImportBatch.id == ImportRow.batch_id)
        .outerjoin(Resident, Resident.id == ImportRow.resident_id)
        .where(
            ImportBatch.kind == "official",
            ImportRow.fingerprint.is_not(None),
            ImportRow.resolved_at.is_(None),
            ImportRow.cells_sealed.is_not(None),
            within(scope, func.coalesce(Resident.community_id, ImportBatch.community_id)),  # type: ignore[arg-type]
        )
    )


def conflict_lines(session: Session, *, scope: Scope, page: int) -> tuple[list[ConflictLine], int]:
    """Return one page of the conflicts that wait, the oldest first."""
    ids = _open_conflicts(scope)
    total = session.scalar(select(func.count()).select_from(ids.subquery())) or 0
    rows = session.execute(
        select(ImportRow, ImportBatch.filename, Resident.name)
        .join(ImportBatch, ImportBatch.id == ImportRow.batch_id)
        .outerjoin(Resident, Resident.id == ImportRow.resident_id)
        .where(ImportRow.id.in_(ids))
        .order_by(ImportRow.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    vault = vault_of(session)
    return [_conflict(vault, *row) for row in rows], total


def check_conflict(session: Session, *, row_id: int, scope: Scope) -> None:
    """Raise NotFound unless the conflict lies within the scope."""
    found = session.scalar(_open_conflicts(scope).where(ImportRow.id == row_id))
    if found is None:
        raise NotFound("not_found")


def _conflict(
    vault: Vault, row: ImportRow, filename: str, resident_name: str | None
) -> ConflictLine:
    line = open_line(vault, row)
    return ConflictLine(
        row_id=row.id,
        batch_id=row.batch_id,
        number=row.row_number,
        verdict=Verdict(row.outcome),
        name=line.name,
        id_masked=mask_id(line.id_number) if line.id_number else "",
        given_on=line.given_on,
        dose_number=line.number,
        product=line.product,
        site=line.site,
        codes=line.codes,
        resident_id=row.resident_id,
        resident_name=resident_name or "",
        filename=filename,
    )


def _open_pairs(scope: Scope) -> Select[int]:
    first, second = aliased(Resident), aliased(Resident)
    return (
        select(DuplicatePair.id)
        .join(first, first.id == DuplicatePair.first_id)
        .join(second, second.id == DuplicatePair.second_id)
        .where(
            DuplicatePair.state == PairState.OPEN,
            first.merged_into_id.is_(None),
            second.merged_into_id.is_(None),
            first.erased_at.is_(None),
            second.erased_at.is_(None),
            within(scope, first.community_id),
            within(scope, second.community_id),
        )
    )


def pair_lines(session: Session, *, scope: Scope, page: int) -> tuple[list[PairLine], int]:
    """Return one page of the pairs that wait, the likeliest first."""
    ids = _open_pairs(scope)
    total = session.scalar(select(func.count()).select_from(ids.subquery())) or 0
    rows = session.scalars(
        select(DuplicatePair)
        .where(DuplicatePair.id.in_(ids))
        .order_by(DuplicatePair.score.desc(), DuplicatePair.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return [_pair(session, row) for row in rows], total


def pair_line(session: Session, *, pair_id: int, scope: Scope) -> PairLine:
    """Return one pair; NotFound unless both are within the scope."""
    row = session.get(DuplicatePair, pair_id)
    if row is None:
        raise NotFound("not_found")
    for resident_id in (row.first_id, row.second_id):
        resident = session.get_one(Resident, resident_id)
        check_within(session, scope=scope, area_id=resident.community_id)
    return _pair(session, row)


def _pair(session: Session, row: DuplicatePair) -> PairLine:
    return PairLine(
        pair_id=row.id,
        first=_side(session, row.first_id),
        second=_side(session, row.second_id),
        score=row.score,
        reasons=tuple(row.reasons),
        state=PairState(row.state),
    )


def _side(session: Session, resident_id: int) -> Side:
    vault = vault_of(session)
    resident = session.get_one(Resident, resident_id)
    address = session.get(Address, resident.address_id) if resident.address_id else None
    grid = session.get(Area, resident.grid_id) if resident.grid_id else None
    number = (
        vault.open(resident.id_sealed, table="resident", column="id_sealed", row=resident.uuid)
        if resident.id_sealed
        else ""
    )
    phones = session.scalars(
        select(Phone)
        .join(ContactPerson, ContactPerson.id == Phone.contact_person_id)
        .where(ContactPerson.resident_id == resident_id)
        .order_by(ContactPerson.position, Phone.position, Phone.id)
    )
    return Side(
        resident_id=resident.id,
        name=resident.name,
        sex=str(resident.sex),
        born_on=resident.born_on,
        id_masked=mask_id(number) if number else "",
        phones=tuple(
            mask_phone(
                vault.open(p.number_sealed, table="phone", column="number_sealed", row=p.uuid)
            )
            for p in phones
        ),
        address=address.text if address else "",
        grid=grid.name if grid else "",
        note=resident.note,
        community_id=resident.community_id,
        created_at=resident.created_at,
    )


def _open_lives(scope: Scope) -> Select[int]:
    return (
        select(LifeReport.id)
        .join(Resident, Resident.id == LifeReport.resident_id)
        .where(
            LifeReport.state.in_([ReportState.OPEN, ReportState.SECONDED]),
            Resident.erased_at.is_(None),
            within(scope, Resident.community_id),
        )
    )


def life_lines(
    session: Session, *, scope: Scope, user_id: int, page: int
) -> tuple[list[LifeLine], int]:
    """Return one page of words about lives that wait: deaths first, then the oldest."""
    ids = _open_lives(scope)
    total = session.scalar(select(func.count()).select_from(ids.subquery())) or 0
    reporter, seconder = aliased(User), aliased(User)
    rows = session.execute(
        select(
            LifeReport,
            Resident.name,
            Resident.born_on,
            reporter.display_name,
            seconder.display_name,
        )
        .join(Resident, Resident.id == LifeReport.resident_id)
        .outerjoin(reporter, reporter.id == LifeReport.reported_by)
        .outerjoin(seconder, seconder.id == LifeReport.seconded_by)
        .where(LifeReport.id.in_(ids))
        .order_by(
            (LifeReport.kind == LifeReportKind.DECEASED).desc(),
            LifeReport.reported_at,
            LifeReport.id,
        )
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return [_life(user_id, *row) for row in rows], total


def _life(
    user_id: int,
    row: LifeReport,
    name: str,
    born_on: date | None,
    reporter: str | None,
    seconder: str | None,
) -> LifeLine:
    is_death = row.kind is LifeReportKind.DECEASED
    first = row.seconded_by if row.seconded_by is not None else row.reported_by
    return LifeLine(
        report_id=row.id,
        resident_id=row.resident_id,
        name=name,
        born_on=born_on,
        kind=row.kind,
        state=row.state,
        source=row.source,
        words=row.words,
        reported_by=reporter or "",
        reported_at=row.reported_at,
        seconded_by=seconder or "",
        may_second=is_death and row.state is ReportState.OPEN and row.reported_by != user_id,
        may_confirm=not is_death or (first is not None and first != user_id),
    )
