"""The day's closing proof: everyone our car brought, everyone handed over, and who is missing (N2)."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.places.queries import areas_at
from outreach.web.access import allowed
from outreach.web.acting import acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.workflows.close_day import close_day, day_proof

bp = Blueprint("closing", __name__, url_prefix="/closing")


@bp.get("")
@allowed(Role.DISPATCHER)
def show() -> ResponseReturnValue:
    """Show the proof of a day for each area that the dispatcher answers for."""
    with reading() as act:
        on = Form(request.args).day("on") or act.today
        areas = areas_at(act.session, act.scope.paths)
        proofs = [(area, day_proof(act.session, on=on, area_id=area.id)) for area in areas]
    return render_template("dispatch/closing/show.html", on=on, proofs=proofs)


@bp.post("")
@allowed(Role.DISPATCHER)
def close() -> ResponseReturnValue:
    """Close a day; refused while somebody is not handed over."""
    form = Form(request.form)
    on, area_id = form.day("on", required=True), form.whole("area", required=True)
    form.check()
    with acting() as act:
        act.check_area(area_id)
        close_day(
            act.session, on=on or act.today, area_id=area_id or 0, by=act.user_id, now=act.now
        )
    notify(_("The day is closed: everyone is home."))
    return go(url_for(".show", on=on.isoformat() if on else None))
