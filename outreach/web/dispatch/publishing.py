"""Before publishing: which families would be told what, which told times would move, what stands against it."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.web.access import allowed
from outreach.web.acting import reading
from outreach.web.dispatch.plans import day_asked
from outreach.web.dispatch.words import BREACH_LABELS
from outreach.web.visit import services
from outreach.workflows.publish_sheet import publish_sheet

bp = Blueprint("publishing", __name__, url_prefix="/day/publishing")


@bp.get("")
@allowed(Role.DISPATCHER)
def preview() -> ResponseReturnValue:
    """Show run by run what publishing would tell and whether it may be done."""
    with reading() as act:
        on = day_asked(act)
    shared = services()
    sheet = publish_sheet(shared.database, shared.travel_times, on=on, scope=act.scope, now=act.now)
    return render_template("dispatch/publishing/preview.html", sheet=sheet, breaches=BREACH_LABELS)
