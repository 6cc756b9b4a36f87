"""Writing what is heard of lives: a word holds messages at once, a person decides, a death takes two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.kernel.errors import InvalidInput, MoveNotAllowed, NotAllowed, NotFound
from outreach.ledger.codes import LifeReportKind, LifeStatus, ReportState
from outreach.ledger.models import Household, LifeReport, Resident
from outreach.ledger.residents import lock_resident

REVIEW_AFTER_DAYS = 30
MOURNING_DAYS = 49
WAITING = (ReportState.OPEN, ReportState.SECONDED)
_STATUS_OF = {
    LifeReportKind.DECEASED: LifeStatus.DECEASED,
    LifeReportKind.MOVED: LifeStatus.MOVED,
    LifeReportKind.HOSPITAL: LifeStatus.HOSPITAL,
    LifeReportKind.AWAY: LifeStatus.AWAY,
    LifeReportKind.NURSING_HOME: LifeStatus.NURSING_HOME,
}


@dataclass(frozen=True, slots=True)
class Heard:
    """A word about a life: from a remark, a reply, a worker. ``words`` is what was said."""

    resident_id: int
    kind: LifeReportKind
    source: str
    words: str = ""


def report_life(session: Session, *, heard: Heard, by: int | None, now: datetime) -> LifeReport:
    """Note a word and hold what it must hold: everything after a death word, nudges after another.

    A second word of the same kind while the first waits joins it.
    """
    resident = lock_resident(session, heard.resident_id)
    row = session.scalars(
        select(LifeReport)
        .where(
            LifeReport.resident_id == heard.resident_id,
            LifeReport.kind == heard.kind,
            LifeReport.state.in_(WAITING),
        )
        .order_by(LifeReport.id)
        .limit(1)
    ).first()
    if row is None:
        row = LifeReport(
            resident_id=heard.resident_id,
            kind=heard.kind,
            source=heard.source,
            words=heard.words.strip(),
            reported_by=by,
            reported_at=now,
        )
        session.add(row)
    _set_holds(resident, [heard.kind, *_waiting_kinds(session, heard.resident_id)])
    session.flush()
    return row


def second_report(session: Session, *, report_id: int, by: int) -> LifeReport:
    """Look at a reported death a first time; the decision is another person's."""
    row = lock_report(session, report_id)
    if row.state is not ReportState.OPEN or row.kind is not LifeReportKind.DECEASED:
        raise MoveNotAllowed("report_not_waiting", report_id=report_id)
    row.state, row.seconded_by = ReportState.SECONDED, by
    session.flush()
    return row


def confirm_report(
    session: Session,
    *,
    report_id: int,
    by: int,
    day: date,
    now: datetime,
    review_on: date | None = None,
) -> LifeReport:
    """Decide that a word was true. A death needs two different people who looked (N8, moment 2f)."""
    row = lock_report(session, report_id)
    if row.kind is LifeReportKind.DECEASED:
        first = row.seconded_by if row.seconded_by is not None else row.reported_by
        if first is None or first == by:
            raise NotAllowed("second_person_needed", field="report_id")
    resident = session.get_one(Resident, row.resident_id)
    row.state, row.decided_by, row.decided_at = ReportState.CONFIRMED, by, now
    is_final = row.kind in {LifeReportKind.DECEASED, LifeReportKind.MOVED}
    row.review_on = None if is_final else review_on or day + timedelta(days=REVIEW_AFTER_DAYS)
    row.owner_id = row.owner_id or by
    resident.life_status, resident.life_status_on = _STATUS_OF[row.kind], day
    resident.life_review_on, resident.life_owner_id = row.review_on, row.owner_id
    resident.updated_at = now
    if row.kind is LifeReportKind.DECEASED:
        _dismiss_others(session, row, by=by, now=now)
        _mourn(session, resident, day)
    session.flush()
    _set_holds(resident, _waiting_kinds(session, resident.id))
    session.flush()
    return row


def dismiss_report(session: Session, *, report_id: int, by: int, now: datetime) -> LifeReport:
    """Decide that a word was wrong; what it alone held is released."""
    row = lock_report(session, report_id)
    resident = session.get_one(Resident, row.resident_id)
    row.state, row.decided_by, row.decided_at = ReportState.DISMISSED, by, now
    session.flush()
    _set_holds(resident, _waiting_kinds(session, resident.id))
    session.flush()
    return row


def correct_life(
    session: Session,
    *,
    resident_id: int,
    status: LifeStatus,
    by: int,
    reason: str,
    day: date,
    now: datetime,
    review_on: date | None = None,
) -> Resident:
    """Say where someone's life stands now: back home, still away until a later day, alive after all."""
    if not reason.strip():
        raise InvalidInput("reason_missing", field="reason")
    if status is LifeStatus.DECEASED:
        raise InvalidInput("death_is_reported", field="status")
    resident = lock_resident(session, resident_id)
    if resident.life_status is LifeStatus.DECEASED and resident.household_id is not None:
        session.get_one(Household, resident.household_id).mourning_until = None
    resident.life_status, resident.life_status_on = status, day
    is_away = status in {LifeStatus.AWAY, LifeStatus.HOSPITAL, LifeStatus.NURSING_HOME}
    resident.life_review_on = (
        (review_on or day + timedelta(days=REVIEW_AFTER_DAYS)) if is_away else None
    )
    resident.life_owner_id = by if is_away else None
    resident.updated_at = now
    for row in _waiting(session, resident_id):
        row.state, row.decided_by, row.decided_at = ReportState.DISMISSED, by, now
    session.flush()
    _set_holds(resident, [])
    session.flush()
    return resident


def lock_report(session: Session, report_id: int) -> LifeReport:
    """Return a waiting report whose resident nobody else changes meanwhile."""
    row = session.get(LifeReport, report_id)
    if row is None:
        raise NotFound("life_report", report_id=report_id)
    lock_resident(session, row.resident_id)
    session.refresh(row)
    if row.state not in WAITING:
        raise MoveNotAllowed("report_decided", report_id=report_id)
    return row


def _waiting(session: Session, resident_id: int) -> list[LifeReport]:
    return list(
        session.scalars(
            select(LifeReport)
            .where(LifeReport.resident_id == resident_id, LifeReport.state.in_(WAITING))
            .order_by(LifeReport.id)
        )
    )


def _waiting_kinds(session: Session, resident_id: int) -> list[LifeReportKind]:
    return [row.kind for row in _waiting(session, resident_id)]


def _set_holds(resident: Resident, waiting: list[LifeReportKind]) -> None:
    """Hold exactly what the waiting words and the decided status ask for."""
    resident.held_all = LifeReportKind.DECEASED in waiting
    is_away = resident.life_status is not LifeStatus.PRESENT
    resident.held_nudges = bool(waiting) or is_away


def _dismiss_others(session: Session, decided: LifeReport, *, by: int, now: datetime) -> None:
    for row in _waiting(session, decided.resident_id):
        if row.id != decided.id:
            row.state, row.decided_by, row.decided_at = ReportState.DISMISSED, by, now


def _mourn(session: Session, resident: Resident, day: date) -> None:
    """Leave the household alone after a death."""
    if resident.household_id is not None:
        household = session.get_one(Household, resident.household_id)
        household.mourning_until = day + timedelta(days=MOURNING_DAYS)
