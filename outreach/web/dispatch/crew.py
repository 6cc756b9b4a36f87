"""Drivers, escorts, their usual weekly shifts and days off."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.kernel.phone import read_phones
from outreach.ledger.codes import Sex
from outreach.places.areas import area_choices
from outreach.places.queries import area_ids_within, get_place
from outreach.transport.fleet import HelperDraft, add_driver, add_escort, add_leave
from outreach.transport.queries import crews_on, get_driver, get_escort, shifts_on
from outreach.transport.shifts import Times, add_shift, lay_out_shifts, set_shift_template
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.dispatch.words import UNFIT_LABELS
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.messages import word
from outreach.web.notices import notify

bp = Blueprint("crew", __name__, url_prefix="/crew")

KEEPERS = (Role.DISPATCHER, Role.ADMINISTRATOR)
AHEAD = timedelta(days=28)


@bp.get("")
@allowed(*KEEPERS)
def index() -> ResponseReturnValue:
    """List who drives and who escorts on a day, with forms for people, shifts and days off."""
    return _show(Form())


def _show(form: Form, status: int = 200) -> ResponseReturnValue:
    with reading() as act:
        on = Form(request.args).day("on") or act.today
        areas = area_ids_within(act.session, act.scope.paths)
        cars, drivers, escorts = crews_on(act.session, on=on, area_ids=areas)
        plates = {car.id: car.label for car in cars}
        driven = {
            s.driver_id: plates.get(s.vehicle_id or 0, "") for s in shifts_on(act.session, on)
        }
        choices = area_choices(act.session, roots=act.scope.paths)
    page = render_template(
        "dispatch/crew/index.html",
        form=form,
        on=on,
        before=on - timedelta(days=1),
        after=on + timedelta(days=1),
        cars=cars,
        drivers=drivers,
        escorts=escorts,
        driven=driven,
        areas=choices,
        unfit=UNFIT_LABELS,
    )
    return page, status


def _again(form: Form, done: str) -> ResponseReturnValue:
    if form.errors:
        for error in form.errors:
            notify(word(error.code, error.facts), kind="warning")
        return _show(form, 422)
    notify(done)
    return go(url_for(".index"))


@bp.post("/people")
@allowed(*KEEPERS)
def add() -> ResponseReturnValue:
    """Add a driver or an escort."""
    form = Form(request.form)
    with form.catching():
        name, area_id = form.text("name", required=True), form.whole("area", required=True)
        form.check()
        with acting() as act:
            act.check_area(area_id)
            draft = helper_draft(act, form, name=name, area_id=area_id or 0)
            form.check()
            adding = add_driver if form["what"] == "driver" else add_escort
            adding(act.session, draft=draft)
    return _again(form, _("The person is added. Give them a shift next."))


def helper_draft(act: Acting, form: Form, *, name: str, area_id: int) -> HelperDraft:
    """Return what a form says of a driver or an escort."""
    return HelperDraft(
        name=name,
        area_id=area_id,
        phone=_phone(act, form),
        dialect=form.text("dialect", longest=40),
        sex=form.one_of("sex", Sex, required=False) or Sex.UNKNOWN,
        licence_until=form.day("licence_until"),
        max_minutes_a_day=(form.whole("hours", least=1, most=14) or 8) * 60,
    )


def _phone(act: Acting, form: Form) -> str:
    written = form.text("phone", longest=40)
    if not written:
        return ""
    place = get_place(act.session)
    read = read_phones(written, country=place.country, area_code=place.area_code)
    if not read.phones:
        form.wrong("phone", "phone_invalid")
        return ""
    return read.phones[0].e164


@bp.post("/shifts")
@allowed(*KEEPERS)
def shift() -> ResponseReturnValue:
    """Put somebody on duty: on one day, or every week on some weekdays for the coming four weeks."""
    form = Form(request.form)
    with form.catching():
        kind, _sep, number = form.text("who", required=True).partition(":")
        starts, ends = form.clock("starts", required=True), form.clock("ends", required=True)
        weekdays = [int(d) for d in form.many("weekday") if d in set("0123456")]
        form.check()
        with acting() as act:
            person = {"driver_id" if kind == "driver" else "escort_id": int(number or 0)}
            _check_person(act, kind, int(number or 0))
            car = form.whole("car") if kind == "driver" else None
            if starts and ends:
                times = Times(
                    starts=starts,
                    ends=ends,
                    break_from=form.clock("break_from"),
                    break_until=form.clock("break_until"),
                )
                for weekday in weekdays:
                    set_shift_template(
                        act.session,
                        weekday=weekday,
                        times=times,
                        from_on=act.today,
                        vehicle_id=car,
                        **person,
                    )
                if weekdays:
                    lay_out_shifts(act.session, from_on=act.today, until_on=act.today + AHEAD)
                else:
                    on = form.day("on") or act.today
                    add_shift(act.session, on=on, times=times, vehicle_id=car, **person)
    return _again(form, _("The shift stands."))


def _check_person(act: Acting, kind: str, number: int) -> None:
    found = get_driver(act.session, number) if kind == "driver" else get_escort(act.session, number)
    act.check_area(found.area_id)


@bp.post("/leave")
@allowed(*KEEPERS)
def leave() -> ResponseReturnValue:
    """Note days off; a person on leave cannot be assigned."""
    form = Form(request.form)
    with form.catching():
        kind, _sep, number = form.text("who", required=True).partition(":")
        from_on = form.day("from_on", required=True)
        form.check()
        with acting() as act:
            _check_person(act, kind, int(number or 0))
            if from_on:
                add_leave(
                    act.session,
                    from_on=from_on,
                    until_on=form.day("until_on") or from_on,
                    reason=form.text("reason"),
                    **{"driver_id" if kind == "driver" else "escort_id": int(number or 0)},
                )
    return _again(form, _("Noted: they cannot be assigned on these days."))
