"""Freezing a day: the sums as they stood, and for every line that changed since the day before, why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Date, case, func, insert, literal, null, or_, select, update
from sqlalchemy.orm import Session

from outreach.ledger.codes import EntryStatus, StrikeOffKind
from outreach.ledger.entries import among
from outreach.ledger.entry_models import Dose, LedgerEntry, StatusTransition, StrikeOff
from outreach.ledger.models import Resident
from outreach.oversight.changes import ChangeFacts, Spot, judge
from outreach.oversight.counting import is_unknown, stays_on
from outreach.oversight.models import (
    FrozenLine,
    Rollup,
    RollupState,
    Snapshot,
    SnapshotChange,
    SnapshotCount,
)
from outreach.oversight.rollups import refresh
from outreach.oversight.rules import COLUMNS
from outreach.places.queries import local_zone

FREEZE_FROM = time(23, 30)
CHUNK = 2000
SPOT = ("community_id", "grid_id", "stay_community_id", "status", "is_unknown", "is_elsewhere")


def freeze_if_due(session: Session, *, now: datetime) -> Snapshot | None:
    """Freeze the day that is over (from 23:30, or afterwards when that was missed); None when done."""
    local = now.astimezone(local_zone(session))
    day = local.date() if local.time() >= FREEZE_FROM else local.date() - timedelta(days=1)
    last = last_frozen(session)
    if last is not None and last.on >= day:
        return None
    if last is None and day < local.date():
        # A new installation knows nothing of yesterday.
        return None
    return freeze_day(session, day=day, now=now)


def last_frozen(session: Session) -> Snapshot | None:
    """Return the newest frozen day."""
    return session.scalars(select(Snapshot).order_by(Snapshot.on.desc()).limit(1)).first()


def freeze_day(session: Session, *, day: date, now: datetime) -> Snapshot:
    """Freeze ``day`` as the ledger stands now; a day that is frozen stays as it is.

    The nightly job calls it before the statuses of the next day are computed.
    """
    # One freezer at a time: the state row is its lock, and the sums below are exact.
    refresh(session, now=now)
    session.scalars(select(RollupState).order_by(RollupState.id).limit(1).with_for_update()).one()
    frozen = session.scalars(select(Snapshot).where(Snapshot.on == day)).first()
    if frozen is not None:
        return frozen
    last = last_frozen(session)
    if last is None:
        changes = 0
        _freeze_all(session, day)
    else:
        changes = _freeze_changes(session, day, last)
    columns = ["area_id", "campaign_id", "basis", "dimension", "value", *COLUMNS]
    session.execute(
        insert(SnapshotCount).from_select(
            ["on", *columns],
            select(literal(day, Date()), *(getattr(Rollup, name) for name in columns)),
        )
    )
    entries = session.scalar(
        select(func.count()).select_from(FrozenLine).where(FrozenLine.status.is_not(None))
    )
    snapshot = Snapshot(on=day, frozen_at=now, entries=entries or 0, changes=changes)
    session.add(snapshot)
    session.flush()
    return snapshot


def _present(day: date) -> tuple[Any, list[Any]]:
    """Return the stays of a day and the columns that say where each line stands now."""
    staying = stays_on(day)
    counted = LedgerEntry.is_counted
    columns = [
        case((counted, LedgerEntry.community_id), else_=null()).label("community_id"),
        case((counted, LedgerEntry.grid_id), else_=null()).label("grid_id"),
        case((counted, staying.c.community_id), else_=null()).label("stay_community_id"),
        case((counted, LedgerEntry.status), else_=null()).label("status"),
        case((counted, is_unknown()), else_=False).label("is_unknown"),
        case((counted, Resident.is_registered_elsewhere), else_=False).label("is_elsewhere"),
    ]
    return staying, columns


def _freeze_all(session: Session, day: date) -> None:
    staying, columns = _present(day)
    session.execute(
        insert(FrozenLine).from_select(
            ["entry_id", *SPOT],
            select(LedgerEntry.id, *columns)
            .join(Resident, Resident.id == LedgerEntry.resident_id)
            .outerjoin(staying, staying.c.resident_id == LedgerEntry.resident_id)
            .where(LedgerEntry.is_counted),
        )
    )


@dataclass(frozen=True, slots=True)
class _Moved:
    """One line that stands elsewhere than when the last day was frozen."""

    entry_id: int
    resident_id: int
    was: Spot
    now: Spot
    is_new: bool


def _freeze_changes(session: Session, day: date, last: Snapshot) -> int:
    moved = _moved(session, day)
    for start in range(0, len(moved), CHUNK):
        some = moved[start : start + CHUNK]
        facts = _facts(session, some, day=day, last=last)
        rows = []
        for line in some:
            judged = judge(facts[line.entry_id])
            rows.append(
                {
                    "on": day,
                    "entry_id": line.entry_id,
                    "kind": judged.kind,
                    "true_from": judged.true_from,
                    **_spot_values(line.was, was=True),
                    **_spot_values(line.now, was=False),
                }
            )
        session.execute(insert(SnapshotChange), rows)
        _keep(session, some)
    return len(moved)


def _spot_values(spot: Spot, *, was: bool) -> dict[str, Any]:
    names = {"is_unknown": "was_unknown", "is_elsewhere": "was_elsewhere"}
    return {(names.get(name, f"was_{name}") if was else name): getattr(spot, name) for name in SPOT}


def _moved(session: Session, day: date) -> list[_Moved]:
    staying, columns = _present(day)
    frozen = [getattr(FrozenLine, name) for name in SPOT]
    differs = [new.is_distinct_from(old) for new, old in zip(columns, frozen, strict=True)]
    question = (
        select(
            LedgerEntry.id,
            LedgerEntry.resident_id,
            FrozenLine.entry_id,
            *columns,
            *(column.label(f"old_{column.key}") for column in frozen),
        )
        .join(Resident, Resident.id == LedgerEntry.resident_id)
        .outerjoin(staying, staying.c.resident_id == LedgerEntry.resident_id)
        .outerjoin(FrozenLine, FrozenLine.entry_id == LedgerEntry.id)
        .where(
            or_(*differs),
            or_(LedgerEntry.is_counted, FrozenLine.status.is_not(None)),
        )
        .order_by(LedgerEntry.id)
    )
    found = []
    for row in session.execute(question):
        now = {name: getattr(row, name) for name in SPOT}
        was = {name: getattr(row, f"old_{name}") for name in SPOT}
        is_new = row.entry_id is None
        found.append(
            _Moved(
                entry_id=row.id,
                resident_id=row.resident_id,
                was=Spot() if is_new else _spot(was),
                now=_spot(now),
                is_new=is_new,
            )
        )
    return found


def _spot(values: dict[str, Any]) -> Spot:
    status = values["status"]
    if status is None:
        return Spot()
    return Spot(
        **(values | {"status": EntryStatus(status)})
        | {name: bool(values[name]) for name in ("is_unknown", "is_elsewhere")}
    )


def _keep(session: Session, moved: Sequence[_Moved]) -> None:
    fresh = [{"entry_id": m.entry_id, **_spot_values(m.now, was=False)} for m in moved if m.is_new]
    if fresh:
        session.execute(insert(FrozenLine), fresh)
    known = [
        {"entry_id": m.entry_id, **_spot_values(m.now, was=False)} for m in moved if not m.is_new
    ]
    if known:
        session.execute(update(FrozenLine), known)


def _facts(
    session: Session, moved: Sequence[_Moved], *, day: date, last: Snapshot
) -> dict[int, ChangeFacts]:
    entry_ids = [m.entry_id for m in moved]
    causes = _causes(session, entry_ids, last.frozen_at)
    closing, taken_back = _closing_doses(session, entry_ids, last.frozen_at)
    people = {
        row.id: row
        for row in session.execute(
            select(Resident.id, Resident.eligible_on, Resident.life_status_on).where(
                among(Resident.id, sorted({m.resident_id for m in moved}))
            )
        )
    }
    return {
        m.entry_id: ChangeFacts(
            was=m.was,
            now=m.now,
            day_before=last.on,
            on=day,
            causes=frozenset(causes.get(m.entry_id, ())),
            dose_given_on=closing.get(m.entry_id),
            taken_back_given_on=taken_back.get(m.entry_id),
            died_on=people[m.resident_id].life_status_on,
            of_age_on=people[m.resident_id].eligible_on,
        )
        for m in moved
    }


def _causes(session: Session, entry_ids: Sequence[int], since: datetime) -> dict[int, set[str]]:
    rows: Iterable[Any] = session.execute(
        select(StatusTransition.entry_id, StatusTransition.cause).where(
            among(StatusTransition.entry_id, entry_ids), StatusTransition.at > since
        )
    )
    found: dict[int, set[str]] = {}
    for entry_id, cause in rows:
        found.setdefault(entry_id, set()).add(cause)
    return found


def _closing_doses(
    session: Session, entry_ids: Sequence[int], since: datetime
) -> tuple[dict[int, date], dict[int, date]]:
    """Return the day of the dose that closes each line, and of one that was voided since."""
    rows = session.execute(
        select(StrikeOff.entry_id, StrikeOff.kind, StrikeOff.at, Dose.given_on, Dose.voided_at)
        .join(Dose, Dose.id == StrikeOff.dose_id)
        .where(among(StrikeOff.entry_id, entry_ids))
        .order_by(StrikeOff.id)
    )
    closing: dict[int, date] = {}
    taken_back: dict[int, date] = {}
    for row in rows:
        if row.kind is StrikeOffKind.VACCINATED:
            closing[row.entry_id] = row.given_on
        elif row.at > since and row.voided_at is not None:
            taken_back[row.entry_id] = row.given_on
    return closing, taken_back
