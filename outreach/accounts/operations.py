"""Writes of accounts: users, their rights, their passwords and their language."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.accounts.codes import Role
from outreach.accounts.leaving import check_may_leave
from outreach.accounts.models import OneTimeLink, RoleGrant, Sitting, User
from outreach.accounts.passwords import hash_password, is_right, weakness
from outreach.accounts.queries import find_user, get_user, user_line
from outreach.accounts.rules import Scope, may_grant
from outreach.audit.trail import record
from outreach.kernel.errors import InvalidInput, NotFound, OutreachError, StaleVersion
from outreach.places.queries import get_area

USERNAME = re.compile(r"[\w.\-]{2,40}")


class LastAdministrator(OutreachError):
    """Nobody would be left who can give rights."""

    status = 409


class NotYourself(OutreachError):
    """One's own account cannot be closed, nor one's own rights changed."""

    status = 409


def fold_username(text: str) -> str:
    """Return the form in which user names are kept and compared."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def add_user(
    session: Session, *, username: str, display_name: str, now: datetime, by: int | None
) -> User:
    """Add an account without password; it opens by a one-time link."""
    name = fold_username(username)
    if not USERNAME.fullmatch(name):
        raise InvalidInput("username_form", field="username")
    if not display_name.strip():
        raise InvalidInput("name_missing", field="display_name")
    if find_user(session, name) is not None:
        raise InvalidInput("username_taken", field="username")
    user = User(username=name, display_name=display_name.strip(), created_at=now)
    session.add(user)
    session.flush()
    record(session, act="user_added", subject=("user", user.id), by=by, now=now)
    return user


def rename_user(
    session: Session,
    *,
    user_id: int,
    display_name: str,
    version: int,
    scope: Scope,
    by: int,
    now: datetime,
) -> None:
    """Change the shown name; StaleVersion when someone else changed the account meanwhile."""
    user = _managed(session, user_id, scope)
    if user.version != version:
        raise StaleVersion("stale_version")
    if not display_name.strip():
        raise InvalidInput("name_missing", field="display_name")
    user.display_name = display_name.strip()
    record(
        session,
        act="user_renamed",
        subject=("user", user_id),
        by=by,
        now=now,
        facts={"fields": ["display_name"]},
    )


def grant_role(
    session: Session,
    *,
    user_id: int,
    role: Role,
    area_id: int,
    scope: Scope,
    by: int,
    now: datetime,
    sees_names: bool = False,
) -> RoleGrant:
    """Give a role over an area within the giver's own scope."""
    user = _managed(session, user_id, scope)
    area = get_area(session, area_id)
    if not may_grant(scope, area.path):
        raise NotFound("area")
    if user_id == by:
        raise NotYourself
    grant = session.scalars(
        select(RoleGrant).where(
            RoleGrant.user_id == user_id,
            RoleGrant.role == role,
            RoleGrant.area_id == area_id,
            RoleGrant.revoked_at.is_(None),
        )
    ).first()
    if grant is None:
        grant = RoleGrant(user_id=user_id, role=role, area_id=area_id, granted_at=now)
        session.add(grant)
    grant.sees_names, grant.granted_by = sees_names, by
    session.flush()
    record(
        session,
        act="role_granted",
        subject=("user", user.id),
        by=by,
        now=now,
        facts={"role": role, "area_id": area_id, "sees_names": sees_names},
    )
    return grant


def revoke_grant(
    session: Session, *, grant_id: int, scope: Scope, by: int, now: datetime
) -> RoleGrant:
    """Take a role back; every open sitting of the account sees it with its next request."""
    grant = session.get(RoleGrant, grant_id)
    if grant is None or grant.revoked_at is not None:
        raise NotFound("grant")
    _managed(session, grant.user_id, scope)
    if grant.user_id == by:
        raise NotYourself
    grant.revoked_at = now
    session.flush()
    _check_administrator_left(session)
    record(
        session,
        act="role_revoked",
        subject=("user", grant.user_id),
        by=by,
        now=now,
        facts={"role": grant.role, "area_id": grant.area_id},
    )
    return grant


