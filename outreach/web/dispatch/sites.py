"""Sites and their sessions: where, on which weekdays, how many at once, when shut (moment 1b)."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.clinics.codes import SessionKind
from outreach.clinics.operations import (
    Hours,
    add_site,
    change_capacity,
    close_site,
    lay_out_days,
    set_weekly_hours,
)
from outreach.clinics.queries import get_site, get_site_session, session_days, sites
from outreach.kernel.geo import Point
from outreach.places.addresses import add_address
from outreach.places.areas import area_choices
from outreach.places.queries import area_ids_within
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.web.visit import services

bp = Blueprint("sites", __name__, url_prefix="/sites")

KEEPERS = (Role.DISPATCHER, Role.ADMINISTRATOR)
SHOWN = timedelta(days=14)
AHEAD = timedelta(days=28)


@bp.get("")
@allowed(*KEEPERS, Role.DESK)
def index() -> ResponseReturnValue:
    """List the sites and the sessions of the next two weeks, with forms to add more."""
    return _show(Form())


def _show(form: Form, status: int = 200) -> ResponseReturnValue:
    with reading() as act:
        areas = area_ids_within(act.session, act.scope.paths)
        mine = [site for site in sites(act.session) if areas is None or site.area_id in areas]
        days = session_days(
            act.session,
            from_on=act.today,
            until_on=act.today + SHOWN,
            site_ids=[site.id for site in mine],
        )
        shown = {
            "sites": [(site.id, site.name, site.phone) for site in mine],
            "areas": area_choices(act.session, roots=act.scope.paths),
            "days": days,
            "today": act.today,
        }
    pick = {"points": [], "pick": "site", "tiles": services().settings.map_tiles}
    return render_template("dispatch/sites/index.html", form=form, map=pick, **shown), status


def _done_or_again(form: Form, done: str) -> ResponseReturnValue:
    if form.errors:
        for error in form.errors:
            notify(word(error.code, error.facts), kind="warning")
        return _show(form, 422)
    notify(done)
    return go(url_for(".index"))


@bp.post("")
@allowed(*KEEPERS)
def add() -> ResponseReturnValue:
    """Add a site with its address and pin."""
    form = Form(request.form)
    with form.catching():
        name, text = form.text("name", required=True), form.text("address", required=True)
        area_id = form.whole("area", required=True)
        pin = _pin(form)
        form.check()
        with acting() as act:
            act.check_area(area_id)
            address = add_address(act.session, text=text, area_id=area_id, now=act.now, pin=pin)
            site = add_site(
                act.session,
                name=name,
                area_id=area_id or 0,
                address_id=address.id,
                phone=form.text("phone", longest=40),
                entrance_note=form.text("note"),
            )
            act.record("site_added", ("site", site.id))
    return _done_or_again(form, _("The site is added. Give it weekly hours next."))


def _pin(form: Form) -> Point | None:
    latitude = form.decimal("site_latitude", least=-90, most=90)
    longitude = form.decimal("site_longitude", least=-180, most=180)
    return Point(latitude, longitude) if latitude is not None and longitude is not None else None


def _check_site(act: Acting, site_id: int | None) -> int:
    site = get_site(act.session, site_id or 0)
    act.check_area(site.area_id)
    return site.id


@bp.post("/hours")
@allowed(*KEEPERS)
def hours() -> ResponseReturnValue:
    """Give a site usual hours on weekdays, and lay out the coming four weeks."""
    form = Form(request.form)
    with form.catching():
        opens, closes = form.clock("opens", required=True), form.clock("closes", required=True)
        minutes = form.whole("slot_minutes", required=True, least=5, most=240)
        capacity = form.whole("capacity", required=True, least=1, most=200)
        guides = form.whole("guides", least=0, most=50)
        weekdays = [int(d) for d in form.many("weekday") if d in set("0123456")]
        if not weekdays:
            form.wrong("weekday", "weekday_missing")
        form.check()
        with acting() as act:
            site_id = _check_site(act, form.whole("site", required=True))
            if opens and closes and minutes and capacity:
                shape = Hours(
                    opens=opens,
                    closes=closes,
                    slot_minutes=minutes,
                    capacity_per_slot=capacity,
                    guides_on_duty=guides or 0,
                    kind=form.one_of("kind", SessionKind, required=False) or SessionKind.CLINIC,
                    elders_only=form.yes("elders_only"),
                )
                for weekday in weekdays:
                    set_weekly_hours(
                        act.session,
                        site_id=site_id,
                        weekday=weekday,
                        hours=shape,
                        from_on=act.today,
                    )
            lay_out_days(act.session, from_on=act.today, until_on=act.today + AHEAD)
    return _done_or_again(form, _("The hours stand; the next four weeks are laid out."))


@bp.post("/closures")
@allowed(*KEEPERS)
def close() -> ResponseReturnValue:
    """Keep a site shut on some days; sessions laid out already are closed one by one."""
    form = Form(request.form)
    with form.catching():
        from_on, until_on = form.day("from_on", required=True), form.day("until_on")
        form.check()
        with acting() as act:
            site_id = _check_site(act, form.whole("site", required=True))
            if from_on:
                close_site(
                    act.session,
                    site_id=site_id,
                    from_on=from_on,
                    until_on=until_on or from_on,
                    reason=form.text("reason"),
                )
    return _done_or_again(form, _("The site stays shut on these days."))


@bp.post("/sessions/<int:site_session_id>/capacity")
@allowed(*KEEPERS)
def capacity(site_session_id: int) -> ResponseReturnValue:
    """Change how many one slot of a session takes; never below what is booked."""
    form = Form(request.form)
    with form.catching():
        places = form.whole("capacity", required=True, least=0, most=200)
        version = form.whole("version", required=True)
        form.check()
        with acting() as act:
            row = get_site_session(act.session, site_session_id)
            _check_site(act, row.site_id)
            change_capacity(
                act.session,
                site_session_id=site_session_id,
                capacity_per_slot=places or 0,
                version=version or 0,
            )
    return _done_or_again(form, _("The capacity is changed."))
