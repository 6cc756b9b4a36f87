"""The dispatcher's day: people without a car, runs by hand with the exact check, publishing, field links."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.transport.board import Board, TryOut
from outreach.transport.runs import CrewOf, open_runs_from_shifts
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.dispatch.picture import map_of, timelines
from outreach.web.dispatch.within import checked
from outreach.web.dispatch.words import BREACH_LABELS, UNFIT_LABELS
from outreach.web.forms import Form
from outreach.web.htmx import go, page_or_fragment, partial_or_redirect
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.visit import services
from outreach.workflows.assign_leg import assign_leg, move_stop, unassign_leg
from outreach.workflows.crew_run import crew_run
from outreach.workflows.day_board import day_board, try_insertions
from outreach.workflows.publish_runs import publish_runs

bp = Blueprint("day", __name__, url_prefix="/day")


def _day_asked(act: Acting) -> date:
    return Form(request.values).day("on") or act.today


def _board(act: Acting, on: date) -> Board:
    shared = services()
    return day_board(shared.database, shared.travel_times, on=on, now=act.now, scope=act.scope)


def _shown(
    board: Board, *, tried: tuple[TryOut, ...] = (), leg_id: int | None = None
) -> dict[str, object]:
    legs = {leg.leg_id: leg for leg in board.without_car}
    legs.update({stop.leg.leg_id: stop.leg for run in board.runs for stop in run.stops})
    return {
        "board": board,
        "before": board.on - timedelta(days=1),
        "after": board.on + timedelta(days=1),
        "timelines": timelines(board),
        "map": map_of(board, tiles=services().settings.map_tiles),
        "tried": tried,
        "chosen": legs.get(leg_id) if leg_id is not None else None,
        "runs_by_id": {run.run_id: run for run in board.runs},
        "breaches": BREACH_LABELS,
        "unfit": UNFIT_LABELS,
    }


@bp.get("")
@allowed(Role.DISPATCHER)
def show() -> ResponseReturnValue:
    """Show the whole day; ``leg`` in the address shows where that ride would fit."""
    with reading() as act:
        on = _day_asked(act)
    leg_id = Form(request.args).whole("leg")
    tried: tuple[TryOut, ...] = ()
    if leg_id is not None:
        tried = _try(leg_id)
    return page_or_fragment(
        "dispatch/day/show.html",
        "dispatch/day/_board.html",
        **_shown(_board(act, on), tried=tried, leg_id=leg_id),
    )


def _try(leg_id: int) -> tuple[TryOut, ...]:
    act, shared = checked(leg_ids=(leg_id,)), services()
    return try_insertions(
        shared.database, shared.travel_times, leg_id=leg_id, now=act.now, scope=act.scope
    )


def _again(act: Acting, on: date) -> ResponseReturnValue:
    to = url_for(".show", on=on.isoformat())
    return partial_or_redirect("dispatch/day/_board.html", to=to, **_shown(_board(act, on)))


@bp.post("/legs/<int:leg_id>/assign")
@allowed(Role.DISPATCHER)
def assign(leg_id: int) -> ResponseReturnValue:
    """Take a ride into a run at its cheapest fitting place."""
    form = Form(request.form)
    run_id, version = form.whole("run", required=True), form.whole("version", required=True)
    form.check()
    act, shared = checked(run_ids=(run_id or 0,), leg_ids=(leg_id,)), services()
    assign_leg(
        shared.database,
        shared.travel_times,
        leg_id=leg_id,
        run_id=run_id or 0,
        run_version=version or 0,
        by=act.user_id,
        now=act.now,
    )
    notify(_("The ride is on the run."))
    return _again(act, _day_asked(act))


@bp.post("/legs/<int:leg_id>/release")
@allowed(Role.DISPATCHER)
def release(leg_id: int) -> ResponseReturnValue:
    """Take a ride off its run; it waits for a car again."""
    version = Form(request.form).whole("version", required=True) or 0
    act, shared = checked(leg_ids=(leg_id,)), services()
    unassign_leg(
        shared.database,
        shared.travel_times,
        leg_id=leg_id,
        run_version=version,
        by=act.user_id,
        now=act.now,
    )
    notify(_("The ride waits for a car again."))
    return _again(act, _day_asked(act))


@bp.post("/runs/<int:run_id>/stops/<int:stop_id>/move")
@allowed(Role.DISPATCHER)
def move(run_id: int, stop_id: int) -> ResponseReturnValue:
    """Move a stop to another position of its run; an order that breaks anything is refused with reasons."""
    form = Form(request.form)
    version, position = form.whole("version", required=True), form.whole("to", required=True)
    form.check()
    act, shared = checked(run_ids=(run_id,)), services()
    move_stop(
        shared.database,
        shared.travel_times,
        stop_id=stop_id,
        run_id=run_id,
        run_version=version or 0,
        to_position=position or 0,
        by=act.user_id,
        now=act.now,
    )
    return _again(act, _day_asked(act))


@bp.post("/runs/open")
@allowed(Role.DISPATCHER)
def open_runs() -> ResponseReturnValue:
    """Open a run for every driver on shift with a car."""
    with acting() as act:
        on = _day_asked(act)
        opened = open_runs_from_shifts(act.session, on=on, by=act.user_id, now=act.now)
    if opened:
        notify(_("Runs opened: %(count)s.", count=len(opened)))
    else:
        notify(_("Nobody with a car is on shift without a run."), kind="info")
    return _again(act, on)


@bp.post("/runs/<int:run_id>/crew")
@allowed(Role.DISPATCHER)
def crew(run_id: int) -> ResponseReturnValue:
    """Change car, driver or escort of a run."""
    form = Form(request.form)
    version, car = form.whole("version", required=True), form.whole("car", required=True)
    form.check()
    act, shared = checked(run_ids=(run_id,)), services()
    crew_run(
        shared.database,
        shared.travel_times,
        run_id=run_id,
        version=version or 0,
        crew=CrewOf(
            vehicle_id=car or 0, driver_id=form.whole("driver"), escort_id=form.whole("escort")
        ),
        by=act.user_id,
        now=act.now,
    )
    notify(_("Car and crew are changed."))
    return _again(act, _day_asked(act))


@bp.post("/publish")
@allowed(Role.DISPATCHER)
def publish() -> ResponseReturnValue:
    """Turn the times of the chosen runs into promises: families are told."""
    chosen = [part.partition(":") for part in request.form.getlist("run")]
    versions = {int(i): int(v) for i, _sep, v in chosen if i.isdigit() and v.isdigit()}
    act, shared = checked(run_ids=tuple(versions)), services()
    if not versions:
        notify(_("Choose at least one run that carries people."), kind="warning")
        return _again(act, _day_asked(act))
    done = publish_runs(
        shared.database, shared.travel_times, versions=versions, by=act.user_id, now=act.now
    )
    notify(_("Published. Families to be told: %(count)s.", count=len(done.told)))
    return go(url_for("links.index", on=_day_asked(act).isoformat()))


@bp.get("/runs/<int:run_id>/sheet")
@allowed(Role.DISPATCHER)
def sheet(run_id: int) -> ResponseReturnValue:
    """Show one run as a sheet to print for whoever has no phone."""
    act = checked(run_ids=(run_id,))
    board = _board(act, _day_asked(act))
    run = next((run for run in board.runs if run.run_id == run_id), None)
    return render_template("dispatch/day/sheet.html", run=run, board=board)
