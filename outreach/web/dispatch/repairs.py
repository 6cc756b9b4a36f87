"""When something happens on the day: one act notes it and shows the repair with its consequences."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.kernel.errors import InvalidInput
from outreach.transport.queries import get_driver
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.dispatch.plan_words import CAUSE_LABELS
from outreach.web.dispatch.plans import day_asked
from outreach.web.dispatch.within import check_vehicle
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.visit import services
from outreach.workflows.break_down import break_down
from outreach.workflows.closing_calls import call_list, close_and_call, preview, reached
from outreach.workflows.day_trouble import driver_ill, latest_minute, out_today, sessions_today
from outreach.workflows.make_plan import repair_day

bp = Blueprint("repairs", __name__, url_prefix="/day/repairs")

ASKED = ("observation", "no_show", "cancelled", "late")


@bp.get("")
@allowed(Role.DISPATCHER)
def index() -> ResponseReturnValue:
    """Show what can have happened: a car, a driver, a site, a person; and who is still to be called."""
    with reading() as act:
        on = day_asked(act)
        shown = {
            "on": on,
            "runs": out_today(act.session, on=on, scope=act.scope),
            "sessions": sessions_today(act.session, on=on, scope=act.scope),
            "calls": call_list(act.session, on=on, scope=act.scope),
            "from_at": latest_minute(act.now),
        }
    causes = [(code, CAUSE_LABELS[code]) for code in ASKED]
    return render_template("dispatch/repairs/index.html", causes=causes, **shown)


def _repair(act: Acting, cause: str) -> ResponseReturnValue:
    """Look for a repair at once and open it; nothing is changed before it is accepted."""
    shared = services()
    plan_id = repair_day(
        shared.database,
        shared.travel_times,
        on=day_asked(act),
        cause=cause,
        scope=act.scope,
        by=act.user_id,
        now=act.now,
    )
    return go(url_for("plans.show", plan_id=plan_id))


@bp.post("")
@allowed(Role.DISPATCHER)
def ask() -> ResponseReturnValue:
    """Look for a repair after a change that is noted already (extended, not there, cancelled, late)."""
    cause = Form(request.form).code("cause", ASKED) or "late"
    with reading() as act:
        pass
    return _repair(act, cause)


@bp.post("/car")
@allowed(Role.DISPATCHER)
def car() -> ResponseReturnValue:
    """A car broke down: it is off the road, those aboard are kept, and a repair is proposed."""
    form = Form(request.form)
    vehicle_id = form.whole("car", required=True) or 0
    form.check()
    with acting() as act:
        check_vehicle(act, vehicle_id)
        break_down(
            act.session,
            vehicle_id=vehicle_id,
            on=day_asked(act),
            reason=form.text("reason", longest=200),
            by=act.user_id,
            now=act.now,
        )
    return _repair(act, "car")


@bp.post("/driver")
@allowed(Role.DISPATCHER)
def driver() -> ResponseReturnValue:
    """A driver is ill: a free colleague takes the car, or other cars its people."""
    form = Form(request.form)
    driver_id = form.whole("driver", required=True) or 0
    form.check()
    with acting() as act:
        act.check_area(get_driver(act.session, driver_id).area_id)
        driver_ill(
            act.session,
            driver_id=driver_id,
            on=day_asked(act),
            reason=form.text("reason", longest=200),
            by=act.user_id,
            now=act.now,
        )
    return _repair(act, "driver")


def _minute(act: Acting, text: str) -> datetime:
    try:
        hour, minute = (int(part) for part in text.split(":")[:2])
        local = datetime.combine(day_asked(act), datetime.min.time(), tzinfo=act.setting.zone)
        return local.replace(hour=hour, minute=minute)
    except ValueError as error:
        raise InvalidInput("not_a_time", field="from") from error


@bp.get("/sessions/<int:site_session_id>/close")
@allowed(Role.DISPATCHER)
def closing(site_session_id: int) -> ResponseReturnValue:
    """Show whom closing a session from a minute on would concern, where they are, and who is told how."""
    with reading() as act:
        on = day_asked(act)
        from_at = _minute(act, Form(request.args).text("from"))
        lines = preview(
            act.session, site_session_id=site_session_id, from_at=from_at, scope=act.scope
        )
    return render_template(
        "dispatch/repairs/closing.html",
        lines=lines,
        on=on,
        from_at=from_at,
        site_session_id=site_session_id,
    )


@bp.post("/sessions/<int:site_session_id>/close")
@allowed(Role.DISPATCHER)
def close(site_session_id: int) -> ResponseReturnValue:
    """Close it: those at home are not fetched, those aboard go home, those at the site are ready."""
    form = Form(request.form)
    with acting() as act:
        found = close_and_call(
            act.session,
            site_session_id=site_session_id,
            from_at=_minute(act, form.text("from", required=True)),
            reason=form.text("reason", longest=200),
            scope=act.scope,
            by=act.user_id,
            now=act.now,
        )
    notify(_("Closed. To be told: %(count)s people.", count=len(found)))
    return _repair(act, "closed")


@bp.post("/calls/<int:appointment_id>")
@allowed(Role.DISPATCHER)
def call(appointment_id: int) -> ResponseReturnValue:
    """Note that somebody of the family was reached."""
    with acting() as act:
        on = day_asked(act)
        reached(
            act.session,
            appointment_id=appointment_id,
            on=on,
            scope=act.scope,
            by=act.user_id,
            now=act.now,
        )
    notify(_("Noted: the family knows."))
    return go(url_for(".index", on=on.isoformat()))
