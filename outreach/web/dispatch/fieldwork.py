"""The office's side of the field: canned words with read receipts, corrected stops, hours and kilometres."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.adapters.people_sheet import to_csv, to_xlsx
from outreach.audit.trail import Act
from outreach.kernel.errors import InvalidInput
from outreach.places.addresses import get_address, real_stops_to_check
from outreach.places.queries import area_ids_within, get_place
from outreach.transport.crew_notes import TO_CREW, TO_DESK
from outreach.transport.hours import DrivenRun, driven_runs
from outreach.web.access import allowed
from outreach.web.acting import acting, reading
from outreach.web.admin.audit_words import add_act_labels
from outreach.web.dispatch.within import check_run
from outreach.web.field.maps import map_links
from outreach.web.filters import clock, moment
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _, _l
from outreach.web.messages import add_messages
from outreach.web.notices import notify
from outreach.workflows.field_office import (
    crew_talks,
    decide_real_stop,
    read_at_desk,
    run_of_note,
    tell_crew,
)

bp = Blueprint("fieldwork", __name__, url_prefix="/field-work")

LONGEST = timedelta(days=92)
KINDS = {
    "csv": (to_csv, "text/csv; charset=utf-8"),
    "xlsx": (to_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}

add_messages({"days_too_many": _l("At most three months at once.")})


@bp.get("")
@allowed(Role.DISPATCHER)
def show() -> ResponseReturnValue:
    """Show what crews and desk told each other that day, and stops that drivers corrected."""
    with reading() as act:
        on = Form(request.args).day("on") or act.today
        areas = area_ids_within(act.session, act.scope.paths)
        talks = crew_talks(act.session, on=on, area_ids=areas)
        stops = real_stops_to_check(act.session, area_ids=areas)
        datum = get_place(act.session).map_datum
    return render_template(
        "dispatch/fieldwork/show.html",
        on=on,
        talks=talks,
        stops=stops,
        to_crew=TO_CREW,
        words=TO_CREW | TO_DESK,
        maps_of=lambda point: map_links(point, datum),
        new_id=lambda: uuid4().hex,
        today=act.today,
    )


@bp.post("/runs/<int:run_id>/tell")
@allowed(Role.DISPATCHER)
def tell(run_id: int) -> ResponseReturnValue:
    """Send a canned word to a crew."""
    form = Form(request.form)
    code = form.code("code", TO_CREW)
    form.check()
    with acting() as act:
        check_run(act, run_id)
        tell_crew(
            act.session,
            run_id=run_id,
            uuid=form.text("uuid", longest=64),
            code=code,
            by=act.user_id,
            now=act.now,
        )
    notify(_("Sent. The page says when it was read."))
    return go(url_for(".show", on=form["on"] or None))


@bp.post("/notes/<int:note_id>/read")
@allowed(Role.DISPATCHER)
def read(note_id: int) -> ResponseReturnValue:
    """Note that the desk has read a crew's word."""
    with acting() as act:
        check_run(act, run_of_note(act.session, note_id=note_id))
        read_at_desk(act.session, note_id=note_id, by=act.user_id, now=act.now)
    return go(url_for(".show", on=Form(request.form)["on"] or None))


@bp.post("/stops/<int:address_id>/<any(take, drop):what>")
@allowed(Role.DISPATCHER)
def decide(address_id: int, what: str) -> ResponseReturnValue:
    """Take over what a driver said of a stop, or drop it."""
    with acting() as act:
        act.check_area(get_address(act.session, address_id).area_id)
        decide_real_stop(
            act.session,
            address_id=address_id,
            is_right=what == "take",
            by=act.user_id,
            now=act.now,
        )
    notify(_("From now on cars go there.") if what == "take" else _("Dropped."))
    return go(url_for(".show"))


@bp.get("/hours.<any(csv, xlsx):kind>")
@allowed(Role.DISPATCHER)
def hours(kind: str) -> ResponseReturnValue:
    """Return hours and kilometres of some days as a file that names who took it."""
    form = Form(request.args)
    from_on, until_on = form.day("from", required=True), form.day("until", required=True)
    form.check()
    with acting() as act:
        from_on, until_on = from_on or act.today, until_on or act.today
        if until_on - from_on > LONGEST:
            raise InvalidInput("days_too_many", field="until")
        areas = area_ids_within(act.session, act.scope.paths)
        runs = driven_runs(act.session, from_on=from_on, until_on=until_on, area_ids=areas)
        act.record(Act.EXPORT, ("run", None), facts={"format": kind, "rows": len(runs)})
        taker = act.actor.display_name if act.actor is not None else ""
    write, content_type = KINDS[kind]
    answer = make_response(
        write(_headings(), [_row(run) for run in runs], watermark=f"{taker} · {moment(act.now)}")
    )
    answer.headers["Content-Type"] = content_type
    answer.headers["Content-Disposition"] = (
        f'attachment; filename="hours-{from_on}-{until_on}.{kind}"'
    )
    return answer


def _headings() -> list[str]:
    return [
        _("Day"), _("Car"), _("Driver"), _("Escort"), _("Planned from"), _("Planned until"),
        _("Set off"), _("Back"), _("Minutes"), _("Kilometres out"), _("Kilometres back"),
        _("Kilometres"), _("Rides"), _("Rides done"),
    ]  # fmt: skip


def _row(run: DrivenRun) -> list[str]:
    shown: list[object] = [
        run.on, run.plate, run.driver, run.escort, clock(run.starts_at), clock(run.ends_at),
        clock(run.out_at), clock(run.back_at), run.minutes, run.km_out, run.km_back,
        run.km, run.rides, run.rides_done,
    ]  # fmt: skip
    return ["" if value is None else str(value) for value in shown]


add_act_labels(
    {
        "real_stop_taken": _l("Took over where a driver really stopped"),
        "real_stop_dropped": _l("Dropped where a driver said to have stopped"),
        "not_today": _l("Did not want to go that day"),
        "numbers_printed": _l("Printed a phone number on a day pack"),
    }
)
