"""One-time links that make the first administrator, accept an invitation or set a new password."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from outreach.accounts.codes import LinkPurpose, Role
from outreach.accounts.models import OneTimeLink, RoleGrant, User
from outreach.accounts.operations import add_user, end_sittings, set_password
from outreach.accounts.queries import OpenLink, get_user, open_link
from outreach.accounts.rules import FIRST_LINK_LIFE, LINK_LIFE
from outreach.audit.trail import record
from outreach.kernel.errors import NotFound
from outreach.places.queries import children

TOKEN_BYTES = 24


def token_hash(token: str) -> bytes:
    """Return what the database keeps of a random token."""
    return hashlib.sha256(token.encode()).digest()


def make_link(
    session: Session,
    *,
    purpose: LinkPurpose,
    now: datetime,
    user_id: int | None = None,
    by: int | None = None,
) -> str:
    """Return the token of a new one-time link; an older unused one of the same kind dies with it."""
    same = [OneTimeLink.purpose == purpose, OneTimeLink.used_at.is_(None)]
    same.append(OneTimeLink.user_id == user_id)
    session.execute(update(OneTimeLink).where(*same).values(expires_at=now))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    life = FIRST_LINK_LIFE if purpose is LinkPurpose.FIRST_ADMINISTRATOR else LINK_LIFE
    session.add(
        OneTimeLink(
            token_hash=token_hash(token),
            purpose=purpose,
            user_id=user_id,
            made_by=by,
            expires_at=now + life,
        )
    )
    record(session, act=f"link_made_{purpose}", subject=("user", user_id), by=by, now=now)
    return token


def first_administrator_link(session: Session, *, now: datetime) -> str:
    """Return the token of a link that makes an administrator of everything (printed by the first run)."""
    return make_link(session, purpose=LinkPurpose.FIRST_ADMINISTRATOR, now=now)


def look_at_link(session: Session, *, token: str, now: datetime) -> OpenLink:
    """Return what the link is for, without using it (link previews open it too); NotFound when dead."""
    return open_link(session, token_hash=token_hash(token), now=now)


def use_link(
    session: Session,
    *,
    token: str,
    password: str,
    now: datetime,
    username: str = "",
    display_name: str = "",
) -> User:
    """Use the link once: make or mend the account behind it and set its password."""
    link = look_at_link(session, token=token, now=now)
    taken = session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None))
        .values(used_at=now)
        .returning(OneTimeLink.id)
    ).first()
    if taken is None:  # two browsers opened it at once; the other one was first
        raise NotFound("link_dead")
    if link.purpose is LinkPurpose.FIRST_ADMINISTRATOR:
        user = add_user(session, username=username, display_name=display_name, now=now, by=None)
        for district in children(session, None):
            session.add(
                RoleGrant(
                    user_id=user.id, role=Role.ADMINISTRATOR, area_id=district.id, granted_at=now
                )
            )
    else:
        user = get_user(session, link.user_id or 0)
    set_password(session, user=user, password=password, now=now)
    end_sittings(session, user_id=user.id, now=now)
    record(session, act=f"link_used_{link.purpose}", subject=("user", user.id), by=user.id, now=now)
    return user
