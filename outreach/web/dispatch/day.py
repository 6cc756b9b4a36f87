"""The dispatcher's day on one page: people without a car, runs, map; opening runs, crews, publishing."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.transport.runs import CrewOf, open_runs_from_shifts
from outreach.web.access import allowed
from outreach.web.acting import acting, reading
from outreach.web.dispatch.boards import again, board_of, day_asked, shown, with_diff
from outreach.web.dispatch.within import checked
from outreach.web.forms import Form
from outreach.web.htmx import go, page_or_fragment
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.visit import services
from outreach.workflows.crew_run import crew_run
from outreach.workflows.publish_runs import publish_runs

bp = Blueprint("day", __name__, url_prefix="/day")


@bp.get("")
@allowed(Role.DISPATCHER)
def show() -> ResponseReturnValue:
    """Show the whole day; ``leg`` in the address shows where that ride would fit."""
    with reading() as act:
        on = day_asked(act)
    leg_id = Form(request.args).whole("leg")
    return page_or_fragment(
        "dispatch/day/show.html", "dispatch/day/_board.html", **shown(act, on, leg_id=leg_id)
    )


@bp.post("/runs/open")
@allowed(Role.DISPATCHER)
def open_runs() -> ResponseReturnValue:
    """Open a run for every driver on shift with a car."""
    with acting() as act:
        on = day_asked(act)
        opened = open_runs_from_shifts(act.session, on=on, by=act.user_id, now=act.now)
    if opened:
        notify(_("Runs opened: %(count)s.", count=len(opened)))
    else:
        notify(_("Nobody with a car is on shift without a run."), kind="info")
    return again(act, on)


@bp.post("/runs/<int:run_id>/crew")
@allowed(Role.DISPATCHER)
@with_diff
def crew(run_id: int) -> ResponseReturnValue:
    """Change car, driver or escort of a run."""
    form = Form(request.values)
    version, car = form.whole("version", required=True), form.whole("car", required=True)
    form.check()
    act, shared = checked(run_ids=(run_id,)), services()
    wanted = CrewOf(car or 0, form.whole("driver"), form.whole("escort"))
    crew_run(
        shared.database,
        shared.travel_times,
        run_id=run_id,
        version=version or 0,
        crew=wanted,
        by=act.user_id,
        now=act.now,
    )
    notify(_("Car and crew are changed."))
    return again(act, day_asked(act))


@bp.post("/publish")
@allowed(Role.DISPATCHER)
@with_diff
def publish() -> ResponseReturnValue:
    """Turn the times of the chosen runs into promises: families are told."""
    chosen = [part.partition(":") for part in request.form.getlist("run")]
    versions = {int(i): int(v) for i, _sep, v in chosen if i.isdigit() and v.isdigit()}
    act, shared = checked(run_ids=tuple(versions)), services()
    done = publish_runs(
        shared.database, shared.travel_times, versions=versions, by=act.user_id, now=act.now
    )
    notify(_("Published. Families to be told: %(count)s.", count=len(done.told)))
    return go(url_for("links.index", on=day_asked(act).isoformat()))


@bp.get("/runs/<int:run_id>/sheet")
@allowed(Role.DISPATCHER)
def sheet(run_id: int) -> ResponseReturnValue:
    """Show one run as a sheet to print for whoever has no phone."""
    act = checked(run_ids=(run_id,))
    board = board_of(act, day_asked(act))
    run = next((run for run in board.runs if run.run_id == run_id), None)
    return render_template("dispatch/day/sheet.html", run=run, board=board)
