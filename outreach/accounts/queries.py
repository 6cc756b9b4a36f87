"""Readings of accounts: who someone is, what they may do, and which rows an area scope lets through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from outreach.accounts.codes import LinkPurpose, Role
from outreach.accounts.models import OneTimeLink, RoleGrant, User
from outreach.accounts.rules import Actor, Grant, Scope
from outreach.kernel.errors import NotFound
from outreach.places.models import Area

PAGE_SIZE = 50


def within(
    scope: Scope, area_column: InstrumentedAttribute[int] | InstrumentedAttribute[int | None]
) -> ColumnElement[bool]:
    """Return the condition that the row's area lies within the scope: put it into every list (N6)."""
    if scope.is_everywhere:
        return true()
    inside = [Area.path.startswith(path, autoescape=True) for path in scope.paths]
    return area_column.in_(select(Area.id).where(or_(*inside))) if inside else ~true()


def check_within(session: Session, *, scope: Scope, area_id: int | None) -> None:
    """Raise NotFound unless the area lies within the scope; outside looks as if nothing was there."""
    if scope.is_everywhere:
        return
    area = session.get(Area, area_id) if area_id is not None else None
    if area is None or not scope.covers(area.path):
        raise NotFound("not_found")


def find_user(session: Session, username: str) -> User | None:
    """Return the account of this user name, or None."""
    return session.scalars(select(User).where(User.username == username).limit(1)).first()


