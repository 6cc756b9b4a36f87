"""Readings of the trail: the latest entries, and who has seen a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from outreach.audit.models import AuditEntry
from outreach.audit.trail import Act, Subject

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as pages show it; ``user_id`` is put into a name by the page."""

    id: int
    at: datetime
    user_id: int | None
    actor: str
    act: str
    subject_kind: str
    subject_id: int | None
    facts: dict[str, Any]
    reason: str
    is_sealed: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What entries a reader asks for; ``users`` limits them to acts of these accounts (None: anybody's)."""

    users: frozenset[int] | None = None
    user_id: int | None = None
    act: str = ""
    subject_kind: str = ""
    subject_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    before_id: int | None = None


def latest(session: Session, *, wanted: Wanted, limit: int = PAGE_SIZE) -> list[Entry]:
    """Return the newest entries that fit, newest first; ``before_id`` continues further back."""
    rows = session.scalars(
        select(AuditEntry).where(*_conditions(wanted)).order_by(AuditEntry.id.desc()).limit(limit)
    )
    return [_entry(row) for row in rows]


def acts_known(session: Session) -> list[str]:
    """Return every act that was ever recorded, for the filter."""
    return list(
        session.scalars(select(AuditEntry.act).distinct().order_by(AuditEntry.act).limit(500))
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """How often and when one account (or link) was shown a person's details."""

    user_id: int | None
    actor: str
    times: int
    first_at: datetime
    last_at: datetime


def who_saw(session: Session, *, subject: Subject) -> list[Seen]:
    """Return who was shown this subject's details or took them along in an export, latest first."""
    kind, subject_id = subject
    rows = session.execute(
        select(
            AuditEntry.user_id,
            AuditEntry.actor,
            func.count(),
            func.min(AuditEntry.at),
            func.max(AuditEntry.at),
        )
        .where(
            AuditEntry.subject_kind == kind,
            AuditEntry.subject_id == subject_id,
            AuditEntry.act.in_([Act.VIEW.value, Act.EXPORT.value]),
        )
        .group_by(AuditEntry.user_id, AuditEntry.actor)
        .order_by(func.max(AuditEntry.at).desc(), AuditEntry.user_id)
        .limit(500)
    )
    return [Seen(*row) for row in rows]


def oldest_unsealed_at(session: Session) -> datetime | None:
    """Return since when entries wait to be sealed; long waits mean that the worker stands still."""
    return session.scalar(
        select(AuditEntry.at).where(AuditEntry.sequence.is_(None)).order_by(AuditEntry.id).limit(1)
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.users is not None:
        found.append(AuditEntry.user_id.in_(wanted.users))
    if wanted.user_id is not None:
        found.append(AuditEntry.user_id == wanted.user_id)
    if wanted.act:
        found.append(AuditEntry.act == wanted.act)
    if wanted.subject_kind:
        found.append(AuditEntry.subject_kind == wanted.subject_kind)
    if wanted.subject_id is not None:
        found.append(AuditEntry.subject_id == wanted.subject_id)
    if wanted.since is not None:
        found.append(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        found.append(AuditEntry.at < wanted.until + timedelta(days=1))
    if wanted.before_id is not None:
        found.append(AuditEntry.id < wanted.before_id)
    return found


def _entry(row: AuditEntry) -> Entry:
    return Entry(
        id=row.id,
        at=row.at,
        user_id=row.user_id,
        actor=row.actor,
        act=str(row.act),
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        facts=dict(row.facts),
        reason=row.reason,
        is_sealed=row.sequence is not None,
    )