def restore_grant(
    session: Session, *, grant_id: int, scope: Scope, by: int, now: datetime
) -> RoleGrant:
    """Give back a role that was taken (the undo of ``revoke_grant``)."""
    grant = session.get(RoleGrant, grant_id)
    if grant is None:
        raise NotFound("grant")
    return grant_role(
        session,
        user_id=grant.user_id,
        role=grant.role,
        area_id=grant.area_id,
        scope=scope,
        by=by,
        now=now,
        sees_names=grant.sees_names,
    )


def close_account(session: Session, *, user_id: int, scope: Scope, by: int, now: datetime) -> None:
    """Close an account: its sittings, links and exports die with it (fault 62)."""
    user = _managed(session, user_id, scope)
    if user_id == by:
        raise NotYourself
    check_may_leave(session, user_id=user_id, now=now)
    user.is_active = False
    session.flush()
    _check_administrator_left(session)
    end_sittings(session, user_id=user_id, now=now)
    session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.user_id == user_id, OneTimeLink.used_at.is_(None))
        .values(expires_at=now)
    )
    record(session, act="user_closed", subject=("user", user_id), by=by, now=now)


def reopen_account(session: Session, *, user_id: int, scope: Scope, by: int, now: datetime) -> None:
    """Open a closed account again, with the rights it had."""
    user = _managed(session, user_id, scope)
    user.is_active = True
    record(session, act="user_reopened", subject=("user", user_id), by=by, now=now)


def set_password(session: Session, *, user: User, password: str, now: datetime) -> None:
    """Set a new password; too easy ones are refused with the reason."""
    fault = weakness(password, about=(user.username, user.display_name))
    if fault:
        raise InvalidInput(fault, field="password")
    user.password_hash = hash_password(password)
    record(session, act="password_set", subject=("user", user.id), by=user.id, now=now)


def change_password(
    session: Session, *, user_id: int, current: str, password: str, now: datetime
) -> None:
    """Change one's own password, knowing the current one; every sitting ends."""
    user = get_user(session, user_id)
    if not is_right(current, user.password_hash):
        raise InvalidInput("password_wrong", field="current")
    set_password(session, user=user, password=password, now=now)
    end_sittings(session, user_id=user_id, now=now)


def set_preferences(
    session: Session,
    *,
    user_id: int,
    language: str | None = None,
    idle_lock_minutes: int | None = None,
) -> None:
    """Keep how one likes to work: language, and after how many idle minutes the screen locks."""
    user = get_user(session, user_id)
    if language is not None:
        user.language = language
    if idle_lock_minutes is not None:
        if not 1 <= idle_lock_minutes <= 60:
            raise InvalidInput("idle_minutes", field="idle_lock_minutes")
        user.idle_lock_minutes = idle_lock_minutes


def end_sittings(session: Session, *, user_id: int, now: datetime) -> None:
    """End every signed-in browser of the account."""
    session.execute(
        update(User)
        .where(User.id == user_id)
        .values(session_epoch=User.session_epoch + 1)
        .execution_options(synchronize_session="fetch")
    )
    session.execute(
        update(Sitting)
        .where(Sitting.user_id == user_id, Sitting.ended_at.is_(None))
        .values(ended_at=now)
    )


def _managed(session: Session, user_id: int, scope: Scope) -> User:
    user_line(session, user_id=user_id, scope=scope)
    return get_user(session, user_id)


def _check_administrator_left(session: Session) -> None:
    left = session.scalars(
        select(User.id)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(User.is_active, RoleGrant.role == Role.ADMINISTRATOR, RoleGrant.revoked_at.is_(None))
        .limit(1)
    ).first()
    if left is None:
        raise LastAdministrator
