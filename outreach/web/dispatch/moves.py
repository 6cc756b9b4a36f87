"""Editing runs by hand: a ride onto a run, off it, to another; stops in order; locks; each with its undo."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.transport.sheets import RunSheet
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting
from outreach.web.dispatch.boards import KEPT, again, day_asked, with_diff
from outreach.web.dispatch.within import check_run, checked
from outreach.web.forms import Form
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.visit import services
from outreach.workflows.assign_leg import assign_leg, move_leg, move_stop, reorder, unassign_leg
from outreach.workflows.lock_run import lock_by_hand

bp = Blueprint("moves", __name__, url_prefix="/day")


def _run_before(
    act: Acting, *, run_id: int | None = None, leg_id: int | None = None
) -> RunSheet | None:
    """Return a run (or the run of a leg) as it stands before the act, for its undo."""
    shared = services()
    day = KEPT.day(
        shared.database, shared.travel_times, on=day_asked(act), now=act.now, scope=act.scope
    )
    if leg_id is not None:
        run_id = day.sheet.run_of_leg.get(leg_id)
    return day.sheet.runs.get(run_id or 0)


def _places(run: RunSheet, leg_id: int) -> dict[str, Any]:
    """Return where a leg's two stops stand in a run, as fields of the act that puts them there."""
    at = [i for i, stop in enumerate(run.stops) if stop.leg_id == leg_id]
    return {"at": at[0], "to": at[1]} if len(at) == 2 else {}


def _positions(form: Form) -> tuple[int, int] | None:
    at, to = form.whole("at", least=0), form.whole("to", least=0)
    return (at, to) if at is not None and to is not None else None


@bp.post("/legs/<int:leg_id>/assign")
@allowed(Role.DISPATCHER)
@with_diff
def assign(leg_id: int) -> ResponseReturnValue:
    """Take a ride into a run at its cheapest fitting place."""
    form = Form(request.values)
    run_id, version = form.whole("run", required=True), form.whole("version", required=True)
    positions = _positions(form)
    form.check()
    act, shared = checked(run_ids=(run_id or 0,), leg_ids=(leg_id,)), services()
    done = assign_leg(
        shared.database,
        shared.travel_times,
        leg_id=leg_id,
        run_id=run_id or 0,
        run_version=version or 0,
        positions=positions,
        by=act.user_id,
        now=act.now,
    )
    on = day_asked(act)
    undo = url_for(".release", leg_id=leg_id, version=done.versions[run_id or 0], on=on.isoformat())
    notify(_("The ride is on the run."), undo=undo)
    return again(act, on)


@bp.post("/legs/<int:leg_id>/release")
@allowed(Role.DISPATCHER)
@with_diff
def release(leg_id: int) -> ResponseReturnValue:
    """Take a ride off its run; it waits for a car again."""
    version = Form(request.values).whole("version", required=True) or 0
    act, shared = checked(leg_ids=(leg_id,)), services()
    on, before = day_asked(act), _run_before(act, leg_id=leg_id)
    done = unassign_leg(
        shared.database,
        shared.travel_times,
        leg_id=leg_id,
        run_version=version,
        by=act.user_id,
        now=act.now,
    )
    undo = ""
    if before is not None:
        back: dict[str, Any] = {"run": before.run_id, "version": done.versions[before.run_id]}
        places = _places(before, leg_id)
        undo = url_for(".assign", leg_id=leg_id, on=on.isoformat(), **back, **places)
    notify(_("The ride waits for a car again."), undo=undo)
    return again(act, on)


