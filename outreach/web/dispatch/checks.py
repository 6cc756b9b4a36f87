"""What the board asks while somebody drags or looks: the exact check of every run, and the day's pulse."""

from __future__ import annotations

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.places.queries import area_ids_within
from outreach.transport.board import TryOut
from outreach.transport.positions import cars_seen
from outreach.transport.pulse import pulse_of
from outreach.transport.queries import get_leg
from outreach.web.access import allowed
from outreach.web.acting import reading
from outreach.web.dispatch.boards import KEPT, day_asked, tries_of
from outreach.web.dispatch.verdicts import broken_words, verdict, why
from outreach.web.dispatch.within import check_leg, checked
from outreach.web.forms import Form
from outreach.web.i18n import _
from outreach.web.visit import services
from outreach.workflows.day_board import run_on_board, try_order
from outreach.workflows.kept_day import KeptDay

bp = Blueprint("checks", __name__, url_prefix="/day")


@bp.get("/legs/<int:leg_id>/tries")
@allowed(Role.DISPATCHER)
def tries(leg_id: int) -> ResponseReturnValue:
    """Say of every run whether a ride fits, what it costs or what it breaks; asked when a drag begins."""
    act = checked(leg_ids=(leg_id,))
    return jsonify(runs=[_try(one, leg_id) for one in tries_of(act, leg_id)])


def _try(one: TryOut, leg_id: int) -> dict[str, object]:
    return {
        "run": one.run_id,
        "version": one.run_version,
        "fits": one.fits,
        "minutes": one.cost_minutes,
        "words": verdict(one, of_leg=leg_id),
    }


@bp.get("/runs/<int:run_id>/order")
@allowed(Role.DISPATCHER)
def order(run_id: int) -> ResponseReturnValue:
    """Say what a stop at another position of its run would break; asked at every step of a drag."""
    form = Form(request.args)
    stop_id, position = form.whole("stop", required=True), form.whole("to", required=True, least=0)
    form.check()
    act, shared = checked(run_ids=(run_id,)), services()
    day: KeptDay = KEPT.day(
        shared.database, shared.travel_times, on=day_asked(act), now=act.now, scope=act.scope
    )
    stops = [stop.stop_id for stop in day.sheet.run(run_id).stops if stop.stop_id != stop_id]
    stops.insert(min(position or 0, len(stops)), stop_id or 0)
    found = try_order(
        shared.database,
        shared.travel_times,
        run_id=run_id,
        stop_ids=stops,
        now=act.now,
        scope=act.scope,
        kept=KEPT,
    )
    words = "; ".join(dict.fromkeys(broken_words(b) for b in found)) or str(_("this order holds"))
    return jsonify(fits=not found, words=words)


@bp.get("/runs/<int:run_id>/stops")
@allowed(Role.DISPATCHER)
def stops(run_id: int) -> ResponseReturnValue:
    """Show the stops of one run, when somebody opens it on a day of many."""
    act, shared = checked(run_ids=(run_id,)), services()
    run = run_on_board(shared.database, shared.travel_times, run_id=run_id, now=act.now)
    return render_template("dispatch/day/_stops.html", run=run, on=day_asked(act), chosen=None)


@bp.get("/legs/<int:leg_id>/why")
@allowed(Role.DISPATCHER)
def why_not(leg_id: int) -> ResponseReturnValue:
    """Show why a ride has no car yet, as a piece of its card, with the way to what would help."""
    with reading() as act:
        check_leg(act, leg_id)
        appointment_id = get_leg(act.session, leg_id).appointment_id
    return render_template(
        "dispatch/day/_why.html", why=why(tries_of(act, leg_id)), appointment_id=appointment_id
    )


@bp.get("/pulse")
@allowed(Role.DISPATCHER)
def pulse() -> ResponseReturnValue:
    """Return the day's pulse, and where its cars are: the board reads itself anew when the pulse changed."""
    with reading() as act:
        on = day_asked(act)
        areas = area_ids_within(act.session, act.scope.paths)
        cars = cars_seen(act.session, on=on, area_ids=areas)
        beat = pulse_of(act.session, on=on)
    return jsonify(
        pulse=beat,
        cars=[
            {"run": i, "at": [seen.point.latitude, seen.point.longitude]}
            for i, seen in cars.items()
            if seen.is_fresh(act.now)
        ],
    )