def get_user(session: Session, user_id: int) -> User:
    """Return the account; NotFound when there is none."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("user")
    return user


def grants_of(session: Session, user_id: int) -> tuple[Grant, ...]:
    """Return what the user may do today and where."""
    rows = session.execute(
        select(RoleGrant.role, RoleGrant.area_id, Area.path, RoleGrant.sees_names)
        .join(Area, Area.id == RoleGrant.area_id)
        .where(RoleGrant.user_id == user_id, RoleGrant.revoked_at.is_(None))
        .order_by(RoleGrant.id)
    )
    return tuple(Grant(*row) for row in rows)


def actor_of(session: Session, user: User) -> Actor:
    """Return the account as pages know it."""
    return Actor(
        user_id=user.id,
        username=user.username,
        display_name=user.display_name,
        language=user.language,
        idle_lock_minutes=user.idle_lock_minutes,
        grants=grants_of(session, user.id),
    )


def has_password(session: Session) -> bool:
    """Return whether anybody can sign in here already (a demo's people cannot)."""
    able = select(User.id).where(User.password_hash.is_not(None), User.is_active)
    return session.scalars(able.limit(1)).first() is not None


def first_with_role(session: Session, role: Role) -> User | None:
    """Return the earliest active account that holds the role (the demo steps into it)."""
    question = (
        select(User)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(User.is_active, RoleGrant.role == role, RoleGrant.revoked_at.is_(None))
    )
    return session.scalars(question.order_by(User.id).limit(1)).first()


@dataclass(frozen=True, slots=True)
class GrantLine:
    """One grant as a page shows it."""

    id: int
    role: Role
    area_id: int
    area_name: str
    path: str
    sees_names: bool


@dataclass(frozen=True, slots=True)
class UserLine:
    """One account as a list shows it."""

    id: int
    username: str
    display_name: str
    is_active: bool
    has_password: bool
    last_login_at: datetime | None
    version: int
    grants: tuple[GrantLine, ...]


def users_within(
    session: Session, *, scope: Scope, text: str = "", only_active: bool = False, page: int = 1
) -> tuple[list[UserLine], int]:
    """Return one page of the accounts an administrator of ``scope`` may manage, and how many there are.

    An account with any right outside the scope is not among them (it is somebody else's to manage).
    """
    outside = (
        select(RoleGrant.user_id)
        .where(RoleGrant.revoked_at.is_(None), ~within(scope, RoleGrant.area_id))
        .correlate(None)
    )
    conditions: list[ColumnElement[bool]] = [User.id.not_in(outside)]
    if text:
        conditions.append(
            or_(
                User.username.icontains(text, autoescape=True),
                User.display_name.icontains(text, autoescape=True),
            )
        )
    if only_active:
        conditions.append(User.is_active.is_(True))
    total = session.scalar(select(func.count()).select_from(User).where(*conditions)) or 0
    rows = session.scalars(
        select(User)
        .where(*conditions)
        .order_by(User.is_active.desc(), User.display_name, User.id)
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    ).all()
    grants = _grant_lines(session, [user.id for user in rows])
    return [_line(user, grants.get(user.id, ())) for user in rows], total


def user_line(session: Session, *, user_id: int, scope: Scope) -> UserLine:
    """Return one account with its grants; NotFound unless all of them lie within the scope."""
    user = get_user(session, user_id)
    grants = _grant_lines(session, [user.id]).get(user.id, ())
    if not all(scope.covers(grant.path) for grant in grants):
        raise NotFound("user")
    return _line(user, grants)


def _line(user: User, grants: tuple[GrantLine, ...]) -> UserLine:
    return UserLine(
        id=user.id,
        username=user.username,
        display_name=user.display_name,
        is_active=user.is_active,
        has_password=user.password_hash is not None,
        last_login_at=user.last_login_at,
        version=user.version,
        grants=grants,
    )


def _grant_lines(session: Session, user_ids: list[int]) -> dict[int, tuple[GrantLine, ...]]:
    rows = session.execute(
        select(RoleGrant.user_id, RoleGrant, Area.name, Area.path)
        .join(Area, Area.id == RoleGrant.area_id)
        .where(RoleGrant.user_id.in_(user_ids), RoleGrant.revoked_at.is_(None))
        .order_by(RoleGrant.id)
    )
    lines: dict[int, tuple[GrantLine, ...]] = {}
    for user_id, grant, name, path in rows:
        line = GrantLine(grant.id, grant.role, grant.area_id, name, path, grant.sees_names)
        lines[user_id] = (*lines.get(user_id, ()), line)
    return lines


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A one-time link that still opens."""

    id: int
    purpose: LinkPurpose
    user_id: int | None
    username: str
    display_name: str
    expires_at: datetime


def open_link(session: Session, *, token_hash: bytes, now: datetime) -> OpenLink:
    """Return the unused, unexpired link of this hash; NotFound otherwise, whatever the cause."""
    row = session.execute(
        select(OneTimeLink, User)
        .outerjoin(User, User.id == OneTimeLink.user_id)
        .where(
            OneTimeLink.token_hash == token_hash,
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > now,
        )
    ).first()
    if row is None or (row[1] is not None and not row[1].is_active):
        raise NotFound("link_dead")
    link, user = row
    return OpenLink(
        id=link.id,
        purpose=link.purpose,
        user_id=link.user_id,
        username=user.username if user else "",
        display_name=user.display_name if user else "",
        expires_at=link.expires_at,
    )


def names_of(session: Session, user_ids: set[int]) -> dict[int, str]:
    """Return the shown names of accounts."""
    rows = session.execute(select(User.id, User.display_name).where(User.id.in_(user_ids)))
    return {row.id: row.display_name for row in rows}


def user_ids_within(session: Session, *, scope: Scope) -> frozenset[int] | None:
    """Return the accounts that hold rights only within the scope, or None when it is every district."""
    districts = session.scalars(select(Area.path).where(Area.parent_id.is_(None)))
    if all(scope.covers(path) for path in districts):
        return None
    inside = select(RoleGrant.user_id).where(within(scope, RoleGrant.area_id))
    outside = select(RoleGrant.user_id).where(~within(scope, RoleGrant.area_id))
    rows = session.scalars(select(User.id).where(User.id.in_(inside), User.id.not_in(outside)))
    return frozenset(rows)
