"""Sealing the trail into a chain, and finding the row that was tampered with (fault 67).

Rows are written unsealed, within the act they describe; the tick seals them in the order in which it
finds them. Each seal is keyed with the installation's own key, which lies outside the database, so
that whoever can only write to the database cannot forge one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.audit.models import AuditEntry
from outreach.db import vault_of
from outreach.vault import Vault

BEGINNING = b"\x00" * 32
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that does not fit, and how."""

    sequence: int
    entry_id: int | None
    fault: str  # altered, missing, reordered, cut_off


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a check of the chain found; ``head`` may be kept elsewhere to prove the end later."""

    checked: int
    unsealed: int
    head_sequence: int
    head: str
    broken: Broken | None


def seal_pending(session: Session, *, limit: int = BATCH) -> int:
    """Seal up to ``limit`` unsealed rows in id order and return how many; only the ticking process calls it."""
    vault = vault_of(session)
    last = session.execute(
        select(AuditEntry.sequence, AuditEntry.hash)
        .where(AuditEntry.sequence.is_not(None))
        .order_by(AuditEntry.sequence.desc())
        .limit(1)
    ).first()
    sequence, previous = (last[0] or 0, last[1] or BEGINNING) if last else (0, BEGINNING)
    rows = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.sequence.is_(None))
        .order_by(AuditEntry.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for entry in rows:
        sequence += 1
        entry.sequence, entry.previous_hash = sequence, previous
        entry.hash = previous = _seal(vault, entry, sequence=sequence, previous=previous)
    session.flush()
    return len(rows)


def verify(session: Session, *, known_head: tuple[int, str] | None = None) -> ChainReport:
    """Walk the whole chain and name the first row that does not fit.

    ``known_head`` is (sequence, head) of an earlier report: rows cut off from the end of the chain
    leave no trace inside the database, so only a head noted elsewhere can show that.
    """
    vault, at, previous, broken = vault_of(session), 0, BEGINNING, None
    unsealed = session.scalar(
        select(func.count()).select_from(AuditEntry).where(AuditEntry.sequence.is_(None))
    )
    while broken is None:
        rows = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.sequence > at)
            .order_by(AuditEntry.sequence)
            .limit(BATCH)
        ).all()
        if not rows:
            break
        for entry in rows:
            broken = _fault(vault, entry, expected=at + 1, previous=previous)
            if broken is None and known_head and known_head[0] == entry.sequence:
                same = (entry.hash or b"").hex() == known_head[1]
                broken = None if same else Broken(at + 1, entry.id, "altered")
            if broken is not None:
                break
            at, previous = at + 1, entry.hash or b""
        session.expunge_all()
    if broken is None and known_head is not None and known_head[0] > at:
        broken = Broken(at + 1, None, "cut_off")
    return ChainReport(
        checked=at,
        unsealed=unsealed or 0,
        head_sequence=at,
        head=previous.hex(),
        broken=broken,
    )


def _fault(vault: Vault, entry: AuditEntry, *, expected: int, previous: bytes) -> Broken | None:
    if entry.sequence != expected:
        return Broken(expected, None, "missing")
    if entry.previous_hash != previous:
        return Broken(expected, entry.id, "reordered")
    if entry.hash != _seal(vault, entry, sequence=expected, previous=previous):
        return Broken(expected, entry.id, "altered")
    return None


def _seal(vault: Vault, entry: AuditEntry, *, sequence: int, previous: bytes) -> bytes:
    body = json.dumps(
        [
            sequence,
            entry.id,
            entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            entry.user_id,
            entry.actor,
            str(entry.act),
            entry.subject_kind,
            entry.subject_id,
            entry.facts,
            entry.reason,
        ],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    digest = hashlib.sha256(previous + body.encode()).hexdigest()
    return vault.index(digest, purpose="audit one") + vault.index(digest, purpose="audit two")
