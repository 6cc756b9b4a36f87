"""Backups: when the last one succeeded, which files lie there, and one more on request (moment 1g)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.backups import back_up_now, last_backup_at
from outreach.web.access import allowed
from outreach.web.acting import Acting, reading
from outreach.web.admin.attention import Matter, add_watcher
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.visit import services

bp = Blueprint("backups", __name__, url_prefix="/admin/backups")

TOO_OLD = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class BackupFile:
    """One backup file on this machine."""

    name: str
    made_at: datetime
    megabytes: float


def _files() -> list[BackupFile]:
    folder = services().settings.instance / "backups"
    found = [
        BackupFile(
            name=path.name,
            made_at=datetime.fromtimestamp(path.stat().st_mtime, tz=UTC),
            megabytes=round(path.stat().st_size / 1_000_000, 1),
        )
        for path in folder.glob("*.backup")
    ]
    return sorted(found, key=lambda file: file.made_at, reverse=True)


@bp.get("")
@allowed(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """Show when the last backup succeeded and which files there are."""
    with reading() as act:
        last = last_backup_at(act.session)
    return render_template("admin/backups/index.html", last=last, files=_files())


@bp.post("")
@allowed(Role.ADMINISTRATOR)
def make() -> ResponseReturnValue:
    """Make a backup now."""
    with reading() as act:
        by, now = act.user_id, act.real_now
    back_up_now(services().database, services().settings.instance, now=now, by=by)
    notify(_("The backup is written."))
    return go(url_for(".index"))


@add_watcher
def _watch_backups(act: Acting) -> list[Matter]:
    last = last_backup_at(act.session)
    if last is not None and act.real_now - last < TOO_OLD:
        return []
    return [
        Matter(
            title=_("No backup in the last day and a half"),
            detail=_("The worker makes one each night at three; does it run?"),
            to=url_for("backups.index"),
            action=_("Look at the backups"),
        )
    ]
