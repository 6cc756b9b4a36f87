"""A colleague's work passes to another: for a leave, or before the account closes (moment 3h)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from outreach.accounts.codes import Role
from outreach.accounts.leaving import add_leaving_check
from outreach.accounts.models import RoleGrant, User
from outreach.accounts.queries import grants_of, within
from outreach.accounts.rules import Scope
from outreach.audit.trail import record
from outreach.contact.models import VisitSheet
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.ledger.operations import OpenItems, open_items
from outreach.ledger.operations import hand_over as pass_lines_on

TAKERS = (Role.GRID_WORKER, Role.CALLER, Role.CLINICIAN)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody with what lies with them: figures, no names of residents."""

    user_id: int
    name: str
    roles: tuple[Role, ...]
    items: OpenItems
    sheets_out: int

    @property
    def is_free(self) -> bool:
        """Say whether nothing is left to pass on."""
        return self.items.is_empty and not self.sheets_out


def colleagues(session: Session, *, scope: Scope, now: datetime) -> list[Colleague]:
    """Return those who work with people within the scope, each with what lies with them."""
    rows = session.scalars(
        select(User)
        .where(User.is_active, User.id.in_(_workers(scope)))
        .order_by(User.display_name, User.id)
        .limit(500)
    )
    found = [_colleague(session, user, now) for user in rows]
    return sorted(found, key=lambda c: (c.is_free, -c.items.lines, c.name))


def hand_over(
    session: Session, *, of: int, to: int, scope: Scope, by: int, now: datetime
) -> OpenItems:
    """Pass lines, promised calls, holds, reports and sheets on; both people must work within the scope."""
    for user_id in (of, to):
        if session.scalars(_workers(scope).where(RoleGrant.user_id == user_id)).first() is None:
            raise NotFound("not_found")
    taker = session.get_one(User, to)
    if not taker.is_active:
        raise InvalidInput("colleague_closed", field="to")
    _check_reach(session, of=of, to=to)
    passed = pass_lines_on(session, of=of, to=to)
    for sheet in session.scalars(
        select(VisitSheet).where(VisitSheet.made_by == of, VisitSheet.returned_at.is_(None))
    ):
        sheet.made_by = to
    session.flush()
    record(
        session,
        act="handed_over",
        subject=("user", of),
        by=by,
        now=now,
        facts={
            "to": to,
            "lines": passed.lines,
            "promised_calls": passed.promised_calls,
            "reviews": passed.reviews,
        },
    )
    return passed


def _check_reach(session: Session, *, of: int, to: int) -> None:
    """Refuse a taker who could not see what they are given (N6)."""
    reach = [grant.path for grant in grants_of(session, to) if grant.role in TAKERS]
    for grant in grants_of(session, of):
        if grant.role in TAKERS and not any(grant.path.startswith(path) for path in reach):
            raise InvalidInput("colleague_elsewhere", field="to")


def _workers(scope: Scope) -> Select[int]:
    return select(RoleGrant.user_id).where(
        RoleGrant.revoked_at.is_(None),
        RoleGrant.role.in_(TAKERS),
        within(scope, RoleGrant.area_id),
    )


def _colleague(session: Session, user: User, now: datetime) -> Colleague:
    held = {grant.role for grant in grants_of(session, user.id)}
    return Colleague(
        user_id=user.id,
        name=user.display_name,
        roles=tuple(role for role in TAKERS if role in held),
        items=open_items(session, user_id=user.id, now=now),
        sheets_out=_sheets_out(session, user.id),
    )


def _sheets_out(session: Session, user_id: int) -> int:
    question = select(func.count()).select_from(VisitSheet)
    mine = question.where(VisitSheet.made_by == user_id, VisitSheet.returned_at.is_(None))
    return session.scalar(mine) or 0


def _left(session: Session, user_id: int, now: datetime) -> int:
    items = open_items(session, user_id=user_id, now=now)
    return items.lines + items.reviews + _sheets_out(session, user_id)


add_leaving_check("work_with_people", _left)
