"""Opt-outs of a number or a person, by purpose; they end only by a new word of theirs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.contact.codes import OptOutScope
from outreach.contact.message_models import OptOut
from outreach.db import vault_of
from outreach.kernel.errors import InvalidInput, NotFound


def opt_out(
    session: Session,
    *,
    number_index: bytes | None,
    resident_id: int | None,
    scope: OptOutScope,
    source: str,
    now: datetime,
    by: int | None = None,
) -> OptOut:
    """Record an opt-out; one that stands already, at least as wide, is returned unchanged."""
    if number_index is None and resident_id is None:
        raise InvalidInput("opt_out_of_whom", field="number")
    for row in standing(session, number_index=number_index, resident_id=resident_id):
        same = row.number_index == number_index and row.resident_id == resident_id
        if same and (row.scope is OptOutScope.EVERYTHING or row.scope is scope):
            return row
    made = OptOut(
        number_index=number_index,
        resident_id=resident_id,
        scope=scope,
        source=source,
        recorded_by=by,
        at=now,
    )
    session.add(made)
    session.flush()
    return made


def opt_out_numbers(
    session: Session,
    *,
    numbers: Collection[str],
    scope: OptOutScope,
    source: str,
    now: datetime,
    by: int | None = None,
) -> int:
    """Record the opt-outs of a whole list of numbers (E.164); return how many are new."""
    vault = vault_of(session)
    wanted = {vault.index(number, purpose="phone") for number in numbers}
    known: set[bytes] = set()
    indexes = sorted(wanted)
    for start in range(0, len(indexes), 500):
        question = select(OptOut.number_index).where(
            OptOut.number_index.in_(indexes[start : start + 500]),
            OptOut.ended_at.is_(None),
            OptOut.scope.in_([scope, OptOutScope.EVERYTHING]),
        )
        known.update(index for index in session.scalars(question) if index is not None)
    session.add_all(
        OptOut(number_index=index, scope=scope, source=source, recorded_by=by, at=now)
        for index in indexes
        if index not in known
    )
    session.flush()
    return len(wanted - known)


def end_opt_out(
    session: Session, *, opt_out_id: int, reason: str, by: int | None, now: datetime
) -> OptOut:
    """End an opt-out because the person asked to hear from us again; the reason is compulsory."""
    row = session.get(OptOut, opt_out_id, with_for_update=True)
    if row is None:
        raise NotFound("opt_out", opt_out_id=opt_out_id)
    if not reason.strip():
        raise InvalidInput("reason_missing", field="reason")
    if row.ended_at is None:
        row.ended_at, row.ended_by, row.end_reason = now, by, reason.strip()
        session.flush()
    return row


def standing(
    session: Session, *, number_index: bytes | None, resident_id: int | None = None
) -> list[OptOut]:
    """Return the opt-outs in force for a number or a person, oldest first."""
    which = []
    if number_index is not None:
        which.append(OptOut.number_index == number_index)
    if resident_id is not None:
        which.append(OptOut.resident_id == resident_id)
    if not which:
        return []
    question = select(OptOut).where(OptOut.ended_at.is_(None), or_(*which)).order_by(OptOut.id)
    return list(session.scalars(question))


def widest(scopes: Collection[OptOutScope]) -> OptOutScope | None:
    """Return the widest of several opt-outs."""
    if OptOutScope.EVERYTHING in scopes:
        return OptOutScope.EVERYTHING
    return OptOutScope.NUDGES if scopes else None
