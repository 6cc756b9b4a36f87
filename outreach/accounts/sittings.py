"""Signing in and staying signed in: throttled tries, sittings that lock when idle and die with the account."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from outreach.accounts.links import token_hash
from outreach.accounts.models import Sitting, ThrottleEvent, User
from outreach.accounts.operations import fold_username
from outreach.accounts.passwords import hash_password, is_right, needs_new_hash
from outreach.accounts.queries import actor_of, find_user, get_user
from outreach.accounts.rules import (
    LOGIN_BY_ACCOUNT,
    LOGIN_BY_ADDRESS,
    SITTING_LIFE,
    Actor,
    Throttle,
)
from outreach.audit.trail import record
from outreach.db import vault_of
from outreach.kernel.errors import NotAllowed, TooManyTries

TOUCH_EVERY = timedelta(seconds=60)  # writing "seen" on every request would make reads into writes


class SignInRefused(NotAllowed):
    """Wrong name or password, or a closed account: which of them is not said."""

    status = 422


@dataclass(frozen=True, slots=True)
class Try:
    """A login try that the throttle let through; the stored hash is checked outside any transaction."""

    user_id: int | None
    stored_hash: str | None
    event_ids: tuple[int, ...]

    def fits(self, password: str) -> bool:
        """Return whether the password opens the account (slow on purpose)."""
        return is_right(password, self.stored_hash) and self.user_id is not None


@dataclass(frozen=True, slots=True)
class Seat:
    """A live sitting and who sits there."""

    sitting_id: int
    actor: Actor
    seen_at: datetime
    is_locked: bool


def knock(session: Session, *, throttle: Throttle, who: str, now: datetime) -> int:
    """Count one try at a throttled door and return its event; TooManyTries while the door is shut.

    The try is written before anything is checked, so that tries at the same time all count.
    """
    key = vault_of(session).index(who, purpose=throttle.bucket)
    mine = [ThrottleEvent.bucket == throttle.bucket, ThrottleEvent.who == key]
    times = list(
        session.scalars(
            select(ThrottleEvent.at)
            .where(*mine, ThrottleEvent.at > now - throttle.memory)
            .order_by(ThrottleEvent.at)
            .limit(2000)
        )
    )
    opens_at = throttle.opens_at(times, now)
    if opens_at is not None:
        raise TooManyTries("too_many_tries", minutes=_minutes_until(opens_at, now))
    event = ThrottleEvent(bucket=throttle.bucket, who=key, at=now)
    session.add(event)
    session.flush()
    return event.id


def _minutes_until(then: datetime, now: datetime) -> int:
    return max(1, -int(-(then - now).total_seconds() // 60))


def forgive(session: Session, *, event_ids: tuple[int, ...]) -> None:
    """Take tries back that turned out to be right, so that only wrong ones shut the door."""
    session.execute(delete(ThrottleEvent).where(ThrottleEvent.id.in_(event_ids)))


def begin_try(session: Session, *, username: str, address: str, now: datetime) -> Try:
    """Let a login try through the throttles of its account and its network address (fault 62)."""
    name = fold_username(username)
    user = session.scalars(
        select(User).where(User.username == name).limit(1).with_for_update()
    ).first()
    events = (
        knock(session, throttle=LOGIN_BY_ADDRESS, who=address, now=now),
        knock(session, throttle=LOGIN_BY_ACCOUNT, who=name, now=now),
    )
    open_account = user is not None and user.is_active
    return Try(
        user_id=user.id if user is not None and open_account else None,
        stored_hash=user.password_hash if user is not None and open_account else None,
        event_ids=events,
    )


def refuse_try(session: Session, *, username: str, now: datetime) -> None:
    """Keep a trace of a failed login (the try itself stays counted)."""
    user = find_user(session, fold_username(username))
    record(
        session, act="login_failed", subject=("user", user.id if user else None), by=None, now=now
    )


def accept_try(
    session: Session, *, attempt: Try, password: str, now: datetime, replaces: str = ""
) -> str:
    """Open a sitting for a try that fitted and return the token for its cookie.

    The account's own throttle is forgotten; that of the address only loses this try, so that one
    known password does not reopen the door for guessing others. ``replaces`` ends an older sitting.
    """
    user = get_user(session, attempt.user_id or 0)
    if not user.is_active or user.password_hash != attempt.stored_hash:
        raise SignInRefused  # closed or changed while the password was being checked
    key = vault_of(session).index(user.username, purpose=LOGIN_BY_ACCOUNT.bucket)
    session.execute(
        delete(ThrottleEvent).where(
            ThrottleEvent.bucket == LOGIN_BY_ACCOUNT.bucket, ThrottleEvent.who == key
        )
    )
    forgive(session, event_ids=attempt.event_ids)
    if user.password_hash and needs_new_hash(user.password_hash):
        user.password_hash = hash_password(password)
    return open_sitting(session, user=user, now=now, replaces=replaces)


def open_sitting(session: Session, *, user: User, now: datetime, replaces: str = "") -> str:
    """Sign the user in and return the new token; an older token of this browser dies (ASVS 7.2.4)."""
    if replaces:
        end_sitting(session, token=replaces, now=now)
    token = secrets.token_urlsafe(24)
    session.add(
        Sitting(
            token_hash=token_hash(token),
            user_id=user.id,
            epoch=user.session_epoch,
            started_at=now,
            seen_at=now,
        )
    )
    user.last_login_at = now
    record(session, act="login", subject=("user", user.id), by=user.id, now=now)
    return token


def find_seat(session: Session, *, token: str, now: datetime) -> Seat | None:
    """Return who holds this token, or None when it is unknown, ended, too old or of a closed account."""
    row = session.execute(
        select(Sitting, User)
        .join(User, User.id == Sitting.user_id)
        .where(
            Sitting.token_hash == token_hash(token),
            Sitting.ended_at.is_(None),
            Sitting.epoch == User.session_epoch,
            Sitting.started_at > now - SITTING_LIFE,
            User.is_active,
        )
    ).first()
    if row is None:
        return None
    sitting, user = row
    idle = now - sitting.seen_at
    return Seat(
        sitting_id=sitting.id,
        actor=actor_of(session, user),
        seen_at=sitting.seen_at,
        is_locked=sitting.is_locked or idle > timedelta(minutes=user.idle_lock_minutes),
    )


def touch_sitting(session: Session, *, sitting_id: int, now: datetime) -> None:
    """Note that somebody is at the screen."""
    session.execute(
        update(Sitting)
        .where(Sitting.id == sitting_id, Sitting.seen_at < now, Sitting.is_locked.is_(False))
        .values(seen_at=now)
    )


def lock_sitting(session: Session, *, sitting_id: int) -> None:
    """Lock the screen: the sitting stays, but wants the password again (moment 1h)."""
    session.execute(update(Sitting).where(Sitting.id == sitting_id).values(is_locked=True))


def unlock_sitting(session: Session, *, sitting_id: int, attempt: Try, now: datetime) -> None:
    """Open a locked screen after the password fitted."""
    forgive(session, event_ids=attempt.event_ids)
    session.execute(
        update(Sitting)
        .where(Sitting.id == sitting_id, Sitting.user_id == attempt.user_id)
        .values(is_locked=False, seen_at=now)
    )


def end_sitting(session: Session, *, token: str, now: datetime) -> None:
    """Sign this browser out; its token is worth nothing from now on."""
    session.execute(
        update(Sitting)
        .where(Sitting.token_hash == token_hash(token), Sitting.ended_at.is_(None))
        .values(ended_at=now)
    )


def forget_old(session: Session, *, now: datetime) -> int:
    """Remove sittings and throttle events that no longer decide anything; return how many."""
    old = now - timedelta(days=2)
    sittings = session.execute(
        delete(Sitting).where(Sitting.started_at < old).returning(Sitting.id)
    ).all()
    events = session.execute(
        delete(ThrottleEvent).where(ThrottleEvent.at < old).returning(ThrottleEvent.id)
    ).all()
    return len(sittings) + len(events)
