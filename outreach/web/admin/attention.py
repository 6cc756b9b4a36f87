"""What needs attention: one list of everything that waits for an administrator, each with what to do.

Capabilities add their own watchers with ``add_watcher``; a watcher that fails is itself shown.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.accounts.queries import users_within
from outreach.audit.queries import oldest_unsealed_at
from outreach.web.access import allowed
from outreach.web.acting import Acting, reading
from outreach.web.errors import broke_at
from outreach.web.i18n import _

bp = Blueprint("attention", __name__, url_prefix="/admin")
log = logging.getLogger("outreach.web")
UNSEALED_FOR_TOO_LONG = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that waits for a person. ``tone``: bad (now), warn (soon), info (to know)."""

    title: str
    detail: str
    tone: str = "warn"
    to: str = ""
    action: str = ""

    @property
    def icon(self) -> str:
        """The sign beside the title, so that colour is not the only one."""
        return {"bad": "alert-octagon", "warn": "alert-triangle"}.get(self.tone, "info-circle")


Watcher = Callable[[Acting], list[Matter]]
WATCHERS: list[Watcher] = []
ORDER = {"bad": 0, "warn": 1, "info": 2}


def add_watcher(watcher: Watcher) -> Watcher:
    """Let a capability say what of its own needs attention."""
    WATCHERS.append(watcher)
    return watcher


@bp.get("/attention")
@allowed(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """Show everything that waits, the most urgent first."""
    with reading() as act:
        found = [matter for watcher in WATCHERS for matter in _asked(watcher, act)]
    matters = sorted(found, key=lambda matter: ORDER.get(matter.tone, 3))
    return render_template("admin/attention/index.html", matters=matters)


def _asked(watcher: Watcher, act: Acting) -> list[Matter]:
    try:
        return watcher(act)
    except Exception as error:
        log.error("watcher failed", extra={"watcher": watcher.__name__, **broke_at(error)})  # noqa: TRY400
        return [
            Matter(
                title=_("A check did not run"),
                detail=_("The check “%(name)s” failed; the log says why.", name=watcher.__name__),
                tone="bad",
            )
        ]


@add_watcher
def accounts_without_rights(act: Acting) -> list[Matter]:
    """Name accounts that can sign in but do nothing, and invitations that nobody took up."""
    lines, _total = users_within(act.session, scope=act.scope, only_active=True)
    found = []
    for line in lines:
        if line.grants and line.has_password:
            continue
        if line.grants:
            detail = _("Has not set a password yet. Send the invitation link again?")
        else:
            detail = _("Has no role, so no page opens.")
        found.append(
            Matter(
                title=_("Account %(name)s", name=line.display_name),
                detail=detail,
                tone="info",
                to=url_for("users.show", user_id=line.id),
                action=_("Open the account"),
            )
        )
    return found


@add_watcher
def trail_is_sealed(act: Acting) -> list[Matter]:
    """Say when the audit trail waits to be sealed for too long: the worker stands still."""
    since = oldest_unsealed_at(act.session)
    if since is None or act.now - since < UNSEALED_FOR_TOO_LONG:
        return []
    return [
        Matter(
            title=_("The worker stands still"),
            detail=_(
                "The audit trail has not been sealed for a while, so reminders are not sent either. "
                "Start it: python -m outreach worker"
            ),
            tone="bad",
        )
    ]
