"""What must be passed on before an account closes: capabilities that hang work on people ask here (3h).

Accounts lie below what people work on, so they cannot look themselves: whoever keeps such work adds a check.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.kernel.errors import OutreachError

Check = Callable[[Session, int, datetime], int]
_CHECKS: dict[str, Check] = {}


class WorkLeft(OutreachError):
    """The account still has work that nobody else would see; ``count`` says how much."""

    status = 409


def add_leaving_check(name: str, check: Check) -> None:
    """Let a capability count what lies with somebody; anything above nothing keeps the account open."""
    _CHECKS[name] = check


def check_may_leave(session: Session, *, user_id: int, now: datetime) -> None:
    """Raise WorkLeft unless everything that lies with the account was passed on."""
    count = sum(check(session, user_id, now) for check in _CHECKS.values())
    if count:
        raise WorkLeft("work_left", count=count)
