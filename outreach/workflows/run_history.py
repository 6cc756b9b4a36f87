"""Who changed what on a run since somebody looked at it: what a second dispatcher is shown (fault 57)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.audit.models import AuditEntry
from outreach.clinics.models import Appointment
from outreach.ledger.models import Resident
from outreach.transport.queries import get_run
from outreach.transport.run_models import RideLeg

LOOKED_AT = 40


@dataclass(frozen=True, slots=True)
class RunChange:
    """One act on a run: what was done, by whom, when, and which people it concerns."""

    did: str
    by_name: str
    at: datetime
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diff:
    """What happened to a run between two versions, the oldest act first."""

    run_id: int
    version: int
    changes: tuple[RunChange, ...]


def changes_since(session: Session, *, run_id: int, version: int) -> Diff:
    """Return what was done to a run since it had this version; what no act names is told as such."""
    run = get_run(session, run_id)
    newest_first = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_kind == "run", AuditEntry.subject_id == run_id)
        .order_by(AuditEntry.id.desc())
        .limit(LOOKED_AT)
    ).all()
    fresh = []
    for entry in newest_first:
        known = entry.facts.get("version")
        if isinstance(known, int) and known <= version:
            break
        fresh.append(entry)
    names = _names(session, [i for entry in fresh for i in entry.facts.get("legs", [])])
    people = _users(session, [entry.user_id for entry in fresh])
    changes = [
        RunChange(
            did=str(entry.facts.get("did", entry.act)),
            by_name=people.get(entry.user_id or 0, ""),
            at=entry.at,
            people=tuple(names[i] for i in entry.facts.get("legs", []) if i in names),
        )
        for entry in reversed(fresh)
    ]
    if not changes and run.changed_at is not None:
        by = _users(session, [run.changed_by]).get(run.changed_by or 0, "")
        changes = [RunChange("changed", by, run.changed_at, ())]
    return Diff(run_id=run_id, version=run.version, changes=tuple(changes))


def _names(session: Session, leg_ids: Sequence[int]) -> dict[int, str]:
    rows = session.execute(
        select(RideLeg.id, Resident.name)
        .join(Appointment, Appointment.id == RideLeg.appointment_id)
        .join(Resident, Resident.id == Appointment.resident_id)
        .where(RideLeg.id.in_(sorted(set(leg_ids))))
    )
    return {row.id: row.name for row in rows}


def _users(session: Session, ids: Sequence[int | None]) -> dict[int, str]:
    wanted = sorted({i for i in ids if i is not None})
    rows = session.execute(select(User.id, User.display_name).where(User.id.in_(wanted)))
    return {row.id: row.display_name for row in rows}
