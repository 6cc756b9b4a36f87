"""Giving ledger lines to colleagues: only lines and people of one's own area, with a trace for each act."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.codes import Role
from outreach.accounts.models import RoleGrant, User
from outreach.accounts.queries import within
from outreach.accounts.rules import Scope
from outreach.audit.trail import record
from outreach.kernel.errors import NotFound
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.operations import assign
from outreach.places.models import Area

WORKERS = (Role.GRID_WORKER, Role.CALLER)


def colleagues(session: Session, *, scope: Scope) -> list[tuple[int, str]]:
    """Return who may look after lines of the scope: workers of it, of a part of it, or of more."""
    rows = session.execute(
        select(User.id, User.display_name, Area.path)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .join(Area, Area.id == RoleGrant.area_id)
        .where(User.is_active, RoleGrant.revoked_at.is_(None), RoleGrant.role.in_(WORKERS))
        .order_by(User.display_name, User.id)
    )
    found = {
        row.id: row.display_name
        for row in rows
        if scope.covers(row.path) or any(path.startswith(row.path) for path in scope.paths)
    }
    return list(found.items())


def assign_lines(
    session: Session,
    *,
    entry_ids: Collection[int],
    to: int | None,
    scope: Scope,
    by: int,
    now: datetime,
) -> int:
    """Give lines to a colleague (None: nobody) and return how many changed hands.

    A line or a colleague outside the scope looks as if it was not there, and nothing changes.
    """
    wanted = set(entry_ids)
    if not wanted:
        return 0
    mine = set(
        session.scalars(
            select(LedgerEntry.id).where(
                LedgerEntry.id.in_(wanted), within(scope, LedgerEntry.community_id)
            )
        )
    )
    if mine != wanted or (to is not None and to not in dict(colleagues(session, scope=scope))):
        raise NotFound("not_found")
    changed = assign(session, entry_ids=sorted(mine), to=to)
    record(
        session,
        act="assigned",
        subject=("user", to),
        by=by,
        now=now,
        facts={"entries": sorted(mine)},
    )
    return changed
