"""The fleet: cars with their places and papers, and those kept off the road."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.kernel.geo import Point
from outreach.places.addresses import add_address
from outreach.places.areas import area_choices
from outreach.places.queries import area_ids_within
from outreach.transport.fleet import (
    CHECK_LIST,
    CarDraft,
    add_vehicle,
    back_in_service,
    check_vehicle,
    edit_vehicle,
    take_out_of_service,
)
from outreach.transport.fleet_queries import car_lines, car_sheet
from outreach.transport.queries import get_vehicle
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.dispatch.words import CHECK_LABELS, UNFIT_LABELS
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.web.visit import services

bp = Blueprint("fleet", __name__, url_prefix="/fleet")

KEEPERS = (Role.DISPATCHER, Role.ADMINISTRATOR)


@bp.get("")
@allowed(*KEEPERS)
def index() -> ResponseReturnValue:
    """List the cars: places, papers, and whether each may go out today."""
    return _show(Form())


def _show(form: Form, status: int = 200) -> ResponseReturnValue:
    with reading() as act:
        areas = area_ids_within(act.session, act.scope.paths)
        cars = car_lines(act.session, on=act.today, area_ids=areas)
        choices = area_choices(act.session, roots=act.scope.paths)
        today = act.today
    page = render_template(
        "dispatch/fleet/index.html",
        form=form,
        cars=cars,
        areas=choices,
        map={"points": [], "pick": "depot", "tiles": services().settings.map_tiles},
        unfit=UNFIT_LABELS,
        today=today,
    )
    return page, status


@bp.post("")
@allowed(*KEEPERS)
def add() -> ResponseReturnValue:
    """Add a car and where it starts from."""
    form = Form(request.form)
    with form.catching():
        form.text("depot", required=True)
        _car(form, depot_address_id=0)
        form.check()
        with acting() as act:
            act.check_area(form.whole("area"))
            car = add_vehicle(act.session, draft=_car(form, depot_address_id=_depot(act, form)))
            act.record("vehicle_added", ("vehicle", car.id))
        notify(_("The car is in the fleet. Put it on a shift with a driver next."))
        return go(url_for(".index"))
    return _show(form, 422)


def _car(form: Form, *, depot_address_id: int) -> CarDraft:
    return CarDraft(
        plate=form.text("plate", required=True, longest=20),
        area_id=form.whole("area", required=True) or 0,
        depot_address_id=depot_address_id,
        seats=form.whole("seats", required=True, least=0, most=60) or 0,
        wheelchair_places=form.whole("chairs", least=0, most=20) or 0,
        seats_lost_per_chair=form.whole("lost", least=0, most=10) or 0,
        has_ramp=form.yes("has_ramp"),
        label=form.text("label", longest=40),
        insured_until=form.day("insured_until"),
        inspected_until=form.day("inspected_until"),
        lender=form.text("lender", longest=80),
    )


def _depot(act: Acting, form: Form) -> int:
    latitude = form.decimal("depot_latitude", least=-90, most=90)
    longitude = form.decimal("depot_longitude", least=-180, most=180)
    pin = Point(latitude, longitude) if latitude is not None and longitude is not None else None
    area_id = form.whole("area")
    text = form.text("depot", required=True)
    return add_address(act.session, text=text, area_id=area_id, now=act.now, pin=pin).id


@bp.get("/<int:vehicle_id>")
@allowed(*KEEPERS)
def show(vehicle_id: int) -> ResponseReturnValue:
    """Show one car: what is known of it, its papers, and the look at it before today's run."""
    return _show_car(Form(), vehicle_id)


def _show_car(form: Form, vehicle_id: int, status: int = 200) -> ResponseReturnValue:
    with reading() as act:
        act.check_area(get_vehicle(act.session, vehicle_id).area_id)
        car = car_sheet(act.session, vehicle_id=vehicle_id, on=act.today)
        choices = area_choices(act.session, roots=act.scope.paths)
    page = render_template(
        "dispatch/fleet/show.html",
        form=form,
        car=car,
        areas=choices,
        unfit=UNFIT_LABELS,
        checks=CHECK_LABELS,
        today=act.today,
    )
    return page, status


@bp.post("/<int:vehicle_id>")
@allowed(*KEEPERS)
def edit(vehicle_id: int) -> ResponseReturnValue:
    """Change a car's places and papers."""
    form = Form(request.form)
    with form.catching():
        version = form.whole("version", required=True) or 0
        _car(form, depot_address_id=0)
        form.check()
        with acting() as act:
            known = get_vehicle(act.session, vehicle_id)
            act.check_area(known.area_id)
            act.check_area(form.whole("area"))
            depot = _depot(act, form) if form["depot_moves"] else known.depot_address_id
            edit_vehicle(
                act.session,
                vehicle_id=vehicle_id,
                version=version,
                draft=_car(form, depot_address_id=depot),
                is_active=form.yes("is_active"),
            )
            act.record("vehicle_changed", ("vehicle", vehicle_id))
        notify(_("The car is changed. Runs it is on are checked anew."))
        return go(url_for(".show", vehicle_id=vehicle_id))
    return _show_car(form, vehicle_id, 422)


@bp.post("/<int:vehicle_id>/check")
@allowed(*KEEPERS)
def check(vehicle_id: int) -> ResponseReturnValue:
    """Keep the look at a car before its run; one fault keeps it off today's road."""
    fine = set(Form(request.form).many("fine"))
    with acting() as act:
        act.check_area(get_vehicle(act.session, vehicle_id).area_id)
        row = check_vehicle(
            act.session,
            vehicle_id=vehicle_id,
            on=act.today,
            answers={name: name in fine for name in CHECK_LIST},
            by_driver_id=None,
            by_user_id=act.user_id,
            now=act.now,
        )
        is_fit = row.is_fit
        act.record("vehicle_checked", ("vehicle", vehicle_id), facts={"fit": is_fit})
    if is_fit:
        notify(_("The car may go out."))
    else:
        notify(_("The car stays here today: runs it is on say so."), kind="warning")
    return go(url_for(".show", vehicle_id=vehicle_id))


@bp.post("/<int:vehicle_id>/off")
@allowed(*KEEPERS)
def off(vehicle_id: int) -> ResponseReturnValue:
    """Keep a car off the road; runs it is on show it at once."""
    form = Form(request.form)
    with form.catching(), acting() as act:
        act.check_area(get_vehicle(act.session, vehicle_id).area_id)
        take_out_of_service(
            act.session,
            vehicle_id=vehicle_id,
            from_on=form.day("from_on") or act.today,
            until_on=form.day("until_on"),
            reason=form.text("reason"),
        )
        notify(_("The car stays off the road."), undo=url_for(".on", vehicle_id=vehicle_id))
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")
    return go(url_for(".index"))


@bp.post("/<int:vehicle_id>/on")
@allowed(*KEEPERS)
def on(vehicle_id: int) -> ResponseReturnValue:
    """Take a car back into service."""
    with acting() as act:
        act.check_area(get_vehicle(act.session, vehicle_id).area_id)
        back_in_service(act.session, vehicle_id=vehicle_id)
    notify(_("The car is back in service."))
    return go(url_for(".index"))