@bp.post("/legs/<int:leg_id>/move")
@allowed(Role.DISPATCHER)
@with_diff
def move_over(leg_id: int) -> ResponseReturnValue:
    """Move a ride from its run to another one, in one act."""
    form = Form(request.values)
    from_run, to_run = form.whole("from_run", required=True), form.whole("run", required=True)
    was, version = form.whole("from_version", required=True), form.whole("version", required=True)
    positions = _positions(form)
    form.check()
    act = checked(run_ids=(from_run or 0, to_run or 0), leg_ids=(leg_id,))
    on, before = day_asked(act), _run_before(act, leg_id=leg_id)
    done = move_leg(
        services().database,
        services().travel_times,
        leg_id=leg_id,
        to_run_id=to_run or 0,
        versions={from_run or 0: was or 0, to_run or 0: version or 0},
        positions=positions,
        by=act.user_id,
        now=act.now,
    )
    back: dict[str, Any] = {
        "from_run": to_run,
        "run": from_run,
        "from_version": done.versions[to_run or 0],
    }
    back |= {"version": done.versions[from_run or 0]} | (_places(before, leg_id) if before else {})
    notify(_("The ride is on the run."), undo=url_for(".move_over", leg_id=leg_id, on=on, **back))
    return again(act, on)


@bp.post("/runs/<int:run_id>/stops/<int:stop_id>/move")
@allowed(Role.DISPATCHER)
@with_diff
def move(run_id: int, stop_id: int) -> ResponseReturnValue:
    """Move a stop to another position of its run; an order that breaks anything is refused with reasons."""
    form = Form(request.values)
    version, position = form.whole("version", required=True), form.whole("to", required=True)
    form.check()
    act, shared = checked(run_ids=(run_id,)), services()
    before = _run_before(act, run_id=run_id)
    done = move_stop(
        shared.database,
        shared.travel_times,
        stop_id=stop_id,
        run_id=run_id,
        run_version=version or 0,
        to_position=position or 0,
        by=act.user_id,
        now=act.now,
    )
    _note_order(act, before, done.versions[run_id])
    return again(act, day_asked(act))


@bp.post("/runs/<int:run_id>/order")
@allowed(Role.DISPATCHER)
@with_diff
def order(run_id: int) -> ResponseReturnValue:
    """Put the stops of a run into another order."""
    form = Form(request.values)
    version = form.whole("version", required=True)
    stops = [int(part) for part in form.text("stops", longest=4000).split(",") if part.isdigit()]
    form.check()
    act, shared = checked(run_ids=(run_id,)), services()
    before = _run_before(act, run_id=run_id)
    done = reorder(
        shared.database,
        shared.travel_times,
        run_id=run_id,
        run_version=version or 0,
        stop_ids=stops,
        by=act.user_id,
        now=act.now,
    )
    _note_order(act, before, done.versions[run_id])
    return again(act, day_asked(act))


def _note_order(act: Acting, before: RunSheet | None, version: int) -> None:
    undo = ""
    if before is not None:
        stops = ",".join(str(stop.stop_id) for stop in before.stops)
        undo = url_for(
            ".order", run_id=before.run_id, version=version, stops=stops, on=day_asked(act)
        )
    notify(_("The order of stops is changed."), undo=undo)


@bp.post("/runs/<int:run_id>/lock")
@allowed(Role.DISPATCHER)
@with_diff
def lock(run_id: int) -> ResponseReturnValue:
    """Lock or free one stop, or a whole run: its order, its riders and its car."""
    form = Form(request.values)
    version = form.whole("version", required=True) or 0
    stop_id, is_locked = form.whole("stop"), form.yes("locked")
    form.check()
    with acting() as act:
        check_run(act, run_id)
        now_at = lock_by_hand(
            act.session,
            run_id=run_id,
            version=version,
            stop_id=stop_id,
            is_locked=is_locked,
            by=act.user_id,
            now=act.now,
        )
        on = day_asked(act)
    undo: dict[str, Any] = {"version": now_at, "stop": stop_id, "locked": "" if is_locked else "1"}
    done = (
        _("Locked: the engine and colleagues leave it as it is.") if is_locked else _("Free again.")
    )
    notify(done, undo=url_for(".lock", run_id=run_id, on=on, **undo))
    return again(act, on)
