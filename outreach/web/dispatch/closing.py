"""The day's closing proof: everyone our car brought, everyone handed over, and who is missing (N2)."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.places.queries import area_ids_within, areas_at
from outreach.transport.codes import HANDOVER_LABELS
from outreach.web.access import allowed
from outreach.web.acting import acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.workflows.close_day import close_day, day_proof
from outreach.workflows.day_matters import day_matters

bp = Blueprint("closing", __name__, url_prefix="/closing")


@bp.get("")
@allowed(Role.DISPATCHER)
def show() -> ResponseReturnValue:
    """Show the proof of a day for each area that the dispatcher answers for."""
    with reading() as act:
        on = Form(request.args).day("on") or act.today
        areas = areas_at(act.session, act.scope.paths)
        proofs = [(area.name, day_proof(act.session, on=on, area_id=area.id)) for area in areas]
        calls = day_matters(
            act.session, on=on, now=act.now, area_ids=area_ids_within(act.session, act.scope.paths)
        ).calls
    return render_template(
        "dispatch/closing/show.html",
        on=on,
        before=on - timedelta(days=1),
        after=on + timedelta(days=1),
        proofs=proofs,
        calls=calls,
        kinds=HANDOVER_LABELS,
    )


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
