"""When our cars do not suffice: unmet need for leaders, taxi slips to settle, the standby list."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.kernel.errors import NotFound
from outreach.transport.codes import RIDE_RESULTS
from outreach.transport.overflow import reconcile_slip, solve_unmet
from outreach.web.access import allowed
from outreach.web.acting import acting, reading
from outreach.web.dispatch.within import check_leg
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.workflows.unmet_list import (
    counts_of,
    leg_of_slip,
    slip_lines,
    standby_lines,
    unmet_lines,
)

bp = Blueprint("unmet", __name__, url_prefix="/unmet")

AROUND = timedelta(days=14)
MOST_CENTS = 100_000_00


@bp.get("")
@allowed(Role.DISPATCHER, Role.LEADER)
def index() -> ResponseReturnValue:
    """List the rides that could not be given, the slips to settle and who is on standby."""
    form = Form(request.args)
    with reading() as act:
        from_on = form.day("from_on") or act.today - AROUND
        until_on = form.day("until_on") or act.today + AROUND
        lines = unmet_lines(act.session, from_on=from_on, until_on=until_on, scope=act.scope)
        may_settle = act.actor is not None and Role.DISPATCHER in act.actor.roles
        slips = slip_lines(act.session, scope=act.scope) if may_settle else []
        standby = (
            standby_lines(act.session, from_on=act.today, scope=act.scope) if may_settle else []
        )
    return render_template(
        "dispatch/unmet/index.html",
        form=form,
        from_on=from_on,
        until_on=until_on,
        lines=lines,
        counts=counts_of(lines),
        slips=slips,
        standby=standby,
        may_settle=may_settle,
        reasons=RIDE_RESULTS,
    )


@bp.post("/slips/<int:slip_id>")
@allowed(Role.DISPATCHER)
def settle(slip_id: int) -> ResponseReturnValue:
    """Enter what a taxi's receipt says, once."""
    form = Form(request.form)
    with form.catching():
        amount = form.decimal("amount", least=0, most=MOST_CENTS / 100)
        if amount is None:
            form.wrong("amount", "field_required")
        form.check()
        with acting() as act:
            leg_id = leg_of_slip(act.session, slip_id)
            if leg_id is None:
                raise NotFound("taxi_slip", slip_id=slip_id)
            check_leg(act, leg_id)
            cents = round((amount or 0) * 100)
            reconcile_slip(
                act.session, slip_id=slip_id, amount_cents=cents, by=act.user_id, now=act.now
            )
            act.record("slip_settled", ("taxi_slip", slip_id))
        notify(_("The slip is settled."))
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")
    return go(url_for(".index"))


@bp.post("/legs/<int:leg_id>/solved")
@allowed(Role.DISPATCHER)
def solved(leg_id: int) -> ResponseReturnValue:
    """Note how an unmet ride was given after all."""
    form = Form(request.form)
    how = form.text("how", required=True)
    form.check()
    with acting() as act:
        check_leg(act, leg_id)
        solve_unmet(act.session, leg_id=leg_id, how=how, now=act.now)
        act.record("unmet_solved", ("ride_leg", leg_id))
    notify(_("Noted: this ride was given after all."))
    return go(url_for(".index"))
