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
    CarDraft,
    add_vehicle,
    back_in_service,
    take_out_of_service,
)
from outreach.transport.queries import crews_on, get_vehicle, vehicles
from outreach.web.access import allowed
from outreach.web.acting import acting, reading
from outreach.web.dispatch.words import UNFIT_LABELS
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
        cars, _drivers, _escorts = crews_on(act.session, on=act.today, area_ids=areas)
        unfit = {car.id: car.unfit for car in cars}
        rows = [
            {
                "id": v.id,
                "plate": v.plate,
                "label": v.label,
                "seats": v.seats,
                "chairs": v.wheelchair_places,
                "lost": v.seats_lost_per_chair,
                "has_ramp": v.has_ramp,
                "insured_until": v.insured_until,
                "inspected_until": v.inspected_until,
                "lender": v.lender,
                "out": v.out_of_service_from,
                "unfit": unfit.get(v.id, ()),
            }
            for v in vehicles(act.session)
            if areas is None or v.area_id in areas
        ]
        choices = area_choices(act.session, roots=act.scope.paths)
    pick = {"points": [], "pick": "depot", "tiles": services().settings.map_tiles}
    page = render_template(
        "dispatch/fleet/index.html",
        form=form,
        cars=rows,
        areas=choices,
        map=pick,
        unfit=UNFIT_LABELS,
    )
    return page, status


@bp.post("")
@allowed(*KEEPERS)
def add() -> ResponseReturnValue:
    """Add a car and where it starts from."""
    form = Form(request.form)
    with form.catching():
        plate, depot = (
            form.text("plate", required=True, longest=20),
            form.text("depot", required=True),
        )
        area_id = form.whole("area", required=True)
        seats = form.whole("seats", required=True, least=0, most=60)
        form.check()
        with acting() as act:
            act.check_area(area_id)
            latitude = form.decimal("depot_latitude", least=-90, most=90)
            longitude = form.decimal("depot_longitude", least=-180, most=180)
            pin = Point(latitude, longitude) if latitude and longitude else None
            address = add_address(act.session, text=depot, area_id=area_id, now=act.now, pin=pin)
            car = add_vehicle(
                act.session,
                draft=CarDraft(
                    plate=plate,
                    area_id=area_id or 0,
                    depot_address_id=address.id,
                    seats=seats or 0,
                    wheelchair_places=form.whole("chairs", least=0, most=20) or 0,
                    seats_lost_per_chair=form.whole("lost", least=0, most=10) or 0,
                    has_ramp=form.yes("has_ramp"),
                    label=form.text("label", longest=40),
                    insured_until=form.day("insured_until"),
                    inspected_until=form.day("inspected_until"),
                    lender=form.text("lender", longest=80),
                ),
            )
            act.record("vehicle_added", ("vehicle", car.id))
        notify(_("The car is in the fleet. Put it on a shift with a driver next."))
        return go(url_for(".index"))
    return _show(form, 422)


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
