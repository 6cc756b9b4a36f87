"""Replies waiting to be read: what came in, what it seems to mean, and where to act on it."""

from __future__ import annotations

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.admin.attention import Matter, add_watcher
from outreach.web.htmx import go, page_or_fragment
from outreach.web.i18n import _, _n
from outreach.web.notices import notify
from outreach.web.visit import visit
from outreach.workflows.reply_list import read_reply, replies_to_read, strangers_waiting

bp = Blueprint("inbox", __name__, url_prefix="/replies")

READERS = (Role.GRID_WORKER, Role.CALLER, Role.ADMINISTRATOR)
WORKERS = (Role.GRID_WORKER, Role.CALLER)


def _reads_strangers() -> bool:
    actor = visit().actor
    return actor is not None and Role.ADMINISTRATOR in actor.roles


def _narrow(act: Acting) -> None:
    """Let an administrator read strangers' replies alone: names are for those who work with people (N6)."""
    if act.actor is not None:
        act.scope = act.actor.scope_for(WORKERS)


@bp.get("")
@allowed(*READERS)
def index() -> ResponseReturnValue:
    """Show the replies that nobody has read yet, oldest first."""
    with reading() as act:
        _narrow(act)
        lines = replies_to_read(
            act.session, scope=act.scope, with_strangers=_reads_strangers(), now=act.now
        )
        for line in lines:
            for person in line.people:
                act.saw("resident", person.head.resident_id)
    return page_or_fragment("staff/inbox/index.html", "staff/inbox/_rows.html", lines=lines)


@bp.post("/<int:inbound_id>/read")
@allowed(*READERS)
def read(inbound_id: int) -> ResponseReturnValue:
    """Note that somebody read it and has done what it asks for; messages to the number go on."""
    with acting() as act:
        _narrow(act)
        read_reply(
            act.session,
            inbound_id=inbound_id,
            scope=act.scope,
            with_strangers=_reads_strangers(),
            by=act.user_id,
            now=act.now,
        )
    notify(_("Read. Messages to this number go on."))
    return go(url_for(".index"))


@add_watcher
def strangers(act: Acting) -> list[Matter]:
    """Say that replies of unknown numbers wait: nobody's list shows them."""
    count = strangers_waiting(act.session)
    if not count:
        return []
    title = _n(
        "%(num)d reply from a number that nobody has",
        "%(num)d replies from numbers that nobody has",
        count,
    )
    detail = _("Nothing goes out to these numbers until somebody has read them.")
    return [Matter(title, detail, "warn", url_for("inbox.index"), _("Read them"))]
