"""Writing the audit trail: what was done or seen, by whom, to what, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from outreach.audit.models import AuditEntry

Subject = tuple[str, int | None]
Fact = str | int | float | bool | None | list[str] | list[int]


class Act(StrEnum):
    """Acts that more than one capability writes; each capability names its own besides."""

    VIEW = "view"
    EXPORT = "export"


def record(
    session: Session,
    *,
    act: str,
    subject: Subject,
    by: int | None,
    now: datetime,
    facts: Mapping[str, Fact] | None = None,
    reason: str = "",
    actor: str = "",
) -> AuditEntry:
    """Add one entry within the caller's own transaction, so that act and trace live or die together.

    ``facts`` hold ids, field names, codes and keyed hashes only: never a name, a number or a value
    of a person, so that erasure never has to touch the trail. ``actor`` says what kind of hand it was
    when no user stands behind it: ``worker``, ``field_link``, ``family_link``, ``provider``.
    """
    kind, subject_id = subject
    entry = AuditEntry(
        at=now,
        user_id=by,
        actor=actor or ("user" if by is not None else "system"),
        act=str(act),
        subject_kind=kind,
        subject_id=subject_id,
        facts={key: _plain(value) for key, value in (facts or {}).items()},
        reason=reason,
    )
    session.add(entry)
    return entry


def record_view(
    session: Session,
    *,
    subject: Subject,
    by: int | None,
    now: datetime,
    page: str,
    actor: str = "",
) -> AuditEntry:
    """Note that someone was shown a person's details, and on which page (design §8)."""
    return record(
        session, act=Act.VIEW, subject=subject, by=by, now=now, facts={"page": page}, actor=actor
    )


def _plain(value: Fact) -> Fact:
    return str(value) if isinstance(value, StrEnum) else value
