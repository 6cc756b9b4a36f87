"""Planning by the engine: asked for, watched, compared, accepted in whole or by run, taken back."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.tasks.operations import cancel_task
from outreach.transport.plan_result import PlanKind
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.dispatch.plan_words import (
    CAUSE_LABELS,
    KIND_LABELS,
    REASON_LABELS,
)
from outreach.web.filters import listed
from outreach.web.forms import Form
from outreach.web.htmx import go, page_or_fragment
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.visit import services
from outreach.workflows.accept_plan import accept_plan
from outreach.workflows.copy_day import copy_day
from outreach.workflows.make_plan import Order, ask_plan
from outreach.workflows.plan_sheet import PlanSheet, plan_lines, plan_sheet
from outreach.workflows.undo_plan import discard_plan, undo_plan

bp = Blueprint("plans", __name__, url_prefix="/day/plans")

ASKED = (PlanKind.DAY, PlanKind.REST, PlanKind.REPLAN)


def day_asked(act: Acting) -> date:
    """Return the day that the request is about, today when it names none."""
    return Form(request.values).day("on") or act.today


@bp.get("")
@allowed(Role.DISPATCHER)
def index() -> ResponseReturnValue:
    """List the plans of a day and offer to make one."""
    with reading() as act:
        on = day_asked(act)
        lines = plan_lines(act.session, on=on, scope=act.scope)
    return page_or_fragment(
        "dispatch/plans/index.html",
        "dispatch/plans/_lines.html",
        lines=lines,
        on=on,
        kinds=KIND_LABELS,
        causes=CAUSE_LABELS,
    )


@bp.post("")
@allowed(Role.DISPATCHER)
def ask() -> ResponseReturnValue:
    """Ask for a plan of the day; the worker makes it while its page shows how far it is."""
    form = Form(request.form)
    kind = PlanKind(form.code("kind", [k.value for k in ASKED]) or "day")
    form.check()
    with acting() as act:
        order = Order(day_asked(act), kind, with_requests=form.yes("with_requests"))
        plan = ask_plan(act.session, order=order, scope=act.scope, by=act.user_id, now=act.now)
    return go(url_for(".show", plan_id=plan.id))


@bp.post("/copy")
@allowed(Role.DISPATCHER)
def copy() -> ResponseReturnValue:
    """Open runs like those of a past day."""
    form = Form(request.form)
    from_on = form.day("from_on", required=True)
    form.check()
    with acting() as act:
        on = day_asked(act)
        done = copy_day(
            act.session,
            from_on=from_on or on,
            to_on=on,
            scope=act.scope,
            by=act.user_id,
            now=act.now,
        )
    notify(_("Runs opened: %(count)s.", count=done.opened))
    if done.short_of_crew:
        notify(
            _("Without their usual crew: %(plates)s", plates=listed(done.short_of_crew)),
            kind="warning",
        )
    if done.left_out:
        notify(
            _("Not fit or not free that day: %(plates)s", plates=listed(done.left_out)),
            kind="warning",
        )
    return go(url_for("day.show", on=on.isoformat()))


def _sheet(act: Acting, plan_id: int) -> PlanSheet:
    return plan_sheet(act.session, plan_id=plan_id, scope=act.scope)


@bp.get("/<int:plan_id>")
@allowed(Role.DISPATCHER)
def show(plan_id: int) -> ResponseReturnValue:
    """Show a plan: progress and best so far while it is made, then the comparison."""
    with reading() as act:
        sheet = _sheet(act, plan_id)
    return page_or_fragment(
        "dispatch/plans/show.html",
        "dispatch/plans/_sheet.html",
        sheet=sheet,
        kinds=KIND_LABELS,
        causes=CAUSE_LABELS,
        reasons=REASON_LABELS,
    )


@bp.post("/<int:plan_id>/stop")
@allowed(Role.DISPATCHER)
def stop(plan_id: int) -> ResponseReturnValue:
    """Stop the search; the best found so far is kept."""
    with acting() as act:
        sheet = _sheet(act, plan_id)
        if sheet.work is not None and sheet.work.is_going_on:
            cancel_task(act.session, task_id=sheet.work.task_id, now=act.now)
    return go(url_for(".show", plan_id=plan_id))


@bp.post("/<int:plan_id>/accept")
@allowed(Role.DISPATCHER)
def accept(plan_id: int) -> ResponseReturnValue:
    """Accept a plan in whole, or the runs that were ticked with those they exchange people with."""
    form = Form(request.form)
    chosen = [int(text) for text in form.many("run") if text.isdecimal()]
    with reading() as act:
        sheet = _sheet(act, plan_id)
    shared = services()
    done = accept_plan(
        shared.database,
        shared.travel_times,
        plan_id=plan_id,
        run_ids=None if form.yes("whole") else chosen,
        announce=sheet.kind is PlanKind.REPAIR,
        by=act.user_id,
        now=act.now,
    )
    notify(
        _(
            "Accepted: %(runs)s runs. Families told of another time: %(told)s.",
            runs=len(done.run_ids),
            told=len(done.told),
        ),
        undo=url_for(".undo", plan_id=plan_id) if not (done.told or done.booked) else "",
    )
    return go(url_for("day.show", on=sheet.on.isoformat()))


@bp.post("/<int:plan_id>/undo")
@allowed(Role.DISPATCHER)
def undo(plan_id: int) -> ResponseReturnValue:
    """Take an accepted plan back while nothing hangs on it."""
    with reading() as act:
        _sheet(act, plan_id)
    shared = services()
    undo_plan(shared.database, shared.travel_times, plan_id=plan_id, by=act.user_id, now=act.now)
    notify(_("Taken back: the runs are as they were before."))
    return go(url_for(".show", plan_id=plan_id))


@bp.post("/<int:plan_id>/discard")
@allowed(Role.DISPATCHER)
def discard(plan_id: int) -> ResponseReturnValue:
    """Lay a plan aside."""
    with acting() as act:
        sheet = _sheet(act, plan_id)
        discard_plan(act.session, plan_id=plan_id, by=act.user_id, now=act.now)
    notify(_("The plan is laid aside; nothing was changed."))
    return go(url_for("day.show", on=sheet.on.isoformat()))
